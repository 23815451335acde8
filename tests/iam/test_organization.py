"""The policy that docs/security.md offers: what it takes from administrators, and nothing from the service."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.iam.asking import HOST, labels
from tests.iam.calls import item
from tests.iam.rights import rights
from tests.iam.roles import STACK, TABLE, Policy, arn, roles
from tests.iam.simulator import ADMINISTRATOR, Request, decide

OVER: Policy = json.loads(Path("docs/organization-policy.json").read_text())


def by(name: str, request: Request) -> Request:
    """The same, asked by the role of that name, which says who it is."""
    who = arn("iam", f"role/{name}", region="")
    return replace(request, context={**request.context, "aws:PrincipalArn": who})


def administrator(action: str, resource: str = HOST, **more: dict[str, str]) -> Request:
    """Somebody who may do everything."""
    return Request(ADMINISTRATOR, action, resource, more.get("tags", {}), more.get("asked", {}))


STOPPED = [
    *(administrator("ec2:DeleteTags", tags=labels("live"), asked=asked) for asked in ({}, labels("live"))),
    administrator("ec2:CreateTags", tags=labels("live"), asked={"pointsman:state": "retired"}),
    administrator("ec2:CreateTags", tags=labels("live"), asked={"pointsman:managed": "false", "team": "x"}),
    *(
        administrator(f"ec2:{verb}Instances", tags=labels(state))
        for verb in ("Terminate", "Stop")
        for state in ("building", "live", "standby")
    ),
    administrator("ec2:TerminateInstances", tags={"pointsman:managed": "true"}),
    administrator("dynamodb:DeleteTable", TABLE),
    item(ADMINISTRATOR, "DeleteItem", "ENV#cameras#production"),
]
LEFT = [
    administrator("ec2:CreateTags", tags=labels("live"), asked={"team": "video"}),
    administrator("ec2:CreateTags", asked={**labels("live"), "pointsman:service": "cameras"}),
    administrator("ec2:TerminateInstances", tags={"team": "video"}),
    administrator("ec2:TerminateInstances", tags=labels("retired")),
    administrator("dynamodb:DeleteTable", arn("dynamodb", "table/another-table")),
]
"""Labeling a fleet for the first time, and everything that is not the service's, stays possible."""


@pytest.mark.parametrize(
    ("name", "requests", "allowed"),
    [
        ("Administrators", STOPPED, False),
        ("Administrators", LEFT, True),
        ("break-glass", [*STOPPED, *LEFT], True),
    ],
    ids=["stopped", "left alone", "break-glass"],
)
def test_what_it_takes_from_people(name: str, requests: list[Request], *, allowed: bool) -> None:
    """An administrator can not unlabel, relabel or end a managed instance by hand; one named role still can."""
    answers = decide([by(name, each) for each in requests], OVER)
    assert [
        str(each) for each, answer in zip(requests, answers, strict=True) if answer.allowed is not allowed
    ] == []


def test_the_service_goes_on_as_before() -> None:
    """Every right of every role is still there under it."""
    asked = [
        by(f"{STACK}-{roles()[right.role]}-EXAMPLE", each) for right in rights() for each in right.allowed
    ]
    assert [
        str(each) for each, answer in zip(asked, decide(asked, OVER), strict=True) if not answer.allowed
    ] == []
