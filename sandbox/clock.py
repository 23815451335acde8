"""The sandbox's virtual clock: one small shared file that every process reads, so that two hours pass in seconds.

The file holds a sequence number and three doubles: (real anchor, virtual anchor, rate). Virtual time is
`virtual + (monotonic - real) * rate`. A writer makes the number odd, writes, and makes it even again; a reader
that saw an odd or a changed number reads once more. `time.monotonic` counts from the machine's boot, so all
processes share its origin.

Only standard library: Lambda workers load this file before they see any other package.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_VARIABLE = "SANDBOX_CLOCK"
DEFAULT_RATE = 10.0
GLANCE = 0.03  # real seconds between two looks at the clock while waiting, so that a fast-forward is noticed

_SEQUENCE = struct.Struct("=Q")
_ANCHORS = struct.Struct("=ddd")
_SIZE = _SEQUENCE.size + _ANCHORS.size

real_time = time.time  # what `install` replaces


class VirtualClock:
    """A view of the shared clock file; cheap to read (no system call but the monotonic clock)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)

    @classmethod
    def create(cls, path: Path, rate: float = DEFAULT_RATE) -> VirtualClock:
        """Make (or reset) the clock file: virtual time starts at the present."""
        path.parent.mkdir(parents=True, exist_ok=True)
        anchors = _ANCHORS.pack(time.monotonic(), real_time(), rate)
        path.write_bytes(_SEQUENCE.pack(0) + anchors)
        return cls(path)

    @property
    def rate(self) -> float:
        """Virtual seconds per real second."""
        return self._read()[2]

    def now(self) -> float:
        """Return virtual seconds since the epoch."""
        real, virtual, rate = self._read()
        return virtual + (time.monotonic() - real) * rate

    def set_rate(self, rate: float) -> None:
        """Change how fast virtual time runs from now on; 0 stops it."""
        if rate < 0:
            raise ValueError("time does not run backward")
        self._move(seconds=0, rate=rate)

    def advance(self, seconds: float) -> None:
        """Fast-forward: jump ahead by virtual seconds, for every process at once."""
        if seconds < 0:
            raise ValueError("time does not run backward")
        self._move(seconds=seconds, rate=None)

    def wait_until(self, moment: float) -> None:
        """Block until virtual time has reached `moment`."""
        for pause in self.pauses(moment):
            time.sleep(pause)

    def sleep(self, seconds: float) -> None:
        """Block for virtual seconds."""
        self.wait_until(self.now() + seconds)

    def pauses(self, moment: float) -> Iterator[float]:
        """Yield short real pauses, each to be waited out, until virtual time has reached `moment`."""
        while (left := moment - self.now()) > 0:
            rate = self.rate
            yield min(GLANCE, left / rate) if rate else GLANCE

    def _read(self) -> tuple[float, float, float]:
        while True:
            (before,) = _SEQUENCE.unpack_from(self._map, 0)
            anchors: tuple[float, float, float] = _ANCHORS.unpack_from(self._map, _SEQUENCE.size)
            (after,) = _SEQUENCE.unpack_from(self._map, 0)
            if before == after and before % 2 == 0:
                return anchors

    def _move(self, *, seconds: float, rate: float | None) -> None:
        with self.path.open("r+b") as file:  # closing the file lets go of the lock
            fcntl.flock(file, fcntl.LOCK_EX)
            now, anchor = self.now() + seconds, time.monotonic()
            (sequence,) = _SEQUENCE.unpack_from(self._map, 0)
            new_rate = self.rate if rate is None else rate
            _SEQUENCE.pack_into(self._map, 0, sequence + 1)
            _ANCHORS.pack_into(self._map, _SEQUENCE.size, anchor, now, new_rate)
            _SEQUENCE.pack_into(self._map, 0, sequence + 2)


def attach() -> VirtualClock:
    """Open the clock that the environment names."""
    return VirtualClock(Path(os.environ[FILE_VARIABLE]))


def install(clock: VirtualClock | None = None) -> VirtualClock:
    """Make `time.time` of this process virtual; `datetime.now` and timers of the system stay real."""
    clock = clock or attach()
    time.time = clock.now
    return clock
