"""Time with the sweeper in it, and what it did and found."""

from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.people import SERVICE
from chalicelib.usecases.ports import Execution
from tests.machine.rig import FIRST, Rig


def sweep(rig: Rig, minutes: int = 1) -> None:
    """Some minutes go by, with a sweep at the end of each."""
    for _ in range(minutes):
        rig.machine.let(60)
        rig.sweeper.sweep()
        rig.machine.run()


def findings(rig: Rig) -> dict[Trouble, Finding]:
    """What is found and not resolved."""
    return {each.trouble: each for each in rig.store.findings("cameras", rig.name) if each.open}


def done(rig: Rig) -> list[str]:
    """Every event that the sweeper put into the history, oldest first."""
    lines = rig.store.history("cameras", rig.name)
    ours = {"run_ended", "stopped_by_hand", "fleet_left", "never_started", "not_woken", "overdue", "left_open",
            "holder_gone", "holder_ended", "too_many_runs", "lock_lost", "plan_never_ended"}  # fmt: skip
    assert all(line.actor == SERVICE for line in lines if line.event in ours)
    return [line.event for line in reversed(lines) if line.event in ours]


def died(rig: Rig, name: str = FIRST) -> None:
    """An execution ends as failed, with nothing written about it."""
    rig.machine.abort(name)
    rig.machine.execution(name).aborted = False
    rig.workflow.ended[name] = Execution.FAILED
