"""All simulated instances of the sandbox: started, asked, and ended without a trace.

Used inside the platform's process, from its request threads; every call is safe to repeat.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.estate.link import alive
from sandbox.estate.processes import kill_all, marked

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 5.0


@dataclass(slots=True)
class _Running:
    process: subprocess.Popen[bytes]
    folder: Path


class HostManager:
    """One process group for each running instance."""

    def __init__(self) -> None:
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    def start(
        self, instance_id: str, address: str, folder: Path, tags: Mapping[str, str] | None = None
    ) -> None:
        """Start the instance's init; returns at once, `alive` tells when it answers. A running one is left alone."""
        with self._lock:
            known = self._running.get(instance_id)
            if known and known.process.poll() is None:
                return
            _furnish(folder, instance_id, address, tags or {})
            self._running[instance_id] = _Running(_spawn(folder, address), folder)

    def stop(self, instance_id: str) -> None:
        """End the instance and everything on it; returns when nothing is left. An unknown one is ignored."""
        with self._lock:
            known = self._running.pop(instance_id, None)
        if known:
            _end(known)

    def stop_all(self) -> None:
        """End every instance, all at once."""
        with self._lock:
            ids = list(self._running)
        threads = [threading.Thread(target=self.stop, args=(each,)) for each in ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def alive(self, instance_id: str) -> bool:
        """Whether the instance's init answers."""
        known = self._running.get(instance_id)
        return known is not None and alive(known.folder)


def _furnish(folder: Path, instance_id: str, address: str, tags: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    about = {"instance": instance_id, "address": address, "tags": dict(tags)}
    (folder / "instance.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    shim = folder / "bin" / "systemctl"
    shim.parent.mkdir(exist_ok=True)
    program = ROOT / "sandbox" / "estate" / "systemctl.py"
    shim.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S -E {shlex.quote(str(program))} "$@"\n',
        encoding="utf-8",
    )
    shim.chmod(0o755)


def _spawn(folder: Path, address: str) -> subprocess.Popen[bytes]:
    folder = folder.resolve()
    with (folder / "console.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-S", "-E", "-m", "sandbox.estate.host", str(folder), address],
            cwd=ROOT,
            # The mark by which everything on the host is found again, whatever became of its parents.
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "POINTSMAN_ROOT": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _end(known: _Running) -> None:
    known.process.terminate()
    try:
        known.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        known.process.kill()
        known.process.wait()
    deadline = time.monotonic() + STOP_SECONDS
    mark = f"POINTSMAN_ROOT={known.folder.resolve()}"
    while (left := marked(mark)) and time.monotonic() < deadline:
        kill_all(left)
        time.sleep(0.01)
