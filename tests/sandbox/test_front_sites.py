"""The website in the live view, and the build server that the page asks for more versions."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import ClientSession, web

from sandbox import builds
from sandbox.front import endpoints
from sandbox.front.builds import Builds
from sandbox.front.server import address_of, take_port
from sandbox.front.sites import sites_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

PAGE = '<!doctype html><html><head><meta name="version" content="12"></head></html>'


def served(
    make: Callable[[ClientSession], list[web.RouteDef]], ask: Callable[[str, ClientSession], Awaitable[Any]]
) -> Any:
    """What somebody gets who asks a server with these routes."""

    async def run() -> Any:
        async with ClientSession() as http:
            app = web.Application()
            app.add_routes(make(http))
            runner = web.AppRunner(app)
            await runner.setup()
            port = take_port()
            await web.SockSite(runner, port).start()
            try:
                return await ask(address_of(port), http)
            finally:
                await runner.cleanup()

    return asyncio.run(run())


def test_each_location_says_which_version_it_shows(tmp_path: Path) -> None:
    """From its first page; None where nothing is shown; with what readers saw."""
    (tmp_path / "readers-staging.json").write_text('{"pages": 3, "files": 9, "missing": 0, "examples": []}')

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def ask(address: str, http: ClientSession) -> Any:
        sites = {"EWEBSTAGING": [address, f"{address}/nothing"], "EWEBPRODUCTION": ["http://127.0.0.1:9"]}
        return await sites_of(tmp_path, {"sites": json.dumps(sites)}, http)

    staging, production = served(lambda _: [web.get("/", page)], ask)
    assert (staging["environment"], staging["mode"], staging["shown"]) == ("staging", "copy", ["12", None])
    assert staging["readers"] == {"pages": 3, "files": 9, "missing": 0}
    assert (production["shown"], production["readers"]) == ([None], None)


def test_without_a_cdn_there_is_no_website(tmp_path: Path) -> None:
    """The page then leaves the panel out."""

    async def ask(_: str, http: ClientSession) -> Any:
        return await sites_of(tmp_path, {}, http)

    assert served(lambda _: [], ask) is None


def test_the_page_has_a_version_more_built(tmp_path: Path) -> None:
    """The build server is another process: its version, its refusal, and its absence come back in words."""

    def broken() -> str:
        raise RuntimeError("the compiler said no")

    async def ask(address: str, http: ClientSession) -> list[dict[str, Any]]:
        said = []
        for service in ("cameras", "web", "doors", "../x"):
            async with http.post(f"{address}/_sandbox/build", json={"service": service}) as answer:
                said.append(await answer.json())
        return said

    with builds.serving(tmp_path, {"cameras": lambda: "143", "web": broken}):
        cameras, web_, doors, odd = served(lambda http: Builds(tmp_path, http).routes(), ask)
    assert cameras == {"ok": True, "version": "143"}
    assert web_ == {"ok": False, "error": "the compiler said no"}
    assert doors["error"] == "nobody builds /doors"
    assert odd["error"] == "no build server is up"
    endpoints.add(tmp_path, builds="http://127.0.0.1:9")
    (gone, *_) = served(lambda http: Builds(tmp_path, http).routes(), ask)
    assert gone["error"].startswith("the build server: ")
