"""The worlds as fixtures: `world` is each of them in turn."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from chalicelib.adapters.aws_json import JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.usecases.ports import Store
from tests.contract import platform_process, tables
from tests.contract.memory_world import MemoryWorld
from tests.contract.worlds import Clients, FakeWorld, World, moto_world, platform_world
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.faults.memory.dynamodb import MemoryTable
from tests.faults.memory.json_client import MemoryClient
from tests.faults.wire import Wire


@pytest.fixture(scope="session")
def clients() -> Clients:
    """Clients for the emulator in this process."""
    return Clients()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """Clients for the sandbox's platform, which runs in its own process."""
    with platform_process.running(tmp_path_factory.mktemp("platform")) as endpoint:
        yield Clients(endpoint)


@pytest.fixture(params=["fake", "memory", "moto"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The fakes, then the adapters on the services in memory, and on moto, which need not load its thousand images for
    each test."""
    if request.param != "moto":
        yield FakeWorld() if request.param == "fake" else MemoryWorld()
        return
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with moto_world(request.getfixturevalue("clients")) as made:
        yield made


@pytest.fixture(params=["fake", "memory", "platform"])
def semantic_world(request: pytest.FixtureRequest) -> World:
    """The fakes, then the adapters on the services in memory and on the sandbox's platform: client tokens, draining,
    instances that take time."""
    if request.param != "platform":
        return FakeWorld() if request.param == "fake" else MemoryWorld()
    return platform_world(request.getfixturevalue("platform"), f"e{uuid.uuid4().hex[:8]}")


@pytest.fixture
def fake() -> FakeWorld:
    """The fakes alone, for what no emulator can be told to do."""
    return FakeWorld()


@pytest.fixture(params=["fake", "memory", "platform"])
def reopen(request: pytest.FixtureRequest) -> Callable[[], Store]:
    """A fresh table, and how to open it: the client of the adapter serves one thread at a time."""
    if request.param == "fake":
        fake = FakeStore()
        return lambda: fake
    if request.param == "memory":
        in_memory = MemoryTable(FakeClock().now)
        return lambda: DynamoStore(MemoryClient("dynamodb", in_memory.answer, Wire()), "table")
    endpoint = request.getfixturevalue("platform").ec2.meta.endpoint_url
    table = tables.new_table(endpoint)
    return lambda: DynamoStore(JsonClient("dynamodb", tables.environment(endpoint)), table)


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    """The store of a fresh table."""
    return reopen()
