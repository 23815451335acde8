"""What the team's build server does: compile the sources and pack them, the same bytes from the same sources."""

from __future__ import annotations

import ast
import gzip
import hashlib
import io
import tarfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "cameras"
ANSIBLE = HERE.parents[1] / "ansible"


class Break(NamedTuple):
    """A mistake that a story needs: in one file, one text instead of another."""

    file: str
    right: str
    wrong: str


BREAKS = {
    "build": Break("cameras/server.py", "class Server:", "class Server"),
    "unhealthy": Break("cameras/server.py", 'HEALTH = "200 OK"', 'HEALTH = "503 Service Unavailable"'),
    # Messages are acknowledged without being written: only the check `records` finds out.
    "failing-tests": Break("cameras/journal.py", "        if batch:\n", "        if not batch:\n"),
}


class Artifact(NamedTuple):
    """A file and its checksum."""

    path: Path
    sha256: str


class BuildFailed(Exception):
    """The sources do not compile; the message is the compiler's."""


def build(version: str, out: Path, *, broken: str | None = None) -> Artifact:
    """Make `out`/cameras-VERSION.tar.gz; `broken` names one of BREAKS. Raises BuildFailed."""
    files = {name: content for name, content in _sources(SOURCES).items() if "__pycache__" not in name}
    if broken:
        files = _with(BREAKS[broken], files)
    for name, content in files.items():
        if content.startswith(b"#!/usr/bin/env python3") or name.endswith(".py"):
            _compile(name, content)
    files["VERSION"] = f"{version}\n".encode()
    return _pack(files, out / f"cameras-{version}.tar.gz")


def bundle_ansible(out: Path) -> Artifact:
    """Make `out`/ansible.tar.gz from the team's Ansible folder."""
    return _pack(_sources(ANSIBLE), out / "ansible.tar.gz")


def _sources(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _with(mistake: Break, files: dict[str, bytes]) -> dict[str, bytes]:
    text = files[mistake.file].decode()
    if mistake.right not in text:
        raise ValueError(f"{mistake.file} has changed: {mistake.right!r} is not in it")
    return {**files, mistake.file: text.replace(mistake.right, mistake.wrong).encode()}


def _compile(name: str, content: bytes) -> None:
    try:
        ast.parse(content, name, feature_version=(3, 9))
    except SyntaxError as error:
        raise BuildFailed(f"{name}:{error.lineno}: {error.msg}") from error


def _pack(files: dict[str, bytes], path: Path) -> Artifact:
    """A tar.gz without times, owners or a file's own permissions, so that the same files give the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o755 if files[name].startswith(b"#!") else 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    content = gzip.compress(packed.getvalue(), mtime=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Artifact(path, hashlib.sha256(content).hexdigest())
