"""The short version of the core test: in four flows every fault at the last call of each operation, and where it
changes something, of each operation by each function (of the rollback, what a deployment that ends well has not).

The whole (every place of every flow) is `make faults`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults import report
from tests.faults.runner import short

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

SHORT = ("deploy", "reject", "rollback", "a role is granted")


@pytest.mark.parametrize("name", SHORT)
def test_a_flow_survives_every_fault(apart: ProcessPoolExecutor, name: str) -> None:
    """It ends as it does without one, and every invariant holds all the way."""
    outcome = apart.submit(short, name).result()
    assert not report.problems(outcome), "\n".join(report.problems(outcome))
    assert outcome.survived == len(outcome.trials) > 0
