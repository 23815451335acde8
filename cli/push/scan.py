"""A directory as it is: its files with their hashes, and what is wrong with them."""

import hashlib
import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chalicelib.domain.release import File
from chalicelib.domain.release_names import Problem, is_litter, problems
from chalicelib.domain.release_pages import MOST_BYTES, Directory, missing
from chalicelib.domain.release_rules import Rules, Served, extension, served

PART = 8 * 1024 * 1024
"""The size of parts."""
_BLOCK = 1024 * 1024
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Local:
    """Where a file's bytes are."""

    path: Path


@dataclass(slots=True)
class Scan:
    """A directory: its files, where their bytes are, and what is to be said about it."""

    files: list[File] = field(default_factory=list)
    local: dict[str, Local] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether it can not be pushed."""
        return any(each.fatal for each in self.problems)


def scan(root: Path, rules: Rules) -> Scan:
    """Read everything. Raises OSError where the directory itself can not be read."""
    walk = _Walk(root.resolve(strict=True))
    found = dict(walk.files(root, "", frozenset()))
    result = Scan(problems=walk.problems)
    with ThreadPoolExecutor(_THREADS) as pool:
        looks = {}
        for path, (at, size) in found.items():
            how = served(path, found, rules)
            # A thread costs more than to read a small file.
            large = size > _BLOCK
            looks[path] = pool.submit(_look, path, at, how).result if large else partial(_look, path, at, how)
        for path, look in looks.items():
            try:
                file, result.local[path] = look()
            except OSError as error:
                result.problems.append(_unreadable(path, error))
            else:
                result.files.append(file)
    result.files.sort(key=lambda each: each.path)
    # A directory whose files can not all be read has no page only because of that.
    result.problems += [] if result.refused else problems(result.files)
    result.problems += [] if result.refused else _references(result)
    return result


class _Walk:
    """Folders, and links inside the directory as `aws s3 sync` follows them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.problems: list[Problem] = []

    def files(
        self, folder: Path, prefix: str, above: frozenset[str]
    ) -> Iterator[tuple[str, tuple[Path, int]]]:
        """Each file with its path in the release and its size; `above` are the real folders that this one is in."""
        real = os.path.realpath(folder)
        if real in above:
            self.problems.append(
                Problem(prefix.rstrip("/"), "this link leads to a folder that it is in", fatal=True)
            )
            return
        for entry in sorted(os.scandir(folder), key=lambda each: each.name):
            path = prefix + entry.name
            try:
                yield from self._entry(entry, path, above | {real})
            except OSError as error:
                self.problems.append(_unreadable(path, error))

    def _entry(
        self, entry: "os.DirEntry[str]", path: str, above: frozenset[str]
    ) -> Iterator[tuple[str, tuple[Path, int]]]:
        at = Path(entry.path)
        if is_litter(path):
            self.problems.append(Problem(path, "left out: it belongs to a desktop, not to a release"))
            return
        # Not Path.resolve: before Python 3.13 it raises RuntimeError for a link to itself.
        if entry.is_symlink() and not Path(os.path.realpath(at, strict=True)).is_relative_to(self._root):
            self.problems.append(Problem(path, "this link leads out of the directory", fatal=True))
            return
        about = entry.stat()
        if stat.S_ISDIR(about.st_mode):
            yield from self.files(at, f"{path}/", above)
        elif stat.S_ISREG(about.st_mode):
            yield path, (at, about.st_size)
        else:
            self.problems.append(Problem(path, "neither a file nor a folder", fatal=True))


def _unreadable(path: str, error: OSError) -> Problem:
    return Problem(path, f"it can not be read: {error.strerror or error}", fatal=True)


def _look(path: str, at: Path, how: Served) -> tuple[File, Local]:
    """One file, read once."""
    whole, size = hashlib.sha256(), 0
    with at.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK):
            whole.update(block)
            size += len(block)
    file = File(path, whole.hexdigest(), size, how.content_type, how.cache, how.encoding, how.page)
    return file, Local(at)


def _references(result: Scan) -> Iterator[Problem]:
    directory = Directory(result.local)
    for file in result.files:
        css = extension(file.path) == "css"
        html = file.content_type.startswith(("text/html", "application/xhtml"))
        if (css or html) and not file.encoding and file.size <= MOST_BYTES:
            text = result.local[file.path].path.read_text("utf-8", "replace")
            yield from missing(file.path, text, directory, css=css)
