"""The other two ways to switch, each in a house of its own: there and back through the public door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import demo
from sandbox.house import House
from sandbox.stories import STORIES, Teller
from tests.conftest import drain_quickly
from tests.scenarios.watching import Watch

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.estate.traffic import Strategy

HOSTS, RECORDERS, DEVICES = 2, 1, 40


@pytest.mark.parametrize("strategy", ["targets", "dns"])
def test_traffic_goes_there_and_back(strategy: Strategy, tmp_path: Path) -> None:
    """No message is lost, no request fails, and each device moves once each way; at every look a whole fleet takes
    traffic, and no host ends while it is registered or draining."""
    with House(tmp_path / "house", HOSTS, RECORDERS, DEVICES, switch=strategy) as house:
        drain_quickly(house, 10)  # on `targets` devices have to move within it
        house.report_build(demo.NEW, "passed")
        before = demo.live(house)
        watch = Watch(house, HOSTS)
        watch.start()
        STORIES["rollback"].tell(Teller(house, house.chat, print, demo.NEW))
        watch.stop()
        found = demo.measure("rollback", house, before)
    assert watch.looks > 20
    assert watch.violations == set()
    assert found["outcome"] == "rolled_back"
    assert found["hosts"] == {"before": before, "after": before, "orphans": []}
    assert found["left_open"] == []
    assert found["http"]["failures"] == found["devices"]["messages_lost"] == 0
    assert found["devices"]["most_reconnects"] <= 2
    assert found["switch_seconds"] is not None, "every new request reached the new fleet"
