"""What is said about one of two that go together is about both: who says it has to be allowed for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import Grant, Grants, Role
from tests.builders import APPROVER, LEAD, WORKSPACE
from tests.machine.couple_rig import BOTH, PAGES, SERVERS, CoupleRig
from tests.machine.test_couple import copying

if TYPE_CHECKING:
    from collections.abc import Callable

OF_SERVERS, OF_PAGES = Actor(WORKSPACE, "U0SERVERS"), Actor(WORKSPACE, "U0PAGES")


def granted(rig: CoupleRig) -> CoupleRig:
    """Somebody may do everything with the servers only, and somebody with the frontend only."""
    given = (
        Grant(who.user, role, service)
        for who, service in ((OF_SERVERS, "cameras"), (OF_PAGES, "web"))
        for role in (Role.DEPLOYER, Role.APPROVER)
    )
    rig.store.put(Grants(tuple(given)))
    return rig


@pytest.fixture
def rig() -> CoupleRig:
    """141 and A are live."""
    return granted(CoupleRig())


def refusal(act: Callable[[], object]) -> Refused:
    """What somebody is told."""
    with pytest.raises(Refused) as refused:
        act()
    return refused.value


@pytest.mark.parametrize("by", [OF_SERVERS, OF_PAGES])
def test_who_confirms_may_confirm_both(rig: CoupleRig, by: Actor) -> None:
    """A yes enables the frontend, and switches the servers."""
    rig.say(f"{BOTH} to production")
    code = rig.question(SERVERS, Kind.START).code
    assert refusal(lambda: rig.say(f"confirm {code}", by)).reason is Reason.NOT_ALLOWED
    assert rig.of(SERVERS).state is State.ASKING_START
    rig.confirm(Kind.START)
    assert rig.of(SERVERS).state is State.READY


@pytest.mark.parametrize("by", [OF_SERVERS, OF_PAGES])
def test_either_team_may_say_no(rig: CoupleRig, by: Actor) -> None:
    """It changes nothing that was not changed before."""
    rig.say(f"{BOTH} to production")
    rig.say(f"reject {rig.question(SERVERS, Kind.START).code}", by)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.REJECTED, State.CANCELED)


def test_the_one_that_wants_more_confirmations_decides() -> None:
    """And those count only of people who may confirm both, at the moment that decides."""
    rig = granted(CoupleRig(approvals={"start": 2}))
    rig.say(f"{BOTH} to production")
    question = rig.question(SERVERS, Kind.START)
    assert question.needed == 2
    rig.confirm(Kind.START)
    assert rig.of(SERVERS).state is State.ASKING_START
    raw = rig.store.team().raw
    rig.store.publish({**raw, "people": {**raw["people"], "approver": [LEAD.user]}})
    rig.say(f"confirm {question.code}", LEAD)
    assert rig.of(SERVERS).state is State.ASKING_START, "who has lost the role counts no more"


def test_what_is_risky_for_the_frontend_wants_more_confirmations() -> None:
    """Its release is older than what is live; the servers' build is not."""
    rig = granted(CoupleRig(approvals={"risky": 1}))
    rig.say("web to production")
    rig.confirm(Kind.START, PAGES)
    rig.machine.let(8_000)
    rig.say(f"{BOTH} to production")
    assert rig.question(SERVERS, Kind.START).needed == 2


def test_who_asked_is_still_allowed_for_both(rig: CoupleRig) -> None:
    """Whoever lost a role for the frontend asks for nothing of both any more."""
    both = [Grant(OF_PAGES.user, Role.DEPLOYER, each) for each in ("cameras", "web")]
    rig.store.put(Grants(tuple(both)))
    rig.say(f"{BOTH} to production", OF_PAGES)
    rig.store.put(Grants((both[0],)))
    code = rig.question(SERVERS, Kind.START).code
    refused = refusal(lambda: rig.say(f"confirm {code}", APPROVER))
    assert refused.reason is Reason.REQUESTER_NOT_ALLOWED


@pytest.mark.parametrize("verb", ["rollback", "cleanup"])
@pytest.mark.parametrize(("service", "by"), [("cameras", OF_SERVERS), ("web", OF_PAGES)])
def test_who_ends_or_takes_back_one_may_do_so_to_both(
    rig: CoupleRig, verb: str, service: str, by: Actor
) -> None:
    """By whichever name, and before anybody is asked."""
    rig.live()
    assert refusal(lambda: rig.say(f"{verb} {service} production", by)).reason is Reason.NOT_ALLOWED
    assert refusal(lambda: rig.say(f"keep {service} production +1h", by)).reason is Reason.NOT_ALLOWED
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.KEEPING, State.KEEPING)


@pytest.mark.parametrize(("service", "by"), [("cameras", OF_SERVERS), ("web", OF_PAGES)])
def test_who_cancels_one_may_cancel_both(rig: CoupleRig, service: str, by: Actor) -> None:
    """Before the switch."""
    rig.ready()
    assert refusal(lambda: rig.say(f"cancel {service} production", by)).reason is Reason.NOT_ALLOWED
    assert refusal(lambda: rig.say("finish cameras production", OF_SERVERS)).reason is Reason.NOT_ALLOWED
    assert rig.of(SERVERS).state is State.READY


def test_nobody_moves_the_servers_traffic_back_through_the_frontend(rig: CoupleRig) -> None:
    """Canceling it once that has switched would be just that."""
    copying(rig)
    assert refusal(lambda: rig.say("cancel web production", OF_PAGES)).reason is Reason.NOT_ALLOWED


@pytest.mark.parametrize("named", ["cameras", "web"])
def test_a_frontend_that_nobody_has_to_confirm_is_confirmed_with_its_server(named: str) -> None:
    """Where one of the two is protected, both are."""
    rig = granted(CoupleRig(protected=False))
    rig.live()
    rig.say(f"rollback {named} production", LEAD)
    assert rig.of(SERVERS).state is State.ASKING_ROLLBACK
    rig.confirm(Kind.ROLLBACK)
    rig.machine.let(300)
    assert (rig.of(SERVERS).state, rig.of(PAGES).state) == (State.ROLLED_BACK, State.ROLLED_BACK)
