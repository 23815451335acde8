"""What several suites share: one house for a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from sandbox import written
from sandbox.house import House

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("pointsman", deadline=None)
settings.load_profile("pointsman")
"""How long an example takes says more about the machine than about the code."""

LONGEST = (
    "test_light.py", "test_strategies.py", "test_updates.py", "test_short.py", "test_stateful.py", "test_contents.py",
)  # fmt: skip

HOSTS, RECORDERS = 2, 1
DEVICES = 30


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first: whoever begins it last keeps everybody waiting."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole service, from the packaged artifact, with fewer hosts and devices than the demo."""
    with House(tmp_path_factory.mktemp("house"), hosts=HOSTS, recorders=RECORDERS, devices=DEVICES) as house:
        drain_quickly(house)
        yield house
        # With several processes each has a house of its own, and only one of them the test of secrecy.
        assert written.leaks(house) == []


def drain_quickly(house: House, seconds: int = 3) -> None:
    """Deregistration takes real seconds; ten teardowns of twenty seconds would be a third of the suite."""
    elbv2 = house.client("elbv2")
    for group in elbv2.describe_target_groups()["TargetGroups"]:
        elbv2.modify_target_group_attributes(
            TargetGroupArn=group["TargetGroupArn"],
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}],
        )
