"""A deployment that another has overtaken writes nothing more: not even what it had begun to work out before."""

from dataclasses import replace

import pytest

from chalicelib.domain.deployment import Slot
from chalicelib.domain.errors import LostLock
from chalicelib.domain.history import History
from chalicelib.domain.people import SERVICE
from chalicelib.usecases.steps.work import StepEvent, Work
from tests.machine.rig import FIRST, SECOND, Rig


@pytest.mark.parametrize("fence", [1, 2])
def test_a_step_whose_environment_was_taken_meanwhile_writes_nothing(fence: int) -> None:
    """It had looked, was paused, and wakes: its record, and whatever it would write with it, stays as it was."""
    rig = Rig()
    rig.ready()
    work = Work(rig.store, rig.clock, StepEvent("AwaitFinish", rig.deployment().ref))
    work.guard()
    taken = rig.environment()
    holder = SECOND if fence == 1 else FIRST
    rig.store.put(replace(taken, fence=2, active=Slot(holder, 2, rig.clock.now())))
    before = rig.store.snapshot()
    line = History("cameras", "production", FIRST, rig.clock.now(), SERVICE, "late")
    with pytest.raises(LostLock):
        work.save(replace(work.deployment, progress="late"), line)
    with pytest.raises(LostLock):
        work.note(progress="late")
    assert rig.store.snapshot() == before
