"""Two workers on one step, two runs of one deployment: Lambda may run a function twice, and nothing happens twice."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import Deployment, State
from chalicelib.domain.errors import Conflict, LostLock, PointsmanError
from chalicelib.domain.people import SERVICE
from chalicelib.domain.plan import HostState
from chalicelib.domain.settings import Strategy
from chalicelib.usecases.resume import resume
from chalicelib.usecases.steps.ledger import LedgerSteps
from chalicelib.usecases.steps.work import StepEvent, run
from chalicelib.wire.step_event import parse_step
from tests.builders import LEAD, question
from tests.machine.bystander import Bystander
from tests.machine.language import Failed
from tests.machine.rig import NEW, OLD, Rig
from tests.races.arena import Arena, crowded, together

Arenas = Callable[[], Iterator[Arena]]
ROUNDS = 3


def doubled(rig: Rig) -> None:
    """From now on two workers run each step at the same moment, and the machine hears the one that did it; where
    both say no, the first."""
    machine = rig.machine
    Bystander.watching = False  # it looks between steps; here there is no between

    def invoke(function: str, payload: dict[str, Any]) -> dict[str, Any]:
        name = function.removeprefix("${").removesuffix("FunctionArn}").lower()
        rig.clock.advance(0.05)
        event = parse_step(payload)
        barrier = threading.Barrier(2)
        answers: list[dict[str, Any]] = []
        errors: list[Exception] = []

        def work() -> None:
            barrier.wait()
            try:
                steps = machine._functions[name]
                keep = name != "terminate"
                answers.append(run(steps, rig.store, rig.clock, event, keep_reason=keep))
            except Exception as error:  # noqa: BLE001 - Lambda reports whatever is raised
                errors.append(error)

        workers = [threading.Thread(target=work) for _ in range(2)]
        with crowded():
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        if answers:
            return answers[0]
        first = next((each for each in errors if not isinstance(each, Conflict)), errors[0])
        raise Failed(type(first).__name__, f'{{"errorMessage": "{first}"}}')

    machine._invoke = invoke  # type: ignore[method-assign]  # the seam between the machine and its functions


def whole_way(rig: Rig) -> None:
    """To the switch, back to waiting, and to the end of the window."""
    rig.kept()
    rig.machine.let(7_400)


def back_again(rig: Rig) -> None:
    """To the switch and back."""
    rig.kept()
    rig.say("rollback cameras production")
    rig.decide("confirm", Kind.ROLLBACK, LEAD)


def told(rig: Rig) -> Counter[tuple[str, str]]:
    """History as how often who did what."""
    return Counter((line.event, str(line.actor)) for line in rig.store.table.history)


@pytest.mark.parametrize("strategy", ["weighted", "targets", "dns"])
@pytest.mark.parametrize("way", [whole_way, back_again])
def test_two_workers_on_every_step(strategy: Strategy, way: Callable[[Rig], None]) -> None:
    """The same hosts, the same labels, the same traffic and the same lines of history as with one worker."""
    alone = Rig(strategy=strategy)
    way(alone)
    for _ in range(ROUNDS):
        rig = Rig(strategy=strategy)
        doubled(rig)
        way(rig)
        assert rig.deployment().state is alone.deployment().state
        assert [phase.state for phase in rig.deployment().phases] == [
            phase.state for phase in alone.deployment().phases
        ]
        assert set(rig.cloud.hosts) == OLD | NEW, "nothing was launched twice"
        assert (rig.there(), rig.taking()) == (alone.there(), alone.taking())
        assert rig.there(HostState.LIVE) == alone.there(HostState.LIVE)
        assert told(rig) == told(alone)
        rig.over()


def test_two_resume_one_deployment(arenas: Arenas) -> None:
    """A person's retry and the sweeper at one moment: one next run, told once."""
    for arena in arenas():
        stopped = arena.at(State.PREPARING)
        deployment = arena.store.deployment(stopped.ref)
        assert deployment is not None

        def take_up(arena: Arena = arena, deployment: Deployment = deployment) -> str:
            return str(resume(arena.opened(), arena.workflow, arena.clock, deployment, SERVICE).run)

        got = together(*[take_up] * 4)
        assert min(map(str, got)) == "2"
        assert sum(isinstance(each, Conflict) for each in got) == 3
        assert [run_ for _, run_ in arena.workflow.runs] == [2]
        assert len(arena.history("resumed")) == 1


def test_an_old_run_against_its_successor(arenas: Arenas) -> None:
    """A step of the run that was given up, at the very moment it is: it was in time and is seen, or has no effect."""
    for arena in arenas():
        made = arena.at(State.ASKING_START, question())
        deployment = arena.store.deployment(made.ref)
        assert deployment is not None
        ready = StepEvent("ReadStart", made.ref)

        def take_up(arena: Arena = arena, deployment: Deployment = deployment) -> str:
            return str(resume(arena.opened(), arena.workflow, arena.clock, deployment, SERVICE).run)

        def step(arena: Arena = arena, event: StepEvent = ready) -> str:
            return str(run(LedgerSteps(arena.workflow), arena.opened(), arena.clock, event)["is"])

        taken, stepped = together(take_up, step)
        after = arena.store.deployment(made.ref)
        assert after is not None
        assert after.run == (2 if isinstance(taken, str) else 1)
        if isinstance(taken, PointsmanError):
            assert stepped == "expired"
        elif isinstance(stepped, PointsmanError):
            assert isinstance(stepped, Conflict | LostLock)
            assert after.outcome is None
        assert len(arena.history("resumed", "expired_start")) in {1, 2}
