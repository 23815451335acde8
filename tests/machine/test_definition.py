"""The state machine's definition, checked for what every interpreter would accept silently."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from statelint.linter import Linter

from chalicelib.domain import errors

DEFINITION = Path("stepfunctions/deploy.asl.json")
MACHINE: dict[str, Any] = json.loads(DEFINITION.read_text())
AFTER_SWITCH = {"Switch", "Promote", "Bake"}


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its name, those of branches too."""
    for name, state in machine["States"].items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from states(branch)


TASKS = [(name, state) for name, state in states(MACHINE) if state["Type"] == "Task"]


def test_the_definition_is_valid_states_language() -> None:
    """The linter of the States Language specification finds nothing."""
    assert Linter().validate(MACHINE) == []


@pytest.mark.parametrize(("name", "state"), TASKS, ids=[name for name, _ in TASKS])
def test_every_task_has_a_timeout_a_retry_and_a_catch(name: str, state: dict[str, Any]) -> None:
    """A task without one of the three can hang for a year, or end a deployment in the middle."""
    assert "TimeoutSeconds" in state or "TimeoutSecondsPath" in state, name
    assert state["Retry"], name
    assert any("States.ALL" in each["ErrorEquals"] for each in state["Catch"]), name


@pytest.mark.parametrize(("name", "state"), TASKS, ids=[name for name, _ in TASKS])
def test_a_task_sends_its_token_exactly_where_it_waits_for_one(name: str, state: dict[str, Any]) -> None:
    """A wait whose payload lacks the token can never be answered; a token elsewhere is a leak."""
    waits = state["Resource"].endswith(".waitForTaskToken")
    assert waits == (state["Parameters"]["Payload"].get("token.$") == "$$.Task.Token"), name
    assert waits == ("TimeoutSecondsPath" in state), name


@pytest.mark.parametrize(("name", "state"), TASKS, ids=[name for name, _ in TASKS])
def test_every_wait_for_the_world_is_bounded(name: str, state: dict[str, Any]) -> None:
    """Step Functions keeps 25,000 events of an execution (quotas); a poll that never ends would end it there."""
    for retry in state["Retry"]:
        assert 0 < retry["MaxAttempts"] <= 300, name


def test_the_errors_it_names_are_those_of_the_code() -> None:
    """Retry and Catch go by class names, so a rename in errors.py must be one here."""
    named = {
        error
        for _, state in TASKS
        for rule in (*state["Retry"], *state["Catch"])
        for error in rule["ErrorEquals"]
    }
    own = {name for name in named if "." not in name}
    assert own == {"Unavailable", "Conflict", "NotReady"}
    assert all(hasattr(errors, name) for name in own)


def test_every_state_is_reached_and_every_way_leads_on() -> None:
    """No state is left over from an earlier design."""
    text = DEFINITION.read_text()
    reached = set(re.findall(r'"(?:Next|Default|StartAt)": "(\w+)"', text))
    assert reached == {name for name, _ in states(MACHINE)}


@pytest.mark.parametrize("name", sorted(AFTER_SWITCH))
def test_trouble_after_the_switch_goes_back_first(name: str) -> None:
    """A deployment whose traffic may have moved never discards the new fleet before traffic is back."""
    catches = MACHINE["States"][name]["Catch"]
    assert catches[-1]["Next"] == "RecordTrouble"
    assert MACHINE["States"]["RecordTrouble"]["Next"] == "SwitchBack"


def test_only_one_state_ends_instances_and_only_after_they_left_the_load_balancer() -> None:
    """Terminate follows AwaitDeregistered and nothing else."""
    leads = [
        name
        for name, state in states(MACHINE)
        if state.get("Next") == "Terminate"
        or any(each["Next"] == "Terminate" for each in state.get("Catch", ()))
    ]
    assert leads == ["AwaitDeregistered"]
