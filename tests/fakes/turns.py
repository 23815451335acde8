"""Two that work at the same time, each in a thread: one cleans up, the other does something else. Their requests come
in an order that was drawn beforehand, and time passes when the order says so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OTHER, CLEAN = "other", "clean"
LATEST = 45
"""Seconds after which a deletion that was asked for has come, or never comes: the client's time limit."""


@dataclass
class Turns:
    """Whose request is next, drawn beforehand; a number lets time pass. Who has ended is passed over."""

    order: list[str | int]
    now_: float
    ended: set[str] = field(default_factory=set)
    asked: float | None = None
    """When the deletion that is under way was asked for."""
    came: int = 0
    """Deletions so far."""
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, who: str) -> None:
        """Wait for a turn."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._next() in {who, ""}, timeout=20)
            del self.order[:1]
            self._changed.notify_all()

    def _next(self) -> str:
        while self.order:
            first = self.order[0]
            if isinstance(first, int) and self._must_come(first):
                self.order.insert(0, CLEAN)
                return CLEAN
            if isinstance(first, str) and first not in self.ended:
                return first
            self.now_ += first if isinstance(first, int) else 0
            del self.order[0]
        return CLEAN if CLEAN not in self.ended else ""

    def end(self, who: str) -> None:
        """It makes no requests any more."""
        with self._changed:
            self.ended.add(who)
            self._changed.notify_all()

    def now(self) -> float:
        """The same for everybody."""
        return self.now_

    def sleep(self, seconds: float) -> None:
        """It passes at once, which leaves others no time: the worst that can happen to them."""
        with self._changed:
            while self._must_come(seconds):
                self._let_come(self.came)
            self.now_ += seconds

    advance = sleep

    def _let_come(self, came: int) -> None:
        self.order.insert(0, CLEAN)
        self._changed.notify_all()
        assert self._changed.wait_for(lambda: self.came > came, timeout=20)

    def _must_come(self, seconds: float) -> bool:
        return self.asked is not None and self.now_ + seconds > self.asked + LATEST

    @contextmanager
    def deletion(self) -> Iterator[None]:
        """A deletion that was asked for comes whenever it likes, but not later than LATEST."""
        with self._changed:
            self.asked = self.now_
        self.take(CLEAN)
        yield
        with self._changed:
            self.asked = None
            self.came += 1
            self._changed.notify_all()
