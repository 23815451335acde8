"""A team's Ansible folder as one archive whose bytes depend on its content only."""

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

_LEFT_OUT = {"__pycache__"}


class BundleError(Exception):
    """A folder that can not be packed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The bytes, and the name that follows from them."""

    content: bytes
    sha256: str

    @property
    def key(self) -> str:
        """Where it is stored: the same content is always the same object."""
        return f"ansible/{self.sha256}.tar.gz"


def pack(folder: Path) -> Archive:
    """The folder's files, sorted, without owners and times. Names that start with a dot are left out.

    Raises BundleError for links (the hosts would follow them elsewhere) and for what can not be read.
    """
    buffer = io.BytesIO()
    try:
        with (
            gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for file in _files(folder):
                _add(tar, file, file.relative_to(folder).as_posix())
    except OSError as error:
        raise BundleError(f"{folder}: {error.strerror or error}") from error
    content = buffer.getvalue()
    return Archive(content, hashlib.sha256(content).hexdigest())


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for each in folder.iterdir():
        if each.name.startswith(".") or each.name in _LEFT_OUT:
            continue
        if each.is_symlink():
            raise BundleError(f"{each} is a link; put the file itself there")
        found += _files(each) if each.is_dir() else [each]
    return sorted(found, key=lambda each: each.as_posix())


def _add(tar: tarfile.TarFile, file: Path, name: str) -> None:
    content = file.read_bytes()
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o755 if file.stat().st_mode & 0o100 else 0o644
    tar.addfile(entry, io.BytesIO(content))
