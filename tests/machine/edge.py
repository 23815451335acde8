"""The sandbox's edge before a website in memory, in simulated time."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalicelib.adapters.cloudfront import addresses
from sandbox.edge.distribution import Distribution
from sandbox.edge.function import ViewerRequest, missing_page
from sandbox.edge.invalidations import Invalidations
from sandbox.edge.origin import Reply
from sandbox.edge.reader import Seen
from sandbox.edge.store import Delays, KeyValueStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.domain.release import File
    from tests.fakes.releases import Website

DELAYS = (0.0, 20.0, 0.0, 20.0)
"""Seconds until each location hears of what CloudFront is told; who is first changes from one time to the next."""
FORGETFUL = (2, 3)
"""The locations that keep nothing from one moment to the next; the others keep what `Cache-Control` lets them."""


class Edge:
    """One distribution. Its bucket is as it was when it was looked at; at one moment all get the same."""

    def __init__(self, site: Website, *, pointed: bool) -> None:
        mode = "pointer" if pointed else "copy"
        self._site = site
        self._at = 0.0
        self._bucket = _Bucket(site, pointed=pointed)
        self._store = KeyValueStore("store", self.now, Delays(DELAYS)) if pointed else None
        self._invalidations = Invalidations(self.now, Delays(DELAYS))
        self._told: set[str] = set()
        self._got: dict[tuple[str, str], Seen] = {}
        self._distribution = Distribution(
            "E1EXAMPLE2",
            self._bucket,
            self.now,
            self._invalidations,
            missing_page(mode, "web-production"),
            self._store,
            len(DELAYS),
            _function(mode),
        )

    @property
    def loads(self) -> int:
        """How many requests were answered."""
        return self._distribution.counted.total()

    def now(self) -> float:
        """The moment that it is at."""
        return self._at

    def at(self, moment: float) -> list[str]:
        """Go on to a moment; the locations that know of a release. Until then a location says that there is none."""
        self._at = moment
        self._got.clear()
        for each in FORGETFUL:
            self._distribution.forget(each)
        store = self._store
        return [str(each) for each in range(len(DELAYS)) if store is None or store.at(each)]

    def look(self) -> bool:
        """Look at the bucket; whether it has changed."""
        folders = {name: dict(files) for name, files in self._site.folders.items()}
        changed = folders != self._bucket.folders
        self._bucket.folders = folders
        return changed

    def hear(self, now: float) -> bool:
        """What CloudFront's fake was told; whether there was anything."""
        self._at = now
        news = {each: paths for each, paths in self._site.invalidations.items() if each not in self._told}
        for reference, paths in news.items():
            self._invalidations.create(
                reference, tuple({each: path for path in paths for each in addresses(path)})
            )
        self._told |= news.keys()
        folder = next(iter(self._site.pointers.values()), "")
        keys = {"live": folder, **self._site.labels} if folder else {}
        if self._store is None or keys == self._store.values:
            return bool(news)
        self._store.change(self._store.etag, keys)
        return True

    async def get(self, edge: str, path: str) -> Seen:
        """One GET at a location, which is named by its number."""
        if (edge, path) not in self._got:
            reply = await self._distribution.answer(int(edge), path)
            kind = reply.headers.get("content-type", "")
            self._got[edge, path] = Seen(reply.status, kind, reply.body.decode())
        return self._got[edge, path]


class _Bucket:
    """The port Origin."""

    def __init__(self, site: Website, *, pointed: bool) -> None:
        self._site, self._pointed = site, pointed
        self.folders: Mapping[str, Mapping[str, File]] = {}

    async def get(self, key: str, etag: str) -> Reply:
        """By the key below `live/`; in copy mode the origin path leads to one folder."""
        key = key.partition("?")[0]
        whole = key.removeprefix("/live/") if self._pointed else f"{self._site.shown}{key}"
        folder, _, path = unquote(whole).partition("/")
        found = self.folders.get(folder, {}).get(path)
        if found is None:
            return Reply(404, {}, b"")
        headers = {"content-type": found.content_type, "cache-control": found.cache, "etag": found.sha256}
        if etag == found.sha256:
            return Reply(304, headers, b"")
        return Reply(200, headers, self._site.texts.get(found.sha256, "").encode())


@cache
def _function(mode: str) -> ViewerRequest:
    """One for all, since it takes a while to make."""
    return ViewerRequest(mode)
