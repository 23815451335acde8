"""Runs a flow once to record its calls, then forks it at each of them: one child for each fault runs the rest of it."""

import gc
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby, takewhile
from typing import Any

from tests.faults.acts import Act, Flow
from tests.faults.afterwards import over
from tests.faults.run import Run
from tests.faults.wire import AFTER_EFFECT, Call, Fault

HANGS = 60
"""Seconds of real time after which a run counts as hung."""


@dataclass(slots=True)
class Trial:
    """One run: which call met which fault, and everything that was wrong afterwards."""

    call: Call
    fault: Fault
    problems: list[str]


@dataclass(slots=True)
class Outcome:
    """One flow: its calls, and a trial for each chosen call and fault."""

    flow: str
    calls: int = 0
    places: int = 0
    trials: list[Trial] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    """What is wrong even without a fault."""
    seconds: float = 0.0

    @property
    def survived(self) -> int:
        """Trials after which nothing was wrong."""
        return sum(not trial.problems for trial in self.trials)


def executed(flow: Flow, decide: Callable[[Call], Fault | None]) -> tuple[Run, list[str]]:
    """A run of a flow, and what is wrong after it."""
    run = Run(**flow.settings)
    run.wire.decide = decide
    try:
        for act in flow.acts:
            run.marks.append(len(run.wire.calls))
            act.perform(run)
    except Exception as error:  # noqa: BLE001 - whatever ends a run early is a finding
        run.watch.note("liveness", f"{type(error).__name__}: {error}"[:500])
    run.settle()
    if not flow.ended([each.state for each in run.deployments()]):
        run.sweep()
    return run, over(run, flow)


def faults_of(call: Call) -> tuple[Fault, ...]:
    """Every fault; for a read those before its effect, because after it is the same."""
    return tuple(each for each in Fault if not (call.reads and each in AFTER_EFFECT))


def places(calls: Sequence[Call]) -> list[Call]:
    """Of each place (function, state, position in the step, operation) the first occurrence and the last: in between a
    state only asks again."""
    chosen: dict[int, Call] = {}
    ordered = sorted(calls, key=lambda call: call.place)
    for _, group in groupby(ordered, key=lambda call: call.place):
        occurrences = list(group)
        chosen |= {each.number: each for each in (occurrences[0], occurrences[-1])}
    return [chosen[number] for number in sorted(chosen)]


def operations(calls: Sequence[Call]) -> list[Call]:
    """For the short version: the last call of each operation; of one that changes something, by each function."""
    last = {("" if call.reads else call.function, call.operation): call for call in calls}
    return sorted(last.values(), key=lambda call: call.number)


def steps(calls: Sequence[Call]) -> list[Call]:
    """The last call of each operation in each step."""
    last = {(call.function, call.step, call.operation): call for call in calls}
    return sorted(last.values(), key=lambda call: call.number)


def shared(flow: Flow, flows: Sequence[Flow]) -> int:
    """How many acts a flow begins with that an earlier one begins with too."""
    earlier = [each for each in flows[: flows.index(flow)] if each.settings == flow.settings]
    return max((_alike(flow.acts, each.acts) for each in earlier), default=0)


def _alike(acts: Sequence[Act], others: Sequence[Act]) -> int:
    alike = (one == other for one, other in zip(acts, others, strict=False))
    return sum(1 for _ in takewhile(bool, alike))


def tried(flow: Flow, choose: Callable[[Sequence[Call]], list[Call]] = places, *, after: int = 0) -> Outcome:
    """Every fault at every chosen call of a flow, those of its first acts left out (`after` so many)."""
    started = time.monotonic()
    recorded, wrong = executed(flow, lambda _: None)
    first = recorded.marks[after] if after < len(recorded.marks) else len(recorded.wire.calls)
    chosen = [call for call in choose(recorded.wire.calls) if call.number >= first]
    outcome = Outcome(flow.name, len(recorded.wire.calls), len(chosen), without=wrong)
    fork = _Forks({call.number: call for call in chosen})
    gc.freeze()
    _, problems = executed(flow, fork.decide)
    fork.end(problems)
    outcome.trials, outcome.seconds = fork.trials, time.monotonic() - started
    return outcome


class _Forks:
    """Forks at the chosen calls. A child runs on with the fault and tells what was wrong through a pipe."""

    def __init__(self, chosen: dict[int, Call]) -> None:
        self._chosen = chosen
        self._pipe = -1
        self.trials: list[Trial] = []

    def decide(self, call: Call) -> Fault | None:
        """What a call meets: in the trunk nothing, in each child its fault."""
        expected = self._chosen.get(call.number)
        if expected is None or self._pipe >= 0:
            return None
        if expected != call:
            self.trials.append(Trial(call, Fault.ERROR, [f"not the same twice: {expected}, then {call}"]))
            return None
        for fault in faults_of(call):
            read, write = os.pipe()
            child = os.fork()
            if not child:
                os.close(read)
                gc.disable()
                signal.alarm(HANGS)
                self._pipe = write
                return fault
            os.close(write)
            self.trials.append(Trial(call, fault, self._told(read, child)))
        return None

    def end(self, problems: list[str]) -> None:
        """The end of a run: of a child's for good."""
        if self._pipe >= 0:
            with os.fdopen(self._pipe, "w") as pipe:
                json.dump(problems, pipe)
            os._exit(0)

    def _told(self, read: int, child: int) -> list[str]:
        with os.fdopen(read) as pipe:
            said = pipe.read()
        os.waitpid(child, 0)
        if not said:
            return [f"liveness: the run hung or died ({HANGS} s)"]
        told: list[str] = json.loads(said)
        return told


def shown(trial: Trial) -> dict[str, Any]:
    """A trial as the report has it."""
    return {**asdict(trial.call), "fault": trial.fault.value, "problems": trial.problems}
