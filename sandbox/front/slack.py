"""The HTTP side of the Slack stand-in: `/api/<method>` and the response URLs, with the service's own refusals."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.front.content import SlackError
from sandbox.front.tally import Tally
from sandbox.front.web_api import WebApi

if TYPE_CHECKING:
    from sandbox.front.channel import Channel
    from sandbox.front.faults import Faults, Pace
    from sandbox.front.files import Files
    from sandbox.front.response_urls import ResponseUrls
    from sandbox.front.views import Views


class Slack:
    """Checks the token, applies the faults that are switched on, and calls the method."""

    def __init__(
        self,
        channel: Channel,
        response_urls: ResponseUrls,
        *,
        views: Views,
        files: Files,
        faults: Faults,
        pace: Pace,
        token: str,
    ) -> None:
        self._api = WebApi(channel, views, files)
        self._files = files
        self._response_urls = response_urls
        self._faults = faults
        self._pace = pace
        self._token = token
        self.tally = Tally(channel.now)

    def routes(self) -> list[web.RouteDef]:
        """What a server has to answer."""
        return [
            web.route("*", "/api/{method}", self.call),
            web.get("/_sandbox/chat/calls", self.calls),
            web.post("/upload/v1/{file}", self.upload),
            web.get("/_sandbox/files/{file}", self.file),
            web.post("/commands/{path:.+}", self.respond),
            web.post("/actions/{path:.+}", self.respond),
        ]

    async def call(self, request: web.Request) -> web.Response:
        """One call of the Web API; https://docs.slack.dev/apis/web-api/#evaluating-responses."""
        arguments = await _arguments(request)
        answer = await self._answer(request, lambda: self._call(request, arguments))
        self.tally.note(request.match_info["method"], str(arguments.get("channel", "")), answer.status)
        return answer

    async def calls(self, _request: web.Request) -> web.Response:
        """What the app has called so far."""
        return web.json_response(self.tally.report())

    async def upload(self, request: web.Request) -> web.Response:
        """The bytes of a file."""
        body = await request.read()

        def take() -> web.Response:
            taken = self._files.take(request.match_info["file"], body)
            return web.Response(text=f"OK - {len(body)}") if taken else web.Response(status=400)

        return await self._answer(request, take)

    async def file(self, request: web.Request) -> web.Response:
        """What the page shows of it."""
        content = self._files.content(request.match_info["file"])
        return web.Response(body=content, content_type="image/png") if content else web.Response(status=404)

    async def respond(self, request: web.Request) -> web.Response:
        """A message to a response_url."""
        body = await request.read()
        return await self._answer(request, lambda: self._response_urls.use(request.path, body))

    def _call(self, request: web.Request, arguments: dict[str, Any]) -> web.Response:
        method = request.match_info["method"]
        given = request.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.get("token")
        if given != self._token:
            return web.json_response({"ok": False, "error": "invalid_auth" if given else "not_authed"})
        if self._faults.rate_limit:
            wait = self._pace.retry_after(method, str(arguments.get("channel", "")))
            if wait is not None:
                refusal = {"ok": False, "error": "ratelimited"}
                return web.json_response(refusal, status=429, headers={"Retry-After": str(wait)})
        try:
            return web.json_response({"ok": True, **self._api.call(method, arguments)})
        except SlackError as error:
            details = {"response_metadata": {"messages": error.messages}} if error.messages else {}
            return web.json_response({"ok": False, "error": error.code, **details})

    async def _answer(self, request: web.Request, act: Any) -> web.Response:
        if self._faults.slow:
            await asyncio.sleep(self._faults.slow)
        if self._faults.down:
            return web.Response(status=503, text="Service Unavailable")
        if self._faults.error:
            return web.json_response({"ok": False, "error": self._faults.error})
        response: web.Response = act()
        if self._faults.lose_reply and request.transport is not None:
            request.transport.abort()
        return response


async def _arguments(request: web.Request) -> dict[str, Any]:
    """Arguments as slack_sdk sends them: in the query, as a form, or as JSON."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            decoded = json.loads(await request.read() or b"{}")
        except ValueError:
            return arguments
        arguments.update(decoded if isinstance(decoded, dict) else {})
    else:
        arguments.update(await request.post())
    return arguments
