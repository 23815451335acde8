"""What every fake of a port shares: it records its calls, and fails when it is told to, before or after the effect."""

import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from chalicelib.domain.errors import Unavailable


class Killed(Exception):
    """The process that called is gone: nothing catches this, as nothing would run any more."""


class Call(NamedTuple):
    """One call of a port: its method and its arguments by name."""

    method: str
    facts: dict[str, object]


class Line(Protocol):
    """Every call of several fakes goes over one line, where a test can break any of them and look after each."""

    def fault(self, method: str) -> tuple[Exception | None, bool]:
        """What the next call meets, and whether only after its effect."""

    def done(self) -> None:
        """Something has had its effect."""


class Recorder:
    """Base of the fakes. `calls` is everything that was asked, in order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.line: Line | None = None
        self._faults: defaultdict[str, deque[tuple[Exception | None, bool]]] = defaultdict(deque)
        self._one_call_at_a_time = threading.RLock()

    def fail(
        self,
        method: str,
        error: Exception | None = None,
        *,
        times: int = 1,
        after: bool = False,
        skip: int = 0,
    ) -> None:
        """Raise on the next `times` calls of a method, after `skip` that go well; `after`: the effect happens and only
        the reply is lost."""
        raised = error or Unavailable(f"{method} was told to fail")
        self._faults[method].extend([(None, False)] * skip + [(raised, after)] * times)

    def recover(self) -> None:
        """Fail no more."""
        self._faults.clear()

    def called(self, method: str) -> list[dict[str, object]]:
        """The arguments of every call of a method."""
        return [call.facts for call in self.calls if call.method == method]

    @contextmanager
    def _call(self, method: str, **facts: object) -> Iterator[None]:
        with self._one_call_at_a_time:  # a call of AWS happens or does not, whoever calls at the same moment
            self.calls.append(Call(method, facts))
            faults = self._faults[method]
            error, after = faults.popleft() if faults else (None, False)
            if self.line is not None and error is None:
                error, after = self.line.fault(method)
            if error and not after:
                raise error
            yield
            self._done()
            if error:
                raise error

    def _done(self) -> None:
        if self.line is not None:
            self.line.done()
