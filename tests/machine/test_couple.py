"""A server and a frontend that go together, through both machines: both are live, or neither is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from tests.builders import APPROVER, LEAD
from tests.machine.couple_rig import BOTH, NEXT_SERVERS, PAGES, SERVERS, CoupleRig
from tests.machine.release_rig import TIMEOUTS, A, B, C
from tests.machine.rig import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def rig() -> CoupleRig:
    """141 and A are live."""
    return CoupleRig()


def as_before(rig: CoupleRig) -> None:
    """Neither is live, and both environments are free."""
    assert rig.shown == A
    assert rig.environment().live_version == "141"
    assert rig.taking() == CONTROLS
    assert rig.store.environment("web", "production").live_version == A
    for ref in (SERVERS, PAGES):
        assert rig.of(ref).ended
        environment = rig.store.environment(ref.service, ref.environment)
        assert (environment.active, environment.keeping) == (None, None)
        assert [each for each in rig.store.questions(ref) if each.answer is None] == []


def test_the_frontend_is_enabled_when_the_server_has_switched(rig: CoupleRig) -> None:
    """Two people are asked about one thing: nobody is asked about the frontend again."""
    rig.ready()
    assert (rig.of(PAGES).state, rig.shown) == (State.ACCEPTED, A)
    rig.machine.let(3_600)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.READY, State.ACCEPTED)
    rig.say("finish cameras production")
    rig.confirm(Kind.FINISH)
    rig.machine.let(200)
    assert (rig.of(PAGES).state, rig.shown) == (State.KEEPING, B)
    assert rig.of(PAGES).confirmed_by == APPROVER
    rig.machine.let(7_400)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.SUCCEEDED, State.SUCCEEDED)


@pytest.mark.parametrize("named", ["cameras", "web"])
def test_rolling_back_either_takes_both(rig: CoupleRig, named: str) -> None:
    """One question for both, and the pages go first (see CoupleRig.paired)."""
    rig.live()
    rig.say(f"rollback {named} production", LEAD)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.ASKING_ROLLBACK, State.KEEPING)
    rig.confirm(Kind.ROLLBACK)
    rig.machine.let(300)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.ROLLED_BACK, State.ROLLED_BACK)
    as_before(rig)


def test_a_frontend_that_fails_takes_the_server_back(rig: CoupleRig) -> None:
    """Its files are gone: nobody has to be asked, since both or neither is what was confirmed."""
    rig.ready()
    rig.site.objects.clear()
    rig.say("finish cameras production")
    rig.confirm(Kind.FINISH)
    rig.machine.let(3_000)
    assert rig.of(PAGES).state is State.FAILED
    assert rig.of(SERVERS).state is State.ROLLED_BACK
    assert "web-production-1 did not stay" in rig.of(SERVERS).detail
    as_before(rig)


def test_a_release_that_was_exchanged_takes_the_server_back(rig: CoupleRig) -> None:
    """What follows is the very release that was confirmed."""
    rig.ready()
    other = rig.site.releases[B]
    rig.site.releases[B] = type(other)(other.service, other.tag, other.files, other.made_at + 1)
    rig.say("finish cameras production")
    rig.confirm(Kind.FINISH)
    rig.machine.let(3_000)
    assert rig.of(PAGES).reason == Reason.RELEASE_BROKEN
    as_before(rig)


def test_a_server_that_is_canceled_leaves_the_pages(rig: CoupleRig) -> None:
    """Before the switch: the frontend never begins."""
    rig.ready()
    rig.say("cancel cameras production")
    assert rig.of(SERVERS).state is State.CANCELED
    assert (rig.of(PAGES).state, rig.of(PAGES).reason) == (State.CANCELED, Reason.PARTNER_ENDED)
    as_before(rig)


def test_a_question_that_is_rejected_ends_both(rig: CoupleRig) -> None:
    """Before anything was made."""
    rig.say(f"{BOTH} to production")
    rig.say(f"reject {rig.question(SERVERS, Kind.START).code}", APPROVER)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.REJECTED, State.CANCELED)
    as_before(rig)


def test_canceling_the_frontend_cancels_the_server(rig: CoupleRig) -> None:
    """It waits for its people no more."""
    rig.ready()
    rig.say("cancel web production")
    rig.machine.let(60)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.CANCELED, State.CANCELED)
    as_before(rig)


def test_the_confirmation_covers_the_release(rig: CoupleRig) -> None:
    """The server's plan says which one follows, and its digest changes with it."""
    rig.say(f"{BOTH} to production")
    plan = rig.of(SERVERS).plan
    assert plan is not None
    assert plan.together == f"{B} {rig.site.releases[B].digest}"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda rig: rig.site.releases.pop(B), Reason.RELEASE_MISSING),
        (lambda rig: rig.site.releases.update({B: rig.site.releases[C]}), Reason.RELEASE_BROKEN),
    ],
    ids=["gone", "exchanged"],
)
def test_a_release_that_is_not_there_is_refused_before_anything_begins(
    rig: CoupleRig, spoil: Callable[[CoupleRig], object], reason: Reason
) -> None:
    """Else the server would switch, and go back for it."""
    spoil(rig)
    rig.say(f"{BOTH} to production")
    rig.machine.let(60)
    assert (rig.of(SERVERS).state, rig.of(SERVERS).reason) == (State.FAILED, reason)
    assert rig.store.questions(SERVERS) == ()
    as_before(rig)


def test_the_same_event_again_starts_nothing_twice(rig: CoupleRig) -> None:
    """Both were accepted in one write."""
    for _ in range(2):
        rig._events = iter(["slack-same"])
        rig.say(f"{BOTH} to production")
    assert rig.workflow.started == [SERVERS]
    assert rig.store.environment("web", "production").counter == 1


def test_one_that_is_busy_keeps_both(rig: CoupleRig) -> None:
    """Nothing is written."""
    rig.say(f"web@{B} to production")
    with pytest.raises(Refused) as refused:
        rig.say(f"{BOTH} to production")
    assert refused.value.reason is Reason.ALREADY_ACTIVE
    assert rig.environment().active is None


def test_two_plans_are_two_plans(rig: CoupleRig) -> None:
    """Nothing is held, and neither waits for the other."""
    rig.say(f"plan {BOTH} to production")
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.PLANNED, State.PLANNED)
    assert rig.of(PAGES).partner is None


# --- a first release ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pointed", [True, False], ids=["pointed", "copied"])
def test_a_server_goes_back_alone_where_its_frontend_is_a_first_release(pointed: bool) -> None:
    """There is no page to go back to, which keeps nobody from the way back (docs/safety.md, I10); chat says it."""
    rig = CoupleRig(pointed=pointed, first=True)
    rig.live()
    said = rig.say("rollback cameras production", LEAD)
    assert f"Visitors keep seeing `{B}`" in said
    assert rig.of(SERVERS).stays == B, "whoever confirms it reads so, too"
    rig.confirm(Kind.ROLLBACK)
    rig.machine.let(300)
    assert (rig.of(SERVERS).state, rig.taking()) == (State.ROLLED_BACK, CONTROLS)
    assert (rig.of(PAGES).state, rig.shown) == (State.KEEPING, B)
    rig.machine.let(8_000)
    assert (rig.of(PAGES).state, rig.shown) == (State.SUCCEEDED, B)


def test_what_else_happens_to_a_first_release_keeps_no_server_from_going_back() -> None:
    """Another release is on its way by then."""
    rig = CoupleRig(first=True)
    rig.live()
    rig.say(f"web@{C} to production")
    rig.say("rollback cameras production", LEAD)
    rig.confirm(Kind.ROLLBACK)
    rig.machine.let(300)
    assert (rig.of(SERVERS).state, rig.taking()) == (State.ROLLED_BACK, CONTROLS)


def test_a_first_release_that_failed_once_it_was_shown_stays_without_its_server() -> None:
    """The server is taken back, and its record says what visitors still see."""
    rig = CoupleRig(first=True)
    rig.viewer.shows = "0" * 64
    rig.ready()
    rig.say("finish cameras production")
    rig.confirm(Kind.FINISH)
    rig.machine.let(3_000)
    assert (rig.of(PAGES).state, rig.shown) == (State.FAILED, B)
    assert (rig.of(SERVERS).state, rig.of(SERVERS).stays) == (State.ROLLED_BACK, B)


# --- the way there is disturbed -------------------------------------------------------------------------------------


def copying(rig: CoupleRig) -> None:
    """The server is live, and the frontend waits for somebody to mend its files."""
    rig.ready()
    rig.site.objects.clear()
    rig.say("finish cameras production")
    rig.decide_of(SERVERS, Kind.FINISH, run=False)
    rig.machine.elapse(100)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.KEEPING, State.ASKING_RETRY)


def watched(rig: CoupleRig, task: str) -> None:
    """The switch is confirmed, and a task is about to begin."""
    rig.ready()
    rig.say("finish cameras production")
    rig.decide_of(SERVERS, Kind.FINISH, run=False)
    rig.machine.run(until=task)


def mended(rig: CoupleRig) -> None:
    """Every file is there again."""
    for release in rig.site.releases.values():
        rig.site.objects |= {each.body for each in release.files}


def test_canceling_a_frontend_whose_server_is_live_is_a_rollback_of_both(rig: CoupleRig) -> None:
    """Traffic that somebody confirmed goes back only when somebody confirms that (I5)."""
    copying(rig)
    said = rig.said("cancel web production")
    assert "web-production-1* ends with it" in said
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.ASKING_ROLLBACK, State.ASKING_RETRY)
    rig.confirm(Kind.ROLLBACK)
    rig.machine.let(300)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.ROLLED_BACK, State.FAILED)
    as_before(rig)


def test_the_next_server_gives_way_where_the_frontend_fails(rig: CoupleRig) -> None:
    """It waits for that one; the two go back, and what was planned on top of them ends."""
    copying(rig)
    rig.said("cameras@143 to production", seconds=30)
    rig.decide_of(NEXT_SERVERS, Kind.START, run=False)
    rig.machine.elapse(300)
    assert rig.question(SERVERS, Kind.KEEP), "its way back is open"
    rig.sweeps(60)
    assert rig.of(PAGES).state is State.FAILED
    assert rig.of(NEXT_SERVERS).reason == Reason.GIVES_WAY
    assert rig.of(SERVERS).state is State.ROLLED_BACK
    as_before(rig)


def test_the_next_server_goes_on_when_the_frontend_is_there(rig: CoupleRig) -> None:
    """It closes the way back of both at once."""
    copying(rig)
    rig.said("cameras@143 to production", seconds=30)
    rig.decide_of(NEXT_SERVERS, Kind.START, run=False)
    rig.machine.elapse(100)
    mended(rig)
    rig.said("retry web production", seconds=600)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.SUCCEEDED, State.SUCCEEDED)
    assert rig.of(NEXT_SERVERS).state is State.READY


@pytest.mark.parametrize("verb", ["confirm", "reject"])
def test_a_rollback_asked_for_as_the_watching_ends_shows_no_new_page(rig: CoupleRig, verb: str) -> None:
    """Nobody knows yet whether the server stays; the frontend begins when it does."""
    watched(rig, "KeepOld")
    rig.say("rollback cameras production", LEAD)
    rig.machine.let(120)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.ASKING_ROLLBACK, State.ACCEPTED)
    rig.decide_of(SERVERS, Kind.ROLLBACK, verb)
    rig.machine.let(300)
    if verb == "confirm":
        as_before(rig)
    else:
        assert (rig.of(PAGES).state, rig.shown) == (State.KEEPING, B)


@pytest.mark.parametrize("task", ["Compare", "ClearStandby", "Check", "Point", "Invalidate"])
@pytest.mark.parametrize("verb", ["confirm", "reject"])
def test_a_rollback_asked_for_while_the_frontend_begins(rig: CoupleRig, task: str, verb: str) -> None:
    """Wherever it is: it is not shown anew while that is asked, and ends as the server does."""
    watched(rig, "Bake")
    rig.machine.elapse(50)
    rig.machine.run(until=task)
    rig.said("rollback cameras production", seconds=60)
    assert rig.shown == (B if task == "Invalidate" else A) or task == "Point"
    rig.decide_of(SERVERS, Kind.ROLLBACK, verb)
    rig.machine.let(900)
    if verb == "confirm":
        as_before(rig)
    else:
        assert (rig.of(SERVERS).state, rig.of(PAGES).state, rig.shown) == (State.KEEPING, State.KEEPING, B)


def test_a_frontend_that_fails_while_its_server_is_asked_something() -> None:
    """However long that takes, the server looks as soon as it is answered."""
    rig = CoupleRig(timeouts={**TIMEOUTS, "retry": 120})
    copying(rig)
    rig.said("rollback cameras production", seconds=200)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.ASKING_ROLLBACK, State.FAILED)
    rig.decide_of(SERVERS, Kind.ROLLBACK, "reject")
    rig.machine.let(300)
    as_before(rig)


@pytest.mark.usefixtures("unwatched")
def test_a_server_that_got_stuck_and_is_retried_takes_its_frontend_along(rig: CoupleRig) -> None:
    """It waits: nobody knows yet what becomes of the server."""
    watched(rig, "Bake")
    rig.machine.after_each_step = lambda: None
    rig.machine.abort(SERVERS.deployment)
    rig.sweeps(5)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.STUCK, State.ACCEPTED)
    rig.say("retry cameras production")
    rig.machine.let(300)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state, rig.shown) == (State.KEEPING, State.KEEPING, B)
