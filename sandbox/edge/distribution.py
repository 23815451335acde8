"""One distribution: how a request at one of its locations becomes an answer.

The function runs before the cache is looked up, so the key is the path that it leaves, with what the cache policy
names of the query ("Restrictions on edge functions"; "How CloudFront works with CloudFront Functions"; "Understand the
cache key"). For a custom error page it does not run ("CloudFront
events that can trigger a Lambda@Edge function"); where there is no such page, the viewer gets the status alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sandbox.edge.cache import Cache, Kept
from sandbox.edge.function import FunctionFailed, ViewerRequest, in_cache_key
from sandbox.edge.origin import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.edge.invalidations import Invalidations
    from sandbox.edge.origin import Origin
    from sandbox.edge.store import KeyValueStore

_NOT_FOUND = {403, 404}


@dataclass
class Distribution:
    """A bucket's folder behind `locations` edges, in copy mode (`environment`) or in pointer mode (`store`)."""

    id: str
    origin: Origin
    now: Callable[[], float]
    invalidations: Invalidations
    missing: str
    """The path of the page for what the origin does not have."""
    store: KeyValueStore | None = None
    locations: int = 2
    function: ViewerRequest | None = None
    """One that several distributions of a mode share; else one is made."""
    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Empty caches, and the function that fits the mode."""
        mode = "pointer" if self.store else "copy"
        self._function, self._named = self.function or ViewerRequest(mode), in_cache_key(mode)
        self._caches = [Cache() for _ in range(self.locations)]

    async def answer(self, location: int, raw_path: str, query: str = "") -> Reply:
        """One request at one location."""
        keys = self.store.at(location) if self.store else {}
        try:
            led = self._function(raw_path, keys, query)
        except FunctionFailed:
            return self._error(502, "The CloudFront function failed.")
        if led.status:
            self.counted["generated"] += 1
            return Reply(
                led.status, {**led.headers, "x-cache": "FunctionGeneratedResponse from cloudfront"}, led.body
            )
        cache = self._caches[location]
        for each in self.invalidations.news(location):
            cache.remove(each.paths, now=each.heard[location])
        query = "&".join(f"{name}={led.query[name]}" for name in self._named if name in led.query)
        return await self._from(cache, f"{led.uri}?{query}" if query else led.uri)

    def forget(self, location: int) -> None:
        """A location that nobody asked for a while, or a new one: it keeps nothing."""
        self._caches[location] = Cache()

    async def _from(self, cache: Cache, key: str) -> Reply:
        kept, asked = cache.find(key), self.now()
        if kept and asked < kept.until:
            return self._reply(kept, "Hit", asked)
        found = await self.origin.get(key, kept.etag if kept else "")
        now = self.now()
        if found.status == 304 and kept:
            cache.renew(key, kept, now=now)
            return self._reply(kept, "RefreshHit", now)
        if found.status in _NOT_FOUND:
            return await self._not_found(cache, key)
        if found.status != 200:
            said = f"answers {found.status}" if found.status else "does not answer"
            return self._error(502, f"The origin {said}.")
        cache.keep(key, found.body, found.headers, asked=asked, now=now)
        return self._reply(Kept(found.body, found.headers, now, now), "Miss", now)

    async def _not_found(self, cache: Cache, key: str) -> Reply:
        page = await self._from(cache, self.missing) if key != self.missing else None
        if page is None or page.status != 200:
            return self._error(404, f"There is no {unquote(key.partition('?')[0])}.")
        return Reply(404, {**page.headers, "x-cache": "Error from cloudfront"}, page.body)

    def _reply(self, kept: Kept, how: str, now: float) -> Reply:
        self.counted[how] += 1
        about = {"x-cache": f"{how} from cloudfront", "age": str(max(0, int(now - kept.since)))}
        return Reply(200, {**kept.headers, **about}, kept.body)

    def _error(self, status: int, text: str) -> Reply:
        """Never kept: site.yaml sets the error caching minimum TTL to 0."""
        self.counted[f"error {status}"] += 1
        headers = {"content-type": "text/plain; charset=utf-8", "x-cache": "Error from cloudfront"}
        return Reply(status, headers, f"{text}\n".encode())
