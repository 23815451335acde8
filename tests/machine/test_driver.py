"""What the driver does as Step Functions does it: executions that are stopped by hand, and started again."""

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from tests.machine.rig import FIRST, Rig


def test_an_aborted_execution_does_nothing_more() -> None:
    """What it waited for is not waited for any more, and no time brings it on."""
    rig = Rig()
    rig.ready()
    rig.machine.abort(FIRST)
    rig.machine.let(3 * 86_400)
    assert rig.machine.execution(FIRST).status == "ABORTED"
    assert rig.workflow.waiting == set()
    assert rig.deployment().state is State.READY


def test_a_redriven_execution_goes_on_in_the_state_where_it_was_stopped() -> None:
    """The question is still the same one, and its answer wakes the new try."""
    rig = Rig()
    rig.ready()
    before = rig.asked(Kind.READY)
    rig.machine.abort(FIRST)
    rig.machine.redrive(FIRST)
    rig.machine.run()
    assert rig.asked(Kind.READY).code == before.code
    rig.say("cancel cameras production")
    rig.back_to_old(State.CANCELED)


def test_a_state_that_is_entered_again_asks_again() -> None:
    """Where a redrive gives the state a new time of entering, its question is another one, and the older is closed:
    its token wakes nobody any more."""
    rig = Rig()
    rig.ready()
    before = rig.asked(Kind.READY)
    rig.machine.abort(FIRST)
    rig.machine.redrive(FIRST, enters=True)
    rig.machine.run()
    assert [each.kind for each in rig.open()] == [Kind.READY]
    assert before.code not in {each.code for each in rig.open()}


@pytest.mark.parametrize("state", ["AwaitRunning", "AwaitConfigured"])
def test_a_redriven_parallel_runs_only_what_had_not_succeeded(state: str) -> None:
    """Branches that were stopped go on where they were; one that had ended is not begun again."""
    rig = Rig()
    rig.cloud.polls = 3
    rig.say("cameras@142 to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until=state)
    rig.machine.abort(FIRST)
    rig.machine.redrive(FIRST)
    rig.machine.run()
    states = rig.machine.execution(FIRST).states
    assert states.count("FindPackage") == 1
    assert states.count("Launch") == 1
    assert rig.deployment().state is State.READY
