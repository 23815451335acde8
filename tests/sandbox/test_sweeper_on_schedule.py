"""The packaged sweeper on the platform: nobody calls it, and it takes up what was left behind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalicelib.adapters.aws_json import JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.domain.deployment import Environment, Slot
from chalicelib.usecases.ports import Save
from sandbox.clock import VirtualClock
from sandbox.platform.provision import provision
from tests.builders import deployment, raw_config
from tests.contract import platform_process
from tests.contract.tables import environment
from tests.packaged import built
from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.platform.stack import Provisioned

SECONDS = 60
"""Cold starts of the whole package, on a machine that may be busy."""


class Stack:
    """The package on a platform of its own."""

    def __init__(self, endpoint: str, created: Provisioned, clock: VirtualClock) -> None:
        self.clock = clock
        self.client = JsonClient("dynamodb", environment(endpoint))
        self.store = DynamoStore(self.client, created.ids["Table"])
        self._machine = created.ids["DeployMachine"]
        self._states: Any = boto3.Session(
            aws_access_key_id="tester", aws_secret_access_key="test", region_name="us-east-1"
        ).client("stepfunctions", endpoint_url=endpoint)

    def executions(self) -> list[dict[str, Any]]:
        """The inputs of every execution so far."""
        found = self._states.list_executions(stateMachineArn=self._machine)["executions"]
        return [
            json.loads(self._states.describe_execution(executionArn=each["executionArn"])["input"])
            for each in found
        ]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Provisioned from the package as the sandbox does it."""
    with platform_process.running(tmp_path) as endpoint:
        created = provision(endpoint, built() / "sam.json", secrets={})
        made = Stack(endpoint, created, VirtualClock(tmp_path / "clock"))
        yield made
        made.client.close()


def test_a_deployment_whose_start_was_lost_is_started_within_two_minutes(stack: Stack) -> None:
    """Record and lock are there, its execution is not: the schedule alone brings it."""
    asked_at = stack.clock.now()
    lost = replace(deployment(), requested_at=asked_at)
    stack.store.publish(raw_config())
    stack.store.commit(
        Save(lost),
        Save(Environment("cameras", "production", fence=1, counter=1, active=Slot(lost.id, 1, asked_at))),
    )
    stack.clock.advance(120)
    (given,) = eventually(stack.executions, SECONDS)
    assert given == {
        "service": "cameras",
        "environment": "production",
        "deployment": lost.id,
        "run": 1,
    }

    def told() -> bool:
        return "never_started" in {line.event for line in stack.store.history("cameras", "production")}

    eventually(told, SECONDS)
