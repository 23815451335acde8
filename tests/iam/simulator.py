"""What IAM would decide: many requests in one start of the simulator (simulate.mjs)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tests.iam.roles import ACCOUNT, STACK, policies, roles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.iam.roles import Policy

HERE = Path(__file__).parent

NAMES_THE_MACHINE = frozenset(
    {"states:SendTaskSuccess", "apigateway:POST", "lambda:GetProvisionedConcurrencyConfig"}
)
"""The Service Authorization Reference has no resource for this action and the simulator believes it; Step Functions
itself judges it by the state machine's ARN, which its denials name (aws-cdk pull request 8486, and
`StateMachine.grantTaskResponse`). So these are evaluated without the check that the action knows its resource. So is
the making of parts of an API, what is asked of a version of a function (which it can not tell from an alias), and so
are documents and transforms of AWS itself, whose ARNs name no account."""
OF_AWS = ("::document/", ":aws:transform/")


ADMINISTRATOR = "administrator"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""Somebody of the account who may do everything, for what an organization's policy takes away."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call on one resource. `tags`: those that the resource carries; `asked`: those in the request."""

    role: str
    action: str
    resource: str = "*"
    tags: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str | list[str]] = field(default_factory=dict)

    def keys(self) -> dict[str, str | list[str]]:
        """The condition keys with their values, as the service would fill them in."""
        prefixes = ("aws:ResourceTag", *(["ssm:resourceTag"] if self.action.startswith("ssm:") else []))
        found: dict[str, str | list[str]] = {
            f"{prefix}/{key}": value for prefix in prefixes for key, value in self.tags.items()
        }
        found |= {f"aws:RequestTag/{key}": value for key, value in self.asked.items()}
        return found | ({"aws:TagKeys": list(self.asked)} if self.asked else {}) | dict(self.context)

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.resource} {json.dumps(self.keys(), sort_keys=True)}"


@dataclass(frozen=True, slots=True)
class Decision:
    """`by`: the Sids of the statements that allow it."""

    allowed: bool
    by: tuple[str, ...] = ()


def decide(
    requests: Sequence[Request],
    organization: Policy | None = None,
    others: Mapping[str, Policy] = MappingProxyType({}),
) -> list[Decision]:
    """One decision for each request, in order. A condition key that the service would not fill in is an error: a case
    with one would prove nothing. `organization`: a service control policy over the account; `others`: policies of roles
    that are not in the service's template."""
    node = shutil.which("node") or str(Path(sys.executable).with_name("node"))
    assert (HERE / "node_modules").is_dir(), "run `make iam` once: it installs the policy simulator"
    once = {str(each): each for each in requests}
    question = {
        "policies": {**policies(), ADMINISTRATOR: EVERYTHING, **others},
        "organization": organization,
        "requests": [_as_asked(each) for each in once.values()],
    }
    ran = subprocess.run(
        [node, str(HERE / "simulate.mjs")],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answers: dict[str, dict[str, Any]] = dict(zip(once, json.loads(ran.stdout), strict=True))
    unknown = {asked: each["error"] or each["ignored"] for asked, each in answers.items()}
    assert {asked: what for asked, what in unknown.items() if what} == {}, "what the simulator does not know"
    found = {
        asked: Decision(each["decision"] == "Allowed", tuple(each["by"])) for asked, each in answers.items()
    }
    return [found[str(each)] for each in requests]


def _as_asked(request: Request) -> dict[str, Any]:
    role = roles().get(request.role, request.role)
    return {
        "role": request.role,
        "principal": f"arn:aws:sts::{ACCOUNT}:assumed-role/{STACK}-{role}-EXAMPLE/session",
        "action": request.action,
        "resource": request.resource,
        "account": ACCOUNT,
        "context": request.keys(),
        "unchecked": request.action in NAMES_THE_MACHINE or any(each in request.resource for each in OF_AWS),
    }
