"""Two interpreters of the States Language behind one face, each with a function that a test writes."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DEFINITION = Path("stepfunctions/deploy.asl.json").read_text()
RUN_SECONDS = 60
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
    ],
}
INVOKE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}],
}


@dataclass(frozen=True)
class Run:
    """How an execution ended, and the states that it went through, in order."""

    status: str
    states: list[str]


@dataclass(frozen=True, eq=False)
class Interpreter:
    """One emulator."""

    client: Callable[[str], Any]

    def accept(self, code: str) -> str:
        """Create the deploy machine with `code` as the module of all its functions; the machine's arn."""
        name = f"machine-{uuid.uuid4().hex[:12]}"
        role = self._role(name)
        function = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=role,
            Handler="stub.handler",
            Code={"ZipFile": _zip(code)},
        )["FunctionArn"]
        text = DEFINITION
        for part in ("Planner", "Ledger", "Fleet", "Hosts", "Drain", "Traffic", "Retire", "Terminate"):
            text = text.replace(f"${{{part}FunctionArn}}", function)
        created = self.client("stepfunctions").create_state_machine(name=name, definition=text, roleArn=role)
        return str(created["stateMachineArn"])

    def run(self, code: str) -> Run:
        """Run the deploy machine to its end."""
        machine, client = self.accept(code), self.client("stepfunctions")
        ids = {"service": "cameras", "environment": "production", "deployment": "cameras-production-1"}
        arn = client.start_execution(stateMachineArn=machine, name=ids["deployment"], input=json.dumps(ids))[
            "executionArn"
        ]
        deadline = time.monotonic() + RUN_SECONDS
        while (status := client.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            assert time.monotonic() < deadline, f"still running after {RUN_SECONDS} seconds"
            time.sleep(0.05)
        events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        entered = [
            each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each
        ]
        return Run(status, entered)

    def _role(self, name: str) -> str:
        iam = self.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="invoke", PolicyDocument=json.dumps(INVOKE))
        return str(role["Arn"])


def _zip(code: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("stub.py", code)
    return packed.getvalue()
