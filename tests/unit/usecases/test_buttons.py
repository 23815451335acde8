"""Buttons of a deployment: each says which one it is about, and stands only while it would do something."""

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.commands import Act, Keep, parse
from chalicelib.domain.deployment import State
from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.buttons import buttons
from chalicelib.usecases.chat_ports import Action
from chalicelib.usecases.findings import finding_message
from chalicelib.usecases.words.servers import SERVERS
from tests.builders import NOW, deployment, plan, question

WAITS = [(State.READY, Kind.READY), (State.ASKING_RETRY, Kind.RETRY), (State.KEEPING, Kind.KEEP)]


def commands(actions: tuple[Action, ...]) -> list[object]:
    """What each means."""
    return [parse(each.value if each.verb == "deploy" else f"{each.verb} {each.value}") for each in actions]


@pytest.mark.parametrize("state", sorted(State))
@pytest.mark.parametrize("kind", sorted(Kind))
def test_what_acts_on_a_deployment_names_it(state: State, kind: Kind) -> None:
    """So that the next deployment never feels a button of the last."""
    for command in commands(buttons(deployment(state, plan=plan()), [question(kind)])):
        if isinstance(command, Act | Keep):
            assert command.deployment == "cameras-production-1"


@pytest.mark.parametrize("trouble", [Trouble.STUCK, Trouble.STANDBY_ILL])
def test_what_acts_on_what_was_found_names_it(trouble: Trouble) -> None:
    """It may stand in the channel for days."""
    found = Finding("cameras", "production", trouble, "cameras-production-1", "i-1 is gone", NOW)
    said = commands(finding_message(found, SERVERS).actions)
    assert said
    assert all(isinstance(each, Act) and each.deployment == "cameras-production-1" for each in said)


@pytest.mark.parametrize(("state", "kind"), WAITS)
def test_a_wait_has_buttons_only_while_it_can_be_answered(state: State, kind: Kind) -> None:
    """Nobody is shown a button that does nothing."""
    made = deployment(state, plan=plan())
    assert buttons(made, [question(kind)])
    assert buttons(made, []) == ()


def test_a_rollback_that_was_asked_for_is_not_offered_again() -> None:
    """It is under way."""
    assert buttons(deployment(State.BAKING), [])
    assert buttons(deployment(State.BAKING, wanted="rollback"), []) == ()


@pytest.mark.parametrize("reason", [Reason.FLEET_CHANGED, Reason.RELEASE_CHANGED])
def test_a_plan_that_changed_offers_the_new_one(reason: Reason) -> None:
    """It is shown before anything is begun again."""
    (offered,) = buttons(deployment(State.FAILED, reason=reason.value), [])
    assert (offered.verb, offered.label) == ("plan", "Show the new plan")
    assert offered.value == "cameras@142 to production"
    assert buttons(deployment(State.FAILED, reason="unhealthy"), []) == ()
