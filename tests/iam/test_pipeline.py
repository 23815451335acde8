"""What the pipeline that updates the service may do, and what it may not, whoever pushed to the branch it follows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.platform.template import read
from tests.iam.calls import item
from tests.iam.pipeline import (
    API,
    ARTIFACT,
    BUCKET,
    BUILD,
    CLOUDFORMATION,
    CONNECTION,
    EXAMPLES,
    OWN_ROLE,
    REST_API,
    ROLE,
    STACK_ARN,
    TEMPLATE,
    calls,
    kinds,
    policies,
)
from tests.iam.roles import ACCOUNT, REGION, STACK, TABLE, arn, function, secret
from tests.iam.simulator import Decision, Request, decide

TO_LAMBDA, TO_STATES, TO_CLOUDFORMATION = (
    {"iam:PassedToService": f"{each}.amazonaws.com"} for each in ("lambda", "states", "cloudformation")
)
WITH_ITS_ROLE = {"cloudformation:RoleArn": OWN_ROLE}
OF_THE_SERVICE = {"lambda:FunctionArn": function("Chat")}
TRANSFORM = f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31"
LOG = arn("logs", f"log-group:/aws/codebuild/{STACK}-updates:log-stream:0a1b2c3d")

DELETED = {"AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Lambda::Permission", "AWS::SQS::Queue"} | {
    "AWS::Lambda::EventSourceMapping", "AWS::SSM::Document", "AWS::CloudWatch::Alarm", "AWS::Events::Rule",
    "AWS::IAM::Role", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage",
}  # fmt: skip
"""Kinds that an update may delete. Of others what the template has not any more is left where it is."""

UNUSED = {
    "kms:": "nothing is encrypted with a key of the account's own",
    "ec2:": "no function is in a VPC",
    "elasticfilesystem:": "no function has a file system",
    "s3files:": "the same",
    "s3tables:": "the bucket has no tables",
    "kinesis:": "no table is imported, replicated or streamed to Kinesis",
    "logs:": "the same",
    "iam:CreateServiceLinkedRole": "the same",
    "iam:AttachRolePolicy": "roles have the policies that stand in the template",
    "iam:DetachRolePolicy": "the same",
    "iam:PutRolePermissionsBoundary": "roles have no boundary",
    "iam:DeleteRolePermissionsBoundary": "the same",
    "iam:UpdateRoleDescription": "UpdateRole does that",
    "lambda:PutFunctionConcurrency": "concurrency is taken by hand (docs/operations.md)",
    "lambda:DeleteFunctionConcurrency": "the same",
    "lambda:PutRuntimeManagementConfig": "the runtime is updated by Lambda",
    "lambda:PutFunctionRecursionConfig": "no function calls itself",
    "lambda:PutFunctionScalingConfig": "no managed instances",
    "lambda:PassCapacityProvider": "the same",
    "lambda:AssociateRuntimeAlias": "no runtime aliases",
    "lambda:PutProvisionedConcurrencyConfig": "nothing is provisioned",
    "lambda:GetCodeSigningConfig": "code is not signed",
    "lambda:PutFunctionCodeSigningConfig": "the same",
    "lambda:DeleteFunctionCodeSigningConfig": "the same",
    "apigateway:UpdateRestApiPolicy": "the API has no policy",
    "dynamodb:Import": "nothing is imported",
    "dynamodb:DescribeImport": "the same",
    "dynamodb:CreateTableReplica": "tables have no replicas",
    "dynamodb:AssociateTableReplica": "the same",
    "dynamodb:Scan": "an update reads and writes no data",
    "dynamodb:Query": "the same",
    "dynamodb:UpdateItem": "the same",
    "dynamodb:PutItem": "the same",
    "dynamodb:GetItem": "the same",
    "dynamodb:DeleteItem": "the same",
    "dynamodb:BatchWriteItem": "the same",
    "dynamodb:UpdateContributorInsights": "no table has them",
    "dynamodb:EnableKinesis": "no table is streamed to Kinesis",
    "dynamodb:DisableKinesis": "the same",
    "dynamodb:UpdateKinesis": "the same",
    "dynamodb:PutResourcePolicy": "no table has a policy of its own",
    "dynamodb:DeleteResourcePolicy": "the same",
    "secretsmanager:GetSecretValue": "an update reads no secret",
    "secretsmanager:GetRandomPassword": "secrets are made empty",
    "secretsmanager:ReplicateSecret": "they are in one region",
    "secretsmanager:RemoveRegions": "the same",
}
"""Actions of handlers, by how they begin, that nothing in the stack needs."""
OF_A_BUCKET = {f"s3:{each}" for each in (
    "CreateBucket", "PutBucketPublicAccessBlock", "PutBucketVersioning", "GetBucketPublicAccessBlock",
    "GetBucketVersioning",
)}  # fmt: skip
"""A bucket has thirty other settings, and the artifacts' bucket uses these."""


OF_AN_ARTIFACT = {"s3:GetObject", "s3:GetObjectVersion"}
TAGS_OF_A_MAPPING = {"lambda:TagResource", "lambda:UntagResource", "lambda:ListTags"}
PASSED = {"AWS::Lambda::Function": TO_LAMBDA, "AWS::StepFunctions::StateMachine": TO_STATES}
MAPPING = "AWS::Lambda::EventSourceMapping"


def _needs(kind: str, action: str) -> bool:
    """Tell whether the stack needs what a handler may call."""
    if any(action.startswith(each) for each in UNUSED):
        return False
    if action == "iam:PassRole":
        return kind in PASSED
    if action.startswith("s3:"):
        return action in (OF_A_BUCKET if kind == "AWS::S3::Bucket" else OF_AN_ARTIFACT)
    return kind != MAPPING or action not in TAGS_OF_A_MAPPING


def _asked(kind: str, action: str) -> Request:
    """What IAM is asked."""
    context: dict[str, str] = OF_THE_SERVICE if kind == MAPPING else {}
    if action == "iam:PassRole":
        context = PASSED[kind]
    return Request(CLOUDFORMATION, action, _resource(kind, action), context=context)


def _resource(kind: str, action: str) -> str:
    if action in OF_AN_ARTIFACT:
        return ARTIFACT
    if action == "iam:PassRole":
        return ROLE
    if action == "lambda:CreateEventSourceMapping":
        return "*"
    if action in {"lambda:GetLayerVersion", "lambda:GetProvisionedConcurrencyConfig"}:
        return EXAMPLES["AWS::Lambda::LayerVersion" if "Layer" in action else kind] + ":7"
    if kind == "AWS::ApiGateway::RestApi" and action not in OF_THE_API:
        return f"{EXAMPLES[kind]}/resources/r1"
    return EXAMPLES[kind]


OF_THE_API = {"apigateway:GET", "apigateway:PUT", "apigateway:PATCH"}
"""Of the API itself; it is neither made nor deleted by an update, while its resources are."""


def _needed() -> list[Request]:
    found = [
        _asked(kind, action)
        for kind in sorted(kinds())
        for handler in ("create", "update", "read", *(["delete"] if kind in DELETED else []))
        for action in sorted(calls()[kind].get(handler, ()))
        if _needs(kind, action)
    ]
    return list({str(each): each for each in found}.values())


@pytest.fixture(scope="module")
def decided() -> list[tuple[Request, Decision]]:
    """Every call of CloudFormation, as decided."""
    asked = _needed()
    return list(zip(asked, decide(asked, others=policies()), strict=True))


def test_the_template_passes_cfn_lint() -> None:
    """No error and no warning."""
    tool = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([tool, str(TEMPLATE)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout


def test_every_kind_of_the_stack_is_known() -> None:
    """One that is new in the service's template gets its example here and its rights in the pipeline's."""
    assert kinds() <= set(EXAMPLES)
    assert set(EXAMPLES) <= set(calls())


def test_cloudformation_may_update_everything_in_the_stack(decided: list[tuple[Request, Decision]]) -> None:
    """Each call of the handlers of each kind, on a resource of the stack."""
    assert len(decided) > 100
    assert [str(asked) for asked, answer in decided if not answer.allowed] == []


def test_it_may_do_nothing_that_no_handler_calls(decided: list[tuple[Request, Decision]]) -> None:
    """Every action that the role has is one of them."""
    called = {asked.action.lower() for asked, _ in decided} | TOGETHER
    allowed = {
        action.lower()
        for statement in policies()[CLOUDFORMATION]["Statement"]
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    }
    assert sorted(allowed - called) == []


TOGETHER = {"lambda:listtags"}
"""Called beside what the schemas say: tags of functions are read before they are changed."""


def test_the_list_of_what_is_not_needed_is_used() -> None:
    """An exception that no handler names any more is taken away."""
    named = {action for each in calls().values() for actions in each.values() for action in actions}
    assert [each for each in UNUSED if not any(action.startswith(each) for action in named)] == []


ASKS = [
    Request(BUILD, "cloudformation:CreateChangeSet", STACK_ARN, context=WITH_ITS_ROLE),
    Request(BUILD, "cloudformation:CreateChangeSet", TRANSFORM),
    *(
        Request(BUILD, f"cloudformation:{each}", STACK_ARN)
        for each in ("DescribeChangeSet", "ExecuteChangeSet", "DescribeStacks")
    ),
    Request(BUILD, "iam:PassRole", OWN_ROLE, context=TO_CLOUDFORMATION),
    Request(BUILD, "s3:PutObject", ARTIFACT),
    Request(BUILD, "s3:GetObject", ARTIFACT),
    Request(BUILD, "logs:CreateLogStream", LOG),
    Request(BUILD, "logs:PutLogEvents", LOG),
    Request(BUILD, "codeconnections:GetConnectionToken", CONNECTION),
    Request(BUILD, "codeconnections:GetConnection", CONNECTION),
]

OTHER_STACK = arn("cloudformation", "stack/payroll/0a1b2c3d-0000-0000-0000-000000000000")
NOT_BY_THE_BUILD = [
    Request(BUILD, "cloudformation:CreateChangeSet", STACK_ARN),
    Request(
        BUILD,
        "cloudformation:CreateChangeSet",
        STACK_ARN,
        context={"cloudformation:RoleArn": f"arn:aws:iam::{ACCOUNT}:role/admin"},
    ),
    Request(BUILD, "cloudformation:CreateChangeSet", OTHER_STACK, context=WITH_ITS_ROLE),
    Request(BUILD, "cloudformation:ExecuteChangeSet", OTHER_STACK),
    *(
        Request(BUILD, f"cloudformation:{each}", STACK_ARN)
        for each in ("UpdateStack", "DeleteStack", "SetStackPolicy")
    ),
    Request(BUILD, "iam:PassRole", OWN_ROLE, context=TO_LAMBDA),
    Request(BUILD, "iam:PassRole", ROLE, context=TO_CLOUDFORMATION),
    Request(BUILD, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/payroll/secret"),
    Request(BUILD, "s3:DeleteObject", ARTIFACT),
    Request(BUILD, "lambda:UpdateFunctionCode", function("Planner")),
    Request(BUILD, "iam:PutRolePolicy", ROLE),
    Request(BUILD, "sts:AssumeRole", OWN_ROLE),
    Request(BUILD, "secretsmanager:GetSecretValue", secret("EdgeSecret")),
    item(BUILD, "GetItem", "CONFIG"),
]
FOREIGN = {
    "lambda:UpdateFunctionCode": arn("lambda", "function:payroll"),
    "lambda:PublishLayerVersion": arn("lambda", "layer:payroll"),
    "states:UpdateStateMachine": arn("states", "stateMachine:payroll"),
    "dynamodb:UpdateTable": arn("dynamodb", "table/payroll"),
    "sqs:DeleteQueue": arn("sqs", "payroll"),
    "ssm:UpdateDocument": arn("ssm", "document/Payroll"),
    "secretsmanager:UpdateSecret": secret("Payroll"),
    "events:PutRule": arn("events", "rule/payroll"),
    "cloudwatch:DeleteAlarms": arn("cloudwatch", "alarm:payroll"),
    "iam:PutRolePolicy": f"arn:aws:iam::{ACCOUNT}:role/admin",
    "apigateway:PATCH": REST_API.replace(API, "f6e5d4c3b2"),
    "s3:PutBucketVersioning": "arn:aws:s3:::payroll",
    "s3:GetObject": "arn:aws:s3:::payroll/secret",
}
NOT_BY_CLOUDFORMATION = [
    *(Request(CLOUDFORMATION, action, resource) for action, resource in FOREIGN.items()),
    Request(
        CLOUDFORMATION,
        "lambda:UpdateEventSourceMapping",
        EXAMPLES["AWS::Lambda::EventSourceMapping"],
        context={"lambda:FunctionArn": arn("lambda", "function:payroll")},
    ),
    Request(CLOUDFORMATION, "dynamodb:DeleteTable", TABLE),
    item(CLOUDFORMATION, "GetItem", "CONFIG"),
    item(CLOUDFORMATION, "PutItem", "TEAM"),
    Request(CLOUDFORMATION, "s3:DeleteBucket", EXAMPLES["AWS::S3::Bucket"]),
    Request(CLOUDFORMATION, "s3:GetObject", f"{EXAMPLES['AWS::S3::Bucket']}/cameras/cameras-142.tar.gz"),
    Request(CLOUDFORMATION, "states:DeleteStateMachine", EXAMPLES["AWS::StepFunctions::StateMachine"]),
    Request(CLOUDFORMATION, "secretsmanager:GetSecretValue", secret("EdgeSecret")),
    Request(CLOUDFORMATION, "secretsmanager:DeleteSecret", secret("EdgeSecret")),
    Request(CLOUDFORMATION, "apigateway:DELETE", REST_API),
    Request(CLOUDFORMATION, "iam:AttachRolePolicy", ROLE),
    Request(CLOUDFORMATION, "iam:PutRolePolicy", OWN_ROLE),
    Request(CLOUDFORMATION, "iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/{STACK}-somebody"),
    Request(CLOUDFORMATION, "iam:PassRole", ROLE, context={"iam:PassedToService": "ec2.amazonaws.com"}),
    Request(CLOUDFORMATION, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin", context=TO_LAMBDA),
    Request(CLOUDFORMATION, "lambda:InvokeFunction", function("Terminate")),
    Request(CLOUDFORMATION, "states:StartExecution", EXAMPLES["AWS::StepFunctions::StateMachine"]),
    Request(CLOUDFORMATION, "ssm:SendCommand", EXAMPLES["AWS::SSM::Document"]),
    Request(CLOUDFORMATION, "ec2:TerminateInstances", arn("ec2", "instance/i-0123456789abcdef0")),
]


def test_a_build_may_ask_for_an_update_of_this_stack() -> None:
    """With CloudFormation's role, and fetch, upload and log."""
    answers = decide(ASKS, others=policies())
    assert [str(each) for each, answer in zip(ASKS, answers, strict=True) if not answer.allowed] == []
    given = {each["Sid"] for each in policies()[BUILD]["Statement"]}
    assert {sid for answer in answers for sid in answer.by} == given - {"Transform"}, (
        "that one has no account"
    )


@pytest.mark.parametrize("requests", [NOT_BY_THE_BUILD, NOT_BY_CLOUDFORMATION], ids=[BUILD, CLOUDFORMATION])
def test_what_the_pipeline_may_not_do(requests: list[Request]) -> None:
    """Another stack, another role, data, secrets, hosts; and it deletes nothing that holds data or runs deployments."""
    answers = decide(requests, others=policies())
    assert [str(each) for each, answer in zip(requests, answers, strict=True) if answer.allowed] == []


def test_the_pipeline_is_asked_of_every_change_of_the_branch_alone() -> None:
    """A push to another branch, a tag or a pull request updates nothing; a build that is refused would lose a push."""
    text = TEMPLATE.read_text()
    assert "{ Type: EVENT, Pattern: PUSH }" in text
    assert '{ Type: HEAD_REF, Pattern: !Sub "^refs/heads/${Branch}$" }' in text
    assert "ConcurrentBuildLimit" not in read(TEMPLATE)["Resources"]["Project"]["Properties"]
