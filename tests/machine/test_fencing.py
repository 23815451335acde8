"""A deployment that another has overtaken writes nothing more: not even what it had begun to work out before."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import Slot, State
from chalicelib.domain.errors import Conflict, LostLock, NotReady, StepFailed
from chalicelib.domain.history import History
from chalicelib.domain.people import SERVICE
from chalicelib.domain.settings import Strategy
from chalicelib.usecases.steps.ledger import LedgerSteps
from chalicelib.usecases.steps.traffic import TrafficSteps
from chalicelib.usecases.steps.work import StepEvent, Work, run
from tests.builders import LEAD
from tests.fakes.fleet import FakeFleet
from tests.fakes.store import FakeStore
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


class SlowFleet(FakeFleet):
    """Before its first answer something else happens, once."""

    def __init__(self, meanwhile: Callable[[], None], *facts: Any) -> None:
        super().__init__(*facts)
        self._meanwhile: list[Callable[[], None]] = [meanwhile]

    def instances(self, *facts: Any, **more: Any) -> Any:
        if self._meanwhile:
            self._meanwhile.pop()()
        return super().instances(*facts, **more)


@pytest.mark.parametrize("strategy", ["weighted", "targets", "dns"])
def test_the_slower_of_two_workers_does_not_take_the_effects_of_the_other_for_a_change_of_the_plan(
    strategy: Strategy,
) -> None:
    """One looks a last time while the other has already moved the traffic: it steps aside, and nothing is recorded."""
    rig = Rig(strategy=strategy)
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    rig.machine.run(until="Switch")
    event = StepEvent("Switch", rig.deployment().ref)

    def faster() -> None:
        with suppress(NotReady):  # targets become healthy, resolvers keep an address
            run(TrafficSteps(rig.traffic, rig.fleet, rig.alarms), rig.store, rig.clock, event)

    slower = TrafficSteps(rig.traffic, SlowFleet(faster, rig.cloud), rig.alarms)
    with pytest.raises(Conflict):
        run(slower, rig.store, rig.clock, event)
    assert rig.deployment().state in {State.SWITCHING, State.BAKING}
    assert rig.deployment().reason == ""


class Meanwhile:
    """The table; before the builds are read something else happens, once."""

    def __init__(self, store: FakeStore, meanwhile: Callable[[], None]) -> None:
        self._store = store
        self._meanwhile: list[Callable[[], None]] = [meanwhile]

    def __getattr__(self, method: str) -> Any:
        if method == "builds" and self._meanwhile:
            self._meanwhile.pop()()
        return getattr(self._store, method)


def test_who_cancels_while_the_question_is_being_written_is_heard() -> None:
    """The question is not asked: nobody could answer it any more, and the machine would wait for its deadline."""
    rig = Rig()
    rig.say("cameras@142 to production", run=False)
    rig.machine.run(until="AskToStart")
    event = StepEvent("AskToStart", rig.deployment().ref, token="token-1", entered="1")

    def cancel() -> None:
        rig.say("cancel cameras production", run=False)

    store: Any = Meanwhile(rig.store, cancel)
    with pytest.raises(Conflict):
        run(LedgerSteps(rig.workflow), store, rig.clock, event)
    assert rig.open() == []
    with pytest.raises(StepFailed, match="canceled"):
        run(LedgerSteps(rig.workflow), rig.store, rig.clock, event)
