"""Statements that several roles have, each as a row for any of them (see rights.py)."""

from __future__ import annotations

from dataclasses import replace

from tests.iam.asking import ELSEWHERE, GROUP, HOST, Right, labels
from tests.iam.calls import LABELED, item, zone
from tests.iam.roles import MACHINE, RELEASES, STREAM, TABLE, arn, secret
from tests.iam.simulator import Request

EVERYWHERE = ("ENV#cameras#production",)
PARTITIONS = {
    "edge": (
        "ENV#cameras#production",
        "ENV##",
        "SERVICE#cameras",
        "CODE#7",
        "SEEN#slack-1",
        "HOME",
        "TEAM",
        "UPDATES",
    ),
    "chat": ("ENV#cameras#production", "ENV##"),
    "ledger": ("ENV#cameras#production", "SERVICE#cameras", "CODE#7"),
    "cleanup": ("ENV#cameras#production", "SERVICE#cameras"),
    "sweeper": ("ENV#cameras#production", "UPDATES"),
    "updater": ("UPDATES", "ENV#@team#updates"),
}
"""Where a role writes; all others write to environments only."""
OTHERS = ("CONFIG", "SERVICE#cameras", "CODE#7", "SEEN#slack-1", "HOME", "TEAM", "UPDATES")


def _reads(role: str) -> Right:
    return Right(
        "ReadState",
        "no wildcards where a resource can be named",
        (item(role, "GetItem", "ENV#cameras#production"), item(role, "Query", "SERVICE#cameras")),
        (
            replace(item(role, "GetItem", "ENV#cameras#production"), resource=ELSEWHERE),
            Request(role, "dynamodb:Scan", TABLE),
            Request(role, "dynamodb:Query", f"{TABLE}/index/any"),
        ),
    )


def _writes(role: str) -> Right:
    own = PARTITIONS.get(role, EVERYWHERE)
    # Chat remembers what it posted, and checks nothing that others write.
    actions = ("PutItem",) if role == "chat" else ("PutItem", "ConditionCheckItem")
    return Right(
        "WriteState",
        "a step writes about deployments, never about the configuration that says who may do what",
        tuple(item(role, action, each) for each in own for action in actions),
        (
            *(item(role, "PutItem", each) for each in OTHERS if each not in own),
            *([item(role, "PutItem", "ENV#cameras#production")] if role == "updater" else []),
            replace(item(role, "PutItem", own[0]), resource=ELSEWHERE),
            item(role, "DeleteItem", own[0]),
            item(role, "UpdateItem", own[0]),
        ),
    )


def _follows(role: str) -> Right:
    return Right(
        "FollowTheTable",
        "this table's stream and no other",
        tuple(
            Request(role, f"dynamodb:{each}", STREAM)
            for each in ("GetRecords", "GetShardIterator", "DescribeStream")
        ),
        (Request(role, "dynamodb:GetRecords", f"{ELSEWHERE}/stream/2026-01-01T00:00:00.000"),),
    )


def _logs(role: str) -> Right:
    def stream(group: str) -> Request:
        name = f"log-group:/aws/lambda/{group}:log-stream:2026/01/01/[$LATEST]0123456789abcdef"
        return Request(role, "logs:PutLogEvents", arn("logs", name))

    own, other = stream("pointsman-Planner-EXAMPLE"), stream("payroll")
    group = arn("logs", "log-group:/aws/lambda/pointsman-Planner-EXAMPLE")
    return Right(
        "Logs",
        "no wildcards where a resource can be named",
        (
            own,
            replace(own, action="logs:CreateLogStream"),
            Request(role, "logs:CreateLogGroup", group),
        ),
        (
            other,
            Request(role, "logs:GetLogEvents", own.resource),
            Request(role, "logs:DeleteLogGroup", group),
        ),
    )


def _traces(role: str) -> Right:
    return Right(
        "Traces",
        "tracing is written, not read",
        (Request(role, "xray:PutTraceSegments"), Request(role, "xray:PutTelemetryRecords")),
        (Request(role, "xray:BatchGetTraces"), Request(role, "xray:GetTraceSummaries")),
    )


def _looks(role: str) -> Right:
    return Right(
        "LookAtInstances",
        "looking at servers changes none",
        (Request(role, "ec2:DescribeInstances"),),
        (
            Request(role, "ec2:DescribeInstanceAttribute", HOST, labels("live")),
            Request(role, "ec2:RebootInstances", HOST, labels("live")),
        ),
    )


def _starts(role: str) -> Right:
    # What a server's deployment starts is the frontend that goes with it, never another server's.
    machines = (RELEASES,) if role == "ledger" else (MACHINE, RELEASES)
    return Right(
        "StartDeployments",
        "a deployment's execution can be started, not stopped or rewritten",
        tuple(Request(role, "states:StartExecution", each) for each in machines),
        (
            Request(role, "states:StartExecution", arn("states", "stateMachine:payroll")),
            *([Request(role, "states:StartExecution", MACHINE)] if role == "ledger" else []),
            Request(
                role, "states:StopExecution", MACHINE.replace("stateMachine", "execution") + ":cameras-142"
            ),
            Request(role, "states:UpdateStateMachine", MACHINE),
        ),
    )


def _wakes(role: str) -> Right:
    return Right(
        "WakeDeployments",
        "a task token is answered for the product's own machines alone",
        (Request(role, "states:SendTaskSuccess", MACHINE), Request(role, "states:SendTaskSuccess", RELEASES)),
        (Request(role, "states:SendTaskSuccess", arn("states", "stateMachine:payroll")),),
    )


def secret_right(role: str, sid: str, own: str, other: str) -> Right:
    read = "secretsmanager:GetSecretValue"
    return Right(
        sid,
        "who verifies can not post, who posts can not sign",
        (Request(role, read, secret(own)),),
        (
            Request(role, read, secret(other)),
            Request(role, "secretsmanager:PutSecretValue", secret(own)),
            Request(role, "secretsmanager:ListSecrets"),
        ),
    )


def _traffic_looks(role: str) -> Right:
    health = ("DescribeTargetHealth",) if role == "traffic" else ()
    names = ("DescribeLoadBalancers", "DescribeListeners", "DescribeTargetGroups", *health)
    changes = ("ModifyTargetGroup", "DeleteTargetGroup")
    return Right(
        "LookAtTraffic",
        "looking at traffic moves none",
        (
            *(Request(role, f"elasticloadbalancing:{each}") for each in names),
            Request(role, "route53:ListHostedZonesByName"),
        ),
        tuple(Request(role, f"elasticloadbalancing:{each}", GROUP, LABELED) for each in changes),
    )


def _records(role: str) -> Right:
    read = "route53:ListResourceRecordSets"
    return Right(
        "ReadRecords",
        "only the hosted zone that the stack was told",
        (Request(role, read, zone()),),
        (Request(role, read, zone("Z0SOMEBODY0ELSE")),),
    )


STEPS = (
    "planner",
    "ledger",
    "fleet",
    "hosts",
    "drain",
    "traffic",
    "retire",
    "terminate",
    "frontend",
    "cleanup",
)
FUNCTIONS = ("edge", *STEPS, "chat", "sweeper", "updater")
SHARED = {
    _reads: FUNCTIONS,
    _writes: tuple(each for each in FUNCTIONS if each != "terminate"),
    _follows: ("chat", "updater"),
    _logs: FUNCTIONS,
    _traces: (*FUNCTIONS, "machine", "releasemachine"),
    _looks: ("planner", "fleet", "traffic", "retire", "terminate", "sweeper"),
    _starts: ("edge", "ledger", "sweeper"),
    _wakes: ("edge", "ledger", "sweeper"),
    _traffic_looks: ("planner", "traffic"),
    _records: ("planner", "traffic"),
}
"""Whose each shared statement is. Written here and not read from the policies: a role that gets one more is seen."""


def shared_rights() -> list[Right]:
    """One row for each of them."""
    return [row(role) for row, holders in SHARED.items() for role in holders]
