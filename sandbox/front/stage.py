"""`/_sandbox/...`: the interface of the page, the stories and the tests to the chat stand-in."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from sandbox.front import workspace
from sandbox.front.acting import NoSuchButtonError
from sandbox.front.transcript import transcript

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sandbox.front.acting import Acting
    from sandbox.front.channel import Channel, Message
    from sandbox.front.faults import Faults
    from sandbox.front.views import Views
    from sandbox.front.workspace import Person

VIEW_INTERVAL = 0.5  # real seconds between two pictures of the estate
BUTTON_FIELDS = ("action_id", "value", "label", "block_id")


class Watched(Protocol):
    """What there is to see besides the channel; `sandbox.front.view.View`."""

    async def picture(self) -> dict[str, Any]: ...

    async def move_clock(self, wanted: dict[str, Any]) -> dict[str, Any]: ...


class Stage:
    """Commands, clicks, the channel's content, faults, and one stream of everything that changes."""

    def __init__(self, channel: Channel, views: Views, acting: Acting, faults: Faults, view: Watched) -> None:
        self._channel = channel
        self._views = views
        self._acting = acting
        self._faults = faults
        self._view = view
        self._changes = 0
        channel.listen(self._changed)
        views.listen(self._changed)

    def _changed(self, *_: object) -> None:
        self._changes += 1

    def routes(self) -> list[web.RouteDef]:
        """What a server has to answer."""
        return [
            web.post("/_sandbox/command", self.command),
            web.post("/_sandbox/click", self.click),
            web.post("/_sandbox/open_home", self.open_home),
            web.post("/_sandbox/view_action", self.view_action),
            web.post("/_sandbox/submit", self.submit),
            web.post("/_sandbox/close", self.close),
            web.post("/_sandbox/chat", self.chat),
            web.get("/_sandbox/channel", self.channel),
            web.get("/_sandbox/events", self.events),
            web.get("/_sandbox/written", self.written),
            web.get("/_sandbox/transcript", self.transcript),
            web.get("/_sandbox/view", self.view),
            web.post("/_sandbox/clock", self.clock),
        ]

    async def command(self, request: web.Request) -> web.Response:
        """Somebody types a line: {"user", "text", "channel"?}."""
        asked = await _asked(request)
        error = await self._acting.say(_person(asked), str(asked.get("text", "")), _channel(asked))
        return _outcome(error)

    async def click(self, request: web.Request) -> web.Response:
        """Somebody presses a button: {"user", "message_ts", "action_id" or "label", "value"?, "stale"?}."""
        asked = await _asked(request)
        wanted = {name: asked[name] for name in BUTTON_FIELDS if asked.get(name) is not None}
        try:
            error = await self._acting.click(
                _person(asked),
                _channel(asked),
                str(asked.get("message_ts")),
                wanted,
                stale=bool(asked.get("stale")),
            )
        except NoSuchButtonError as missing:
            return _missing(missing)
        return _outcome(error)

    async def open_home(self, request: web.Request) -> web.Response:
        """Somebody opens the app's Home tab: {"user"}."""
        return _outcome(await self._acting.open_home(_person(await _asked(request))))

    async def view_action(self, request: web.Request) -> web.Response:
        """A button or a choice in a view: {"user", "view_id", "action_id", "block_id"?, "value"?, "selected"?}.

        `values` is what stands in the view's inputs at that moment.
        """
        asked = await _asked(request)
        try:
            error = await self._acting.act_in_view(_person(asked), str(asked.get("view_id")), asked)
        except NoSuchButtonError as missing:
            return _missing(missing)
        return _outcome(error)

    async def submit(self, request: web.Request) -> web.Response:
        """A modal is submitted: {"user", "view_id", "values"}; `errors` says what is wrong with which block."""
        asked = await _asked(request)
        values = asked.get("values")
        try:
            error, wrong = await self._acting.submit(
                _person(asked), str(asked.get("view_id")), values if isinstance(values, dict) else {}
            )
        except NoSuchButtonError as missing:
            return _missing(missing)
        return web.json_response({"ok": error is None, "error": error, "errors": wrong})

    async def close(self, request: web.Request) -> web.Response:
        """Somebody closes their modal: {"user"}."""
        self._views.close(_person(await _asked(request)).id)
        return _outcome(None)

    async def chat(self, request: web.Request) -> web.Response:
        """Switch troubles of the chat service on or off; see Faults."""
        try:
            self._faults.change(await _asked(request))
        except ValueError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        return web.json_response({"ok": True, "faults": vars(self._faults)})

    async def channel(self, request: web.Request) -> web.Response:
        """The whole channel; `?viewer=` leaves out what that person cannot see. Whoever looks again and again names the
        ETag of what was seen last, and gets it all only where something has changed."""
        viewer, seen = request.query.get("viewer"), {"ETag": f'"{self._changes}"'}
        if request.headers.get("If-None-Match") == seen["ETag"]:
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=seen)
        return web.json_response(self._content(workspace.person(viewer).id if viewer else None), headers=seen)

    async def written(self, _request: web.Request) -> web.Response:
        """Every version of every message, and what was handed to the app that none of them may say."""
        messages = [
            {
                "ts": message.ts,
                "metadata": message.metadata,
                "versions": [vars(each) for each in message.versions],
            }
            for message in self._channel.messages()
        ]
        return web.json_response({"messages": messages, "handed_out": self._acting.handed_out()})

    async def transcript(self, _request: web.Request) -> web.Response:
        """Every channel as people saw it, as Markdown."""
        return web.Response(text=transcript(self._channel.messages()), content_type="text/markdown")

    async def view(self, _request: web.Request) -> web.Response:
        """The picture of fleets, traffic, machine and clock."""
        return web.json_response(await self._view.picture())

    async def clock(self, request: web.Request) -> web.Response:
        """Move virtual time: {"advance": seconds}, {"rate": factor} or {"skip": true} (to the next deadline)."""
        try:
            moved = await self._view.move_clock(await _asked(request))
        except ValueError as error:
            moved = {"ok": False, "error": str(error)}
        return web.json_response(moved, status=200 if moved["ok"] else 400)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `channel` first, then each changed `message`, `home` and `modal`; about twice a second
        `view`."""
        stream = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await stream.prepare(request)
        changes: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        stops = (
            self._channel.listen(lambda message: changes.put_nowait(("message", message.as_json()))),
            self._views.listen(
                lambda kind, user, view: changes.put_nowait((kind, {"user": user, "view": view}))
            ),
        )
        try:
            await _send(stream, "channel", self._content(None))
            async for name, data in self._news(changes, with_view="view" in request.query):
                await _send(stream, name, data)
        except (ConnectionResetError, asyncio.CancelledError):
            pass  # the page was closed
        finally:
            for stop in stops:
                stop()
        return stream

    async def _news(
        self, changes: asyncio.Queue[tuple[str, dict[str, Any]]], *, with_view: bool
    ) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if with_view and loop.time() >= due:
                yield "view", await self._view.picture()
                due = loop.time() + VIEW_INTERVAL
            try:
                wait = max(0.0, due - loop.time()) if with_view else 15.0
                yield await asyncio.wait_for(changes.get(), wait)
            except TimeoutError:
                if not with_view:
                    yield "idle", {}

    def _content(self, viewer: str | None) -> dict[str, Any]:
        def visible(message: Message) -> bool:
            return viewer is None or message.viewer in {None, viewer}

        bot = {"id": workspace.BOT_USER_ID, "name": workspace.BOT_NAME, "about": "the app"}
        return {
            "now": self._channel.now(),
            "channels": [{"id": i, "name": name} for i, name in workspace.CHANNELS.items()],
            "people": [vars(p) for p in workspace.PEOPLE.values()],
            "bot": bot,
            "homes": self._views.homes,
            "modals": self._views.modals,
            "messages": [m.as_json() for m in self._channel.messages() if visible(m) and not m.deleted],
        }


@web.middleware
async def only_this_machine(
    request: web.Request, handler: Callable[[web.Request], Any]
) -> web.StreamResponse:
    """Refuse pages of other sites: a browser names their origin, and a rebound name shows in Host."""
    host = request.host.rpartition(":")[0]
    origin = request.headers.get("Origin")
    if host not in {"127.0.0.1", "localhost"} or origin not in {None, f"http://{request.host}"}:
        raise web.HTTPForbidden(text="this sandbox answers its own page only")
    response: web.StreamResponse = await handler(request)
    return response


async def _asked(request: web.Request) -> dict[str, Any]:
    try:
        asked = await request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise web.HTTPBadRequest(text="send a JSON object")
    return asked


def _person(asked: dict[str, Any]) -> Person:
    try:
        return workspace.person(str(asked.get("user", "")))
    except KeyError as unknown:
        raise web.HTTPBadRequest(text=f"nobody is called {unknown}") from None


def _channel(asked: dict[str, Any]) -> str:
    channel = str(asked.get("channel") or workspace.DEPLOYS)
    if channel not in workspace.CHANNELS:
        raise web.HTTPBadRequest(text=f"there is no channel {channel}")
    return channel


def _missing(missing: NoSuchButtonError) -> web.Response:
    return web.json_response({"ok": False, "error": "no_such_button", "detail": str(missing)}, status=404)


def _outcome(error: str | None) -> web.Response:
    return web.json_response({"ok": error is None, **({"error": error} if error else {})})


async def _send(stream: web.StreamResponse, name: str, data: dict[str, Any]) -> None:
    await stream.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
