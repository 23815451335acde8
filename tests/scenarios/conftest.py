"""One house for all scenarios of a session: each deploys a version of its own, and leaves the house as it found it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from sandbox import demo
from sandbox.house import House
from sandbox.stories import Teller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOSTS = 2
DEVICES = 60
_VERSIONS = itertools.count(200)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole service, from the packaged artifact, with fewer hosts and devices than the demo."""
    with House(tmp_path_factory.mktemp("house"), hosts=HOSTS, devices=DEVICES) as house:
        yield house


@pytest.fixture
def people(house: House) -> Iterator[Teller]:
    """People about to deploy a new version; afterwards nothing may be left, lost or failed."""
    before = house.swarm()
    house.clock.set_rate(10)
    yield Teller(house, house.chat, print, str(next(_VERSIONS)))
    after = house.swarm()
    assert after["devices"]["messages_lost"] == before["devices"]["messages_lost"]
    assert after["http"]["failures"] == before["http"]["failures"]
    assert demo.orphans(house) == []
    assert demo.left_open(house) == []
    assert len(demo.live(house)) == HOSTS + 2


@pytest.fixture
def passed(people: Teller) -> Teller:
    """The same, and CI has reported that the version's build passed."""
    people.house.report_build(people.version, "passed")
    return people


@pytest.fixture
def record(house: House) -> Callable[[], dict[str, object]]:
    """The newest deployment's record, as it stands in the table."""
    return lambda: demo.newest(house)
