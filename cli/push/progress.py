"""How far a push is: a bar for a person, a few lines for a log."""

import sys
import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self, TextIO

from chalicelib.domain.release import File
from cli.push.pushing import Plan, Watcher

_STEPS = 4


class Shown(Watcher, AbstractContextManager["Shown"], Protocol):
    """A watcher that has to be ended."""


class Lines:
    """A line at each quarter."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._files = self._all = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left on the screen."""

    def begin(self, plan: Plan) -> None:
        """How much there is to do."""
        self._all = len(plan.to_do)

    def done(self, file: File) -> None:  # noqa: ARG002  # the port
        """One more."""
        with self._lock:
            self._files += 1
            before, now = ((self._files - less) * _STEPS // self._all for less in (1, 0))
            if now > before and self._files < self._all:
                print(f"{self._files} of {self._all} files", file=self._out, flush=True)

    def waits(self, seconds: float) -> None:
        """Why nothing moves."""
        print(_waiting(seconds), file=self._out, flush=True)


class Bar:
    """Files and bytes with a bar, drawn by rich."""

    def __init__(self) -> None:
        from rich.progress import (  # noqa: PLC0415  # a log needs none of it
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (TextColumn("{task.fields[files]}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._progress: Progress = Progress(*columns, transient=True)
        self._task = self._progress.add_task("push", files="looking", total=None)
        self._lock = threading.Lock()
        self._files = self._all = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def begin(self, plan: Plan) -> None:
        """How many files and bytes there are."""
        self._all = len(plan.to_do)
        size = sum(each.size for each in plan.to_do)
        self._progress.update(self._task, total=size, files=f"0 of {self._all} files")

    def done(self, file: File) -> None:
        """One more."""
        with self._lock:
            self._files += 1
            said = f"{self._files} of {self._all} files"
        self._progress.update(self._task, advance=file.size, files=said)

    def waits(self, seconds: float) -> None:
        """Why nothing moves."""
        self._progress.update(self._task, files=_waiting(seconds))


def _waiting(seconds: float) -> str:
    return f"waiting {seconds:.0f} s for old files that somebody may be cleaning up"


def shown() -> Shown:
    """A bar where somebody looks at a terminal."""
    return Bar() if sys.stdout.isatty() else Lines(sys.stdout)
