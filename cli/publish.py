"""`pointsman config publish`: store a checked configuration as a new version, once everything it names is there."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chalicelib.domain.errors import Refused
from chalicelib.domain.settings import Team
from cli.bundle import Archive, pack
from cli.difference import difference
from cli.normalize import normalize
from cli.reading import is_frontend

MOST_BYTES = 350_000
"""DynamoDB keeps 400 KB in an item; the rest is for keys and for how numbers are stored."""


class Versions(Protocol):
    """The part of the Store port that publishing uses."""

    def team(self) -> Team:
        """The newest version; Refused where there is none."""

    def publish(self, raw: dict[str, object]) -> int:
        """Store a new version; raises Conflict where somebody else did so at the same time."""


class Artifacts(Protocol):
    """The bucket that hosts download from."""

    def put(self, key: str, content: bytes) -> None:
        """Store an object; no error where it is there already."""

    def url(self, key: str) -> str:
        """The https address that a host downloads it from."""


class TooLarge(Exception):
    """The configuration does not fit into one item of the table."""


@dataclass(frozen=True, slots=True)
class Published:
    """The version that says what the file says, whether it is new, and how it differs from the one before."""

    version: int
    new: bool
    changes: tuple[str, ...] = ()


def publish(data: dict[str, Any], folder: Path, versions: Versions, artifacts: Artifacts) -> Published:
    """Publish checked data. Bundles go first: a version never names an archive that is not there yet."""
    archives = {
        name: pack(folder / service["ansible"])
        for name, service in data["services"].items()
        if not is_frontend(service)
    }
    raw = normalize(data, _bundles(archives, artifacts.url))
    size = len(json.dumps(raw).encode())
    if size > MOST_BYTES:
        raise TooLarge(f"the configuration takes {size} bytes, more than {MOST_BYTES}")
    current = newest(versions)
    if current and current.raw == raw:
        return Published(current.version, new=False)
    for archive in {each.key: each for each in archives.values()}.values():
        artifacts.put(archive.key, archive.content)
    changes = difference(current.raw if current else None, raw)
    return Published(versions.publish(raw), new=True, changes=tuple(changes))


def newest(versions: Versions) -> Team | None:
    """The newest published version, where there is one."""
    try:
        return versions.team()
    except Refused:
        return None


def _bundles(archives: dict[str, Archive], url: Callable[[str], str]) -> dict[str, dict[str, str]]:
    return {name: {"url": url(each.key), "sha256": each.sha256} for name, each in archives.items()}
