"""What the functions took: how often each ran, how long, how long it waited for its turn, how many at a time."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass
class Seen:
    """One invocation under way."""

    failed: bool = False


@dataclass
class _Function:
    durations: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    failed: int = 0
    workers: int = 0


class Figures:
    """Counts of one pool. Times are real seconds."""

    def __init__(self) -> None:
        self._functions: defaultdict[str, _Function] = defaultdict(_Function)
        self._lock = threading.Lock()
        self._running = 0
        self._peak = 0

    @contextmanager
    def watch(self, name: str, asked: float) -> Iterator[Seen]:
        """Measure one invocation that was asked for at `asked` and has its turn now."""
        began = time.monotonic()
        with self._lock:
            self._running += 1
            self._peak = max(self._peak, self._running)
        seen = Seen()
        try:
            yield seen
        finally:
            ended = time.monotonic()
            with self._lock:
                self._running -= 1
                function = self._functions[name]
                function.durations.append(ended - began)
                function.waits.append(began - asked)
                function.failed += seen.failed

    def started(self, name: str) -> None:
        """A new worker was needed: a cold start."""
        with self._lock:
            self._functions[name].workers += 1

    def report(self) -> dict[str, Any]:
        """By function, and the most that ran at a time."""
        with self._lock:
            functions = {
                name: {
                    "invocations": len(each.durations),
                    "failed": each.failed,
                    "cold_starts": each.workers,
                    "seconds": spread(each.durations),
                    "waited": spread(each.waits),
                }
                for name, each in sorted(self._functions.items())
            }
            return {"functions": functions, "most_at_a_time": self._peak}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile, most and sum, to the millisecond; empty for no values."""
    if not values:
        return {}
    ordered = sorted(values)
    at = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    found = {name: ordered[min(len(ordered) - 1, int(part * len(ordered)))] for name, part in at.items()}
    return {name: round(value, 3) for name, value in {**found, "sum": sum(ordered)}.items()}
