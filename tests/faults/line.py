"""The fakes of a rig call over one line, which records each call of a step and can break it; after every effect, and
after every step, the crawler loads the site, and what must hold is looked at."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from chalicelib.domain.errors import NotReady, Unavailable
from tests.fakes.recorder import Killed
from tests.faults.forks import Ran

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chalicelib.usecases.steps.work import Work
    from tests.fakes.recorder import Recorder
    from tests.machine.browsers import Browsers
    from tests.machine.driver import Machine

FAILS, THROTTLES = 3, 4
"""So often in a row a call is refused, whoever makes it: more than a client tries it, less than the machine does."""


class Fault(StrEnum):
    """What befalls one call."""

    ERROR = "error"
    ERRORS = "errors"
    THROTTLED = "throttled"
    LOST = "reply lost"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


_TIMES = {Fault.ERRORS: FAILS, Fault.THROTTLED: THROTTLES}
_AFTER = frozenset({Fault.LOST, Fault.KILLED_AFTER})
_CHANGES = frozenset({"commit", "start", "wake", "place", "carry", "point", "invalidate", "clean"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call: in which step and at which position of it, which operation, and the how-manieth of all."""

    number: int
    step: str
    position: int
    operation: str

    @property
    def changes(self) -> bool:
        """Else before and after its effect are one."""
        return self.operation in _CHANGES

    @property
    def place(self) -> tuple[str, int, str]:
        """The same for every run of the step."""
        return self.step, self.position, self.operation

    @property
    def kind(self) -> tuple[str, str]:
        """The operation; of one that changes something, in each step."""
        return self.step if self.changes else "", self.operation

    def __str__(self) -> str:
        return f"{self.number} {self.step} #{self.position} {self.operation}"


def faults_of(call: Call) -> list[Fault]:
    """Every fault; for a read those before its effect, because after it is the same."""
    return [each for each in Fault if call.changes or each not in _AFTER]


def kinds(calls: Sequence[Call]) -> list[Call]:
    """The last call of each kind."""
    last = {call.kind: call for call in calls}
    return sorted(last.values(), key=lambda call: call.number)


@dataclass
class Line:
    """Outside of steps nothing is counted and nothing breaks."""

    check: Callable[[], None]
    decide: Callable[[Call], Fault | None]
    crawler: Browsers
    calls: list[Call] = field(default_factory=list)
    wrong: dict[str, None] = field(default_factory=dict)
    """What was found, each once."""
    loads: int = 0
    """How much the crawler had loaded when the fault came."""
    _meets: Fault | None = None
    _operation: str = ""
    _step: str = ""
    _position: int = 0
    _again: int = 0
    _looking: bool = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A function runs a step."""
        self._step, self._position = name, 0
        try:
            yield
        finally:
            self._step = ""

    def fault(self, method: str) -> tuple[Exception | None, bool]:
        """Of the call that was chosen, and of its next tries where it fails more than once."""
        if not self._step or self._looking:
            return None, False
        call = Call(len(self.calls), self._step, self._position, method)
        self._position += 1
        self.calls.append(call)
        meets = self.decide(call)
        if meets is not None:
            self._meets, self._operation, self._again = meets, method, _TIMES.get(meets, 1) - 1
            self.loads = self.crawler.loads
        elif self._again and method == self._operation:
            self._again -= 1
        else:
            return None, False
        return self._error(method), self._meets in _AFTER

    def _error(self, method: str) -> Exception:
        if self._meets in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}:
            return Killed()
        busy = self._meets is Fault.THROTTLED and method == "invalidate"
        return NotReady("too many in progress") if busy else Unavailable(f"{method} was told to fail")

    def done(self) -> None:
        """Something has had its effect."""
        if self._step and not self._looking:
            self.look()

    def look(self) -> None:
        """I13 of docs/safety.md, and whatever else has to hold. Whoever made the call does not hear of it."""
        self._looking = True
        try:
            self.crawler.look()
            self.check()
        except AssertionError as error:
            self.wrong[f"{error}"[:300]] = None
        finally:
            self._looking = False


class _Steps:
    """A function whose steps say when they run."""

    def __init__(self, steps: object, line: Line) -> None:
        self._steps, self._line = steps, line

    def __getattr__(self, name: str) -> Callable[[Work], object]:
        step: Callable[[Work], object] = getattr(self._steps, name)

        def run(work: Work) -> object:
            with self._line.step(name):
                return step(work)

        return run


class Rig(Protocol):
    """What a flow happens to."""

    machine: Machine
    browsers: Browsers

    @property
    def fakes(self) -> Sequence[Recorder]:
        """All that steps call."""


def ran(
    rig: Rig,
    check: Callable[[], None],
    decide: Callable[[Call], Fault | None],
    flow: Callable[[], str],
) -> Ran[Call]:
    """A run of a flow, which says what is wrong at its end; `check` raises AssertionError."""
    line = Line(check, decide, rig.browsers)
    rig.machine.after_each_step = line.look
    rig.machine.wrap(lambda steps: _Steps(steps, line))
    for fake in rig.fakes:
        fake.line = line
    try:
        wrong = flow()
    except Exception as error:  # noqa: BLE001 - whatever ends a run early is a finding
        wrong = f"{type(error).__name__}: {error}"
    line.look()
    seen = rig.browsers.figures
    missed = f"the crawler missed {seen.missing} times: {seen.examples[0]}" if seen.missing else ""
    problems = [each for each in (missed, wrong, *line.wrong) if each]
    return Ran(line.calls, problems, rig.browsers.loads - line.loads, seen.missing)
