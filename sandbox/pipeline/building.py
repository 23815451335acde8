"""One build, as CodeBuild runs it: clone, check out, bring the cache back, run the buildspec's commands.

Sources, under docs.aws.amazon.com/codebuild/latest/userguide: build-env-ref-env-vars.html (the variables),
build-spec-ref.html (a command that fails ends its phase) and build-caching.html (what the cache holds comes back before
the first command).
Commands run in a shell of their own each; the runtime versions of a buildspec are those of this machine.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from sandbox.pipeline.repository import git
from sandbox.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

PHASES = {"install": "INSTALL", "pre_build": "PRE_BUILD", "build": "BUILD", "post_build": "POST_BUILD"}
_AWS = """#!/bin/sh
PYTHONPATH='{root}' exec '{python}' -P -m sandbox.pipeline.aws "$@"
"""


class CommandFailed(Exception):
    """A command of a phase ended with another status than 0; the message is CodeBuild's."""

    def __init__(self, phase: str, command: str, status: int) -> None:
        super().__init__(f"Error while executing command: {command}. Reason: exit status {status}")
        self.phase = phase


class Workspace:
    """The folder of one build."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder = folder
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.source = folder / "src"

    def check_out(self, location: str, version: str) -> str:
        """Clone the repository and check a version out; return its commit. Raises CalledProcessError."""
        self._folder.mkdir(parents=True)
        git("clone", "--quiet", location, self.source, cwd=self._folder)
        git("checkout", "--quiet", version, cwd=self.source)
        return git("rev-parse", "HEAD", cwd=self.source)

    def bring_cache_back(self) -> None:
        """What the builds before have left: the environment of this very Python, and what was packaged with it."""
        environment = self.source / ".venv"
        (environment / "bin").mkdir(parents=True)
        for tool in Path(sys.executable).parent.iterdir():
            (environment / "bin" / tool.name).symlink_to(tool)
        (environment / "bin" / ".sandbox").unlink(missing_ok=True)
        (environment / "bin" / ".sandbox").touch()
        (environment / "lib").symlink_to(Path(sys.prefix) / "lib")
        settings = Path(sys.prefix) / "pyvenv.cfg"
        if settings.exists():
            shutil.copy(settings, environment)
        for name in (".chalice/deployments", "build/layers"):
            (self.source / name).mkdir(parents=True, exist_ok=True)
            for file in (ROOT / name).glob("*.zip"):
                (self.source / name / file.name).symlink_to(file)

    def run(self, buildspec: str, variables: Mapping[str, str]) -> None:
        """Run every command of every phase. Raises CommandFailed."""
        tools = self._folder / "bin"
        tools.mkdir()
        (tools / "aws").write_text(_AWS.format(root=ROOT, python=sys.executable))
        (tools / "aws").chmod(0o755)
        path = f"{tools}:{os.environ.get('PATH', os.defpath)}"
        environment = {"PATH": path, "HOME": str(self._folder), "LANG": "C.UTF-8", **variables}
        phases = yaml.safe_load(buildspec)["phases"]
        for name, phase in PHASES.items():
            for command in phases.get(name, {}).get("commands", ()):
                if self._stopped:
                    return
                if status := self._command(command, environment):
                    raise CommandFailed(phase, command.strip(), status)

    def _command(self, command: str, environment: Mapping[str, str]) -> int:
        with self._log.open("ab") as log:
            log.write(f"[Container] Running command {command.strip()}\n".encode())
            log.flush()
            self._running = subprocess.Popen(
                ["bash", "-c", command],
                cwd=self.source,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            return self._running.wait()

    def stop(self) -> None:
        """End the command that runs, and whatever it began; none follows."""
        self._stopped = True
        if self._running is not None and self._running.poll() is None:
            os.killpg(self._running.pid, signal.SIGTERM)
