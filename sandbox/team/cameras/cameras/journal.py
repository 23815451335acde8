"""Messages on disk: collected for a moment and written together, then acknowledged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Callable  # noqa: UP035 # the place that Python 3.9 knows at run time

if TYPE_CHECKING:
    from pathlib import Path


class Journal:
    """An append-only file. What was appended is acknowledged only after it was written."""

    def __init__(self, path: Path, commit_seconds: float) -> None:
        self._file = path.open("ab", buffering=0)
        self._commit_seconds = commit_seconds
        self._waiting: list[tuple[bytes, Callable[[], None]]] = []

    def append(self, line: bytes, stored: Callable[[], None]) -> None:
        """Store a line with the next commit, then call `stored`."""
        self._waiting.append((line, stored))

    async def keep_committing(self) -> None:
        """Commit again and again; runs as long as the service."""
        while True:
            await asyncio.sleep(self._commit_seconds)
            self.commit()

    def commit(self) -> None:
        """Write what waits in one piece, then acknowledge it."""
        batch, self._waiting = self._waiting, []
        if batch:
            self._file.write(b"".join(line for line, _ in batch))
        for _, stored in batch:
            stored()
