"""What several suites share: one house for a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.house import House

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTS = 2
DEVICES = 60


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The whole service, from the packaged artifact, with fewer hosts and devices than the demo."""
    with House(tmp_path_factory.mktemp("house"), hosts=HOSTS, devices=DEVICES) as house:
        yield house
