"""Fakes of the ports Lines and Wakes: lines in a dictionary, and calls that come when a test lets time pass."""

import threading
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import count

from chalicelib.domain.deployment import Ref
from chalicelib.usecases.chat_ports import Line, Waiting
from chalicelib.usecases.ports import Clock
from tests.fakes.recorder import Recorder

Place = tuple[Ref, str]


@dataclass
class _Kept:
    """One line; `tests/contract/test_lines.py` holds it to DynamoDB's."""

    full: float = 0.0
    wake: float = 0.0
    waiting: dict[Place, Waiting] = field(default_factory=dict)


class FakeLines(Recorder):
    """Every line, empty at first."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: defaultdict[str, _Kept] = defaultdict(_Kept)
        self._marks = count(1)
        self._one_at_a_time = threading.Lock()

    def enter(self, line: str, waiting: Waiting) -> None:
        """Wait, under a mark of its own."""
        with self._call("enter", line=line, waiting=waiting), self._one_at_a_time:
            place = (waiting.ref, waiting.key)
            before = self.kept[line].waiting.get(place)
            after = replace(waiting, mark=str(next(self._marks)), claimed=0.0)
            if before is not None:
                after = replace(after, since=before.since, claimed=before.claimed)
            self.kept[line].waiting[place] = after

    def look(self, line: str) -> Line:
        """The line as it is."""
        with self._call("look", line=line), self._one_at_a_time:
            kept = self.kept[line]
            return Line(kept.full, kept.wake, tuple(kept.waiting.values()))

    def take(self, line: str, seen: Line, waiting: Waiting, *, full: float, until: float) -> bool:
        """Take a turn and claim a message."""
        with self._call("take", line=line, waiting=waiting), self._one_at_a_time:
            kept, place = self.kept[line], (waiting.ref, waiting.key)
            if kept.full != seen.full or kept.waiting.get(place) != waiting:
                return False
            kept.full = full
            kept.waiting[place] = replace(waiting, claimed=until)
            return True

    def leave(self, line: str, waiting: Waiting) -> None:
        """Stop waiting, unless entered anew."""
        with self._call("leave", line=line, waiting=waiting), self._one_at_a_time:
            place = (waiting.ref, waiting.key)
            found = self.kept[line].waiting.pop(place, None)
            if found is not None and found.mark != waiting.mark:
                self.kept[line].waiting[place] = replace(found, claimed=0.0)

    def back(self, line: str, waiting: Waiting, *, until: float) -> None:
        """Wait on, left alone for a while."""
        with self._call("back", line=line, waiting=waiting), self._one_at_a_time:
            found = self.kept[line].waiting.get((waiting.ref, waiting.key))
            if found is not None:
                self.kept[line].waiting[found.ref, found.key] = replace(found, claimed=until)

    def hold(self, line: str, full: float) -> None:
        """Nobody takes a turn before then."""
        with self._call("hold", line=line), self._one_at_a_time:
            self.kept[line].full = max(self.kept[line].full, full)

    def noted(self, line: str, wake: float) -> None:
        """Somebody will be woken then."""
        with self._call("noted", line=line, wake=wake), self._one_at_a_time:
            self.kept[line].wake = wake


class FakeWakes(Recorder):
    """`due` has each call with its time; who takes one off and serves it is the test."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.due: list[tuple[float, str]] = []

    def wake(self, line: str, seconds: int) -> None:
        """Look at a line again."""
        with self._call("wake", line=line, seconds=seconds):
            assert 1 <= seconds <= 900, "SQS takes 900 seconds at most"
            self.due.append((self._clock.now() + seconds, line))
