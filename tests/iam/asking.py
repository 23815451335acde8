"""The rows' type, and requests as the functions make them: labels, commands, records."""

from __future__ import annotations

from dataclasses import dataclass

from tests.iam.calls import instance, zone
from tests.iam.roles import arn
from tests.iam.simulator import Request

HOST = instance("i-0123456789abcdef0")
LAUNCHED = {"pointsman:managed": "true", "pointsman:service": "cameras", "pointsman:state": "building"}
SAFE_METADATA = {"ec2:MetadataHttpTokens": "required"}
AT_LAUNCH = {"ec2:CreateAction": "RunInstances"}
TO_EC2 = {"iam:PassedToService": "ec2.amazonaws.com"}
GROUP = arn("elasticloadbalancing", "targetgroup/cameras-blue/0123456789abcdef")
LISTENER = arn("elasticloadbalancing", "listener/net/cameras/0123456789abcdef/0123456789abcdef")
ELSEWHERE = arn("dynamodb", "table/another-table")


@dataclass(frozen=True, slots=True)
class Right:
    """One statement of one role."""

    sid: str
    why: str
    allowed: tuple[Request, ...]
    denied: tuple[Request, ...]

    @property
    def role(self) -> str:
        """Whose."""
        return self.allowed[0].role


def labels(state: str, *, managed: str = "true") -> dict[str, str]:
    """The labels of an instance."""
    return {"pointsman:managed": managed, "pointsman:state": state}


def relabel(role: str, before: str, after: str) -> Request:
    """Move a managed instance's label."""
    return Request(role, "ec2:CreateTags", HOST, labels(before), {"pointsman:state": after})


def document(role: str, name: str) -> Request:
    """The document of a command."""
    return Request(role, "ssm:SendCommand", arn("ssm", f"document/{name}"))


def command(role: str, state: str, *, managed: str = "true") -> Request:
    """The host of a command."""
    return Request(role, "ssm:SendCommand", HOST, labels(state, managed=managed))


def record(kind: str, *, action: str = "UPSERT", in_zone: str = "") -> Request:
    """A change of a DNS record."""
    prefix = "route53:ChangeResourceRecordSets"
    context: dict[str, str | list[str]] = {f"{prefix}Actions": [action], f"{prefix}RecordTypes": [kind]}
    return Request("traffic", prefix, zone(in_zone) if in_zone else zone(), context=context)
