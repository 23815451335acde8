"""Troubles of S3 that a test switches on for the product's functions: calls that are refused, and a function that dies.

A refusal is S3's own: 503 SlowDown (Amazon S3 API Reference, "Error responses"). A function that dies is killed while
its call is under way, which still takes effect.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from sandbox.platform.counting import Call, Environ

_BODY = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)


class Trouble:
    """`callers` names the product's functions, `kill` ends the workers of one that are busy."""

    def __init__(self, callers: Callable[[], Collection[str]], kill: Callable[[str], int]) -> None:
        self._callers, self._kill = callers, kill
        self._refuse: Counter[str] = Counter()
        self._die_at: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._lock = threading.Lock()

    def change(self, wanted: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
        """`{"refuse": {"s3.CopyObject": 30}, "die": {"s3.CopyObject": 9}}`: the next 30 of these calls are refused; who
        makes the ninth that is not dies. Returns what has happened so far. Raises ValueError for anything else."""
        if not set(wanted) <= {"refuse", "die"} or not all(
            name.startswith("s3.") for each in wanted.values() for name in each
        ):
            raise ValueError("there are `refuse` and `die`, each for operations of s3")
        with self._lock:
            self._refuse.update(wanted.get("refuse", {}))
            self._die_at.update(wanted.get("die", {}))
            return dict(self._done)

    def refuses(self, call: Call) -> bool:
        """Whether this call is refused; where its caller is to die, it is killed now."""
        name = f"{call.service}.{call.operation}"
        if call.service != "s3" or call.caller not in self._callers():
            return False
        with self._lock:
            if self._refuse[name]:
                self._refuse[name] -= 1
                self._done["refused"] += 1
                return True
            dies = self._die_at[name] == 1
            self._die_at[name] -= self._die_at[name] > 0
        if dies:
            self._done["killed"] += self._kill(call.caller)
        return False


def slow_down(_environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """What S3 answers."""
    headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(_BODY)))]
    start_response("503 Slow Down", headers)
    return [_BODY]
