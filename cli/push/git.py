"""The git tag of a release that is meant for a protected environment, over the git command line."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

_SECONDS = 60


class GitError(Exception):
    """Git is not there, or refused; the message says what and what to do."""


class Repository:
    """The repository that a directory is in."""

    def __init__(self, folder: Path, *, remote: str = "origin") -> None:
        self._folder = folder
        self._remote = remote
        self._git = shutil.which("git") or ""

    def commit(self) -> str:
        """The commit that is checked out; empty where there is no repository."""
        try:
            return self._run("rev-parse", "--verify", "--quiet", "HEAD")
        except GitError:
            return ""

    def refuse_dirty(self, built: Path) -> None:
        """Raises GitError where the commit is not what the directory was built from; `built` itself may be new."""
        if not self.commit():
            raise GitError(f"{self._folder} is in no git repository with a commit; use --no-git-tag")
        top = Path(self._run("rev-parse", "--show-toplevel"))
        arguments = ["status", "--porcelain"]
        if built.resolve().is_relative_to(top.resolve()):
            arguments += [
                "--",
                f":(top,exclude){built.resolve().relative_to(top.resolve()).as_posix()}",
                ":(top)",
            ]
        dirty = self._run(*arguments).splitlines()
        if dirty:
            more = f" and {len(dirty) - 1} more" if len(dirty) > 1 else ""
            raise GitError(f"not committed: {dirty[0][2:].strip()}{more}; commit it, or use --no-git-tag")

    def tag(self, name: str, message: str) -> None:
        """An annotated tag on the commit that is checked out, pushed. Where it is there with the same last line it
        stays: the same files were built from an earlier commit. Raises GitError where it says something else."""
        there = self._message(name)
        if not there:
            with suppress(GitError):  # a clone that was made for one build has no tags
                self._run("fetch", "--quiet", self._remote, f"refs/tags/{name}:refs/tags/{name}")
            there = self._message(name)
        if not there:
            self._run("tag", "--annotate", "--message", message, name)
        elif message.splitlines()[-1] not in there.splitlines():
            raise GitError(f"there is a tag {name} already, which says something else")
        self._run("push", "--quiet", self._remote, f"refs/tags/{name}")

    def _message(self, name: str) -> str:
        return self._run("tag", "--list", "--format=%(contents)", name).strip()

    def _run(self, *arguments: str) -> str:
        if not self._git:
            raise GitError("git is not installed")
        try:
            ended = subprocess.run(  # noqa: S603  # git, with arguments that are no shell's
                [self._git, *arguments],
                cwd=self._folder,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitError(f"git {arguments[0]}: {error}") from error
        if ended.returncode:
            said = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
            raise GitError(f"git {arguments[0]}: {said[-1]}")
        return ended.stdout.strip("\n")
