"""A frontend's release where something else happens meanwhile: a busy CDN, a hand in the bucket, a copy that comes
late, a run that ends and one that goes on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import NotReady, Refused, StepFailed, Unavailable
from chalicelib.domain.people import SERVICE
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import MOST_COPIED, File, manifest
from chalicelib.usecases.messages import deployment_message
from chalicelib.usecases.resume import resume
from chalicelib.usecases.steps.frontend import LONGEST
from chalicelib.usecases.steps.placing import PART, PART_BYTES
from tests.builders import LEAD
from tests.machine.release_rig import A, B, C, ReleaseRig, file

ABOUT = file("about.html", "the same in every release", page=True)


@pytest.fixture
def copied() -> ReleaseRig:
    """Release A is live in copy mode, B and C were pushed."""
    return ReleaseRig(pointed=False, more=[ABOUT])


def shown_text(rig: ReleaseRig, number: int = 2) -> str:
    """What the channel shows of a deployment."""
    message = deployment_message(rig.deployment(number), rig.open(), rig.clock.now())
    return "\n".join((*message.lines, *(text for _, text in message.fields)))


# --- the CDN ----------------------------------------------------------------------------------------------------------


def test_a_busy_cdn_is_told_later(copied: ReleaseRig) -> None:
    """Longer than a client would try; nothing goes back for that."""
    copied.cdn.fail("invalidate", NotReady("too many in progress"), times=60)
    copied.enabled()
    assert copied.deployment().state is State.KEEPING
    assert copied.deployment().command("live") == ("I-web-production-2-1-live",)
    assert "could not be told" not in shown_text(copied)


def test_a_cdn_that_stays_busy_does_not_take_a_release_back(copied: ReleaseRig) -> None:
    """Everybody is told what visitors may still see."""
    copied.cdn.fail("invalidate", NotReady("too many in progress"), times=1_000)
    copied.enabled()
    assert copied.deployment().state is State.KEEPING
    assert copied.shows(B)
    assert "could not be told" in shown_text(copied)
    assert "untold" in [line.event for line in copied.store.history("web", "production")]


def test_a_cdn_that_refuses_does_not_take_a_release_back(copied: ReleaseRig) -> None:
    """A distribution without its label, say: the same, and no reason of failure is left."""
    copied.cdn.fail("invalidate", StepFailed(Reason.INTERNAL, step="CreateInvalidation", what="AccessDenied"))
    copied.enabled()
    assert copied.deployment().state is State.KEEPING
    assert copied.deployment().reason == ""
    assert "could not be told" in shown_text(copied)


def test_going_back_says_when_the_cdn_could_not_be_told(copied: ReleaseRig) -> None:
    """The earlier release is live, and edges may still have files of the later one."""
    copied.enabled()
    copied.cdn.fail("invalidate", NotReady("too many in progress"), times=1_000)
    copied.say("rollback web production", LEAD)
    copied.decide("confirm", Kind.ROLLBACK)
    assert copied.deployment().state is State.ROLLED_BACK
    assert copied.shows(A)
    assert "could not be told" in shown_text(copied)


def test_whoever_wants_back_does_not_wait_for_the_cdn(copied: ReleaseRig) -> None:
    """A rollback that is asked for while it is busy comes at the next look, not after twenty minutes."""
    copied.cdn.fail("invalidate", NotReady("too many in progress"), times=10)
    copied.say(f"web@{B} to production")
    copied.decide("confirm", Kind.START, run=False)
    copied.machine.run(until="Invalidate")
    copied.say("rollback web production", LEAD)
    copied.decide("confirm", Kind.ROLLBACK)
    copied.machine.let(100)
    assert copied.deployment().state is State.ROLLED_BACK
    assert copied.shows(A)


# --- what was pushed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pointed", [False, True])
def test_a_manifest_that_was_not_reported_is_not_enabled(*, pointed: bool) -> None:
    """Whoever writes into the bucket can not say what goes live: the digest came with CI's signature."""
    rig = ReleaseRig(pointed=pointed)
    true = rig.site.releases[B]
    rig.site.push(manifest("web", B, [*true.files, file("stranger.html", "!", page=True)], true.made_at))
    rig.say(f"web@{B} to production")
    assert rig.deployment().state is State.FAILED
    assert rig.deployment().reason == Reason.RELEASE_BROKEN
    assert "reported after the push" in rig.deployment().detail
    assert rig.shows(A)
    rig.over()


# --- a hand in the bucket ---------------------------------------------------------------------------------------------


def meddled(rig: ReleaseRig) -> None:
    """Somebody has broken what visitors see, so only how it ends counts."""
    rig.machine.after_each_step = lambda: None


@pytest.mark.parametrize("path", ["logo.svg", "about.html"])
@pytest.mark.parametrize("edited", [False, True])
def test_a_file_that_somebody_changed_by_hand_is_put_right(
    copied: ReleaseRig, path: str, *, edited: bool
) -> None:
    """Also where it is the same in both releases, so that it is brought with neither."""
    meddled(copied)
    served = copied.site.folders["production"]
    was = served.pop(path)
    if edited:
        served[path] = replace(was, sha256="0" * 64)
    copied.enabled()
    assert copied.deployment().state is State.KEEPING
    assert copied.shows(B)


def test_going_back_puts_right_what_somebody_changed_by_hand(copied: ReleaseRig) -> None:
    """Before the earlier release is said to be live."""
    meddled(copied)
    copied.enabled()
    del copied.site.folders["production"]["logo.svg"]
    copied.say("rollback web production", LEAD)
    copied.decide("confirm", Kind.ROLLBACK)
    assert copied.deployment().state is State.ROLLED_BACK
    assert copied.shows(A)


def test_a_live_release_whose_manifest_is_gone_stops_nobody(copied: ReleaseRig) -> None:
    """All of the next one is brought, people are told, and nobody is offered a way back that is not there."""
    copied.site.broken.add(A)
    copied.say(f"web@{B} to production")
    assert "can not be read any more" in shown_text(copied)
    copied.decide("confirm", Kind.START)
    assert copied.deployment().state is State.KEEPING
    assert copied.shows(B)
    with pytest.raises(Refused) as refused:
        copied.say("rollback web production", LEAD)
    assert refused.value.reason is Reason.NO_WAY_BACK
    assert set(copied.site.invalidations["web-production-2-1-live"]) >= {"logo.svg", "style.css"}


def test_with_a_folder_for_each_release_one_can_go_back_without_its_manifest() -> None:
    """Its folder is what it was."""
    rig = ReleaseRig(pointed=True)
    rig.site.broken.add(A)
    rig.enabled()
    rig.say("rollback web production", LEAD)
    rig.decide("confirm", Kind.ROLLBACK)
    assert rig.deployment().state is State.ROLLED_BACK
    assert rig.shows(A)


# --- copies that come late --------------------------------------------------------------------------------------------


def held(rig: ReleaseRig) -> None:
    """Release B could not be brought, and waits for somebody to retry it."""
    rig.bucket.fail("place", Unavailable("S3 is busy"), times=50)
    rig.enabled()
    rig.bucket.recover()
    assert rig.deployment().state is State.ASKING_RETRY


def test_what_still_copies_after_a_hold_is_waited_for(copied: ReleaseRig) -> None:
    """A function that copied another part runs on for a minute; what it brings is taken back too."""
    held(copied)
    stopped = copied.deployment().phases[-1].at

    def late() -> None:
        if LONGEST - 10 < copied.clock.now() - stopped < LONGEST:
            copied.site.folders["production"]["style.css"] = style(copied, B)

    copied.machine.after_each_step = late
    copied.say("cancel web production")
    copied.clock.advance(max(0.0, stopped + LONGEST - 5 - copied.clock.now()))
    late()
    copied.machine.let(100)
    assert copied.deployment().state is State.FAILED
    assert copied.shows(A)
    copied.over()


def test_what_is_brought_back_is_looked_at(copied: ReleaseRig) -> None:
    """Where somebody else wrote at the same moment it is brought again."""
    copied.bucket.fail("carry")
    copied.site.objects.discard(style(copied, B).body)
    copied.enabled()
    assert copied.deployment().state is State.ASKING_RETRY
    copied.site.folders["production"]["style.css"] = file("style.css", "by hand")
    copied.site.stubborn["style.css"] = 3
    copied.say("cancel web production")
    copied.machine.let(200)
    assert copied.deployment().state is State.FAILED
    assert copied.shows(A)


def style(rig: ReleaseRig, tag: str) -> File:
    """The style sheet whose name stays."""
    return next(each for each in rig.site.releases[tag].files if each.path == "style.css")


# --- runs -------------------------------------------------------------------------------------------------------------


def stops(rig: ReleaseRig) -> None:
    """Somebody stops the run by hand, and the next one goes on."""
    rig.machine.abort("web-production-2")
    resume(rig.store, rig.workflow, rig.clock, rig.deployment(), SERVICE)
    rig.machine.run()


@pytest.mark.parametrize("pointed", [False, True])
def test_a_later_run_that_could_not_compare_is_tried_again(*, pointed: bool) -> None:
    """What is to be brought is worked out by the try, not taken from a comparison that there never was."""
    rig = ReleaseRig(pointed=pointed)
    rig.say(f"web@{B} to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until="Prepare")
    rig.bucket.fail("manifest", Unavailable("S3 is busy"), times=7)
    stops(rig)
    assert rig.deployment().state is State.ASKING_RETRY
    rig.say("retry web production")
    assert rig.deployment().state is State.KEEPING
    assert rig.shows(B)


def test_a_run_that_stopped_while_it_waited_for_a_retry_goes_on(copied: ReleaseRig) -> None:
    """The next run waits as well, and its retry brings the files."""
    held(copied)
    stops(copied)
    assert copied.deployment().state is State.ASKING_RETRY
    copied.say("retry web production")
    assert copied.deployment().state is State.KEEPING
    assert copied.shows(B)


def test_cleaning_up_needs_no_manifest_of_the_release_before(copied: ReleaseRig) -> None:
    """It may have deleted that one itself before its run stopped."""
    copied.enabled()
    copied.say("cleanup web production", LEAD)
    copied.decide("confirm", Kind.END, run=False)
    copied.machine.run(until="CleanUp")
    copied.site.broken.add(A)
    stops(copied)
    assert copied.deployment().state is State.SUCCEEDED
    copied.over()


# --- large ones -------------------------------------------------------------------------------------------------------


def enabled_and_back(rig: ReleaseRig, more: Callable[[str], list[File]]) -> None:
    """Two releases of many files, enabled one after the other, and gone back."""
    for tag in (B, C):
        rig.site.push(manifest("web", tag, [*rig.site.releases[tag].files, *more(tag)], 1))
        known = rig.store.release("web", tag)
        assert known is not None
        rig.store.put(replace(known, manifest=rig.site.releases[tag].digest))
    rig.enabled(B)
    rig.enabled(C)
    rig.say("rollback web production", LEAD)
    rig.decide("confirm", Kind.ROLLBACK)
    assert rig.shows(B)


@pytest.mark.parametrize("pointed", [False, True])
def test_no_function_handles_more_than_a_part(*, pointed: bool) -> None:
    """However many files there are and however many are different, also on the way back."""
    rig = ReleaseRig(pointed=pointed)
    enabled_and_back(
        rig,
        lambda tag: [file(f"assets/{number:05}-{tag}.css", f"{tag} {number}") for number in range(2 * PART)],
    )
    handled = [
        len(facts[name])  # type: ignore[arg-type]
        for method, name in (("place", "files"), ("wrong", "files"), ("carry", "paths"))
        for facts in rig.bucket.called(method)
    ]
    assert max(handled) == PART


@pytest.mark.parametrize("pointed", [False, True])
def test_no_function_copies_more_bytes_than_it_has_time_for(*, pointed: bool) -> None:
    """However large the files are: a hundred of the largest that can be copied at all are no part."""
    rig = ReleaseRig(pointed=pointed)
    films = [f"films/{number:03}" for number in range(PART_BYTES // MOST_COPIED * 3 // 2)]
    enabled_and_back(
        rig,
        lambda tag: [replace(file(f"{name}-{tag}.mp4", f"{tag} {name}"), size=MOST_COPIED) for name in films],
    )
    handled = [
        MOST_COPIED * str(facts[name]).count("films/")
        for method, name in (("place", "files"), ("carry", "paths"))
        for facts in rig.bucket.called(method)
    ]
    assert PART_BYTES // 2 < max(handled) <= PART_BYTES
