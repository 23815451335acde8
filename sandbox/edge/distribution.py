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

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from sandbox.edge.cache import Cache, Kept
from sandbox.edge.function import FunctionFailed, ViewerRequest, in_cache_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.edge.invalidations import Invalidations
    from sandbox.edge.store import KeyValueStore

PASSED_ON = ("content-type", "cache-control", "content-encoding", "etag", "last-modified")
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=sandbox-edge/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}
"""As an origin access control signs; the emulator reads only whose the key is."""
_NOT_FOUND = {403, 404}
_ORIGIN_SECONDS = ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the viewer gets."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Distribution:
    """A bucket's folder behind `locations` edges, in copy mode (`environment`) or in pointer mode (`store`)."""

    id: str
    origin: str
    """The bucket's address with the origin path, such as `http://127.0.0.1:4566/web/live/staging`."""
    now: Callable[[], float]
    invalidations: Invalidations
    missing: str
    """The path of the page for what the origin does not have."""
    store: KeyValueStore | None = None
    locations: int = 2
    counted: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Empty caches, and the function that fits the mode."""
        mode = "pointer" if self.store else "copy"
        self._function, self._named = ViewerRequest(mode), in_cache_key(mode)
        self._caches = [Cache() for _ in range(self.locations)]

    async def answer(self, http: ClientSession, location: int, raw_path: str, query: str = "") -> Reply:
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
        return await self._from(cache, http, f"{led.uri}?{query}" if query else led.uri)

    async def _from(self, cache: Cache, http: ClientSession, key: str) -> Reply:
        kept, asked = cache.find(key), self.now()
        if kept and asked < kept.until:
            return self._reply(kept, "Hit", asked)
        headers = {**SIGNED, "If-None-Match": kept.etag} if kept and kept.etag else SIGNED
        try:
            async with http.get(
                URL(f"{self.origin}{key}", encoded=True), headers=headers, timeout=_ORIGIN_SECONDS
            ) as found:
                status, body = found.status, await found.read()
                given = {name: found.headers[name] for name in PASSED_ON if name in found.headers}
        except (ClientError, TimeoutError):
            return self._error(502, "The origin does not answer.")
        now = self.now()
        if status == 304 and kept:
            cache.renew(key, kept, now=now)
            return self._reply(kept, "RefreshHit", now)
        if status in _NOT_FOUND:
            return await self._not_found(cache, http, key)
        if status != 200:
            return self._error(502, f"The origin answers {status}.")
        cache.keep(key, body, given, asked=asked, now=now)
        return self._reply(Kept(body, given, now, now), "Miss", now)

    async def _not_found(self, cache: Cache, http: ClientSession, key: str) -> Reply:
        page = await self._from(cache, http, self.missing) if key != self.missing else None
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
