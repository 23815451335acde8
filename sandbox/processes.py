"""The sandbox's own processes: started as modules of this package, ready when they answer, and all ended together."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
_PR_SET_PDEATHSIG = 1
_POLL = 0.05
_CLAIM_PORT = 9000


class StartFailed(Exception):
    """A process ended, or did not answer in time; the message has the end of its log."""


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Network:
    """Loopback addresses that no other sandbox of this machine uses, until `release`: `first` is like `127.20`.

    A bound port is the claim, since the kernel gives it to one process only and takes it back whatever happens. A
    platform that was started by hand claims nothing, but the address of its first load balancer is taken.
    """

    def __init__(self) -> None:
        for number in range(20, 120):
            self.first = f"127.{number}"
            try:
                socket.create_server((f"{self.first}.0.2", _CLAIM_PORT)).close()
                self._claim = socket.create_server((f"{self.first}.0.1", _CLAIM_PORT))
            except OSError:
                continue
            return
        raise StartFailed("every loopback network is taken by another sandbox")

    def release(self) -> None:
        """Others may have it."""
        self._claim.close()


def _die_with_parent() -> None:
    """Ask the kernel to end this process when the sandbox is killed (prctl(2), PR_SET_PDEATHSIG; Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Processes:
    """Children of one sandbox, with a log each."""

    logs: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _children: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self, name: str, *arguments: str | Path, ready: str = "", seconds: float = 30) -> None:
        """Start `python -m name`; where a URL is given, return when it answers. Raises StartFailed."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        with log.open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", name, *map(str, arguments)],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one thread starts them, before any other exists
            )
        self._children.append((name, child))
        if ready:
            self._await(name, child, ready, seconds, log)

    def run(self, *arguments: str | Path, seconds: float = 120) -> str:
        """Run `python -m ...` to its end and return what it printed. Raises StartFailed where it failed."""
        done = subprocess.run(
            [sys.executable, "-m", *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise StartFailed(f"{arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def stop(self) -> None:
        """End every process, the last started first."""
        for _, child in reversed(self._children):
            child.terminate()
        for _, child in reversed(self._children):
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()

    def ids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: child.pid for name, child in self._children}

    def dead(self) -> Sequence[str]:
        """Processes that ended although nobody ended them."""
        return [name for name, child in self._children if child.poll() is not None]

    def _await(self, name: str, child: subprocess.Popen[bytes], url: str, seconds: float, log: Path) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if child.poll() is not None:
                break
            try:
                with urlopen(url, timeout=2):  # noqa: S310 - the sandbox's own loopback address
                    return
            except (URLError, OSError):
                time.sleep(_POLL)
        tail = log.read_text(errors="replace")[-2_000:]
        raise StartFailed(f"{name} did not answer at {url}:\n{tail}")
