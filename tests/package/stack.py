"""The package as a CloudFormation stack: what `aws cloudformation package` and `deploy` do, and a way to its API."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.ministack import Ministack

NAME = "pointsman"
BUCKET = "packages"
LOCAL_FILES = ("CodeUri", "ContentUri", "DefinitionUri")
UNKNOWN_TO_MINISTACK = {"AWS::SSM::Document"}
"""ministack 1.5.33 refuses a template with a kind that it does not know, and it has no SSM documents at all (no Run
Command either). Nothing refers to the documents' logical ids; tests/sandbox runs what is in them."""
DEPLOY_SECONDS = 60


@dataclass(frozen=True, eq=False)
class Stack:
    """A deployed package."""

    emulator: Ministack
    physical: Mapping[str, str]
    outputs: Mapping[str, str]

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """Send a request through the HTTP API, at the host name and stage of the stack's output."""
        api = self.outputs["RestAPIId"]
        host = f"{api}.execute-api.localhost:{self.emulator.port}"
        connection = HTTPConnection("127.0.0.1", self.emulator.port, timeout=30)
        try:
            connection.request("POST", f"/v1{path}", body, {**headers, "Host": host})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table, with DynamoDB's types."""
        pages = (
            self.emulator.client("dynamodb").get_paginator("scan").paginate(TableName=self.physical["Table"])
        )
        return [item for page in pages for item in page["Items"]]

    def executions(self) -> dict[str, str]:
        """Every execution of the deploy machine: its arn by its name."""
        found = self.emulator.client("stepfunctions").list_executions(
            stateMachineArn=self.physical["DeployMachine"]
        )
        return {each["name"]: each["executionArn"] for each in found["executions"]}


def deploy(
    emulator: Ministack, package: Path, *, parameters: Mapping[str, str], secrets: Mapping[str, object]
) -> Stack:
    """Create the stack and wait for it; then put the secrets' values in place, as an operator does."""
    cloudformation = emulator.client("cloudformation")
    cloudformation.create_stack(
        StackName=NAME,
        TemplateURL=f"{emulator.endpoint}/{BUCKET}/{_upload(emulator, package)}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    stack = _settled(cloudformation)
    assert stack["StackStatus"] == "CREATE_COMPLETE", _trouble(cloudformation)
    resources = cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    for name, value in secrets.items():
        emulator.client("secretsmanager").put_secret_value(
            SecretId=physical[name], SecretString=json.dumps(value)
        )
    return Stack(emulator, physical, {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]})


def _upload(emulator: Ministack, package: Path) -> str:
    """Put local files and the template that then names them into a bucket; the template's key."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    template = _for_ministack(json.loads((package / "sam.json").read_text()))
    for properties in (each.get("Properties", {}) for each in template["Resources"].values()):
        for field in LOCAL_FILES:
            if field in properties:
                file = package / properties[field]
                s3.put_object(Bucket=BUCKET, Key=file.name, Body=file.read_bytes())
                properties[field] = f"s3://{BUCKET}/{file.name}"
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template).encode())
    return "template.json"


def _for_ministack(template: dict[str, Any]) -> dict[str, Any]:
    """The template without what ministack 1.5.33 does otherwise than CloudFormation."""
    resources = template["Resources"]
    for name in [name for name, each in resources.items() if each["Type"] in UNKNOWN_TO_MINISTACK]:
        del resources[name]
    for role in (each for each in resources.values() if each["Type"] == "AWS::IAM::Role"):
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                if "Ref" in statement["Resource"]:  # a secret: `Ref` is its arn on AWS, its name on ministack
                    statement["Resource"] = {"Fn::GetAtt": [statement["Resource"]["Ref"], "Arn"]}
    return template


def _settled(cloudformation: Any) -> dict[str, Any]:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(0.1)
    raise AssertionError(f"the stack did not settle within {DEPLOY_SECONDS} seconds")


def _trouble(cloudformation: Any) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
    return [
        f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}"
        for each in events
        if each["ResourceStatus"].endswith("FAILED")
    ]
