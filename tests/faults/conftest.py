"""A process to try faults in."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def apart() -> Iterator[ProcessPoolExecutor]:
    """A process that has imported nothing but the flows: forking it is quick."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool
