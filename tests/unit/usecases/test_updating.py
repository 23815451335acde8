"""Updates of the service that people ask for: who may, who confirms, and what waits for what."""

import pytest

from chalicelib.domain.approval import Question
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import TEAM, Grant, Grants, Role
from chalicelib.domain.updates import HEARD_SECONDS, UPDATES, Stage, Update
from chalicelib.usecases.answering import ANSWER_SECONDS
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.update_ports import Installed
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, WORKSPACE, raw_config
from tests.unit.usecases.desk import Desk, nothing_happened

ADMIN = Actor(WORKSPACE, "U0ADMIN")
REVISION = "c" * 40


def desk(*, updates: bool = True, **people: list[str]) -> Desk:
    """A team with an admin, whose installation has a pipeline."""
    configuration = raw_config()
    configuration["people"] = {**configuration["people"], "admin": [ADMIN.user], **people}
    made = Desk(configuration)
    made.chatops = ChatOps(made.store, made.workflow, made.clock, Installed(REVISION, updates=updates))
    return made


def newest(team: Desk) -> Update:
    """The newest update."""
    return team.store.updates().latest[0]


def asked(team: Desk) -> Question:
    """Its question."""
    found = team.store.question(newest(team).id.removeprefix("update-"))
    assert found is not None
    return found


def events(team: Desk) -> list[tuple[str, Actor, str]]:
    """What the history of updates says, oldest first."""
    return [(each.event, each.actor, each.detail) for each in team.store.history(TEAM, UPDATES)][::-1]


def test_an_update_begins_when_a_second_person_confirms() -> None:
    """Whoever has stolen one admin's login can not replace the service."""
    team = desk()
    assert "other than you confirms" in team.say("update", ADMIN)
    assert (newest(team).stage, newest(team).before) == (Stage.ASKED, REVISION)
    assert team.say(f"confirm {asked(team).code}", APPROVER).startswith("Confirmed")
    assert newest(team).stage is Stage.CONFIRMED
    assert events(team) == [("update_asked", ADMIN, "newest"), ("confirm_update", APPROVER, "newest")]


def test_only_admins_ask() -> None:
    """An approver confirms what others ask for."""
    team = desk()
    for by in (DEPLOYER, APPROVER, GUEST):
        assert team.refused("update", by).reason is Reason.NOT_ALLOWED


def test_an_admin_of_one_service_does_not_ask() -> None:
    """An update changes what all services are deployed with."""
    team = desk()
    team.store.put(Grants((Grant(LEAD.user, Role.ADMIN, "cameras"),)))
    assert team.refused("update", LEAD).reason is Reason.NOT_ALLOWED


def test_nobody_confirms_their_own_and_only_approvers_of_all_do() -> None:
    """As with roles."""
    team = desk()
    team.store.put(Grants((Grant(GUEST.user, Role.APPROVER, "cameras"),)))
    team.say("update", ADMIN)
    code = asked(team).code
    assert team.refused(f"confirm {code}", ADMIN).reason is Reason.SAME_PERSON
    assert team.refused(f"confirm {code}", GUEST).reason is Reason.NOT_ALLOWED
    assert team.refused(f"reject {code}", DEPLOYER).reason is Reason.NOT_ALLOWED


def test_who_asked_is_no_admin_any_more() -> None:
    """Both have to be allowed at the moment of the decision."""
    team = desk(admin=[])
    team.store.put(Grants((Grant(GUEST.user, Role.ADMIN),)))
    team.say("update", GUEST)
    team.store.put(Grants((), revision=1))
    refused = team.refused(f"confirm {asked(team).code}", APPROVER)
    assert refused.reason is Reason.REQUESTER_NOT_ALLOWED


@pytest.mark.parametrize("by", [ADMIN, APPROVER], ids=["who asked", "an approver"])
def test_a_no_leaves_everything_and_lets_the_next_one_ask(by: Actor) -> None:
    """Whoever asked may take it back."""
    team = desk()
    team.say("update", ADMIN)
    assert team.say(f"reject {asked(team).code} not today", by) == "Rejected. I stay as I am."
    assert newest(team).stage is Stage.REJECTED
    team.say("update v2", ADMIN)
    assert newest(team).wanted == "v2"


def test_nobody_answers_in_time() -> None:
    """Nothing acts at the deadline: who comes later is told, and another one may ask."""
    team = desk()
    team.say("update", ADMIN)
    team.clock.advance(ANSWER_SECONDS + 1)
    assert team.refused(f"confirm {asked(team).code}", APPROVER).reason is Reason.EXPIRED
    team.say("update", ADMIN)
    assert len(team.store.updates().latest) == 2


def test_one_after_the_other() -> None:
    """While one waits or is under way; two that are asked for at once are one."""
    team = desk()
    team.say("update", ADMIN)
    assert team.refused("update", ADMIN).reason is Reason.UPDATE_UNDER_WAY
    team.say(f"confirm {asked(team).code}", APPROVER)
    team.clock.advance(HEARD_SECONDS / 2)
    assert "has not ended" in team.refused("update", ADMIN).text


def test_the_same_click_twice_asks_once() -> None:
    """Slack sends again what it got no answer to."""
    team = desk()
    team.say("update", ADMIN, event="slack-7")
    nothing_happened(team, lambda: team.say("update", ADMIN, event="slack-7"))


def test_a_lone_admin_needs_nobody() -> None:
    """Where nobody else could confirm it begins at once, and the channel hears of it."""
    team = desk(approver=[])
    assert "begins now" in team.say("update", ADMIN)
    assert newest(team).stage is Stage.CONFIRMED
    assert events(team) == [("update_begun", ADMIN, "newest")]


def test_there_is_no_pipeline() -> None:
    """Who installed it without one updates it by hand."""
    assert desk(updates=False).refused("update", ADMIN).reason is Reason.NO_PIPELINE


@pytest.mark.parametrize("wanted", ["v1.2", "0123abcd", "main"])
def test_a_revision_is_named(wanted: str) -> None:
    """And what is confirmed is bound to it."""
    team = desk()
    team.say(f"update {wanted}", ADMIN)
    assert (newest(team).wanted, asked(team).digest) == (wanted, wanted)


@pytest.mark.parametrize("wanted", ["-x", "a b", "$(id)", "refs/heads/x", "..", "a" * 65, "é"])
def test_what_is_no_revision_is_refused(wanted: str) -> None:
    """It reaches a command line of the pipeline in the end."""
    assert desk().refused(f"update {wanted}", ADMIN).reason is Reason.MALFORMED_COMMAND


def test_what_is_remembered_is_bounded() -> None:
    """The history has all of them."""
    team = desk()
    for number in range(14):
        team.say(f"update v{number}", ADMIN)
        team.say(f"reject {asked(team).code}", ADMIN)
    latest = team.store.updates().latest
    assert [each.wanted for each in latest] == [f"v{number}" for number in range(13, 3, -1)]
    assert latest[0].at == NOW
