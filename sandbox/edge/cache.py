"""What one edge location keeps, and how long: by `Cache-Control`, with a minimum of 0 and a maximum of a year.

Amazon CloudFront Developer Guide, "Manage how long content stays in the cache (expiration)": with a minimum TTL of 0,
`no-cache` is asked about each time, `no-store` and `private` are not kept, `s-maxage` counts before `max-age`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = 31_536_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One object as the origin gave it; `until` is when to ask again."""

    body: bytes
    headers: Mapping[str, str]
    since: float
    until: float

    @property
    def etag(self) -> str:
        """What to ask with."""
        return self.headers.get("etag", "")


@lru_cache
def seconds(cache_control: str) -> int | None:
    """How long an answer may be kept without asking; None where it may not be kept at all."""
    given = {}
    for each in cache_control.lower().split(","):
        name, _, value = each.strip().partition("=")
        given[name] = value.strip('"')
    if "no-store" in given or "private" in given:
        return None
    if "no-cache" in given:
        return 0
    said = given.get("s-maxage", given.get("max-age", "0"))
    return min(LONGEST, int(said)) if said.isdecimal() else 0


class Cache:
    """The objects of one distribution at one location; `now` is given, so that time is the caller's."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._removed: list[tuple[float, tuple[str, ...]]] = []

    def find(self, key: str) -> Kept | None:
        """What is kept under a key, fresh or not."""
        return self._kept.get(key)

    def keep(self, key: str, body: bytes, headers: Mapping[str, str], *, asked: float, now: float) -> None:
        """Keep an answer to a question of `asked`, unless it may not be kept or was invalidated meanwhile."""
        ttl = seconds(headers.get("cache-control", ""))
        late = any(at >= asked and _fits_any(key, paths) for at, paths in self._removed)
        if ttl is None or late:
            self._kept.pop(key, None)
        else:
            self._kept[key] = Kept(body, headers, now, now + ttl)

    def renew(self, key: str, kept: Kept, *, now: float) -> None:
        """The origin said that it is still the same."""
        if self._kept.get(key) is kept:
            ttl = seconds(kept.headers.get("cache-control", "")) or 0
            self._kept[key] = replace(kept, since=now, until=now + ttl)

    def remove(self, paths: Sequence[str], *, now: float) -> int:
        """Invalidate paths, of which one may end with `*`; returns how many objects were there."""
        self._removed = [*self._removed[-99:], (now, tuple(paths))]
        gone = [key for key in self._kept if _fits_any(key, paths)]
        for key in gone:
            del self._kept[key]
        return len(gone)


def _fits_any(key: str, paths: Sequence[str]) -> bool:
    return any(_fits(key, path) for path in paths)


def _fits(key: str, path: str) -> bool:
    """ "What you need to know when invalidating files": case and spelling count ("do not URL-encode any other
    characters"), and a `*` at the end stands for anything."""
    return key.startswith(path[:-1]) if path.endswith("*") else key == path
