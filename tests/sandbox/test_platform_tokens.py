"""Task tokens: one answer, in time, or none.

Documentation: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html and
https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from tests.sandbox.conftest import RunningPlatform


def ask(timeout: int = 300, **more: Any) -> dict[str, Any]:
    """A state that waits for its token's answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "echo", "Payload": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": timeout,
        "End": True,
        **more,
    }


def token_of(platform: RunningPlatform, arn: str, number: int = 0) -> str:
    """Read the token that the function was given, once it was invoked for it."""

    def look() -> str | None:
        history = platform.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
        submitted = [
            json.loads(event["taskSubmittedEventDetails"]["output"])
            for event in history
            if event["type"] == "TaskSubmitted"
        ]
        return str(submitted[number]["Payload"]["event"]["token"]) if len(submitted) > number else None

    return eventually(look)


def answer(platform: RunningPlatform, token: str, output: Any = None) -> str:
    """Answer a token; return `accepted` or the error's code."""
    try:
        platform.client("stepfunctions").send_task_success(taskToken=token, output=json.dumps(output))
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "accepted"


def test_an_answer_becomes_the_output_of_the_state(platform: RunningPlatform) -> None:
    """The output given with the token is the result of the task."""
    arn = platform.start({"Ask": ask()})
    assert answer(platform, token_of(platform, arn), {"by": "U0APPROVER"}) == "accepted"
    assert platform.finish(arn)["output"] == {"by": "U0APPROVER"}


def test_a_used_token_is_refused(platform: RunningPlatform) -> None:
    """TaskTimedOut: the token has expired or the task associated with it has already been closed."""
    arn = platform.start({"Ask": ask()})
    token = token_of(platform, arn)
    assert [answer(platform, token, 1), answer(platform, token, 2)] == ["accepted", "TaskTimedOut"]
    assert platform.finish(arn)["output"] == 1
    assert answer(platform, token, 3) == "TaskTimedOut"


def test_of_two_answers_at_once_one_is_taken(platform: RunningPlatform) -> None:
    """Concurrent answers never overwrite each other."""
    arn = platform.start({"Ask": ask()})
    token = token_of(platform, arn)
    with ThreadPoolExecutor(8) as people:
        outcomes = list(people.map(lambda who: (who, answer(platform, token, who)), range(8)))
    assert [who for who, outcome in outcomes if outcome == "accepted"] == [platform.finish(arn)["output"]]


def test_a_late_token_is_refused(platform: RunningPlatform) -> None:
    """After TimeoutSeconds the task has failed with States.Timeout, and its token answers TaskTimedOut."""
    arn = platform.start({"Ask": ask(timeout=300)})
    token = token_of(platform, arn)
    platform.clock.advance(301)
    assert answer(platform, token) == "TaskTimedOut"
    assert platform.finish(arn)["error"] == "States.Timeout"


def test_a_token_is_refused_once_its_execution_was_stopped(platform: RunningPlatform) -> None:
    """Stopping an execution closes its tasks."""
    arn = platform.start({"Ask": ask()})
    token = token_of(platform, arn)
    platform.client("stepfunctions").stop_execution(executionArn=arn)
    assert platform.finish(arn)["status"] == "ABORTED"
    assert answer(platform, token) == "TaskTimedOut"


def test_a_token_of_a_failed_branch_mate_is_refused(platform: RunningPlatform) -> None:
    """If any branch fails, the whole Parallel state fails and its other branches are stopped."""
    failing = {"Type": "Pass", "Next": "Wait"}
    wait = {"Type": "Wait", "Seconds": 10_000, "Next": "Stop"}
    branches = [
        {"StartAt": "Ask", "States": {"Ask": ask(timeout=100_000)}},
        {
            "StartAt": "Begin",
            "States": {"Begin": failing, "Wait": wait, "Stop": {"Type": "Fail", "Error": "Broken"}},
        },
    ]
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Done"}]
    both = {"Type": "Parallel", "Branches": branches, "Catch": caught, "Next": "Done"}
    arn = platform.start({"Both": both, "Done": {"Type": "Succeed"}})
    token = token_of(platform, arn)
    platform.reached(arn, "WaitStateEntered")
    platform.clock.advance(10_001)
    assert platform.finish(arn)["output"]["error"]["Error"] == "Broken"
    assert answer(platform, token) == "TaskTimedOut"


def test_a_retry_waits_for_a_token_of_its_own(platform: RunningPlatform) -> None:
    """A task token is generated each time the task is scheduled; the old one is closed."""
    retry = [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}]
    arn = platform.start({"Ask": ask(Retry=retry)})
    first = token_of(platform, arn)
    platform.client("stepfunctions").send_task_failure(taskToken=first, error="Again", cause="once more")
    second = token_of(platform, arn, 1)
    assert second != first
    assert [answer(platform, first), answer(platform, second, "yes")] == ["TaskTimedOut", "accepted"]
    assert platform.finish(arn)["output"] == "yes"


def test_a_failure_carries_error_and_cause(platform: RunningPlatform) -> None:
    """SendTaskFailure reports an error code and a detailed cause, which Catch sees."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    arn = platform.start({"Ask": ask(Catch=catch), "Done": {"Type": "Succeed"}})
    token = token_of(platform, arn)
    platform.client("stepfunctions").send_task_failure(taskToken=token, error="Rejected", cause="by the lead")
    assert platform.finish(arn)["output"] == {"Error": "Rejected", "Cause": "by the lead"}


def test_a_token_that_was_never_issued_is_invalid(platform: RunningPlatform) -> None:
    """InvalidToken: the provided token is not valid."""
    assert answer(platform, "made-up") == "InvalidToken"


def test_an_answer_must_be_json_and_small(platform: RunningPlatform) -> None:
    """InvalidOutput for what is no JSON; output is limited to 262,144 bytes. Neither uses up the token."""
    arn = platform.start({"Ask": ask()})
    token = token_of(platform, arn)
    with pytest.raises(ClientError, match="InvalidOutput"):
        platform.client("stepfunctions").send_task_success(taskToken=token, output="{")
    assert answer(platform, token, "x" * 262_144) == "ValidationException"
    assert answer(platform, token, "fine") == "accepted"


def test_a_function_that_raises_fails_its_token_task_at_once(platform: RunningPlatform) -> None:
    """If the invocation itself fails, the state fails; it does not wait for the token."""
    state = ask()
    state["Parameters"] = {"FunctionName": "fail", "Payload": {"token.$": "$$.Task.Token"}}
    assert platform.finish(platform.start({"Ask": state}))["error"] == "NotReady"
