"""One platform process for the whole session, with the fixture package deployed to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config

from sandbox.clock import VirtualClock
from sandbox.platform.provision import provision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.platform.stack import Provisioned

PACKAGE = Path(__file__).parent / "fixture_package"
T = TypeVar("T")
READY_SECONDS = 20
ROLE = "arn:aws:iam::123456789012:role/machine"


@dataclass(frozen=True, eq=False)
class RunningPlatform:
    """A platform process as tests see it: its endpoint, its folder and what was provisioned."""

    endpoint: str
    folder: Path
    provisioned: Provisioned

    @property
    def clock(self) -> VirtualClock:
        return VirtualClock(self.folder / "clock")

    def client(self, service: str, caller: str = "tester") -> Any:
        """Return a boto3 client without retries, so that each error is seen once."""
        return _client(self.endpoint, service, caller)

    def control(self, name: str, change: dict[str, Any] | None = None) -> Any:
        """Ask the platform's own door."""
        data = None if change is None else json.dumps(change).encode()
        with urlopen(Request(f"{self.endpoint}/_sandbox/{name}", data=data)) as reply:  # noqa: S310 # loopback
            return json.load(reply)

    def start(self, states: dict[str, Any], given: Any = None, **more: Any) -> str:
        """Run a machine made of these states (the first one starts) and return the execution's arn."""
        definition = {"StartAt": next(iter(states)), "States": states, **more}
        machines = self.client("stepfunctions")
        machine = machines.create_state_machine(
            name=uuid.uuid4().hex, definition=json.dumps(definition), roleArn=ROLE
        )
        started = machines.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps(given or {}), name=uuid.uuid4().hex
        )
        return str(started["executionArn"])

    def reached(self, arn: str, event_type: str) -> str:
        """Wait until an execution's history has an event of this type; return the execution's arn."""
        client = self.client("stepfunctions")

        def look() -> bool:
            events = client.get_execution_history(executionArn=arn)["events"]
            return event_type in {event["type"] for event in events}

        eventually(look)
        return arn

    def finish(self, arn: str) -> dict[str, Any]:
        """Wait for the end of an execution; its output is parsed."""
        machines = self.client("stepfunctions")
        done = eventually(lambda: _ended(machines.describe_execution(executionArn=arn)))
        return {**done, "output": json.loads(done["output"])} if "output" in done else dict(done)


@cache
def _client(endpoint: str, service: str, caller: str) -> Any:
    session: Any = boto3.Session(
        aws_access_key_id=caller, aws_secret_access_key="test", region_name="us-east-1"
    )
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=20)
    return session.client(service, endpoint_url=endpoint, config=config)


def _ended(execution: dict[str, Any]) -> dict[str, Any] | None:
    return None if execution["status"] == "RUNNING" else execution


def eventually(look: Callable[[], T | None], seconds: float = 30) -> T:
    """Look again until there is something to see."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing after {seconds} seconds")


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A running platform; its hosts and balancer are imaginary."""
    folder = tmp_path_factory.mktemp("platform")
    endpoint = f"http://127.0.0.1:{_free_port()}"
    options = ["--port", endpoint.rpartition(":")[2], "--boot-seconds", "0.3", "--stop-seconds", "0.1"]
    with (folder / "platform.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.platform", "--folder", str(folder), *options],
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_listening(process, endpoint)
        provisioned = provision(
            endpoint,
            PACKAGE / "sam.json",
            secrets={"EdgeSecret": {"slack_signing": ["s"]}},
            parameters={"Folder": str(folder)},
        )
        yield RunningPlatform(endpoint, folder, provisioned)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_until_listening(process: subprocess.Popen[bytes], endpoint: str) -> None:
    def ready() -> bool:
        assert process.poll() is None, "the platform ended, see platform.log"
        try:
            with urlopen(f"{endpoint}/_sandbox/ready") as reply:  # noqa: S310 # loopback
                return bool(reply.status == 200)
        except OSError:
            return False

    eventually(lambda: ready() or None, READY_SECONDS)
