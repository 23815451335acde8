"""The two tables that races are run on: the fake, and the adapter on the sandbox's platform."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.adapters.aws_json import JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from tests.contract import platform_process, tables
from tests.fakes.store import FakeStore
from tests.races.arena import Arena

ROUNDS = {"fake": 40, "platform": 4}
"""How often each race is run: the fake is quick; behind the platform each call is a request over HTTP."""


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sandbox's platform in a process of its own."""
    with platform_process.running(tmp_path_factory.mktemp("platform")) as endpoint:
        yield endpoint


@pytest.fixture(params=["fake", "platform"])
def arenas(request: pytest.FixtureRequest) -> Callable[[], Iterator[Arena]]:
    """As many fresh arenas as rounds."""
    clients: list[JsonClient] = []

    def on_platform() -> Arena:
        endpoint = request.getfixturevalue("endpoint")
        table = tables.new_table(endpoint)

        def opened() -> DynamoStore:
            clients.append(JsonClient("dynamodb", tables.environment(endpoint)))
            return DynamoStore(clients[-1], table)

        return Arena(opened)

    def on_fake() -> Arena:
        fake = FakeStore()
        return Arena(lambda: fake)

    def rounds() -> Iterator[Arena]:
        made = {"fake": on_fake, "platform": on_platform}[request.param]
        for _ in range(ROUNDS[request.param]):
            yield made()
            for client in clients:
                client.close()
            clients.clear()

    return rounds
