"""A frontend release: its files, the manifest that names them all, its tag, and what differs between two releases.

In the bucket each distinct file is an object named by its content and headers, `objects/ID`, and a release is
`releases/TAG/manifest.json`, written last: a release without it is unfinished and counts for nothing. What is served
stands in folders, `live/FOLDER/PATH`, which are filled when a release is enabled.
"""

import hashlib
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from chalicelib.domain.pushed import TAG

FORMAT = 1
ROOT = "releases/"
OBJECTS = "objects/"
LIVE = "live/"
MOST_COPIED = 1024**3
"""Bytes of one file. It is copied to where it is served by one request, which S3 takes up to 5 GB (S3 User Guide,
"Copying, moving, and renaming objects"), and which has to end while a function runs."""
_PLAIN = "/!*'()"
"""With letters, digits and `-_.~` what JavaScript's encodeURIComponent leaves as it is."""
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_GZIP, _GZIP_MAGIC = 31, b"\x1f\x8b"
_MOST_BYTES = 128 * 1024**2
"""100,000 files with the longest paths; what is larger when it is unpacked is meant to do harm."""
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class BadManifest(Exception):
    """Bytes that are no manifest of a format known here; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class File:
    """One file: its path with `/`, its content, and the headers that it is served with."""

    path: str
    sha256: str
    size: int
    content_type: str
    cache: str
    encoding: str = ""
    page: bool = False

    @property
    def body(self) -> tuple[str, int, str, str, str]:
        """What an object in S3 is, whatever its name: two files with the same are copies of each other."""
        return self.sha256, self.size, self.content_type, self.cache, self.encoding

    @property
    def object(self) -> str:
        """SHA-256 of `body` in its canonical form: the name of the one object that every file with this body is."""
        return hashlib.sha256(_canonical(list(self.body))).hexdigest()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that one release is. `made_at` is in whole seconds; files are in the order of their paths."""

    service: str
    tag: str
    files: tuple[File, ...]
    made_at: int
    version: str = ""
    commit: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(each.size for each in self.files)

    @property
    def content(self) -> str:
        """SHA-256 over the files alone: the same for two pushes of the same directory."""
        return hashlib.sha256(_canonical([_written(each) for each in self.files])).hexdigest()

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, which names this release beyond doubt."""
        return hashlib.sha256(self.encode()).hexdigest()

    def encode(self) -> bytes:
        """The canonical form: JSON with sorted names, no spaces and ASCII only."""
        return _canonical(
            {
                "format": FORMAT,
                "service": self.service,
                "tag": self.tag,
                "made_at": self.made_at,
                "version": self.version,
                "commit": self.commit,
                "files": [_written(each) for each in self.files],
            }
        )


def manifest(service: str, tag: str, files: Iterable[File], made_at: int, **more: str) -> Manifest:
    """A manifest with its files in order."""
    return Manifest(service, tag, tuple(sorted(files, key=lambda each: each.path)), made_at, **more)


def pack(made: Manifest) -> bytes:
    """As it is stored: gzip makes it a quarter, and where little changed it is most of what is sent."""
    packer = zlib.compressobj(1, wbits=_GZIP)
    return packer.compress(made.encode()) + packer.flush()


def decode(content: bytes) -> Manifest:
    """The manifest, packed or not; raises BadManifest for everything that `encode` did not write."""
    try:
        content = _unpacked(content) if content.startswith(_GZIP_MAGIC) else content
        found = json.loads(content)
        if found["format"] != FORMAT:
            raise BadManifest(f"format {found['format']!r} is not known; a newer pointsman wrote it")
        files = tuple(File(**each) for each in found["files"])
        read = Manifest(
            **{name: found[name] for name in ("service", "tag", "made_at", "version", "commit")}, files=files
        )
        same = read.encode() == content
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, zlib.error):
        raise BadManifest("it is not a manifest") from None
    if not same or any(_SHA256.fullmatch(each.sha256) is None for each in files):
        raise BadManifest("it is not what pointsman wrote: somebody changed it")
    return read


def _unpacked(content: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=_GZIP)
    whole = unpacker.decompress(content, _MOST_BYTES)
    if not unpacker.eof or unpacker.unused_data:
        raise BadManifest("it is not what pointsman wrote: somebody changed it")
    return whole


def _written(each: File) -> dict[str, Any]:
    """Without what is as usual, so that 50,000 files make a small manifest."""
    fields: dict[str, Any] = {
        "path": each.path,
        "sha256": each.sha256,
        "size": each.size,
        "content_type": each.content_type,
        "cache": each.cache,
    }
    if each.encoding:
        fields["encoding"] = each.encoding
    return {**fields, "page": True} if each.page else fields


def _canonical(value: object) -> bytes:
    return _ENCODER.encode(value).encode("ascii")


# --- places in the bucket ---------------------------------------------------------------------------------------


def object_key(file: File) -> str:
    """Where the object of a file is, whichever releases have it."""
    return f"{OBJECTS}{file.object}"


def live_key(folder: str, path: str) -> str:
    """Where a file is served from: in the folder of an environment, or of a release where a pointer says which."""
    return f"{LIVE}{folder}/{path}"


def address(path: str) -> str:
    """A path as browsers ask for it, after the site's address: spelled as the viewer-request function spells it, which
    is the name under which an edge keeps the file."""
    return f"/{quote(path, safe=_PLAIN)}"


def manifest_key(tag: str) -> str:
    """Where the manifest is: a release is complete from the moment that this is there."""
    return f"{ROOT}{tag}/manifest.json"


def draft_key(tag: str) -> str:
    """What a release is going to be while it is being pushed: whoever pushes the same again goes on there."""
    return f"{ROOT}{tag}/draft.json"


# --- tags -------------------------------------------------------------------------------------------------------


def new_tag(service: str, at: float, taken: Iterable[str] = ()) -> str:
    """The tag of a release made now, in UTC: `web_2026-11-22_14-05`, then `web_2026-11-22_14-05-2` and so on."""
    first = f"{service}_{datetime.fromtimestamp(at, UTC):%Y-%m-%d_%H-%M}"
    used = set(taken)
    number = 1
    tag = first
    while tag in used:
        number += 1
        tag = f"{first}-{number}"
    return tag


def newest_first(tags: Iterable[str], service: str) -> list[str]:
    """The tags of a service by time, newest first; what is no tag of it is left out."""
    found = [(match, tag) for tag in tags if (match := TAG.fullmatch(tag)) and match[1] == service]
    ordered = sorted(found, key=lambda each: (each[0][2], int(each[0][3] or 1)), reverse=True)
    return [tag for _match, tag in ordered]


# --- differences ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """What a bucket that holds one release needs to hold another: assets go before the pages that refer to them."""

    added: tuple[File, ...]
    changed: tuple[File, ...]
    same: tuple[File, ...]
    gone: tuple[File, ...]

    @property
    def assets(self) -> tuple[File, ...]:
        """What to copy first."""
        return tuple(each for each in (*self.added, *self.changed) if not each.page)

    @property
    def pages(self) -> tuple[File, ...]:
        """What to copy last."""
        return tuple(each for each in (*self.added, *self.changed) if each.page)


def difference(old: Manifest | None, new: Manifest) -> Difference:
    """Between the release that is there (none: nothing is) and another, each part in the order of paths."""
    before = {each.path: each for each in old.files} if old else {}
    after = {each.path for each in new.files}
    there = [each for each in new.files if each.path in before]
    return Difference(
        added=tuple(each for each in new.files if each.path not in before),
        changed=tuple(each for each in there if before[each.path] != each),
        same=tuple(each for each in there if before[each.path] == each),
        gone=tuple(each for path, each in before.items() if path not in after),
    )
