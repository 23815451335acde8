"""The edge as one process: a port for each distribution at each location, and one for CloudFront's API."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from aiohttp import ClientSession, DummyCookieJar, TCPConnector, web

from sandbox.edge.api import Api
from sandbox.edge.distribution import Distribution
from sandbox.edge.function import missing_page
from sandbox.edge.invalidations import Invalidations
from sandbox.edge.origin import HttpOrigin
from sandbox.edge.store import Delays, KeyValueStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

HOST = "127.0.0.1"
ACCOUNT = "123456789012"
DELAYS = (0.0, 20.0)
"""Seconds of the sandbox's time until each location hears of a write."""


@dataclass(frozen=True, slots=True)
class Site:
    """One distribution to serve: `pointer` mode where the environment is served through a store."""

    id: str
    bucket: str
    environment: str
    pointer: bool = False
    delays: Sequence[float] = DELAYS

    @property
    def stack(self) -> str:
        """The name under which `stepfunctions/site.yaml` would be deployed for it."""
        return f"{self.bucket}-{self.environment}"

    @property
    def arn(self) -> str:
        """Of the key-value store, in pointer mode."""
        return f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/{self.id.lower()}"


@dataclass
class Edge:
    """`async with Edge(...) as edge:` serves until the block ends."""

    sites: Sequence[Site]
    aws: str
    now: Callable[[], float]
    api_port: int = 0
    distributions: dict[str, Distribution] = field(default_factory=dict)
    urls: dict[str, list[str]] = field(default_factory=dict)
    """Distribution -> the address at each location."""
    api_url: str = ""
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __aenter__(self) -> Self:
        """Start every listener."""
        connector = TCPConnector(limit=64)
        http = await self._stack.enter_async_context(
            ClientSession(connector=connector, cookie_jar=DummyCookieJar(), auto_decompress=False)
        )
        for site in self.sites:
            made = self.distributions[site.id] = self._distribution(site, http)
            self.urls[site.id] = [
                await self._listen(web.ServerRunner(web.Server(viewer(made, each))), 0)
                for each in range(made.locations)
            ]
        api = web.Application(client_max_size=4 * 1024**2)
        api.add_routes([*Api(self.distributions).routes(), web.get("/_sandbox/stats", self._stats)])
        self.api_url = await self._listen(
            web.AppRunner(api, access_log=None, shutdown_timeout=1), self.api_port
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every listener."""
        await self._stack.aclose()

    def _distribution(self, site: Site, http: ClientSession) -> Distribution:
        folder = "" if site.pointer else f"/live/{site.environment}"
        origin = HttpOrigin(f"{self.aws}/{site.bucket}{folder}", http)
        store = KeyValueStore(site.arn, self.now, Delays(site.delays)) if site.pointer else None
        invalidations = Invalidations(self.now, Delays(site.delays))
        missing = missing_page("pointer" if site.pointer else "copy", site.stack)
        return Distribution(site.id, origin, self.now, invalidations, missing, store, len(site.delays))

    async def _listen(self, runner: web.BaseRunner, port: int) -> str:
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        return f"http://{HOST}:{runner.addresses[0][1]}"

    async def _stats(self, _request: web.Request) -> web.Response:
        """How requests were answered so far, and where the locations are."""
        counted = {name: dict(each.counted) for name, each in self.distributions.items()}
        return web.json_response({"urls": self.urls, "answers": counted})


def viewer(
    distribution: Distribution, location: int
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """What one location does with a request. Without aiohttp's router: odd paths are the function's to refuse."""

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.method not in {"GET", "HEAD"}:
            return web.Response(status=403, text="This distribution takes GET and HEAD only.\n")
        path, _, query = request.raw_path.partition("?")
        reply = await distribution.answer(location, path, query)
        headers = {**reply.headers, "x-amz-cf-pop": f"SIM{location + 1}-C1"}
        etag = reply.headers.get("etag", "")
        if reply.status == 200 and etag and request.headers.get("If-None-Match") == etag:
            headers.pop("content-type", None)
            return web.Response(status=304, headers=headers)
        return web.Response(status=reply.status, headers=headers, body=reply.body)

    return answer
