"""Every AWS call of whole deployments is allowed to who makes it, with its own parameters and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.iam import flows
from tests.iam.simulator import decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.settings import Strategy
    from tests.iam.simulator import Request

ALARMS = {"bake": {"time": 60, "alarms": ["errors"]}}
FLOWS: dict[str, tuple[Strategy, Callable[[flows.Account], None], dict[str, Any]]] = {
    "weighted": ("weighted", flows.kept, ALARMS),
    "stopped": ("weighted", flows.kept, {"old_fleet": "stop"}),
    "targets": ("targets", flows.went_back, {}),
    "dns": ("dns", flows.went_back, {}),
    "left": ("weighted", flows.left, {}),
    "canceled": ("weighted", flows.canceled, {}),
}


@pytest.fixture(scope="session")
def asked() -> dict[str, list[Request]]:
    """What IAM is asked in each flow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        return {name: flows.recorded(way, flow, **more) for name, (way, flow, more) in FLOWS.items()}


def test_every_call_is_allowed(asked: dict[str, list[Request]]) -> None:
    """No function lacks a right that one of its calls needs."""
    requests = list({str(each): each for found in asked.values() for each in found}.values())
    refused = [
        str(each) for each, answer in zip(requests, decide(requests), strict=True) if not answer.allowed
    ]
    assert refused == []
