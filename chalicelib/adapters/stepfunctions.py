"""Step Functions, from the edge, the ledger and the sweeper: start an execution, look at it, wake one that waits."""

import json
from collections.abc import Mapping

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.domain.deployment import Machine, Ref
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.ports import Execution

_CLOSED = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
"""A used or late token is `TaskTimedOut` on AWS, the others on emulators; all three mean that nobody waits any more."""


class StepFunctionsWorkflow:
    """The port Workflow."""

    def __init__(self, client: JsonClient, machines: Mapping[Machine, str]) -> None:
        self._client = client
        self._machines = machines

    def start(self, ref: Ref, run: int = 1, machine: Machine = Machine.DEPLOY) -> None:
        """The execution's name follows from the deployment and the run: a second start finds the first (names live
        90 days)."""
        ids = {
            "service": ref.service,
            "environment": ref.environment,
            "deployment": ref.deployment,
            "run": run,
        }
        request = {
            "stateMachineArn": self._machines[machine],
            "name": execution_name(ref, run),
            "input": json.dumps(ids, sort_keys=True),
        }
        try:
            self._client.call("StartExecution", request)
        except AwsError as error:
            if error.code != "ExecutionAlreadyExists":
                raise Unavailable(f"StartExecution: {error.code}") from error

    def status(self, ref: Ref, run: int, machine: Machine = Machine.DEPLOY) -> Execution:
        """One DescribeExecution. A status that is not known here counts as running: nothing is done then."""
        own = self._machines[machine].replace(":stateMachine:", ":execution:")
        arn = f"{own}:{execution_name(ref, run)}"
        try:
            answer = self._client.call("DescribeExecution", {"executionArn": arn})
        except AwsError as error:
            if error.code == "ExecutionDoesNotExist":
                return Execution.MISSING
            raise Unavailable(f"DescribeExecution: {error.code}") from error
        said = str(answer.get("status", "")).lower()
        return Execution(said) if said in set(Execution) else Execution.RUNNING

    def wake(self, token: str) -> bool:
        """The output is empty: the table has the answer (docs/adr/0001)."""
        try:
            self._client.call("SendTaskSuccess", {"taskToken": token, "output": "{}"})
        except AwsError as error:
            if error.code in _CLOSED:
                return False
            raise Unavailable(f"SendTaskSuccess: {error.code}") from error
        return True


def execution_name(ref: Ref, run: int) -> str:
    """`cameras-production-7`, and `cameras-production-7-r2` for its second run (80 characters at most)."""
    return ref.deployment if run == 1 else f"{ref.deployment}-r{run}"
