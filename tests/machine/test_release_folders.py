"""Two folders that take turns: what is brought to which, when, and what happens where that is not known."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import Deployment, Environment, State
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import File, manifest
from chalicelib.usecases.steps.frontend import LONGEST
from chalicelib.usecases.steps.live import SPREAD_SECONDS
from tests.builders import LEAD, NOW
from tests.machine.release_rig import STORE, A, B, C, ReleaseRig, file, pushed

FIRST, SECOND = "web_production_a", "web_production_b"
D = "web_2026-11-24_14-05"


@pytest.fixture
def rig() -> ReleaseRig:
    """Release B is live in the second folder, and the first one holds A; nobody can go back any more."""
    rig = ReleaseRig(pointed=True)
    rig.enabled(B)
    rig.machine.let(7_400)
    return rig


def brought(rig: ReleaseRig, act: Callable[[], object]) -> dict[str, set[str]]:
    """What is written to which folder meanwhile."""
    begun = len(rig.bucket.calls)
    act()
    written: dict[str, set[str]] = {}
    for call in rig.bucket.calls[begun:]:
        if call.method == "place":
            files: tuple[File, ...] = call.facts["files"]  # type: ignore[assignment]
            written.setdefault(str(call.facts["folder"]), set()).update(each.path for each in files)
        if call.method == "carry":
            paths: tuple[str, ...] = call.facts["paths"]  # type: ignore[assignment]
            written.setdefault(str(call.facts["target"]), set()).update(paths)
    return {folder: paths for folder, paths in written.items() if paths}


def repushed(rig: ReleaseRig, tag: str, change: Callable[[File], File | None]) -> None:
    """A release with other files, as it was reported."""
    files = [each for each in map(change, rig.site.releases[tag].files) if each]
    rig.site.push(manifest("web", tag, files, int(NOW)))
    known = rig.store.release("web", tag)
    assert known is not None
    rig.store.put(replace(known, manifest=rig.site.releases[tag].digest))


def test_only_what_differs_from_what_lies_there_is_brought(rig: ReleaseRig) -> None:
    """The folder holds the release before the live one; of the live one it has everything already."""
    written = brought(rig, lambda: rig.enabled(C))
    assert rig.site.pointers == {STORE: FIRST}
    assert written[FIRST] == {"app.2.css", "style.css", "only-2.html", "index.html"}
    assert written[SECOND] == {"app.2.css", "only-2.html"}
    assert rig.shows(C)


def test_the_release_before_is_enabled_again_without_a_copy(rig: ReleaseRig) -> None:
    """Also when its time to go back is over: it lies there."""
    assert brought(rig, lambda: rig.enabled(A)) == {}
    assert rig.shows(A)


def test_nothing_is_brought_to_where_an_edge_may_still_lead() -> None:
    """The pointer left the folder a moment ago, so the next release waits, and says so."""
    rig = ReleaseRig(pointed=True)
    rig.enabled(B)
    switched = rig.environment().live_since
    rig.say(f"web@{C} to production")
    rig.decide("confirm", Kind.START, run=False)
    written = brought(rig, lambda: rig.machine.elapse(SPREAD_SECONDS - 20))
    assert written == {}
    assert rig.deployment(3).state is State.PREPARING
    assert "Edges may still show the release before" in rig.deployment(3).progress
    rig.machine.let(100)
    assert rig.environment().live_version == C
    assert rig.environment().live_since - switched >= SPREAD_SECONDS


def test_headers_that_changed_come_with_the_release() -> None:
    """They are not in a listing: what the folder has is known from the release that lies there."""
    rig = ReleaseRig(pointed=True)

    def longer(each: File) -> File:
        return replace(each, cache="public, max-age=60") if each.path == "logo.svg" else each

    for tag in (B, C):
        repushed(rig, tag, longer)
    rig.enabled(B)
    rig.machine.let(7_400)
    rig.enabled(C)
    assert rig.site.served()["logo.svg"].cache == "public, max-age=60"
    assert rig.shows(C)


def test_what_the_new_release_does_not_have_stays_as_the_live_one_has_it(rig: ReleaseRig) -> None:
    """A page of the live release that is still open gets what it had, not what lay there before."""
    repushed(rig, C, lambda each: None if each.path == "style.css" else each)
    rig.enabled(C)
    live = next(each for each in rig.site.releases[B].files if each.path == "style.css")
    assert rig.site.served()["style.css"] == live


def canceled(rig: ReleaseRig) -> None:
    """Release C is given up while it is brought."""
    rig.say(f"web@{C} to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until="Share")
    rig.say("cancel web production")
    rig.machine.let(300)
    assert rig.deployment(3).state is State.CANCELED


def test_where_something_was_given_up_all_is_brought(rig: ReleaseRig) -> None:
    """Nobody knows what lies there; after that it is known again."""
    canceled(rig)
    assert rig.environment().spare_version == ""
    number = 4
    for expected in ("logo.svg", None):
        written = brought(rig, lambda: rig.enabled(A))
        assert rig.deployment(number).state is State.KEEPING
        assert ("logo.svg" in written.get(FIRST, set())) is (expected is not None)
        rig.machine.let(7_400)
        rig.enabled(B)
        rig.machine.let(7_400)
        number += 2


def test_what_was_given_up_brings_nothing_any_more_when_it_has_ended(rig: ReleaseRig) -> None:
    """A function that copies runs for a minute; the next release may come right after."""
    rig.bucket.fail("place", Unavailable("S3 is busy"), times=50)
    rig.enabled(C)
    rig.bucket.recover()
    stopped = rig.deployment(3).phases[-1].at
    rig.say("cancel web production")
    rig.machine.let(300)
    assert rig.deployment(3).ended
    assert rig.deployment(3).phases[-1].at - stopped >= LONGEST


def test_a_way_back_that_nobody_wrote_down_counts_as_well(rig: ReleaseRig) -> None:
    """The pointer moved, its function died, and another one moved it back: edges may have heard."""
    rig.cdn.fail("point", Unavailable("no answer"), times=7, after=True)
    rig.enabled(C)
    rig.machine.let(300)
    assert rig.deployment(3).state is State.FAILED
    assert rig.shows(B)
    moved_back = rig.environment().live_since
    assert moved_back > rig.deployment(3).switched_at
    rig.enabled(A)
    rig.machine.let(300)
    assert rig.environment().live_version == A
    assert rig.environment().live_since - moved_back >= SPREAD_SECONDS


# --- a hand at the pointer --------------------------------------------------------------------------------------------


def moved_by_hand(rig: ReleaseRig, folder: str = FIRST) -> None:
    """As docs/operations.md says; until it is enabled visitors see what the table does not know of."""
    rig.machine.after_each_step = lambda: None
    rig.site.pointers[STORE] = folder


def test_nothing_is_brought_to_what_a_hand_has_made_live(rig: ReleaseRig) -> None:
    """The table says that the other folder is live; visitors see this one."""
    moved_by_hand(rig)
    assert brought(rig, lambda: rig.enabled(C)) == {}
    rig.machine.let(8_000)
    assert rig.deployment(3).state is State.FAILED
    assert rig.deployment(3).reason == Reason.RELEASE_CHANGED
    assert f"{A} is live, not {B}" in rig.deployment(3).detail
    assert rig.shows(A)


def test_whoever_moves_the_pointer_meanwhile_is_seen(rig: ReleaseRig) -> None:
    """Before each part that is brought."""
    rig.say(f"web@{C} to production")
    moved_by_hand(rig)
    assert brought(rig, lambda: rig.decide("confirm", Kind.START)) == {}
    rig.machine.let(8_000)
    assert rig.deployment(3).reason == Reason.RELEASE_CHANGED


def test_what_a_hand_has_made_live_is_taken_over_by_enabling_it(rig: ReleaseRig) -> None:
    """Nothing moves and nothing is brought; from then on all is as ever, the way back too."""
    moved_by_hand(rig)
    assert brought(rig, lambda: rig.enabled(A)) == {}
    assert rig.deployment(3).state is State.KEEPING
    assert (rig.environment().live_folder, rig.environment().spare_version) == (FIRST, B)
    rig.say("rollback web production", LEAD)
    rig.decide("confirm", Kind.ROLLBACK)
    assert rig.site.pointers == {STORE: SECOND}
    assert rig.shows(B)


# --- from the time when each release had a folder of its own ----------------------------------------------------------


@pytest.fixture
def before() -> ReleaseRig:
    """Release A is live in a folder of its own, and nothing says where."""
    rig = ReleaseRig(pointed=True, first=False)
    rig.bucket.place("", rig.site.releases[A].files, A)
    rig.site.pointers[STORE] = A
    rig.store.put(Environment("web", "production", live_version=A, live_since=NOW - 600))
    return rig


def test_a_release_in_a_folder_of_its_own_is_followed_and_gone_back_to(before: ReleaseRig) -> None:
    """All of the next one is brought to the first of the folders that take turns, and the pointer moves as ever."""
    before.enabled(B)
    assert before.site.pointers == {STORE: FIRST}
    assert before.shows(B)
    before.say("rollback web production", LEAD)
    before.decide("confirm", Kind.ROLLBACK)
    assert before.site.pointers == {STORE: A}
    assert before.shows(A)
    before.machine.let(300)
    before.enabled(C)
    before.machine.let(7_400)
    before.enabled(B)
    assert before.site.pointers == {STORE: SECOND}
    assert before.shows(B)


def test_a_hand_may_go_back_to_a_folder_of_its_own(before: ReleaseRig) -> None:
    """And enabling that release takes it over where it is."""
    before.enabled(B)
    before.machine.let(7_400)
    moved_by_hand(before, A)
    before.enabled(A)
    assert before.deployment().state is State.KEEPING
    assert before.site.pointers == {STORE: A}
    assert before.environment().live_folder == A


def planned_before(rig: ReleaseRig) -> Deployment:
    """The record as the service before wrote it: nothing about folders."""
    found = rig.deployment(1)
    assert found.plan is not None
    rig.store.put(replace(found, plan=replace(found.plan, folder="", old_folder="", spare="")))
    return rig.deployment(1)


@pytest.mark.parametrize("until", ["ClearStandby", "Prepare", "Share", "Files", "Switch", "Point", "Bake"])
def test_a_release_that_was_planned_before_goes_on_as_it_was_planned(before: ReleaseRig, until: str) -> None:
    """To a folder of its own, wherever it was when the service was updated; and back from there."""
    before.say(f"web@{B} to production")
    digest = planned_before(before).plan.digest  # type: ignore[union-attr]
    before.decide("confirm", Kind.START, run=False)
    before.machine.run(until=until)
    before.machine.run()
    assert before.deployment(1).plan.digest == digest  # type: ignore[union-attr]
    assert before.site.pointers == {STORE: B}
    assert before.shows(B)
    before.say("rollback web production", LEAD)
    before.decide("confirm", Kind.ROLLBACK)
    assert before.site.pointers == {STORE: A}
    before.machine.let(300)
    before.enabled(C)
    assert before.site.pointers == {STORE: FIRST}
    assert before.shows(C)


# --- cleaning up ------------------------------------------------------------------------------------------------------


def test_what_lies_where_the_next_one_goes_is_not_cleaned_up() -> None:
    """However many others were pushed: without its manifest nobody could tell what differs."""
    rig = ReleaseRig(pointed=True, keep=1)
    rig.enabled(C)
    rig.machine.let(7_400)
    assert set(rig.site.releases) == {A, C}
    rig.store.put(pushed(rig.site, 3, D))
    assert "logo.svg" not in brought(rig, lambda: rig.enabled(D))[FIRST]
    rig.machine.let(7_400)
    assert set(rig.site.releases) == {C, D}


def test_where_its_manifest_is_gone_all_is_brought(rig: ReleaseRig) -> None:
    """Nobody can tell any more what lies there."""
    rig.site.broken.add(A)
    assert brought(rig, lambda: rig.enabled(C))[FIRST] >= {each.path for each in rig.site.releases[C].files}
    assert rig.shows(C)


def test_a_release_whose_neighbor_is_deleted_meanwhile_is_not_brought_by_half(rig: ReleaseRig) -> None:
    """It fails before anybody is shown anything, and comes with the next try to deploy it."""
    rig.say(f"web@{C} to production")
    rig.site.broken.add(A)
    rig.decide("confirm", Kind.START)
    rig.machine.let(3_000)
    assert rig.deployment(3).reason == Reason.RELEASE_MISSING
    assert rig.shows(B)
    rig.enabled(C)
    assert rig.shows(C)


# --- large ones -------------------------------------------------------------------------------------------------------


def test_what_only_the_live_folder_has_is_carried_in_parts(
    rig: ReleaseRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One function carries so many, and the next one goes on."""
    monkeypatch.setattr("chalicelib.usecases.steps.bringing.MOST_CARRIED", 2)
    left = {f"old/{number}.css": file(f"old/{number}.css", f"{number}") for number in range(5)}
    rig.site.folders[SECOND] |= left
    rig.enabled(C)
    assert rig.shows(C)
    assert rig.site.served().items() >= left.items()
