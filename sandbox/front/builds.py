"""What the page asks of the team's build server: it is another process, and up only where the sandbox is kept up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from sandbox.front import endpoints

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = ClientTimeout(total=120)


class Builds:
    """`POST /_sandbox/build` with {"service": "cameras"} builds a version more."""

    def __init__(self, folder: Path, http: ClientSession) -> None:
        self._folder = folder
        self._http = http

    def routes(self) -> list[web.RouteDef]:
        """What a server has to answer."""
        return [web.post("/_sandbox/build", self.build)]

    async def build(self, request: web.Request) -> web.Response:
        """Wait until it is built and chat knows of it."""
        asked = await request.json()
        service = str(asked.get("service")) if isinstance(asked, dict) else ""
        address = endpoints.read(self._folder).get("builds")
        if address is None or not service.isalnum():
            return web.json_response({"ok": False, "error": "no build server is up"}, status=404)
        try:
            async with self._http.post(f"{address}/{service}", timeout=_SECONDS) as answer:
                return web.json_response(await answer.json(), status=answer.status)
        except (ClientError, TimeoutError, ValueError) as error:
            return web.json_response({"ok": False, "error": f"the build server: {error}"}, status=502)
