"""Step Functions in memory: what was started and which tokens are waited for; the driver walks the definition.

Facts: Step Functions API reference, StartExecution (same name and input: the same execution; other input:
ExecutionAlreadyExists) and SendTaskSuccess (TaskTimedOut for a token that is used or late).
"""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.aws_json import AwsError
from chalicelib.domain.deployment import Machine, Ref
from chalicelib.usecases.ports import Execution


class MemoryStates:
    """`waiting`, `started`, `runs` and `ended` are what tests.machine.driver needs of a workflow."""

    def __init__(self) -> None:
        self.inputs: dict[str, str] = {}
        self.machines: dict[Ref, Machine] = {}
        self.started: list[Ref] = []
        self.runs: list[tuple[Ref, int]] = []
        self.waiting: set[str] = set()
        self.woken: list[str] = []
        self.ended: dict[str, Execution] = {}

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers."""
        if operation == "StartExecution":
            return self._start(request["stateMachineArn"], request["name"], request["input"])
        if operation == "SendTaskSuccess":
            return self._wake(request["taskToken"])
        if operation == "DescribeExecution":
            return self._describe(request["executionArn"].rpartition(":")[2])
        raise AwsError("UnknownOperationException", operation, {})

    def _start(self, machine: str, name: str, given: str) -> dict[str, Any]:
        if self.inputs.setdefault(name, given) != given:
            raise AwsError("ExecutionAlreadyExists", name, {})
        ids = json.loads(given)
        ref = Ref(ids["service"], ids["environment"], ids["deployment"])
        if (ref, ids.get("run", 1)) not in self.runs:
            self.runs.append((ref, ids.get("run", 1)))
            self.started.append(ref)
            self.machines[ref] = Machine(machine.rpartition(":")[2])
        return {"executionArn": f"{machine.replace(':stateMachine:', ':execution:')}:{name}"}

    def _describe(self, name: str) -> dict[str, Any]:
        if name not in self.inputs:
            raise AwsError("ExecutionDoesNotExist", name, {})
        return {"name": name, "status": self.ended.get(name, Execution.RUNNING).value.upper()}

    def _wake(self, token: str) -> dict[str, Any]:
        if token not in self.waiting:
            raise AwsError("TaskTimedOut", "Task Timed Out", {})
        self.waiting.remove(token)
        self.woken.append(token)
        return {}
