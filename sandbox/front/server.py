"""The front as one process: the API on one port, chat and page on the other, all on the loopback address."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from typing import TYPE_CHECKING, Self

from aiohttp import ClientSession, web

from sandbox.clock import VirtualClock
from sandbox.front import workspace
from sandbox.front.acting import ACKNOWLEDGE_SECONDS, Acting, App
from sandbox.front.builds import Builds
from sandbox.front.channel import Channel
from sandbox.front.faults import Faults, Pace
from sandbox.front.files import Files
from sandbox.front.gateway import Gateway, lambda_invoke
from sandbox.front.response_urls import ResponseUrls
from sandbox.front.routes import read_api
from sandbox.front.slack import Slack
from sandbox.front.stage import Stage, only_this_machine
from sandbox.front.view import View
from sandbox.front.views import Triggers, Views

if TYPE_CHECKING:
    from types import TracebackType

HOST = "127.0.0.1"
STATIC = Path(__file__).parent / "static"
CLOCK = "clock"
# The page loads nothing from elsewhere, and nothing else may frame it.
CONTENT_POLICY = "default-src 'self'; img-src 'self' data: https:; frame-ancestors 'none'"


@dataclass(frozen=True)
class Settings:
    """Where the front finds the rest, and what it is called with."""

    folder: Path
    aws_endpoint: str
    package: Path = Path("build/package")
    function: str = "APIHandler"
    api_port: int = 0
    page_port: int = 0
    app_url: str = ""
    signing_secret: str = workspace.SIGNING_SECRET
    bot_token: str = workspace.BOT_TOKEN
    acknowledge_seconds: float = ACKNOWLEDGE_SECONDS


class Front:
    """`async with Front(settings) as front:` serves until the block ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self.api_url = ""
        self.page_url = ""

    async def __aenter__(self) -> Self:
        """Start both servers; the ports are taken first, because the parts name each other's addresses."""
        api, page = take_port(self._settings.api_port), take_port(self._settings.page_port)
        self.api_url, self.page_url = address_of(api), address_of(page)
        await self._serve(self._gateway(), api)
        await self._serve(await self._site(), page)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both servers."""
        await self._stack.aclose()

    def _gateway(self) -> web.Application:
        template = self._settings.package / "sam.json"
        invoke = lambda_invoke(self._settings.aws_endpoint, self._settings.function)
        return Gateway(lambda: read_api(template), invoke).application()

    async def _site(self) -> web.Application:
        settings = self._settings
        clock = VirtualClock(settings.folder / CLOCK)
        http = await self._stack.enter_async_context(ClientSession())
        channel, faults = Channel(clock.now), Faults(rate_limit=True)
        files = Files(self.page_url)
        views = Views(Triggers(), files.shown)
        response_urls = ResponseUrls(channel, self.page_url)
        target = App(settings.app_url or self.api_url, settings.signing_secret, settings.acknowledge_seconds)
        acting = Acting(channel, views, response_urls, target, http)
        slack = Slack(
            channel,
            response_urls,
            views=views,
            files=files,
            faults=faults,
            pace=Pace(clock.now),
            token=settings.bot_token,
        )
        view = View(settings.folder, clock, http, aws=settings.aws_endpoint)
        stage = Stage(channel, views, acting, faults, view)
        return site(slack, stage, *Builds(settings.folder, http).routes())

    async def _serve(self, app: web.Application, port: socket) -> None:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, port).start()


def site(slack: Slack, stage: Stage, *more: web.RouteDef) -> web.Application:
    """Chat service and page as one application: what the product calls, and what people see."""
    app = web.Application(middlewares=[only_this_machine])
    app.on_response_prepare.append(_guard)
    app.add_routes([web.get("/", _index), *slack.routes(), *stage.routes(), *more])
    app.router.add_static("/static", STATIC)
    return app


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html")


async def _guard(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-cache")


def take_port(number: int = 0) -> socket:
    """A socket bound to a port of the loopback address; 0 takes any free one."""
    port = socket()
    port.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    port.bind((HOST, number))
    return port


def address_of(port: socket) -> str:
    """The URL that a bound socket answers at."""
    return f"http://{HOST}:{port.getsockname()[1]}"
