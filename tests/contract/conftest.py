"""The worlds as fixtures: `world` is each of them in turn."""

import os
import uuid
from collections.abc import Iterator

import pytest

from tests.contract import platform_process
from tests.contract.worlds import Clients, FakeWorld, World, moto_world, platform_world


@pytest.fixture(scope="session")
def clients() -> Clients:
    """Clients for the emulator in this process, which need not load its thousand images for each test."""
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    return Clients()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """Clients for the sandbox's platform, which runs in its own process."""
    with platform_process.running(tmp_path_factory.mktemp("platform")) as endpoint:
        yield Clients(endpoint)


@pytest.fixture(params=["fake", "moto"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The fakes, then the adapters on moto."""
    if request.param == "fake":
        yield FakeWorld()
        return
    with moto_world(request.getfixturevalue("clients")) as made:
        yield made


@pytest.fixture(params=["fake", "platform"])
def semantic_world(request: pytest.FixtureRequest) -> World:
    """The fakes, then the adapters on the sandbox's platform: client tokens, draining, instances that take time."""
    if request.param == "fake":
        return FakeWorld()
    return platform_world(request.getfixturevalue("platform"), f"e{uuid.uuid4().hex[:8]}")


@pytest.fixture
def fake() -> FakeWorld:
    """The fakes alone, for what no emulator can be told to do."""
    return FakeWorld()
