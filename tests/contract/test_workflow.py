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
from chalicelib.domain.deployment import Machine as Kind
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.ports import Execution, Workflow
from tests.contract.tables import environment
from tests.contract.worlds import REGION, Clients
from tests.fakes.workflow import FakeWorkflow

REF = Ref("cameras", "production", "cameras-production-1")
DEFINITION = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
WAITING = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3_600, "End": True}}})


class Machine(Protocol):
    """A workflow, and what a test looks at behind it."""

    workflow: Workflow

    def started(self) -> list[dict[str, str | int]]:
        """The input of every execution."""

    def end(self, name: str, how: Execution) -> None:
        """End an execution that waits for a token."""


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

    def end(self, name: str, how: Execution) -> None:
        """As the machine's driver tells it."""
        self._fake.ended[name] = how


class OnPlatform:
    """A state machine of its own."""

    def __init__(self, endpoint: str, definition: str = DEFINITION) -> None:
        self._states = boto3.client(
            "stepfunctions",
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        made = self._states.create_state_machine(
            name=f"deploy-{uuid.uuid4().hex[:8]}",
            definition=definition,
            roleArn="arn:aws:iam::123456789012:role/machine",
        )
        self._machine = made["stateMachineArn"]
        self.client = JsonClient("states", environment(endpoint))
        self.workflow: Workflow = StepFunctionsWorkflow(self.client, {Kind.DEPLOY: self._machine})

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

    def end(self, name: str, how: Execution) -> None:
        """Stop it by hand; it can end here in no other way."""
        assert how is Execution.ABORTED
        arn = self._machine.replace(":stateMachine:", ":execution:")
        self._states.stop_execution(executionArn=f"{arn}:{name}")
        for _ in range(200):
            if self._states.describe_execution(executionArn=f"{arn}:{name}")["status"] != "RUNNING":
                break
            time.sleep(0.01)


@pytest.fixture(params=["fake", "platform"])
def waiting(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """Each implementation, whose executions run until they are ended."""
    if request.param == "fake":
        yield Fake()
        return
    clients: Clients = request.getfixturevalue("platform")
    made = OnPlatform(clients.ec2.meta.endpoint_url, WAITING)
    yield made
    made.client.close()


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


def test_how_an_execution_is(waiting: Machine) -> None:
    """Missing until it is started, then running until somebody stops it; each run is an execution of its own."""
    assert waiting.workflow.status(REF, 1) is Execution.MISSING
    waiting.workflow.start(REF)
    assert waiting.workflow.status(REF, 1) is Execution.RUNNING
    assert waiting.workflow.status(REF, 2) is Execution.MISSING
    waiting.workflow.start(REF, 2)
    waiting.end("cameras-production-1", Execution.ABORTED)
    assert waiting.workflow.status(REF, 1) is Execution.ABORTED
    assert waiting.workflow.status(REF, 2) is Execution.RUNNING


def test_nobody_waits_for_a_token_that_was_never_given(machine: Machine) -> None:
    """Used, late and foreign tokens are closed, and that is no error."""
    assert machine.workflow.wake("AAAAKgAAAAIAAAAAAAAAAf") is False


class Saying(JsonClient):
    """Step Functions that describes every execution in the same way."""

    def __init__(self, status: str) -> None:
        super().__init__("states", {})
        self._status = status

    def call(self, operation: str, request: object) -> dict[str, object]:
        """Describe."""
        return {"status": self._status, "operation": operation, "request": request}


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("SUCCEEDED", Execution.SUCCEEDED),
        ("FAILED", Execution.FAILED),
        ("TIMED_OUT", Execution.TIMED_OUT),
        ("PENDING_REDRIVE", Execution.RUNNING),
    ],
)
def test_how_an_execution_ended(said: str, means: Execution) -> None:
    """In AWS's words; one that the product does not know is left alone (API reference, DescribeExecution)."""
    assert StepFunctionsWorkflow(Saying(said), {Kind.DEPLOY: "arn"}).status(REF, 1) is means


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
    assert StepFunctionsWorkflow(Refusing(code), {Kind.DEPLOY: "arn"}).wake("token") is False


@pytest.mark.parametrize("code", ["AccessDeniedException", "StateMachineDoesNotExist", "InvalidOutput"])
def test_other_refusals_are_unavailable(code: str) -> None:
    """The record is written; the same request again, or the sweeper, finishes what was begun."""
    workflow = StepFunctionsWorkflow(Refusing(code), {Kind.DEPLOY: "arn"})
    with pytest.raises(Unavailable):
        workflow.wake("token")
    with pytest.raises(Unavailable):
        workflow.start(REF)
    with pytest.raises(Unavailable):
        workflow.status(REF, 1)
