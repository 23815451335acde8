"""The lines before chat's limits, and the queue that calls chat later, in memory and over the wire.

The fakes stand behind each call, as `tests/contract/test_lines.py` holds them to DynamoDB; a call has AWS's name.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.chat_ports import Line, Waiting
from chalicelib.usecases.ports import Clock
from tests.fakes.lines import FakeLines, FakeWakes
from tests.faults.wire import Wire

Answer = TypeVar("Answer")
COMES_AGAIN = 60.0
"""Seconds until the queue brings a message again whose function failed (resources.yaml, LaterInChat)."""


class _Troubles:
    """What is left of a fault after the client's own tries."""

    def error(self) -> Exception:
        return Unavailable("told to fail")

    lost = throttled = error


class WiredLines:
    """The port Lines; who waits outlives the processes."""

    def __init__(self, lines: FakeLines, wire: Wire) -> None:
        self._lines = lines
        self._wire = wire

    def enter(self, line: str, waiting: Waiting) -> None:
        """UpdateItem."""
        self._call("UpdateItem", lambda: self._lines.enter(line, waiting))

    def look(self, line: str) -> Line:
        """Query."""
        return self._call("Query", lambda: self._lines.look(line))

    def take(self, line: str, seen: Line, waiting: Waiting, *, full: float, until: float) -> bool:
        """TransactWriteItems."""
        return self._call(
            "TransactWriteItems", lambda: self._lines.take(line, seen, waiting, full=full, until=until)
        )

    def leave(self, line: str, waiting: Waiting) -> None:
        """DeleteItem."""
        self._call("DeleteItem", lambda: self._lines.leave(line, waiting))

    def back(self, line: str, waiting: Waiting, *, until: float) -> None:
        """UpdateItem."""
        self._call("UpdateItem", lambda: self._lines.back(line, waiting, until=until))

    def hold(self, line: str, full: float) -> None:
        """UpdateItem."""
        self._call("UpdateItem", lambda: self._lines.hold(line, full))

    def noted(self, line: str, wake: float) -> None:
        """UpdateItem."""
        self._call("UpdateItem", lambda: self._lines.noted(line, wake))

    def _call(self, operation: str, effect: Callable[[], Answer]) -> Answer:
        return self._wire.call(f"lines.{operation}").send(effect, _Troubles())


class WiredQueue:
    """The port Wakes, and what the queue brings."""

    def __init__(self, clock: Clock, wire: Wire) -> None:
        self._queue = FakeWakes(clock)
        self._clock = clock
        self._wire = wire

    def wake(self, line: str, seconds: int) -> None:
        """SendMessage."""
        self._wire.call("sqs.SendMessage").send(lambda: self._queue.wake(line, seconds), _Troubles())

    def due(self) -> float | None:
        """When the next message comes; None where only time brings it: a reminder, or the end of a question."""
        soon = self._soon()
        return min(soon)[0] if soon else None

    def _soon(self) -> list[tuple[float, str]]:
        now = self._clock.now()
        return [each for each in self._queue.due if each[0] <= now or not each[1].startswith("moment#")]

    def receive(self) -> dict[str, Any]:
        """The message that comes next."""
        first = min(self._soon())
        self._queue.due.remove(first)
        return {"eventSource": "aws:sqs", "body": json.dumps({"line": first[1]})}

    def again(self, record: dict[str, Any], now: float) -> None:
        """Its function failed."""
        self._queue.due.append((now + COMES_AGAIN, json.loads(record["body"])["line"]))
