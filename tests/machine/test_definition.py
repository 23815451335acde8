"""The state machines' definitions, checked for what every interpreter would accept silently."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from statelint.linter import Linter

from chalicelib.adapters.s3_releases import CALL_SECONDS
from chalicelib.domain import errors
from chalicelib.domain.deployment import Machine
from chalicelib.domain.release import MOST_COPIED
from chalicelib.domain.release_cleaning import CLEANING_SECONDS, WAIT_SECONDS
from chalicelib.usecases.steps import work
from chalicelib.usecases.steps.cleaning import CleanupSteps
from chalicelib.usecases.steps.frontend import FrontendSteps
from chalicelib.usecases.steps.ledger import LedgerSteps
from tests.machine.template import STAGE

DEFINITIONS = {each: Path(f"stepfunctions/{each}.asl.json") for each in Machine}
MACHINES: dict[Machine, dict[str, Any]] = {
    each: json.loads(path.read_text()) for each, path in DEFINITIONS.items()
}
MACHINE = MACHINES[Machine.DEPLOY]
AFTER_SWITCH = [
    *((Machine.DEPLOY, name) for name in ("Switch", "Promote", "Bake")),
    *((Machine.RELEASE, name) for name in ("Switch", "Pages", "Point", "Bake")),
]
both = pytest.mark.parametrize("kind", Machine)


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its name, those of branches too."""
    for name, state in machine["States"].items():
        yield name, state
        for branch in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from states(branch)


TASKS = [
    pytest.param(name, state, id=f"{kind}-{name}")
    for kind, machine in MACHINES.items()
    for name, state in states(machine)
    if state["Type"] == "Task"
]
tasks = pytest.mark.parametrize(("name", "state"), TASKS)


@both
def test_the_definition_is_valid_states_language(kind: Machine) -> None:
    """The linter of the States Language specification finds nothing."""
    assert Linter().validate(MACHINES[kind]) == []


@tasks
def test_every_task_has_a_timeout_a_retry_and_a_catch(name: str, state: dict[str, Any]) -> None:
    """A task without one of the three can hang for a year, or end a deployment in the middle."""
    assert "TimeoutSeconds" in state or "TimeoutSecondsPath" in state, name
    assert state["Retry"], name
    assert any("States.ALL" in each["ErrorEquals"] for each in state["Catch"]), name


@tasks
def test_a_task_sends_its_token_exactly_where_it_waits_for_one(name: str, state: dict[str, Any]) -> None:
    """A wait whose payload lacks the token can never be answered; a token elsewhere is a leak."""
    waits = state["Resource"].endswith(".waitForTaskToken")
    assert waits == (state["Parameters"]["Payload"].get("token.$") == "$$.Task.Token"), name
    assert waits == ("TimeoutSecondsPath" in state), name


@tasks
def test_every_wait_for_the_world_is_bounded(name: str, state: dict[str, Any]) -> None:
    """Step Functions keeps 25,000 events of an execution (quotas); a poll that never ends would end it there."""
    for retry in state["Retry"]:
        assert 0 < retry["MaxAttempts"] <= 300, name


def test_the_errors_it_names_are_those_of_the_code() -> None:
    """Retry and Catch go by class names, so a rename in errors.py must be one here."""
    named = {
        error
        for machine in MACHINES.values()
        for _, state in states(machine)
        if state["Type"] == "Task"
        for rule in (*state["Retry"], *state["Catch"])
        for error in rule["ErrorEquals"]
    }
    own = {name for name in named if "." not in name}
    assert own == {"Unavailable", "Conflict", "NotReady"}
    assert all(hasattr(errors, name) for name in own)


@both
def test_every_state_is_reached_and_every_way_leads_on(kind: Machine) -> None:
    """No state is left over from an earlier design."""
    text = DEFINITIONS[kind].read_text()
    reached = set(re.findall(r'"(?:Next|Default|StartAt)": "(\w+)"', text))
    assert reached == {name for name, _ in states(MACHINES[kind])}


@pytest.mark.parametrize(("kind", "name"), AFTER_SWITCH)
def test_trouble_after_the_switch_goes_back_first(kind: Machine, name: str) -> None:
    """A deployment whose traffic or pages may have moved never discards what is new before they are back."""
    states = MACHINES[kind]["States"]
    assert states[name]["Catch"][-1]["Next"] == "RecordTrouble"
    assert states["RecordTrouble"]["Next"] == "SwitchBack"


def test_only_one_state_ends_instances_and_only_after_they_left_the_load_balancer() -> None:
    """Terminate follows AwaitDeregistered and nothing else."""
    leads = [
        name
        for name, state in states(MACHINE)
        if state.get("Next") == "Terminate"
        or any(each["Next"] == "Terminate" for each in state.get("Catch", ()))
    ]
    assert leads == ["AwaitDeregistered"]


RELEASE_STEPS = {"Frontend": FrontendSteps, "Cleanup": CleanupSteps, "Ledger": LedgerSteps}


def test_every_task_of_a_release_is_a_method_of_its_function() -> None:
    """And the functions that only releases have own no method without a state."""
    called: dict[str, set[str]] = {}
    for name, state in states(MACHINES[Machine.RELEASE]):
        if state["Type"] == "Task":
            function = state["Parameters"]["FunctionName"].removeprefix("${").removesuffix("FunctionArn}")
            called.setdefault(function, set()).add(work.method(name))
    for function, steps in RELEASE_STEPS.items():
        methods = {each for each in dir(steps) if not each.startswith("_")}
        assert called[function] <= methods
        assert function == "Ledger" or called[function] == methods


def test_only_one_state_deletes_files_and_only_after_the_way_back_closed() -> None:
    """CleanUp follows Retire and nothing else."""
    leads = [
        name
        for name, state in states(MACHINES[Machine.RELEASE])
        if state.get("Next") == "CleanUp" or any(each["Next"] == "CleanUp" for each in state.get("Catch", ()))
    ]
    assert leads == ["Retire"]


def test_the_machine_waits_for_cleaning_up_longer_than_it_lasts() -> None:
    """What a deployment waits for is over by then: nothing is deleted after the function has ended."""
    lasts = STAGE["lambda_functions"]["cleanup"]["lambda_timeout"]
    waits = dict(states(MACHINES[Machine.RELEASE]))["CleanUp"]["TimeoutSeconds"]
    assert CLEANING_SECONDS < lasts < waits < WAIT_SECONDS


def test_a_copy_that_is_tried_twice_ends_within_its_function() -> None:
    """The largest file needs no more than 50 MB a second."""
    lasts = STAGE["lambda_functions"]["frontend"]["lambda_timeout"]
    assert lasts > 2 * CALL_SECONDS
    assert MOST_COPIED / CALL_SECONDS < 50 * 1024**2
