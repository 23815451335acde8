"""Executions: names, sizes, pages, time, retries and the context object.

Documentation: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html,
.../API_GetExecutionHistory.html, https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html,
.../concepts-error-handling.html, .../input-output-contextobject.html
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.sandbox.conftest import RunningPlatform

DONE: dict[str, Any] = {"Type": "Succeed"}
WAITING: dict[str, Any] = {"Wait": {"Type": "Wait", "Seconds": 100_000, "End": True}}


def task(function: str, payload: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A state that invokes a function and keeps only what it returned."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": payload or {}},
        "ResultSelector": {"result.$": "$.Payload"},
        "TimeoutSeconds": 30,
        "End": True,
        **more,
    }


def machine(platform: RunningPlatform, states: dict[str, Any]) -> str:
    """Create a machine."""
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    return str(
        platform.client("stepfunctions").create_state_machine(
            name=uuid.uuid4().hex, definition=definition, roleArn="arn:aws:iam::123456789012:role/machine"
        )["stateMachineArn"]
    )


def test_the_same_name_and_input_return_the_running_execution(platform: RunningPlatform) -> None:
    """The same name and input as a running execution: the call succeeds with the original response."""
    arn, client = machine(platform, WAITING), platform.client("stepfunctions")
    first, again = (
        client.start_execution(stateMachineArn=arn, name="one", input='{"a": 1}') for _ in range(2)
    )
    assert (first["executionArn"], first["startDate"]) == (again["executionArn"], again["startDate"])
    client.stop_execution(executionArn=first["executionArn"])


@pytest.mark.parametrize(("states", "second"), [(WAITING, '{"a": 2}'), ({"Done": DONE}, '{"a": 1}')])
def test_a_name_is_taken(platform: RunningPlatform, states: dict[str, Any], second: str) -> None:
    """If the execution is closed or the input is different, the answer is ExecutionAlreadyExists."""
    arn, client = machine(platform, states), platform.client("stepfunctions")
    started = client.start_execution(stateMachineArn=arn, name="one", input='{"a": 1}')
    if states is not WAITING:
        platform.finish(started["executionArn"])
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        client.start_execution(stateMachineArn=arn, name="one", input=second)


@pytest.mark.parametrize(
    ("name", "code"), [("n" * 81, "ValidationException"), ("a b", "InvalidName"), ("a/b", "InvalidName")]
)
def test_invalid_names_are_refused(platform: RunningPlatform, name: str, code: str) -> None:
    """Names have 1 to 80 characters, without white space, brackets, wildcards and other special characters."""
    with pytest.raises(ClientError, match=code):
        platform.client("stepfunctions").start_execution(
            stateMachineArn=machine(platform, {"Done": DONE}), name=name
        )


def test_a_start_without_a_name_gets_one(platform: RunningPlatform) -> None:
    """A name is generated where none is given."""
    arn, client = machine(platform, {"Done": DONE}), platform.client("stepfunctions")
    first, second = (client.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(2))
    assert first != second


def test_large_input_is_refused(platform: RunningPlatform) -> None:
    """Input is limited to 262,144 bytes of UTF-8."""
    with pytest.raises(ClientError, match="ValidationException"):
        platform.client("stepfunctions").start_execution(
            stateMachineArn=machine(platform, {"Done": DONE}), input=json.dumps("x" * 262_144)
        )


def test_a_large_result_fails_the_execution(platform: RunningPlatform) -> None:
    """States.DataLimitExceeded: output of a state is larger than 256 KiB; States.ALL does not catch it."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    big = task("big", {"size": 262_145}, Catch=catch)
    assert platform.finish(platform.start({"Big": big, "Done": DONE}))["error"] == "States.DataLimitExceeded"


def test_history_pages_in_both_directions(platform: RunningPlatform) -> None:
    """Results larger than maxResults come with a nextToken; reverseOrder lists the newest first."""
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(10)}
    arn = platform.start({**states, "S10": DONE})
    platform.finish(arn)
    pager = platform.client("stepfunctions").get_paginator("get_execution_history")
    forward, backward = (
        [
            event["id"]
            for page in pager.paginate(executionArn=arn, maxResults=7, reverseOrder=back)
            for event in page["events"]
        ]
        for back in (False, True)
    )
    assert forward == list(range(1, len(forward) + 1))
    assert backward == forward[::-1]


def test_waiting_takes_virtual_time(platform: RunningPlatform) -> None:
    """Wait holds for its seconds of virtual time, and a fast-forward ends it."""
    arn = platform.start(
        {"Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}}, {"seconds": 86_400}
    )
    platform.reached(arn, "WaitStateEntered")
    platform.clock.advance(86_401)
    done = platform.finish(arn)
    assert (done["stopDate"] - done["startDate"]).total_seconds() >= 86_400


def test_timeout_seconds_path_is_virtual(platform: RunningPlatform) -> None:
    """TimeoutSecondsPath takes the limit of a token task from the input."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "echo", "Payload": {"token.$": "$$.Task.Token"}},
        "TimeoutSecondsPath": "$.keep_old",
        "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.why", "Next": "Done"}],
        "End": True,
    }
    arn = platform.start({"Keep": state, "Done": DONE}, {"keep_old": 7200})
    platform.reached(arn, "TaskSubmitted")
    platform.clock.advance(7000)
    time.sleep(0.1)
    assert platform.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "RUNNING"
    platform.clock.advance(201)
    assert platform.finish(arn)["output"]["why"]["Error"] == "States.Timeout"


def test_work_is_limited_in_real_seconds(platform: RunningPlatform) -> None:
    """A fast-forward does not end a function that is at work, its own limit does (States.Timeout)."""
    arn = platform.start({"Work": task("sleep", {"seconds": 0.5}, TimeoutSeconds=5)})
    platform.reached(arn, "TaskScheduled")
    platform.clock.advance(3600)
    assert platform.finish(arn)["status"] == "SUCCEEDED"


def test_a_machine_has_a_limit_of_its_own(platform: RunningPlatform) -> None:
    """TimeoutSeconds of the machine ends the whole execution as TIMED_OUT."""
    arn = platform.start(WAITING, TimeoutSeconds=600)
    platform.reached(arn, "WaitStateEntered")
    platform.clock.advance(601)
    assert platform.finish(arn)["status"] == "TIMED_OUT"


def test_an_execution_can_be_stopped_at_once(platform: RunningPlatform) -> None:
    """StopExecution right after StartExecution ends it as ABORTED."""
    arn = platform.start(WAITING)
    platform.client("stepfunctions").stop_execution(executionArn=arn)
    assert platform.finish(arn)["status"] == "ABORTED"


def test_bounded_polling_by_exception_name(platform: RunningPlatform) -> None:
    """Retry matches the exception's class name; with BackoffRate 1 it polls at a fixed virtual interval."""
    retry = [{"ErrorEquals": ["NotReady"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 600}]
    payload = {"counter": uuid.uuid4().hex, "until": 20}
    done = platform.finish(platform.start({"Poll": task("count", payload, Retry=retry)}))
    assert done["output"] == {"result": {"seen": 20}}


def test_retries_end(platform: RunningPlatform) -> None:
    """After MaxAttempts the error goes to Catch; ResultPath null discards it and keeps the input."""
    retry = [{"ErrorEquals": ["NotReady"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}]
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Done"}]
    payload = {"counter": uuid.uuid4().hex, "until": 100}
    arn = platform.start(
        {"Poll": task("count", payload, Retry=retry, Catch=catch), "Done": DONE}, {"kept": 1}
    )
    assert platform.finish(arn)["output"] == {"kept": 1}
    assert (platform.folder / str(payload["counter"])).read_text() == "3"


def test_the_context_object_in_payloads(platform: RunningPlatform) -> None:
    """Every entry of the context object that the product uses can stand in a Payload template."""
    paths = {
        "state": "$$.State.Name",
        "entered": "$$.State.EnteredTime",
        "tries": "$$.State.RetryCount",
        "input": "$$.Execution.Input",
        "name": "$$.Execution.Name",
        "arn": "$$.Execution.Id",
        "started": "$$.Execution.StartTime",
        "machine": "$$.StateMachine.Id",
    }
    arn = platform.start(
        {"Look": task("echo", {f"{k}.$": v for k, v in paths.items()})}, {"id": "cameras-142"}
    )
    seen = platform.finish(arn)["output"]["result"]["event"]
    assert seen.pop("entered").endswith("Z")
    assert seen.pop("started").endswith("Z")
    assert seen.pop("machine").startswith("arn:aws:states:us-east-1:123456789012:stateMachine:")
    assert seen == {
        "state": "Look",
        "tries": 0,
        "input": {"id": "cameras-142"},
        "name": arn.rpartition(":")[2],
        "arn": arn,
    }


def test_the_context_object_inside_a_branch(platform: RunningPlatform) -> None:
    """Branches of Parallel see the execution's input and their own state's name; results come in order."""
    look = task("echo", {"state.$": "$$.State.Name", "id.$": "$$.Execution.Input.id"})
    branches = [{"StartAt": name, "States": {name: look}} for name in ("Left", "Right")]
    both = {"Type": "Parallel", "Branches": branches, "ResultPath": "$.both", "End": True}
    output = platform.finish(platform.start({"Both": both}, {"id": "x"}))["output"]
    assert [each["result"]["event"] for each in output["both"]] == [
        {"state": n, "id": "x"} for n in ("Left", "Right")
    ]


def test_a_failed_branch_is_caught(platform: RunningPlatform) -> None:
    """An error in a branch fails the Parallel state, whose Catch sees the branch's error name and cause."""
    branches = [
        {"StartAt": "Fine", "States": {"Fine": task("echo")}},
        {"StartAt": "Bad", "States": {"Bad": task("fail", {"message": "no capacity"})}},
    ]
    catch = [{"ErrorEquals": ["NotReady"], "ResultPath": "$.error", "Next": "Done"}]
    both = {"Type": "Parallel", "Branches": branches, "Catch": catch, "End": True}
    error = platform.finish(platform.start({"Both": both, "Done": DONE}))["output"]["error"]
    assert error["Error"] == "NotReady"
    assert json.loads(error["Cause"])["errorMessage"] == "no capacity"


def test_a_provisioned_machine_runs_its_functions(platform: RunningPlatform) -> None:
    """The packaged definition has its substitutions and runs under a name of the caller's choice."""
    name = f"cameras-{uuid.uuid4().hex[:6]}"
    started = platform.client("stepfunctions").start_execution(
        stateMachineArn=platform.provisioned.ids["Machine"], name=name
    )
    assert platform.finish(started["executionArn"])["output"] == {"from": name}
