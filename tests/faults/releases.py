"""Frontend releases under faults: every call that a step makes, of the table, Step Functions, S3, CloudFront or the
site, meets each fault, in both ways to serve a site; I13 is looked at after every effect, file by file.

`python -m tests.faults.releases` tries every call; the tests try the last call of each operation that changes something
in each step, and the last of each that reads.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import NotReady, PointsmanError, Unavailable
from tests.builders import APPROVER, LEAD
from tests.fakes.recorder import Killed
from tests.machine.release_rig import A, B, C, ReleaseRig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.usecases.steps.work import Work

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
class Flow:
    """What people do, and how the deployment they did it to ends."""

    name: str
    act: Callable[[ReleaseRig], None]
    number: int
    ends: State
    shows: str
    first: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """One call: in which step and at which place of it, which operation, and the how-manieth of all."""

    number: int
    step: str
    place: int
    operation: str

    @property
    def changes(self) -> bool:
        """Else before and after its effect are one."""
        return self.operation in _CHANGES


@dataclass
class Line:
    """What all fakes of a rig call over. Outside of steps nothing is counted and nothing breaks."""

    check: Callable[[], None]
    at: int = -1
    meets: Fault | None = None
    calls: list[Call] = field(default_factory=list)
    _step: str = ""
    _place: int = 0
    _again: int = 0
    _looking: bool = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A function runs a step."""
        self._step, self._place = name, 0
        try:
            yield
        finally:
            self._step = ""

    def fault(self, method: str) -> tuple[Exception | None, bool]:
        """Of the call that was chosen, and of its next tries where it fails more than once."""
        if not self._step or self._looking:
            return None, False
        call = Call(len(self.calls), self._step, self._place, method)
        self._place += 1
        self.calls.append(call)
        if call.number == self.at:
            self._again = _TIMES.get(self.meets or Fault.ERROR, 1) - 1
        elif self._again and method == self.calls[self.at].operation:
            self._again -= 1
        else:
            return None, False
        return self._error(method), self.meets in _AFTER

    def _error(self, method: str) -> Exception:
        if self.meets in {Fault.KILLED_BEFORE, Fault.KILLED_AFTER}:
            return Killed()
        busy = self.meets is Fault.THROTTLED and method == "invalidate"
        return NotReady("too many in progress") if busy else Unavailable(f"{method} was told to fail")

    def done(self) -> None:
        """I13 of docs/safety.md, after every effect."""
        if self._step and not self._looking:
            self._looking = True
            try:
                self.check()
            finally:
                self._looking = False


class Steps:
    """A function whose steps say when they run."""

    def __init__(self, steps: object, line: Line) -> None:
        self._steps, self._line = steps, line

    def __getattr__(self, name: str) -> Callable[[Work], object]:
        step: Callable[[Work], object] = getattr(self._steps, name)

        def run(work: Work) -> object:
            with self._line.step(name):
                return step(work)

        return run


def _kept(rig: ReleaseRig) -> None:
    rig.enabled(B)
    rig.machine.let(7_400)


def _first(rig: ReleaseRig) -> None:
    rig.enabled(A)
    rig.machine.let(7_400)


def _back(rig: ReleaseRig) -> None:
    rig.enabled(B)
    rig.machine.let(120)
    rig.say("rollback web production", LEAD)
    rig.decide("confirm", Kind.ROLLBACK, APPROVER)
    rig.machine.let(300)


def _looks_wrong(rig: ReleaseRig) -> None:
    rig.viewer.shows = "0" * 64
    rig.enabled(B)
    rig.machine.let(3_000)


def _rejected(rig: ReleaseRig) -> None:
    rig.say(f"web@{B} to production")
    rig.decide("reject", Kind.START)


def _expired(rig: ReleaseRig) -> None:
    rig.say(f"web@{B} to production")
    rig.machine.let(400)


def _broken(rig: ReleaseRig) -> None:
    rig.site.objects -= {each.body for each in rig.site.releases[B].files if each.page}
    rig.enabled(B)
    rig.machine.let(8_000)


def _held(rig: ReleaseRig) -> None:
    """One of its objects is gone, and people are waited for."""
    rig.site.objects -= {each.body for each in rig.site.releases[B].files if each.path == "style.css"}
    rig.enabled(B)
    rig.machine.let(5)


def _retried(rig: ReleaseRig) -> None:
    _held(rig)
    rig.site.push(rig.site.releases[B])
    rig.say("retry web production")
    rig.machine.let(7_400)


def _given_up(rig: ReleaseRig) -> None:
    _held(rig)
    rig.say("cancel web production")
    rig.machine.let(300)


def _begun(rig: ReleaseRig, until: str) -> None:
    """Release B is confirmed, and its machine is about to run a state."""
    rig.say(f"web@{B} to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until=until)


def _canceled(rig: ReleaseRig) -> None:
    _begun(rig, "CopyAssets")
    rig.say("cancel web production")
    rig.machine.let(300)


def _back_at_once(rig: ReleaseRig) -> None:
    _begun(rig, "Bake")
    rig.say("rollback web production", LEAD)
    rig.decide("confirm", Kind.ROLLBACK, APPROVER)
    rig.machine.let(300)


def _cleaned_up(rig: ReleaseRig) -> None:
    rig.enabled(B)
    rig.say("cleanup web production", LEAD)
    rig.decide("confirm", Kind.END, APPROVER)
    rig.machine.let(300)


def _changed_by_hand(rig: ReleaseRig) -> None:
    rig.say(f"web@{B} to production")
    for folder in rig.site.folders.values():
        folder.pop("logo.svg", None)
    rig.decide("confirm", Kind.START)
    rig.machine.let(7_400)


def _busy(rig: ReleaseRig) -> None:
    rig.cdn.fail("invalidate", NotReady("too many in progress"), times=1_000)
    rig.enabled(B)
    rig.machine.let(9_000)


def _one_after_the_other(rig: ReleaseRig) -> None:
    rig.enabled(B)
    rig.machine.let(60)
    rig.enabled(C)
    rig.machine.let(7_400)


FLOWS = (
    Flow("the first release", _first, 1, State.SUCCEEDED, A, first=False),
    Flow("the next release", _kept, 2, State.SUCCEEDED, B),
    Flow("rolled back", _back, 2, State.ROLLED_BACK, A),
    Flow("not what the CDN shows", _looks_wrong, 2, State.FAILED, A),
    Flow("rejected", _rejected, 2, State.REJECTED, A),
    Flow("expired", _expired, 2, State.EXPIRED, A),
    Flow("files are gone", _broken, 2, State.FAILED, A),
    Flow("tried again after a part failed", _retried, 2, State.SUCCEEDED, B),
    Flow("given up after a part failed", _given_up, 2, State.FAILED, A),
    Flow("canceled while it is copied", _canceled, 2, State.CANCELED, A),
    Flow("rolled back while it is looked at", _back_at_once, 2, State.ROLLED_BACK, A),
    Flow("cleaned up early", _cleaned_up, 2, State.SUCCEEDED, B),
    Flow("changed by hand", _changed_by_hand, 2, State.SUCCEEDED, B),
    Flow("the CDN stays busy", _busy, 2, State.SUCCEEDED, B),
    Flow("one after the other", _one_after_the_other, 3, State.SUCCEEDED, C),
)


def executed(flow: Flow, *, pointed: bool, at: int = -1, meets: Fault | None = None) -> tuple[Line, str]:
    """A run of a flow with a fault at one call, and what is wrong after it; empty where nothing is."""
    rig = ReleaseRig(pointed=pointed, keep=2, first=flow.first)
    line = Line(rig.check, at, meets)
    rig.machine.wrap(lambda steps: Steps(steps, line))
    for fake in (rig.store, rig.workflow, rig.bucket, rig.cdn, rig.viewer, rig.cleaner):
        fake.line = line
    try:
        flow.act(rig)
        rig.machine.let(1_000)
        state = rig.deployment(flow.number).state
        if state is not flow.ends:
            return line, f"it ended as {state}, not as {flow.ends}"
        rig.over(flow.number)
        if not rig.shows(flow.shows):
            return line, f"visitors do not see {flow.shows}"
    except (AssertionError, ValueError, LookupError, PointsmanError) as error:
        return line, f"{type(error).__name__}: {error}"
    return line, ""


def chosen(calls: list[Call], *, every: bool) -> list[Call]:
    """Every call (of those that come again at the same place the first and the last: in between a state only asks
    again), or a few of each kind."""
    if every:
        ends: dict[tuple[str, int, str], list[Call]] = {}
        for call in calls:
            same = ends.setdefault((call.step, call.place, call.operation), [call, call])
            same[1] = call
        return sorted({each for some in ends.values() for each in some}, key=lambda call: call.number)
    last = {(call.step if call.changes else "", call.operation): call for call in calls}
    return sorted(last.values(), key=lambda call: call.number)


Run = Callable[[int, Fault | None], tuple[Line, str]]
"""A flow with a fault at one call; -1 for none."""


def of(flow: Flow, *, pointed: bool) -> Run:
    """The runs of a flow."""
    return lambda at, meets: executed(flow, pointed=pointed, at=at, meets=meets)


def tried(run: Run, *, every: bool = False) -> tuple[int, list[str]]:
    """How many runs there were, and what was wrong after which."""
    line, wrong = run(-1, None)
    found = [f"without a fault: {wrong}"] if wrong else []
    runs = 0
    for call, fault in itertools.product(chosen(line.calls, every=every), Fault):
        if fault in _AFTER and not call.changes:
            continue
        runs += 1
        _, wrong = run(call.number, fault)
        if wrong:
            found.append(f"{call.step} {call.operation} #{call.number}, {fault}: {wrong}")
    return runs, found


def main() -> int:
    """Every call of every flow; 0 where everything survived."""
    from tests.faults.couples import COUPLES  # noqa: PLC0415 - it is written with what stands above

    runs: dict[str, Run] = {
        f"{flow.name}, {'pointed' if pointed else 'copied'}": of(flow, pointed=pointed)
        for flow, pointed in itertools.product(FLOWS, (False, True))
    }
    runs |= {f"together: {each.name}": each.run for each in COUPLES}
    bad = count = 0
    for name, run in runs.items():
        began = time.monotonic()
        made, found = tried(run, every=True)
        count, bad = count + made, bad + len(found)
        said = f"{name}: survived {made - len(found)} / {made} in {time.monotonic() - began:.0f} s"
        print(said, *found, sep="\n  ", flush=True)
    print(f"survived {count - bad} / tried {count}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
