"""Frontend releases survive a fault at any call (the long version: `python -m tests.faults.releases`)."""

from __future__ import annotations

import pytest

from tests.faults.couples import COUPLES, SHORT, Couple
from tests.faults.releases import FLOWS, Flow, of, tried


@pytest.mark.parametrize("pointed", [False, True], ids=["copied", "pointed"])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_release_survives_a_fault_at_a_call_of_each_kind(flow: Flow, *, pointed: bool) -> None:
    """It ends as it would have, visitors see what they should, and no page ever missed a file (docs/safety.md, I13)."""
    runs, wrong = tried(of(flow, pointed=pointed))
    assert wrong == []
    assert runs >= 40


@pytest.mark.parametrize("flow", SHORT, ids=lambda flow: flow.name)
def test_two_that_go_together_survive_a_fault_at_a_call_of_each_kind(flow: Couple) -> None:
    """Both are live in the end, or neither is."""
    runs, wrong = tried(flow.run)
    assert wrong == []
    assert runs >= 80


@pytest.mark.parametrize("flow", COUPLES, ids=lambda flow: flow.name)
def test_two_that_go_together_end_as_they_should_where_nothing_fails(flow: Couple) -> None:
    """What the faults are tried on."""
    _, wrong = flow.run(-1, None)
    assert wrong == ""
