"""A server and a frontend that go together, through both machines: both are live, or neither is."""

from __future__ import annotations

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from tests.builders import APPROVER, LEAD
from tests.machine.couple_rig import BOTH, PAGES, SERVERS, CoupleRig
from tests.machine.release_rig import A, B
from tests.machine.rig import CONTROLS


@pytest.fixture
def rig() -> CoupleRig:
    """141 and A are live."""
    return CoupleRig()


def confirm(rig: CoupleRig, kind: Kind, ref: object = SERVERS) -> None:
    """A second person says yes."""
    rig.say(f"confirm {rig.question(ref, kind).code}", APPROVER)  # type: ignore[arg-type]


def ready(rig: CoupleRig) -> None:
    """The new fleet is made and tested; people decide when it is switched to."""
    rig.say(f"{BOTH} to production")
    confirm(rig, Kind.START)


def live(rig: CoupleRig) -> None:
    """Both are live."""
    ready(rig)
    rig.say("finish cameras production")
    confirm(rig, Kind.FINISH)
    rig.machine.let(200)
    assert rig.of(SERVERS).state is State.KEEPING
    assert (rig.of(PAGES).state, rig.shown) == (State.KEEPING, B)


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
    ready(rig)
    assert (rig.of(PAGES).state, rig.shown) == (State.ACCEPTED, A)
    rig.machine.let(3_600)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.READY, State.ACCEPTED)
    rig.say("finish cameras production")
    confirm(rig, Kind.FINISH)
    rig.machine.let(200)
    assert (rig.of(PAGES).state, rig.shown) == (State.KEEPING, B)
    assert rig.of(PAGES).confirmed_by == APPROVER
    rig.machine.let(7_400)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.SUCCEEDED, State.SUCCEEDED)


@pytest.mark.parametrize("named", ["cameras", "web"])
def test_rolling_back_either_takes_both(rig: CoupleRig, named: str) -> None:
    """The pages first, and one question for both."""
    live(rig)
    rig.say(f"rollback {named} production", LEAD)
    assert rig.of(SERVERS).state is State.KEEPING, "no page may outlive the server that it asks"
    confirm(rig, Kind.ROLLBACK, PAGES)
    rig.machine.let(300)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.ROLLED_BACK, State.ROLLED_BACK)
    as_before(rig)


def test_a_frontend_that_fails_takes_the_server_back(rig: CoupleRig) -> None:
    """Its files are gone: nobody has to be asked, since both or neither is what was confirmed."""
    ready(rig)
    rig.site.objects.clear()
    rig.say("finish cameras production")
    confirm(rig, Kind.FINISH)
    rig.machine.let(3_000)
    assert rig.of(PAGES).state is State.FAILED
    assert rig.of(SERVERS).state is State.ROLLED_BACK
    assert "web-production-1 did not stay" in rig.of(SERVERS).detail
    as_before(rig)


def test_a_release_that_was_exchanged_takes_the_server_back(rig: CoupleRig) -> None:
    """What follows is the very release that was confirmed."""
    ready(rig)
    other = rig.site.releases[B]
    rig.site.releases[B] = type(other)(other.service, other.tag, other.files, other.made_at + 1)
    rig.say("finish cameras production")
    confirm(rig, Kind.FINISH)
    rig.machine.let(3_000)
    assert rig.of(PAGES).reason == Reason.RELEASE_BROKEN
    as_before(rig)


def test_a_server_that_fails_leaves_the_pages(rig: CoupleRig) -> None:
    """An alarm while it is watched: the frontend never begins."""
    ready(rig)
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
    ready(rig)
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
