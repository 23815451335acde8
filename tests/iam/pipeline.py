"""The pipeline that updates the service (stepfunctions/updates.yaml): its two roles, and what CloudFormation calls.

What CloudFormation calls to create, update, read and delete a kind of resource is published with the kind's schema
("handlers", CloudFormation Command Line Interface User Guide, "Resource type schema"), which cfn-lint brings along.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from sandbox.platform.template import Resolver, read
from tests.iam.roles import ACCOUNT, REGION, STACK, TABLE, Policy, arn, function, secret
from tests.packaged import built

TEMPLATE = Path("stepfunctions/updates.yaml")
BUILD, CLOUDFORMATION = "pipeline", "cloudformation"
BUCKET, API = "acme-artifacts", "a1b2c3d4e5"
CONNECTION = arn("codeconnections", "connection/0a1b2c3d-0000-0000-0000-000000000000")
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/updates-of-{STACK}-StackRole-EXAMPLE"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{STACK}-PlannerRole-EXAMPLE"
ARTIFACT = f"arn:aws:s3:::{BUCKET}/{STACK}/0123456789abcdef0123456789abcdef"
STACK_ARN = arn("cloudformation", f"stack/{STACK}/0a1b2c3d-0000-0000-0000-000000000000")
REST_API = f"arn:aws:apigateway:{REGION}::/restapis/{API}"
PARAMETERS = {"Stack": STACK, "Api": API, "Bucket": BUCKET, "Connection": CONNECTION, "Branch": "main"}

EXAMPLES = {
    "AWS::ApiGateway::Deployment": f"{REST_API}/deployments/d1e2f3",
    "AWS::ApiGateway::RestApi": REST_API,
    "AWS::ApiGateway::Stage": f"{REST_API}/stages/v1",
    "AWS::CloudWatch::Alarm": arn("cloudwatch", f"alarm:{STACK}-EdgeFails-EXAMPLE"),
    "AWS::DynamoDB::Table": TABLE,
    "AWS::Events::Rule": arn("events", f"rule/{STACK}-SweeperEvent-EXAMPLE"),
    "AWS::IAM::Role": ROLE,
    "AWS::Lambda::EventSourceMapping": arn(
        "lambda", "event-source-mapping:0a1b2c3d-0000-0000-0000-000000000000"
    ),
    "AWS::Lambda::Function": function("Planner"),
    "AWS::Lambda::LayerVersion": arn("lambda", "layer:pointsman-prod-managed-layer"),
    "AWS::Lambda::Permission": function("APIHandler"),
    "AWS::Lambda::Version": function("Planner"),
    "AWS::S3::Bucket": f"arn:aws:s3:::{STACK}-artifacts-example",
    "AWS::SQS::Queue": arn("sqs", f"{STACK}-LaterInChat-EXAMPLE"),
    "AWS::SSM::Document": arn("ssm", "document/Pointsman-Install"),
    "AWS::SecretsManager::Secret": secret("EdgeSecret"),
    "AWS::StepFunctions::StateMachine": arn("states", f"stateMachine:{STACK}-deploy"),
}
"""A resource of each kind that the service's stack has once SAM has expanded it."""


@cache
def kinds() -> set[str]:
    """Every kind of resource in the service's template after SAM's transform."""
    template = json.loads((built() / "sam.json").read_text())
    for each in template["Resources"].values():
        for field in {"CodeUri", "ContentUri", "DefinitionUri"} & set(each.get("Properties", {})):
            each["Properties"][field] = f"s3://{BUCKET}/{each['Properties'][field]}"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    expanded: dict[str, Any] = translator.translate(template, {})
    return {each["Type"] for each in expanded["Resources"].values()}


@cache
def calls() -> dict[str, dict[str, set[str]]]:
    """Actions by handler (`create`, `update`, `read`, `delete`), by kind."""
    found = {}
    for file in (resources.files("cfnlint") / "data" / "schemas" / "resources").iterdir():
        schema = json.loads(file.read_text()) if file.name.endswith(".json") else {}
        if schema.get("typeName") in EXAMPLES and "handlers" in schema:
            handlers = {name: set(each["permissions"]) for name, each in schema["handlers"].items()}
            found[schema["typeName"]] = handlers
    return found


def _resolved(statement: Any, resolver: Resolver) -> Any:
    """With the connection that is given here."""
    return resolver.resolve(statement["Fn::If"][1] if "Fn::If" in statement else statement)


@cache
def policies() -> dict[str, Policy]:
    """The policies of the build's role and of CloudFormation's."""
    template = read(TEMPLATE)
    stack = f"updates-of-{STACK}"
    parameters = {**PARAMETERS, "AWS::StackName": stack}
    resolver = Resolver(account=ACCOUNT, region=REGION, parameters=parameters)
    resolver.define("StackRole", OWN_ROLE.rpartition("/")[2], {"Arn": OWN_ROLE})
    found = {}
    for who, name in ((BUILD, "BuildRole"), (CLOUDFORMATION, "StackRole")):
        (policy,) = template["Resources"][name]["Properties"]["Policies"]
        statements = [_resolved(each, resolver) for each in policy["PolicyDocument"]["Statement"]]
        found[who] = {"Version": "2012-10-17", "Statement": statements}
    return found
