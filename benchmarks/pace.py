"""Virtual time as fast as this machine can follow: slow while functions work, faster while only chat's limits wait."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.house import get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.clock import VirtualClock

WAITING = 2.0
"""Virtual seconds a second while nothing but chat's line goes on: Slack takes 40 updates a minute from an app."""
_LOOK = 3.0
_BESIDES = frozenset({"Chat", "Sweeper"})
"""They go on for as long as the line is not empty, and every minute."""


@contextmanager
def paced(clock: VirtualClock, aws: str, rate: float) -> Iterator[dict[str, float]]:
    """Keep the clock at `rate` while functions are at work; yields the real seconds that were spent at each rate."""
    spent: dict[str, float] = {}
    stop = threading.Event()

    def watch() -> None:
        before = -1
        while not stop.wait(_LOOK):
            done = _invocations(aws)
            chosen = rate if done != before else max(rate, WAITING)
            before = done
            spent[f"{clock.rate:g}"] = round(spent.get(f"{clock.rate:g}", 0.0) + _LOOK, 1)
            if clock.rate != chosen:
                clock.set_rate(chosen)

    clock.set_rate(rate)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield spent
    finally:
        stop.set()
        watcher.join()
        clock.set_rate(rate)


def _invocations(aws: str) -> int:
    """Of every function that does a deployment's work."""
    functions = get(f"{aws}/_sandbox/functions")["functions"]
    return sum(each["invocations"] for name, each in functions.items() if name not in _BESIDES)
