"""The subset of systemd that a host of the sandbox has: unit files, and services that are kept running.

Only standard library: the init of a host starts without site-packages.
"""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.estate.processes import die_with_parent, kill_descendants

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STOP_SECONDS = 2.0
"""systemd waits 90 s by default between SIGTERM and SIGKILL; in a sandbox nobody waits that long."""
RESTART_SECONDS = 0.1
"""systemd's default of RestartSec (systemd.service, "RestartSec=")."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is understood of a `.service` file."""

    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = ""
    restart: str = "no"
    restart_seconds: float = RESTART_SECONDS


def parse_unit(text: str) -> Unit:
    """Read a unit file; raises ValueError where it has no ExecStart. Keys it does not know are ignored."""
    found: dict[str, str] = {}
    environment: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.strip().partition("=")
        if not separator or key.startswith(("#", ";")):
            continue
        found[key.strip()] = value.strip()
        if key.strip() == "Environment":
            for each in shlex.split(value):
                name, _, content = each.partition("=")
                environment[name] = content
    if "ExecStart" not in found:
        raise ValueError("the unit has no ExecStart")
    return Unit(
        command=tuple(shlex.split(found["ExecStart"])),
        environment=environment,
        folder=found.get("WorkingDirectory", ""),
        restart=found.get("Restart", "no"),
        restart_seconds=float(found.get("RestartSec", RESTART_SECONDS)),
    )


class Service:
    """One supervised process, with what it prints in a log file."""

    def __init__(self, unit: Unit, environment: Mapping[str, str], log: Path) -> None:
        self.unit = unit
        self._environment = {**environment, **unit.environment}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self.state = "inactive"

    def reconfigure(self, unit: Unit, environment: Mapping[str, str]) -> None:
        """Take a changed unit file; a running process keeps what it was started with."""
        self.unit = unit
        self._environment = {**environment, **unit.environment}

    async def start(self) -> None:
        """Start it, or leave it running. Raises OSError where the program can not be executed."""
        if self.state in {"active", "activating"}:
            return
        await self._spawn()
        self._supervisor = asyncio.create_task(self._supervise())

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL for what is left of it after STOP_SECONDS."""
        if self._supervisor:
            self._supervisor.cancel()
        process, self._process = self._process, None
        self.state = "inactive"
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            kill_descendants(process.pid)
            process.kill()
            await process.wait()

    async def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.unit.command,
                cwd=self.unit.folder or "/",
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )
        self.state = "active"

    async def _supervise(self) -> None:
        while self._process is not None:
            code = await self._process.wait()
            again = self.unit.restart == "always" or (self.unit.restart == "on-failure" and code)
            self.state = "activating" if again else ("failed" if code else "inactive")
            if not again:
                return
            await asyncio.sleep(self.unit.restart_seconds)
            try:
                await self._spawn()
            except OSError:
                self.state = "failed"
                return
