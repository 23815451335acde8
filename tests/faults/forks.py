"""Runs a flow once to record its calls, then forks it at each of them: one child for each fault runs the rest of it."""

from __future__ import annotations

import gc
import json
import os
import signal
import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from enum import StrEnum

HANGS = 60
"""Seconds of real time after which a run counts as hung."""


class Called(Protocol):
    """A call as it was recorded."""

    @property
    def number(self) -> int:
        """The how-manieth of the flow."""

    @property
    def operation(self) -> str:
        """What was called."""

    @property
    def place(self) -> tuple[object, ...]:
        """The same for every run of the step."""


CallT = TypeVar("CallT", bound=Called)
FaultT = TypeVar("FaultT", bound="StrEnum")


@dataclass(slots=True)
class Trial:
    """One run: which call met which fault, everything that was wrong afterwards, and what the crawler loaded in it."""

    call: Called
    fault: StrEnum
    problems: list[str]
    loads: int = 0
    missing: int = 0


@dataclass(slots=True)
class Ran(Generic[CallT]):
    """One run of a flow: its calls, what was wrong after it, and what the crawler loaded since the fault and missed."""

    calls: Sequence[CallT]
    problems: list[str]
    loads: int = 0
    missing: int = 0
    marks: Sequence[int] = (0,)
    """How many calls there were before each act."""


@dataclass(slots=True)
class Outcome:
    """One flow: its calls, and a trial for each chosen call and fault."""

    flow: str
    calls: int
    places: int
    trials: list[Trial]
    without: list[str]
    """What is wrong even without a fault."""
    seconds: float

    @property
    def survived(self) -> int:
        """Trials after which nothing was wrong."""
        return sum(not trial.problems for trial in self.trials)

    @property
    def loads(self) -> int:
        """What the crawler loaded in all of them."""
        return sum(trial.loads for trial in self.trials)

    @property
    def missing(self) -> int:
        """What of that was not there."""
        return sum(trial.missing for trial in self.trials)


def places(calls: Sequence[CallT]) -> list[CallT]:
    """Of each place the first occurrence and the last: in between a state only asks again."""
    chosen: dict[int, CallT] = {}
    ordered = sorted(calls, key=lambda call: call.place)
    for _, group in groupby(ordered, key=lambda call: call.place):
        occurrences = list(group)
        chosen |= {each.number: each for each in (occurrences[0], occurrences[-1])}
    return [chosen[number] for number in sorted(chosen)]


def tried(
    name: str,
    run: Callable[[Callable[[CallT], FaultT | None]], Ran[CallT]],
    choose: Callable[[Sequence[CallT]], Sequence[CallT]],
    faults_of: Callable[[CallT], Sequence[FaultT]],
    *,
    after: int = 0,
) -> Outcome:
    """Every fault at every chosen call of a flow, those of its first acts left out (`after` so many)."""
    started = time.monotonic()
    recorded = run(lambda _: None)
    first = recorded.marks[after] if after < len(recorded.marks) else len(recorded.calls)
    chosen = [call for call in choose(recorded.calls) if call.number >= first]
    fork = _Forks({call.number: call for call in chosen}, faults_of)
    gc.freeze()
    fork.end(run(fork.decide))
    gc.unfreeze()
    seconds = time.monotonic() - started
    return Outcome(name, len(recorded.calls), len(chosen), fork.trials, recorded.problems, seconds)


@dataclass
class _Forks(Generic[CallT, FaultT]):
    """Forks at the chosen calls. A child runs on with the fault and tells what was wrong through a pipe."""

    chosen: dict[int, CallT]
    faults_of: Callable[[CallT], Sequence[FaultT]]
    trials: list[Trial] = field(default_factory=list)
    _pipe: int = -1

    def decide(self, call: CallT) -> FaultT | None:
        """What a call meets: in the trunk nothing, in each child its fault."""
        expected = self.chosen.get(call.number)
        if expected is None or self._pipe >= 0:
            return None
        faults = self.faults_of(call)
        if expected != call:
            self.trials.append(Trial(call, faults[0], [f"not the same twice: {expected}, then {call}"]))
            return None
        for fault in faults:
            read, write = os.pipe()
            child = os.fork()
            if not child:
                os.close(read)
                gc.disable()
                signal.alarm(HANGS)
                self._pipe = write
                return fault
            os.close(write)
            self.trials.append(Trial(call, fault, **_told(read, child)))
        return None

    def end(self, ran: Ran[CallT]) -> None:
        """The end of a run: of a child's for good."""
        if self._pipe >= 0:
            with os.fdopen(self._pipe, "w") as pipe:
                json.dump({"problems": ran.problems, "loads": ran.loads, "missing": ran.missing}, pipe)
            os._exit(0)


def _told(read: int, child: int) -> dict[str, Any]:
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    if not said:
        return {"problems": [f"liveness: the run hung or died ({HANGS} s)"]}
    told: dict[str, Any] = json.loads(said)
    return told
