"""The definition in both interpreters, as far as ministack 1.5.33 goes: it must not be right for one only.

ministack has no `TimeoutSecondsPath` and its token tasks do not notice a function that raises, so the waits for people
are tested on moto alone; a path that needs no token runs in both, and must go through the same states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.machine.interpreters import Interpreter

PLANNED = """
def handler(event, context):
    assert event["step"] == "Plan" and event["input"]["deployment"] == "cameras-production-1", event
    return {"next": "over", "ask": 1, "ready": 1, "build": 1, "seconds": 1}
"""

UNPLANNABLE = """
def handler(event, context):
    if event["step"] == "Plan":
        raise ValueError("no fleet")
    return {"is": "discard", "seconds": 1}
"""

UNCLOSED = """
def handler(event, context):
    if event["step"] in {"Plan", "Close", "Stuck"}:
        raise ValueError(event["step"])
    return {"is": "discard", "seconds": 1}
"""

TEARDOWN = [
    "Fail",
    "FailDecision",
    "Discard",
    "Retire",
    "Deregister",
    "AwaitDeregistered",
    "Terminate",
    "Close",
]


def test_the_definition_is_accepted(interpreter: Interpreter) -> None:
    """CreateStateMachine takes it."""
    assert ":stateMachine:" in interpreter.accept(PLANNED)


def test_a_plan_ends_after_the_plan(interpreter: Interpreter) -> None:
    """`/deploy plan`: the state's name and the execution's input reach the function, nothing else runs."""
    run = interpreter.run(PLANNED)
    assert (run.status, run.states) == ("SUCCEEDED", ["Plan", "WhereTo", "NothingToDo"])


def test_a_plan_that_fails_is_torn_down(interpreter: Interpreter) -> None:
    """What a function raises is caught, and the way through the teardown is the same in both."""
    run = interpreter.run(UNPLANNABLE)
    assert (run.status, run.states) == ("SUCCEEDED", ["Plan", *TEARDOWN])


def test_an_execution_that_can_not_close_fails(interpreter: Interpreter) -> None:
    """That is what the alarm DeploymentsNeedAPerson counts."""
    run = interpreter.run(UNCLOSED)
    assert run.status == "FAILED"
    assert run.states[: len(TEARDOWN) + 1] == ["Plan", *TEARDOWN]
