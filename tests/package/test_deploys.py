"""The package itself, deployed by CloudFormation to a second emulator and asked through its HTTP API.

Slack, CI, API Gateway, functions, table, secrets, stream and state machine all take part; nothing here imports the
product. ministack has no Run Command and no weighted traffic, so a whole deployment runs in the sandbox instead; what
runs here to its end is one that is refused by what it finds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from sandbox.ci import sign
from tests.package import slack

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.package.stack import Stack

T = TypeVar("T")
COMMIT = "4f2a9c1d" * 5
PASSED = {
    "type": "build.finished",
    "timestamp": "2026-01-01T00:00:00Z",
    "data": {
        "service": "cameras",
        "version": "142",
        "status": "passed",
        "commit": COMMIT,
        "author": "build-server",
        "artifact": "s3://artifacts/cameras-142.tar.gz",
        "sha256": "b" * 64,
    },
}


def eventually(look: Callable[[], T | None], seconds: float = 30) -> T:
    """Look again until there is something to see."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing after {seconds} seconds")


def say(stack: Stack, text: str, **more: str) -> tuple[int, str]:
    """Type `/deploy TEXT`; the status and what Slack would show."""
    status, body = stack.post("/slack/commands", *slack.command(text, **more))
    return status, json.loads(body).get("text", body)


def report(stack: Stack, identifier: str) -> tuple[int, str]:
    """CI reports that cameras@142 passed."""
    body, stamp = json.dumps(PASSED).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": stamp,
        "webhook-signature": sign(identifier, stamp, body),
    }
    return stack.post("/hooks/ci/jenkins", body, headers)


def record(stack: Stack, pk: str, sk: str) -> dict[str, Any]:
    """One item of the table."""
    return next(item for item in stack.items() if (item["pk"]["S"], item["sk"]["S"]) == (pk, sk))


@pytest.fixture(scope="session")
def published(stack: Stack) -> None:
    """The sample team's configuration, published as an operator does it."""
    subprocess.run(
        [sys.executable, "-m", "cli", "config", "publish", "sandbox/team/pointsman.yaml"],
        env={**os.environ, **stack.emulator.environment},
        check=True,
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture(scope="session")
def started(stack: Stack, published: None) -> str:  # noqa: ARG001 - it must have happened
    """A deployment that somebody asked for in chat, after CI reported its build: what they were answered."""
    assert report(stack, "msg_started") == (202, '{"status": "accepted"}')
    status, text = say(stack, "cameras@142 to production", trigger="started.1")
    assert status == 200
    return text


@pytest.mark.usefixtures("published")
def test_a_forged_signature_is_refused_and_writes_nothing(stack: Stack) -> None:
    """The door stays shut to a request that would else be taken, and the table does not hear of it."""
    before = {item["pk"]["S"] for item in stack.items()}
    status, body = say(stack, "plan cameras@142 to production", secret="somebody else's")
    assert (status, json.loads(body)["error"]) == (401, "bad_signature")
    assert {item["pk"]["S"] for item in stack.items()} == before


def test_help_is_answered(stack: Stack) -> None:
    """The function finds its secret, verifies the raw bytes that came through API Gateway, and answers."""
    status, text = say(stack, "help", trigger="help.1")
    assert status == 200
    assert "`/deploy SERVICE[@VERSION][+FRONTEND] to ENVIRONMENT`" in text


@pytest.mark.usefixtures("published")
def test_a_build_is_announced_in_chat(stack: Stack, chat: slack.WebApi) -> None:
    """The report reaches the table, its stream the function `chat`, and that one Slack, with the bot's token."""
    assert report(stack, "msg_announced")[0] == 202
    assert report(stack, "msg_announced") == (200, '{"status": "duplicate"}')
    assert record(stack, "SERVICE#cameras", "BUILD#142")["commit"]["S"] == COMMIT
    said = eventually(
        lambda: [
            call for call in list(chat.calls) if "Build of cameras@142 passed" in call[2].get("text", "")
        ]
    )
    method, bearer, arguments = said[0]
    assert (method, bearer) == ("chat.postMessage", "Bearer xoxb-package-test")
    assert arguments["channel"] == "C0DEPLOYS"


def test_a_deployment_is_recorded_and_started(stack: Stack, started: str) -> None:
    """The record holds its environment's first fencing number; the execution has the deployment's id for its name."""
    assert started.startswith("Started *cameras-production-1*.")
    deployment = record(stack, "ENV#cameras#production", "DEPLOYMENT#00000001")
    assert deployment["version"]["S"] == "142"
    assert deployment["requester"]["M"]["user"]["S"] == "U0DEPLOYER"
    assert deployment["fence"]["N"] == "1"
    machines = stack.emulator.client("stepfunctions")
    execution = machines.describe_execution(executionArn=stack.executions()["cameras-production-1"])
    assert json.loads(execution["input"]) == {
        "service": "cameras",
        "environment": "production",
        "deployment": "cameras-production-1",
        "run": 1,
    }


@pytest.mark.usefixtures("started")
def test_a_deployment_that_can_not_be_planned_ends_clean(stack: Stack, chat: slack.WebApi) -> None:
    """Here is no fleet: the machine runs through Fail and the teardown, the lock is free, people are told why."""
    machines = stack.emulator.client("stepfunctions")
    arn = stack.executions()["cameras-production-1"]

    def ended() -> str | None:
        status: str = machines.describe_execution(executionArn=arn)["status"]
        return None if status == "RUNNING" else status

    assert eventually(ended, 60) == "SUCCEEDED"
    deployment = record(stack, "ENV#cameras#production", "DEPLOYMENT#00000001")
    assert (deployment["state"]["S"], deployment["reason"]["S"]) == ("failed", "traffic_unclear")
    assert "active" not in record(stack, "ENV#cameras#production", "STATE")
    eventually(
        lambda: any(
            (method, arguments["text"]) == ("chat.update", "cameras@142 to production: failed")
            for method, _, arguments in list(chat.calls)
        )
    )


@pytest.mark.usefixtures("started")
def test_the_same_request_again_starts_nothing(stack: Stack) -> None:
    """Slack repeats what it thinks was lost: the answer names the deployment that runs already."""
    _, text = say(stack, "cameras@142 to production", trigger="started.1")
    assert text.startswith("Started *cameras-production-1*.")
    assert list(stack.executions()) == ["cameras-production-1"]
