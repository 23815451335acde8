"""The package, whose template the wiring is read from, and the two interpreters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import ministack
from tests.machine.bystander import Bystander
from tests.machine.interpreters import Interpreter
from tests.packaged import built
from tests.sandbox.conftest import platform  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sandbox.conftest import RunningPlatform


@pytest.fixture(scope="session")
def package() -> Path:
    """The folder with the package."""
    return built()


@pytest.fixture(autouse=True)
def bystander() -> Iterator[None]:
    """After each step of every flow of this folder the sweeper looks, and has nothing to do."""
    Bystander.watching = True
    yield
    Bystander.watching = False


@pytest.fixture
def unwatched(bystander: None) -> None:  # noqa: ARG001 - it comes after it
    """Here the sweeper itself acts; the bystander would tell of every trouble that is made."""
    Bystander.watching = False


@pytest.fixture(scope="session")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ministack.Ministack]:
    """The second emulator."""
    with ministack.running(tmp_path_factory.mktemp("ministack")) as emulator:
        yield emulator


@pytest.fixture(params=["moto", "ministack"])
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    """Each interpreter in turn; moto's as the sandbox has it."""
    name = {"moto": "platform", "ministack": "second"}[request.param]
    emulator: RunningPlatform | ministack.Ministack = request.getfixturevalue(name)
    return Interpreter(emulator.client)
