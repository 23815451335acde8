"""One running edge for the folder."""

from collections.abc import Iterator

import pytest

from tests.ingress.world import World, running


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The real app.py over HTTP, in front of an emulator that notes every call."""
    with running(tmp_path_factory.mktemp("ingress")) as made:
        yield made
