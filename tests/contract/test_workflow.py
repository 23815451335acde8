"""The port Workflow: its fake, and Step Functions as the sandbox's platform has it."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Protocol

import boto3
import pytest

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.stepfunctions import StepFunctionsWorkflow
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.ports import Workflow
from tests.contract.tables import environment
from tests.contract.worlds import REGION, Clients
from tests.fakes.workflow import FakeWorkflow

REF = Ref("cameras", "production", "cameras-production-1")
DEFINITION = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})


class Machine(Protocol):
    """A workflow, and what a test looks at behind it."""

    workflow: Workflow

    def started(self) -> list[dict[str, str | int]]:
        """The input of every execution."""


class Fake:
    """In memory."""

    def __init__(self) -> None:
        self._fake = FakeWorkflow()
        self.workflow: Workflow = self._fake

    def started(self) -> list[dict[str, str | int]]:
        """As the real one would have been given it."""
        return [
            {"service": ref.service, "environment": ref.environment, "deployment": ref.deployment, "run": run}
            for ref, run in self._fake.runs
        ]


class OnPlatform:
    """A state machine of its own."""

    def __init__(self, endpoint: str) -> None:
        self._states = boto3.client(
            "stepfunctions",
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        made = self._states.create_state_machine(
            name=f"deploy-{uuid.uuid4().hex[:8]}",
            definition=DEFINITION,
            roleArn="arn:aws:iam::123456789012:role/machine",
        )
        self._machine = made["stateMachineArn"]
        self.client = JsonClient("states", environment(endpoint))
        self.workflow: Workflow = StepFunctionsWorkflow(self.client, self._machine)

    def started(self) -> list[dict[str, str | int]]:
        """The inputs, once every execution has ended."""
        for _ in range(200):
            executions = self._states.list_executions(stateMachineArn=self._machine)["executions"]
            if all(each["status"] != "RUNNING" for each in executions):
                break
            time.sleep(0.01)
        return [
            json.loads(self._states.describe_execution(executionArn=each["executionArn"])["input"])
            for each in executions
        ]


@pytest.fixture(params=["fake", "platform"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """Each implementation, with nothing started."""
    if request.param == "fake":
        yield Fake()
        return
    clients: Clients = request.getfixturevalue("platform")
    made = OnPlatform(clients.ec2.meta.endpoint_url)
    yield made
    made.client.close()


def test_an_execution_is_started_with_ids_only(machine: Machine) -> None:
    """Everything else is in the table."""
    machine.workflow.start(REF)
    assert machine.started() == [
        {"service": "cameras", "environment": "production", "deployment": "cameras-production-1", "run": 1}
    ]


def test_a_second_start_finds_the_first(machine: Machine) -> None:
    """Also where the first has ended: a crash before the answer is mended by the same click again."""
    machine.workflow.start(REF)
    assert len(machine.started()) == 1
    machine.workflow.start(REF)
    assert len(machine.started()) == 1


def test_nobody_waits_for_a_token_that_was_never_given(machine: Machine) -> None:
    """Used, late and foreign tokens are closed, and that is no error."""
    assert machine.workflow.wake("AAAAKgAAAAIAAAAAAAAAAf") is False


class Refusing(JsonClient):
    """Step Functions that answers with one error."""

    def __init__(self, code: str) -> None:
        super().__init__("states", {})
        self._code = code

    def call(self, operation: str, request: object) -> dict[str, object]:
        """Refuse."""
        raise AwsError(self._code, operation, {"request": request})


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_all_three_words_for_a_closed_token_mean_closed(code: str) -> None:
    """AWS says TaskTimedOut of a used or late token, emulators say the others."""
    assert StepFunctionsWorkflow(Refusing(code), "arn").wake("token") is False


@pytest.mark.parametrize("code", ["AccessDeniedException", "StateMachineDoesNotExist", "InvalidOutput"])
def test_other_refusals_are_unavailable(code: str) -> None:
    """The record is written; the same request again, or the sweeper, finishes what was begun."""
    workflow = StepFunctionsWorkflow(Refusing(code), "arn")
    with pytest.raises(Unavailable):
        workflow.wake("token")
    with pytest.raises(Unavailable):
        workflow.start(REF)
