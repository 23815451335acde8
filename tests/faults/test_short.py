"""The short version of the core test: every fault at each operation of each function, its last call, in three flows.

The whole (every place of every flow) is `make faults`.
"""

import pytest

from tests.faults import report
from tests.faults.flows import FLOWS
from tests.faults.runner import operations, tried

SHORT = ("deploy", "reject", "rollback")


@pytest.mark.parametrize("name", SHORT)
def test_a_flow_survives_every_fault(name: str) -> None:
    """It ends as it does without one, and every invariant holds all the way."""
    outcome = tried(next(flow for flow in FLOWS if flow.name == name), operations)
    assert not report.problems(outcome), "\n".join(report.problems(outcome))
    assert outcome.survived == len(outcome.trials) > 0
