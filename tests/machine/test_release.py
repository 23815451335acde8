"""Whole flows of a frontend's release over the machine's own definition, in both ways to serve it."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.answering import Request
from chalicelib.usecases.messages import deployment_message
from chalicelib.usecases.release_texts import release_message
from tests.builders import LEAD
from tests.machine.release_rig import STORE, A, B, C, ReleaseRig, file


@pytest.fixture(params=[False, True], ids=["copied", "pointed"])
def rig(request: pytest.FixtureRequest) -> ReleaseRig:
    """Release A is live, B and C were pushed."""
    return ReleaseRig(pointed=request.param)


def test_a_release_goes_live_when_a_second_person_confirms(rig: ReleaseRig) -> None:
    """Asked, copied, verified, shown; the window to go back is open, and closes by itself."""
    rig.say(f"web@{B} to production")
    assert rig.deployment().state is State.ASKING_START
    assert rig.shows(A)
    rig.decide("confirm", Kind.START)
    assert rig.deployment().state is State.KEEPING
    assert rig.shows(B)
    assert rig.environment().live_version == B
    rig.machine.let(7_300)
    assert rig.deployment().state is State.SUCCEEDED
    rig.over()
    assert rig.shows(B)


def test_the_newest_release_is_enabled_where_none_is_named(rig: ReleaseRig) -> None:
    """By its tag, and one can also be asked for by its version."""
    rig.say("web to production")
    assert rig.deployment().version == C
    rig.say("cancel web production")
    rig.say("web@2 to production")
    assert rig.deployment(3).version == B


def test_only_what_differs_is_copied() -> None:
    """Assets that are new, those whose names stay, since a style sheet may refer to the others, then pages that are new
    and pages that changed; what is the same in both is not touched."""
    rig = ReleaseRig(pointed=False)
    before = len(rig.bucket.called("place"))
    rig.enabled()
    brought = [
        [each.path for each in call["files"]]  # type: ignore[attr-defined]
        for call in rig.bucket.called("place")[before:]
    ]
    assert brought == [["app.1.css"], ["style.css"], ["only-1.html"], ["index.html"]]


def test_enabling_and_going_back_are_one_write_each_where_it_is_pointed() -> None:
    """Between them nothing is copied."""
    rig = ReleaseRig(pointed=True)
    rig.enabled()
    assert rig.site.pointers == {STORE: "web_production_b"}
    assert rig.site.labels["web_production_b"] == B
    copied = len(rig.bucket.called("place")) + len(rig.bucket.called("carry"))
    rig.say("rollback web production")
    rig.decide("confirm", Kind.ROLLBACK)
    assert rig.site.pointers == {STORE: "web_production_a"}
    assert len(rig.bucket.called("place")) + len(rig.bucket.called("carry")) == copied
    assert len(rig.cdn.called("point")) == 3


def test_the_earlier_release_comes_back(rig: ReleaseRig) -> None:
    """Asked for and confirmed within the window; every file is again what it was."""
    rig.enabled()
    rig.say("rollback web production")
    rig.decide("confirm", Kind.ROLLBACK)
    assert rig.deployment().state is State.ROLLED_BACK
    assert rig.shows(A)
    assert rig.environment().live_version == A
    rig.over()


def test_what_nobody_confirms_changes_nothing(rig: ReleaseRig) -> None:
    """Rejected, or not answered in time."""
    rig.say(f"web@{B} to production")
    rig.decide("reject", Kind.START)
    assert rig.deployment().state is State.REJECTED
    rig.say(f"web@{B} to production")
    rig.machine.let(400)
    assert rig.deployment(3).state is State.EXPIRED
    assert rig.shows(A)
    assert rig.open() == []


def test_the_requester_does_not_confirm(rig: ReleaseRig) -> None:
    """As for servers."""
    rig.say(f"web@{B} to production", LEAD)
    with pytest.raises(Refused) as refused:
        rig.decide("confirm", Kind.START, LEAD)
    assert refused.value.reason is Reason.SAME_PERSON


def test_a_cdn_that_shows_something_else_goes_back(rig: ReleaseRig) -> None:
    """The look through the CDN is asked again for some minutes; then the earlier release is live again."""
    rig.viewer.shows = "0" * 64
    rig.enabled()
    rig.machine.let(1_000)
    assert rig.deployment().state is State.FAILED
    assert rig.shows(A)
    assert rig.environment().live_version == A
    rig.over()


@pytest.mark.parametrize("name", ["a b", "\u00fcber uns", "50%", "a#b", "a?b", "logo@2x~'+"])
def test_a_page_of_any_name_is_looked_at(name: str) -> None:
    """It is asked for as browsers ask, percent-encoded; a raw name would look like a site that does not answer."""
    rig = ReleaseRig(pointed=False, more=[file(f"{name}.html", "odd", page=True)])
    rig.enabled()
    assert rig.deployment().state is State.KEEPING


def test_a_part_that_fails_before_the_switch_leaves_what_was_live(rig: ReleaseRig) -> None:
    """People may have it tried again; who gives up has every file as it was."""
    rig.bucket.fail("place", Unavailable("S3 is busy"), times=50)
    rig.enabled()
    assert rig.deployment().state is State.ASKING_RETRY
    rig.bucket.recover()
    rig.say("cancel web production")
    rig.machine.let(200)
    assert rig.deployment().state is State.FAILED
    assert rig.shows(A)
    rig.over()


def test_a_failed_step_can_be_tried_again(rig: ReleaseRig) -> None:
    """The same release, from where it failed."""
    rig.bucket.fail("wrong", Unavailable("S3 is busy"), times=50)
    rig.enabled()
    rig.bucket.recover()
    rig.say("retry web production")
    assert rig.deployment().state is State.KEEPING
    assert rig.shows(B)


def test_pages_that_fail_halfway_go_back(rig: ReleaseRig) -> None:
    """Whatever was copied of the new pages, the earlier release is shown again, whole."""
    if rig.site.pointers:
        rig.cdn.fail("point", Unavailable("busy"), times=7)
    else:
        rig.bucket.fail("place", Unavailable("S3 is busy"), times=7, skip=2)
    rig.enabled()
    rig.cdn.recover()
    rig.machine.let(300)
    assert rig.deployment().state is State.FAILED
    assert rig.shows(A)
    rig.over()


def test_a_release_that_somebody_changed_is_not_enabled(rig: ReleaseRig) -> None:
    """An object that is gone, or another manifest than was approved."""
    gone = rig.site.releases[B].files[0]
    rig.site.objects.discard(gone.body)
    rig.enabled()
    assert rig.deployment().state is State.ASKING_RETRY
    assert rig.deployment().reason == Reason.RELEASE_BROKEN
    rig.say("cancel web production")
    rig.machine.let(200)
    assert rig.shows(A)
    rig.over()


def test_what_no_kept_release_needs_is_deleted_after_the_window() -> None:
    """Not at enable time; never what is live or can be gone back to, nor what lies where the next one goes."""
    for pointed in (False, True):
        rig = ReleaseRig(pointed=pointed, keep=2)
        rig.enabled(C)
        assert A in rig.site.releases, "somebody may still go back"
        rig.machine.let(7_300)
        assert set(rig.site.releases) == ({A, B, C} if pointed else {B, C})
        assert rig.shows(C)
        assert ("app.0.css" in rig.site.served()) is pointed


@pytest.mark.parametrize("pointed", [False, True], ids=["copied", "pointed"])
def test_who_closes_the_window_early_leaves_what_open_pages_need(*, pointed: bool) -> None:
    """Visitors were shown A a moment ago; the next cleaning up takes it."""
    rig = ReleaseRig(pointed=pointed, keep=2)
    rig.enabled(B)
    rig.say("cleanup web production")
    rig.decide("confirm", Kind.END)
    assert rig.deployment().state is State.SUCCEEDED
    assert A in rig.site.releases
    rig.machine.let(4_000)
    rig.enabled(C)
    rig.machine.let(7_400)
    assert set(rig.site.releases) == {B, C}


def test_three_releases_in_an_hour_leave_what_open_pages_need() -> None:
    """Cleaning up after each keeps all that was shown lately."""
    rig = ReleaseRig(pointed=False, keep=2)
    for tag in (B, C, B):
        rig.enabled(tag)
        rig.machine.let(60)
    assert set(rig.site.releases) == {A, B, C}
    rig.machine.let(7_400)
    assert set(rig.site.releases) == {B, C}


def test_the_next_release_closes_the_window_of_the_one_before(rig: ReleaseRig) -> None:
    """As for servers: it is said when it is asked for."""
    rig.enabled(B)
    rig.say(f"web@{C} to production")
    rig.decide("confirm", Kind.START)
    assert rig.deployment(2).state is State.SUCCEEDED
    assert rig.deployment(3).state is State.KEEPING
    assert rig.shows(C)


def test_a_release_that_is_not_known_is_refused(rig: ReleaseRig) -> None:
    """Nothing is started."""
    with pytest.raises(Refused) as refused:
        rig.say("web@web_2020-01-01_00-00 to production")
    assert refused.value.reason is Reason.UNKNOWN_RELEASE


@pytest.mark.parametrize("pointed", [False, True])
@pytest.mark.parametrize("lost", [False, True])
def test_after_a_first_release_that_fails_the_next_one_is_enabled(*, pointed: bool, lost: bool) -> None:
    """There is nothing to go back to, so visitors still see it, and the table says so."""
    rig = ReleaseRig(pointed=pointed, first=False)
    rig.viewer.shows = "0" * 64
    if lost:
        rig.machine.lost.append("Point")
    rig.enabled(A)
    rig.machine.let(1_000)
    assert rig.deployment(1).state is State.FAILED
    assert rig.shows(A)
    assert rig.environment().live_version == A
    rig.viewer.shows = None
    rig.enabled(B)
    assert rig.shows(B)
    assert rig.environment().live_version == B


@pytest.fixture
def cleaned() -> ReleaseRig:
    """Two releases are kept, so A is too many once C is live; the window closes now."""
    rig = ReleaseRig(pointed=False, keep=2)
    rig.enabled(C)
    return rig


def test_cleaning_up_that_fails_ends_well(cleaned: ReleaseRig) -> None:
    """The release is live; what is left is said once, and the next may begin at once."""
    cleaned.cleaner.fail("clean", times=99)
    cleaned.machine.let(10_000)
    ended = cleaned.deployment()
    assert (ended.state, ended.reason) == (State.SUCCEEDED, "")
    assert "clean was told to fail" in ended.uncleaned
    assert ended.uncleaned in said(cleaned)
    cleaned.over()
    cleaned.cleaner.recover()
    cleaned.say(f"web@{B} to production")
    cleaned.decide("confirm", Kind.START)
    cleaned.machine.let(7_400)
    assert A not in cleaned.site.releases
    assert cleaned.deployment(3).uncleaned == ""


def test_what_cleaning_up_can_not_decide_is_said(cleaned: ReleaseRig) -> None:
    """In the last message, and as a line of history."""
    cleaned.cleaner.doubts = ("releases/shop/manifest.json can not be read",)
    cleaned.machine.let(7_400)
    assert "releases/shop/manifest.json can not be read" in said(cleaned)
    events = [line.event for line in cleaned.store.table.history]
    assert events.count("left_files") == 1


def test_what_was_cleaned_up_is_known_to_be_gone(cleaned: ReleaseRig) -> None:
    """It is refused at once, by its tag and by its version, and nobody is offered it."""
    cleaned.machine.let(7_400)
    for asked in (A, "1"):
        with pytest.raises(Refused) as refused:
            cleaned.say(f"web@{asked} to production")
        assert refused.value.reason is Reason.RELEASE_MISSING
    reply = cleaned.chatops.handle(Request(parse("versions web"), LEAD, "slack-versions"))
    assert not [each for each in reply.actions if A in each.value]
    assert [line for line in reply.text.splitlines() if A in line and "cleaned up" in line]
    found = cleaned.store.release("web", A)
    assert found is not None
    assert release_message(found, ["production"]).actions == ()


def test_the_next_deployment_does_not_wait_for_all_to_be_cleaned(cleaned: ReleaseRig) -> None:
    """It cleans up in its turn."""
    never_done = cleaned.cleaner.clean
    cleaned.cleaner.clean = lambda bucket, kept: replace(never_done(bucket, kept), more=True)  # type: ignore[method-assign]
    cleaned.say(f"web@{B} to production")
    cleaned.decide("confirm", Kind.START)
    assert cleaned.deployment().state is State.SUCCEEDED
    assert "cleans up too" in cleaned.deployment().uncleaned
    assert cleaned.deployment(3).state is State.KEEPING


def said(rig: ReleaseRig) -> str:
    """The deployment's message, once it has ended."""
    return "\n".join(deployment_message(rig.deployment(), [], rig.clock.now(), None).lines)
