"""Every role of the packaged template with its policies as CloudFormation would write them, over example names."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from sandbox.platform.template import Resolver
from tests.packaged import built

ACCOUNT, REGION, STACK = "123456789012", "us-east-1", "pointsman"
ZONE, HOST_ROLE = "Z0POINTSMAN0EXAMPLE", "pointsman-host-cameras"
FRONTEND = "pointsman-frontend-web"
POINTERS = [
    f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/a1b2c3d4-5678-90ab-cdef-example{each}" for each in (1, 2)
]
PARAMETERS = {
    "HostedZone": ZONE,
    "HostRole": "pointsman-host-*",
    "FrontendPointers": ",".join(POINTERS),
    "Updates": "pointsman-updates",
}
"""What whoever installs the stack says (docs/install.md)."""

Policy = dict[str, Any]


def arn(service: str, resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    """An ARN of the example account."""
    return f"arn:aws:{service}:{region}:{account}:{resource}"


MACHINE = arn("states", f"stateMachine:{STACK}-deploy")
RELEASES = arn("states", f"stateMachine:{STACK}-release")
PIPELINE = arn("codebuild", "project/pointsman-updates")
TABLE = arn("dynamodb", f"table/{STACK}-Table-EXAMPLE")
LINES = arn("dynamodb", f"table/{STACK}-ChatLines-EXAMPLE")
STREAM = f"{TABLE}/stream/2026-01-01T00:00:00.000"


def secret(logical_id: str) -> str:
    """A secret of the stack."""
    return arn("secretsmanager", f"secret:{logical_id}-EXAMPLE")


def function(logical_id: str) -> str:
    """A function of the stack; CloudFormation names it after stack and logical id."""
    return arn("lambda", f"function:{STACK}-{logical_id}-EXAMPLE")


def _names(name: str, kind: str) -> tuple[str, dict[str, str]]:
    """What Ref and GetAtt give for a resource."""
    match kind:
        case "AWS::DynamoDB::Table":
            table = TABLE if name == "Table" else LINES
            return table.rpartition("/")[2], {"Arn": table, "StreamArn": STREAM}
        case "AWS::SecretsManager::Secret":
            return secret(name), {}
        case "AWS::Serverless::Function":
            return f"{STACK}-{name}-EXAMPLE", {"Arn": function(name)}
        case "AWS::Serverless::StateMachine":
            machine = MACHINE if name == "DeployMachine" else RELEASES
            return machine, {"Arn": machine}
        case "AWS::SQS::Queue":
            queue = f"{STACK}-{name}-EXAMPLE"
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}", {"Arn": arn("sqs", queue)}
        case _:
            return f"{STACK}-{name}-EXAMPLE", {}


@cache
def _template() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((built() / "sam.json").read_text())
    return found


@cache
def _resolver() -> Resolver:
    parameters = _template().get("Parameters", {})
    defaults = {name: str(each.get("Default", "")) for name, each in parameters.items()}
    values: dict[str, Any] = {**defaults, **PARAMETERS, "AWS::StackName": STACK}
    for name, each in parameters.items():
        if each["Type"] == "CommaDelimitedList":
            values[name] = values[name].split(",")
    resolver = Resolver(account=ACCOUNT, region=REGION, parameters=values)
    for name, each in _template()["Resources"].items():
        resolver.define(name, *_names(name, each["Type"]))
    return resolver


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the template's resources by logical id, references still in them."""
    resources = _template()["Resources"].items()
    return {name: each.get("Properties", {}) for name, each in resources if each["Type"] == kind}


@cache
def roles() -> dict[str, str]:
    """Logical id of each role by who acts under it: a function as app.py calls it (`edge` for the one behind the API),
    `machine` and `releasemachine` for the state machines, else the role's own id."""
    named = {"APIHandler": "edge"}
    found = {
        each["Role"]["Fn::GetAtt"][0]: named.get(name, name.lower())
        for name, each in of_type("AWS::Serverless::Function").items()
    }
    for name, each in of_type("AWS::Serverless::StateMachine").items():
        found[each["Role"]["Fn::GetAtt"][0]] = {"DeployMachine": "machine"}.get(name, name.lower())
    return {found.get(name, name): name for name in of_type("AWS::IAM::Role")}


@cache
def policies() -> dict[str, Policy]:
    """One policy document by who acts under it."""
    properties = of_type("AWS::IAM::Role")
    found: dict[str, Policy] = {}
    for who, logical_id in roles().items():
        documents = [each["PolicyDocument"] for each in properties[logical_id].get("Policies", ())]
        statements = [statement for each in documents for statement in each["Statement"]]
        found[who] = {"Version": "2012-10-17", "Statement": _resolver().resolve(statements)}
    return found
