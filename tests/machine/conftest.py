"""The package, whose template the wiring is read from."""

from pathlib import Path

import pytest

from tests.packaged import built


@pytest.fixture(scope="session")
def package() -> Path:
    """The folder with the package."""
    return built()
