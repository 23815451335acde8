"""Process trees on Linux: who descends from whom, ending all of them, and ending with the parent.

Only standard library: the init of a host starts without site-packages.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GLANCE = 0.2  # seconds between two looks at the parent

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the *thread* that forked it ends; for `preexec_fn`."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that none of them leaves the tree."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


async def until_orphaned() -> None:
    """Return when the process that started this one has ended.

    Polled, since PDEATHSIG follows the thread that forked, and servers start hosts from threads that end.
    """
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 # no event tells it
        await asyncio.sleep(GLANCE)


def descendants(root: int) -> set[int]:
    """Every living process below `root`, at whatever depth."""
    children: dict[int, list[int]] = {}
    for pid, parent in _living():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    pending = [root]
    while pending:
        below = children.get(pending.pop(), [])
        found.update(below)
        pending.extend(below)
    return found


def marked(variable: str) -> set[int]:
    """Every living process of ours whose environment has exactly this `NAME=value`."""
    mark = variable.encode()
    return {pid for pid, _ in _living() if mark in _environment(pid).split(b"\0")}


def kill_all(pids: set[int]) -> None:
    """SIGKILL, ignoring those that have ended."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def kill_descendants(root: int, seconds: float = 2.0) -> None:
    """Kill everything below `root`, again and again until nothing is left (a process may fork while it dies)."""
    deadline = time.monotonic() + seconds
    while (pids := descendants(root)) and time.monotonic() < deadline:
        kill_all(pids)
        time.sleep(0.01)


def _living() -> Iterator[tuple[int, int]]:
    """(pid, parent) of every process that is not a zombie."""
    for entry in os.listdir("/proc"):  # noqa: PTH208 # names only, thousands of times
        if not entry.isdigit():
            continue
        try:
            stat = Path("/proc", entry, "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # ended since
        state, parent = stat.rpartition(")")[2].split()[:2]
        if state != "Z":
            yield int(entry), int(parent)


def _environment(pid: int) -> bytes:
    try:
        return Path("/proc", str(pid), "environ").read_bytes()
    except OSError:
        return b""  # ended since, or not ours
