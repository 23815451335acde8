"""Scenarios share one house: each deploys a version of its own, and leaves the house as it found it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from sandbox import demo, table
from sandbox.stories import Teller
from tests.conftest import HOSTS, RECORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.house import House

_VERSIONS = itertools.count(200)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Secrets are looked for late, when much was written that could hold one; each house is searched once more when it
    ends."""
    items.sort(key=lambda item: item.path.name == "test_secrecy.py")


@pytest.fixture
def people(house: House) -> Iterator[Teller]:
    """People about to deploy a new version; afterwards nothing may be left, lost or failed."""
    before = house.swarm()
    house.clock.set_rate(10)
    yield Teller(house, house.chat, print, str(next(_VERSIONS)))
    read = house.website.stop_reading()
    assert read.get("missing", 0) == 0, read
    after = house.swarm()
    assert after["devices"]["messages_lost"] == before["devices"]["messages_lost"]
    assert after["http"]["failures"] == before["http"]["failures"]
    assert demo.orphans(house) == []
    assert table.left_open(house) == []
    assert len(demo.live(house)) == HOSTS + RECORDERS


@pytest.fixture
def passed(people: Teller) -> Teller:
    """The same, and CI has reported that the version's build passed."""
    people.house.report_build(people.version, "passed")
    return people
