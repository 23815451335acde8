"""The team's repository of the service itself, as a bare one on this machine, and a checkout to change it in.

It has the files that make the package, and no more: neither the tests nor the sandbox are needed to deploy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BRANCH = "main"
SOURCES = (
    "app.py", "chalicelib", ".chalice/config.json", ".chalice/policies", "stepfunctions", "scripts", "Makefile",
    "requirements.txt", "requirements-sandbox.txt", ".gitignore",
)  # fmt: skip
_HOOK = """#!/bin/sh
# As the provider tells CodeBuild of a push (sandbox/pipeline/hook.py).
PYTHONPATH='{root}' exec '{python}' -P -m sandbox.pipeline.hook '{endpoint}' "$PWD"
"""
_NOBODY_S = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
_AUTHOR = ("-c", "user.name=Engineer", "-c", "user.email=engineer@example.com")


def git(*arguments: object, cwd: Path) -> str:
    """Run git without anybody's own settings; return what it printed. Raises CalledProcessError."""
    done = subprocess.run(
        ["git", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **_NOBODY_S},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@dataclass(frozen=True)
class Repository:
    """In a folder of the house; `endpoint` is the platform that hears of pushes."""

    folder: Path
    endpoint: str

    @property
    def location(self) -> Path:
        """Where it is cloned from."""
        return self.folder / "pointsman.git"

    @property
    def checkout(self) -> Path:
        """The engineer's own."""
        return self.folder / "pointsman"

    def create(self) -> str:
        """Make it of this project's sources as they are; return the first commit."""
        git("init", "--quiet", "--bare", f"--initial-branch={BRANCH}", self.location, cwd=self.folder)
        git("clone", "--quiet", self.location, self.checkout, cwd=self.folder)
        git("checkout", "--quiet", "-B", BRANCH, cwd=self.checkout)
        for name in SOURCES:
            _copy(ROOT / name, self.checkout / name)
        commit = self.commit("The service as it is")
        self.push()
        self.tell_of_pushes()
        return commit

    def tell_of_pushes(self) -> None:
        """From now on the platform hears of every push."""
        hook = self.location / "hooks" / "post-receive"
        hook.write_text(_HOOK.format(root=ROOT, python=sys.executable, endpoint=self.endpoint))
        hook.chmod(0o755)

    def change(self, name: str, before: str, after: str, said: str) -> str:
        """Commit another text of a file; return the commit. Raises ValueError where the file has no such text."""
        file = self.checkout / name
        text = file.read_text("utf-8")
        if before not in text:
            raise ValueError(f"{name} has no {before!r}")
        file.write_text(text.replace(before, after), "utf-8")
        return self.commit(said)

    def commit(self, said: str) -> str:
        """Commit whatever changed; return the commit."""
        git("add", "--all", cwd=self.checkout)
        git(*_AUTHOR, "commit", "--quiet", "--message", said, cwd=self.checkout)
        return self.head()

    def head(self) -> str:
        """The newest commit of the checkout."""
        return git("rev-parse", "HEAD", cwd=self.checkout)

    def push(self, branch: str = BRANCH) -> None:
        """Push what was committed to a branch."""
        git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}", cwd=self.checkout)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
