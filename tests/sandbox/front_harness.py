"""The chat stand-in and its page in this process, on a thread of their own, with a clock that stands still."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import ClientSession, web

from sandbox.front.acting import Acting, App
from sandbox.front.channel import Channel
from sandbox.front.client import Chat
from sandbox.front.faults import Faults, Pace
from sandbox.front.files import Files
from sandbox.front.response_urls import ResponseUrls
from sandbox.front.server import address_of, site, take_port
from sandbox.front.slack import Slack
from sandbox.front.stage import Stage
from sandbox.front.views import Triggers, Views
from sandbox.front.workspace import BOT_TOKEN, SIGNING_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from socket import socket

START = 1_795_000_000.0  # a moment in November 2026


class StillClock:
    """Virtual time that moves only when a test says so."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> float:
        """The present moment."""
        return self.at


class FixedView:
    """A picture that a test sets; remembers how the clock was to be moved."""

    def __init__(self, picture: dict[str, Any] | None = None) -> None:
        empty = {"fleets": None, "groups": None, "machines": None, "balancer": None, "devices": None}
        self.shown: dict[str, Any] = picture or {
            "clock": {"now": START, "rate": 1, "next_deadline": None},
            **empty,
        }
        self.moves: list[dict[str, Any]] = []

    async def picture(self) -> dict[str, Any]:
        """The picture that was set."""
        return self.shown

    async def move_clock(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Note the wish."""
        self.moves.append(wanted)
        return {"ok": True, "now": START, "rate": 1}


class Rehearsal:
    """Everything of one running stand-in that a test may want to look at."""

    def __init__(self, port: socket, app_url: str, view: FixedView, acknowledge: float) -> None:
        self.url = address_of(port)
        self.clock = StillClock()
        self.channel = Channel(self.clock.now)
        self.faults = Faults()
        self.view = view
        self.files = Files(self.url)
        self.views = Views(Triggers(), self.files.shown)
        self.response_urls = ResponseUrls(self.channel, self.url)
        self.chat = Chat(self.url)
        self.app = App(app_url, SIGNING_SECRET, acknowledge)
        self.port = port

    async def application(self, http: ClientSession) -> web.Application:
        """The site, put together as the front does it."""
        acting = Acting(self.channel, self.views, self.response_urls, self.app, http)
        pace = Pace(self.clock.now)
        slack = Slack(
            self.channel,
            self.response_urls,
            views=self.views,
            files=self.files,
            faults=self.faults,
            pace=pace,
            token=BOT_TOKEN,
        )
        return site(slack, Stage(self.channel, self.views, acting, self.faults, self.view))


@contextmanager
def rehearsal(
    app_url: str = "http://127.0.0.1:9", *, view: FixedView | None = None, acknowledge: float = 3.0
) -> Iterator[Rehearsal]:
    """A stand-in that sends commands to `app_url`."""
    staged = Rehearsal(take_port(), app_url, view or FixedView(), acknowledge)

    async def start() -> web.AppRunner:
        http = ClientSession()
        runner = web.AppRunner(await staged.application(http), shutdown_timeout=0.1)
        runner.app.on_cleanup.append(lambda _: http.close())
        await runner.setup()
        await web.SockSite(runner, staged.port).start()
        return runner

    with _running(start):
        yield staged


@contextmanager
def served(app: web.Application) -> Iterator[str]:
    """Any application at a URL of its own."""
    port = take_port()

    async def start() -> web.AppRunner:
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, port).start()
        return runner

    with _running(start):
        yield address_of(port)


def fetch(url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    """(status, body) of a GET, or of a POST of `body`."""
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    try:
        connection.request("GET" if body is None else "POST", parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextmanager
def _running(start: Any) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_finish(runner), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _finish(runner: web.AppRunner) -> None:
    await runner.cleanup()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
