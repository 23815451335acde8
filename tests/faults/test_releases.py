"""Frontend releases survive a fault at any call (the long version: `python -m tests.faults.releases`)."""

from __future__ import annotations

import pytest

from tests.faults.releases import FLOWS, Flow, tried


@pytest.mark.parametrize("pointed", [False, True], ids=["copied", "pointed"])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_release_survives_a_fault_at_a_call_of_each_kind(flow: Flow, *, pointed: bool) -> None:
    """It ends as it would have, visitors see what they should, and no page ever missed a file (SAFETY I13)."""
    runs, wrong = tried(flow, pointed=pointed)
    assert wrong == []
    assert runs >= 40
