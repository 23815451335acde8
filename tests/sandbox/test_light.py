"""The light house and the crowd of the load benchmark, few and only for what must be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import checks, load
from sandbox.light import LightHouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVICES = 4


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LightHouse]:
    """A control plane with imagined hosts."""
    with LightHouse(tmp_path / "light", services=SERVICES, channels=2, tell=lambda _: None) as up:
        yield up


def test_deployments_at_once_do_not_mix_and_leave_nothing(house: LightHouse) -> None:
    """Each environment has its release, one line of history for each event, no lock and no question, and one message;
    every answer of the edge was a 200. What was not deployed is noticed."""
    assert len(checks.wrong(house)) >= 2 * SERVICES
    report = load.run(house, lambda _: None, patience=120, rate=5)
    assert report["wrong"] == []
    assert report["edge"]["not_200"] == {}
    assert report["chat"]["channels"] == 3
    assert report["functions"]["Planner"]["invocations"] == SERVICES
    assert report["most_at_a_time"] <= house.at_a_time
