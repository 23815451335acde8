"""Each statement of each role: what it is there for is allowed by it, and what stands right beside that is denied."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.iam.rights import rights
from tests.iam.roles import of_type, policies, roles
from tests.iam.simulator import Decision, Request, decide

if TYPE_CHECKING:
    from tests.iam.asking import Right

TRUSTED = {"machine": "states.amazonaws.com", "releasemachine": "states.amazonaws.com"}
"""Who else than Lambda takes a role."""


@pytest.fixture(scope="module")
def table() -> list[Right]:
    """Every row."""
    return rights()


@pytest.fixture(scope="module")
def allowed(table: list[Right]) -> list[tuple[Right, Request, Decision]]:
    """What should be allowed, as decided."""
    asked = [(right, each) for right in table for each in right.allowed]
    answers = decide([each for _, each in asked])
    return [(*each, answer) for each, answer in zip(asked, answers, strict=True)]


def test_the_table_has_every_statement_of_every_role(table: list[Right]) -> None:
    """A statement that nobody wrote a row for could allow anything."""
    written = [(who, each["Sid"]) for who, policy in policies().items() for each in policy["Statement"]]
    assert len(set(written)) == len(written), "a role's statements have names of their own"
    assert sorted((right.role, right.sid) for right in table) == sorted(written)
    assert all(right.allowed and right.denied for right in table)


def test_what_a_statement_is_there_for_is_allowed_by_it(
    allowed: list[tuple[Right, Request, Decision]],
) -> None:
    """By that statement and no other, so that none is left over."""
    wrong = [
        f"{right.sid}: {request} {answer}"
        for right, request, answer in allowed
        if not answer.allowed or (answer.by and answer.by != (right.sid,))
    ]
    assert wrong == []


def test_every_action_of_a_statement_is_in_its_row(table: list[Right]) -> None:
    """And a call on every resource that it names: what no call needs is not there."""
    asked = {(right.role, right.sid): right.allowed for right in table}
    left: dict[tuple[str, str], list[str]] = {}
    for who, policy in policies().items():
        for each in policy["Statement"]:
            calls = asked[who, each["Sid"]]
            actions = {call.action.lower() for call in calls}
            unused = [action for action in _listed(each["Action"]) if action.lower() not in actions]
            unused += [
                resource
                for resource in _listed(each["Resource"])
                if not any(fnmatchcase(call.resource, resource) for call in calls)
            ]
            if unused:
                left[who, each["Sid"]] = sorted(unused)
    assert left == SAME_RIGHT


SAME_RIGHT = {
    ("machine", "Traces"): ["xray:GetSamplingRules", "xray:GetSamplingTargets"],
    ("releasemachine", "Traces"): ["xray:GetSamplingRules", "xray:GetSamplingTargets"],
}
"""Actions without a row of their own: Step Functions asks for them itself ("X-Ray and Step Functions")."""


def test_what_stands_beside_it_is_denied(table: list[Right]) -> None:
    """Another label, another resource, another action: no statement of the role allows it."""
    asked = [(right, each) for right in table for each in right.denied]
    answers = decide([each for _, each in asked])
    wrong = [
        f"{right.why}: {request} is allowed by {answer.by}"
        for (right, request), answer in zip(asked, answers, strict=True)
        if answer.allowed
    ]
    assert wrong == []


def test_no_role_may_do_what_is_another_s(table: list[Right]) -> None:
    """Every right that is one role's alone, asked for by every other: launching, ending, labeling, commands, traffic,
    executions, secrets. The edge reaches no server because of this."""
    holders: dict[str, set[str]] = {}
    for right in table:
        holders.setdefault(right.sid, set()).add(right.role)
    shared = {"ReadState", "WriteState", "Logs", "Traces"}
    asked = [
        Request(who, each.action, each.resource, each.tags, each.asked, each.context)
        for right, who in product(table, roles())
        if right.sid not in shared and who not in holders[right.sid]
        for each in right.allowed
    ]
    wrong = [str(each) for each, answer in zip(asked, decide(asked), strict=True) if answer.allowed]
    assert wrong == []
    assert len({each.role for each in asked}) == len(roles())


def test_only_the_service_itself_takes_a_role() -> None:
    """Lambda for the functions, Step Functions for the machine; no person and no other account."""
    for who, logical_id in roles().items():
        (trust,) = of_type("AWS::IAM::Role")[logical_id]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": TRUSTED.get(who, "lambda.amazonaws.com")}, who
        assert trust["Action"] == "sts:AssumeRole"


def _listed(value: object) -> list[str]:
    return value if isinstance(value, list) else [str(value)]
