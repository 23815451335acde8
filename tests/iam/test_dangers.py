"""What no role may do, asked for by every role."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.iam.dangers import DANGERS
from tests.iam.roles import roles
from tests.iam.simulator import Decision, Request, decide


@pytest.fixture(scope="module")
def decided() -> dict[tuple[str, str], list[tuple[Request, Decision]]]:
    """Every danger for every role, in one start of the simulator."""
    asked = [
        (rule, replace(each, role=who))
        for who in roles()
        for rule, requests in DANGERS.items()
        for each in requests
    ]
    found: dict[tuple[str, str], list[tuple[Request, Decision]]] = {}
    for (rule, request), answer in zip(asked, decide([each for _, each in asked]), strict=True):
        found.setdefault((rule, request.role), []).append((request, answer))
    return found


@pytest.mark.parametrize("rule", DANGERS)
def test_every_role_is_denied(
    rule: str, decided: dict[tuple[str, str], list[tuple[Request, Decision]]]
) -> None:
    """The rule holds for each role by itself."""
    allowed = [
        f"{request} by {answer.by}"
        for who in roles()
        for request, answer in decided[rule, who]
        if answer.allowed
    ]
    assert allowed == []
