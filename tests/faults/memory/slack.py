"""Slack in memory: one channel with its messages, reached through slack_sdk's own HTTP requests, and response_urls.

Facts: docs.slack.dev, chat.postMessage, chat.update (keeps the metadata), conversations.history and .replies (newest
first, metadata only with include_all_metadata), "Rate limits" (429 with Retry-After).
"""

import email.message
import io
import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import URLError
from urllib.parse import SplitResult, parse_qsl
from urllib.response import addinfourl

from chalicelib.adapters.slack import ResponseUrls
from chalicelib.adapters.slack_views import SlackViews
from sandbox.front.blocks import check_blocks
from sandbox.front.views import check_view
from tests.faults.memory.slack_files import Files
from tests.faults.wire import Wire

ORIGIN = "http://slack.invalid"
"""Never looked up: an opener of this process answers for it."""
HOOKS = "https://hooks.slack.invalid"
CHANNEL = "C0DEPLOYS"


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that somebody could see: `what` is typed, pressed, sent, answered, opened, objected (at a field of a
    form), posted, updated or home: what a Home tab shows."""

    at: float
    what: str
    who: str
    text: str
    ts: str = ""
    thread: str = ""
    blocks: tuple[dict[str, Any], ...] = ()
    broadcast: bool = False
    """Whether a reply is seen in the channel, too."""


@dataclass(slots=True)
class Shown:
    """A message as people see it."""

    ts: str
    thread: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)

    def buttons(self) -> Iterator[tuple[str, str]]:
        """The verb and the value of every button."""
        for block in self.blocks:
            for element in block.get("elements", ()):
                if element["type"] == "button":
                    yield element["action_id"].partition(":")[0], element.get("value", "")


class SlackTroubles:
    """How Slack fails."""

    def error(self) -> Exception:
        """A server error."""
        return _Http(503)

    def lost(self) -> Exception:
        """The connection was reset."""
        return URLError(ConnectionResetError("told to fail"))

    def throttled(self) -> Exception:
        """Once a second and channel."""
        return _Http(429)


class _Http(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class MemorySlack:
    """The workspace. `texts` is everything that was ever said, for whoever searches it for secrets; `invalid` is what
    Slack would not have taken, and did not."""

    def __init__(self, now: Callable[[], float], token: str) -> None:
        self._now = now
        self._token = token
        self.messages: list[Shown] = []
        self.texts: list[str] = []
        self.refused: list[str] = []
        self.invalid: list[str] = []
        self.journal: list[Happened] = []
        self.views: list[dict[str, Any]] = []
        self.files = Files(now, ORIGIN)
        self.homes: dict[str, dict[str, Any]] = {}

    def note(self, what: str, who: str, text: str, **more: Any) -> None:
        """Something was seen."""
        self.journal.append(Happened(self._now(), what, who, text, **more))

    def answer(self, method: str, given: dict[str, Any], token: str) -> dict[str, Any]:
        """What Slack's Web API answers."""
        if token != self._token:
            return self._refuse("invalid_auth")
        methods: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "views.publish": self._publish,
            "views.open": self._open,
            "views.update": self._open,
            "conversations.history": lambda given: self._history(given, thread=""),
            "conversations.replies": lambda given: self._history(given, thread=given["ts"]),
            "files.getUploadURLExternal": lambda given: self._said(self.files.address(given)),
            "files.completeUploadExternal": lambda given: self._said(self.files.complete(given)),
        }
        return methods[method](given) if method in methods else self._refuse("unknown_method")

    def _said(self, answer: dict[str, Any] | str) -> dict[str, Any]:
        return self._refuse(answer) if isinstance(answer, str) else {"ok": True, **answer}

    def whisper(self, reply: dict[str, Any]) -> int:
        """What came to a response_url, or as the answer to a command."""
        if self._wrong(check_blocks(reply.get("blocks", []))) or not reply["text"]:
            return 400
        self.texts.append(reply["text"])
        self.note("answered", "", reply["text"], blocks=tuple(reply.get("blocks", ())))
        return 200

    def show(self, view: dict[str, Any]) -> bool:
        """What opened before somebody, or stands in place of the form that they sent."""
        if self._wrong(check_view(view, "modal")):
            return False
        self.views.append({**view, "id": f"V{len(self.views) + 1:08}"})
        self.texts.append(json.dumps(view))
        self.note("opened", "", view["title"]["text"], blocks=tuple(view["blocks"]))
        return True

    def _open(self, given: dict[str, Any]) -> dict[str, Any]:
        shown = self.show(given["view"])
        return {"ok": True, "view": self.views[-1]} if shown else self._refuse("invalid_arguments")

    def _wrong(self, problems: list[str]) -> bool:
        self.invalid += problems
        return bool(problems)

    def _refuse(self, code: str) -> dict[str, Any]:
        self.refused.append(code)
        return {"ok": False, "error": code}

    def _post(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["channel"] != CHANNEL:
            return self._refuse("channel_not_found")
        if self._wrong(check_blocks(given["blocks"])) or not self.files.can_be_shown(given["blocks"]):
            return self._refuse("invalid_blocks")
        thread = given.get("thread_ts", "")
        if thread and all(each.ts != thread for each in self.messages):
            return self._refuse("thread_not_found")
        ts = f"{self._now():.0f}.{len(self.messages) + 1:06}"
        self.messages.append(Shown(ts, thread, given["text"], given["blocks"], given.get("metadata", {})))
        self.texts.append(json.dumps(given))
        shown = {"thread": thread, "blocks": tuple(given["blocks"])}
        self.note("posted", "", given["text"], ts=ts, broadcast=bool(given.get("reply_broadcast")), **shown)
        return {"ok": True, "channel": CHANNEL, "ts": ts}

    def _publish(self, given: dict[str, Any]) -> dict[str, Any]:
        if self._wrong(check_view(given["view"], "home")):
            return self._refuse("invalid_arguments")
        who = given["user_id"]
        self.homes[who] = given["view"]
        self.note("home", who, "", ts=f"home of {who}", blocks=tuple(given["view"]["blocks"]))
        self.texts.append(json.dumps(given))
        return {"ok": True, "view": {"id": f"V{given['user_id']}"}}

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        if self._wrong(check_blocks(given["blocks"])) or not self.files.can_be_shown(given["blocks"]):
            return self._refuse("invalid_blocks")
        for message in self.messages:
            if message.ts == given["ts"]:
                message.text, message.blocks = given["text"], given["blocks"]
                self.texts.append(json.dumps(given))
                shown = {"ts": message.ts, "thread": message.thread, "blocks": tuple(given["blocks"])}
                self.note("updated", "", given["text"], **shown)
                return {"ok": True, "channel": CHANNEL, "ts": message.ts}
        return self._refuse("message_not_found")

    def _history(self, given: dict[str, Any], *, thread: str) -> dict[str, Any]:
        found = [
            {"type": "message", "ts": each.ts, "text": each.text, "metadata": each.metadata}
            for each in reversed(self.messages)
            if float(each.ts) > float(given.get("oldest", 0))
            and (each.thread == thread or (thread and each.ts == thread))
        ]
        return {"ok": True, "messages": found, "has_more": False, "response_metadata": {"next_cursor": ""}}


class SlackOverHttp(urllib.request.HTTPHandler):
    """urllib's requests to the workspace's origin, answered here, each a call on the wire."""

    def __init__(self) -> None:
        super().__init__()
        self.workspace: MemorySlack | None = None
        self.wire = Wire()
        self._troubles = SlackTroubles()

    def http_open(self, req: urllib.request.Request) -> Any:
        """One request; whoever else in this process asks another host is not ours to answer."""
        if req.host != "slack.invalid":
            return super().http_open(req)
        if self.workspace is None:
            raise URLError(f"{req.host} is not in memory")
        if req.selector.startswith("/upload/"):
            return self._take(req, self.workspace.files)
        method, workspace = req.selector.rpartition("/")[2], self.workspace
        body = req.data.decode() if isinstance(req.data, bytes) else ""
        given = json.loads(body) if body.startswith("{") else dict(parse_qsl(body))
        token = (req.get_header("Authorization") or "").removeprefix("Bearer ")
        sending = self.wire.call(f"chat.{method.removeprefix('chat.')}")
        try:
            said = sending.send(lambda: workspace.answer(method, given, token), self._troubles)
        except _Http as failed:
            return _response(req, failed.status, {"ok": False, "error": "told_to_fail"})
        return _response(req, 200, said)

    def _take(self, req: urllib.request.Request, files: Files) -> Any:
        """The bytes of a picture, at the address that was given for them."""
        file, length = req.selector.rpartition("/")[2], len(req.data if isinstance(req.data, bytes) else b"")
        try:
            self.wire.call("chat.files.upload").send(lambda: files.take(file, length), self._troubles)
        except _Http as failed:
            return _response(req, failed.status, {"ok": False, "error": "told_to_fail"})
        return _response(req, 200, {"ok": True})


def _response(request: urllib.request.Request, status: int, said: dict[str, Any]) -> addinfourl:
    headers = email.message.Message()
    headers["Content-Type"] = "application/json; charset=utf-8"
    if status == 429:
        headers["Retry-After"] = "1"
    made = addinfourl(io.BytesIO(json.dumps(said).encode()), headers, request.full_url, status)
    made.msg = str(status)  # type: ignore[attr-defined] # http.client's responses have it, and urllib reads it
    return made


class _HookTroubles:
    def error(self) -> Exception:
        return ConnectionRefusedError("told to fail")

    def lost(self) -> Exception:
        return ConnectionResetError("told to fail")

    def throttled(self) -> Exception:
        return ConnectionAbortedError("told to fail")


class MemoryReplies(ResponseUrls):
    """What only a clicker sees, kept instead of sent."""

    def __init__(self, workspace: MemorySlack, wire: Wire) -> None:
        super().__init__(HOOKS)
        self._workspace = workspace
        self._wire = wire

    def _post(self, parts: SplitResult, said: dict[str, Any], seconds: float) -> int:  # noqa: ARG002 - one address
        return self._wire.call("chat.responseUrl").send(
            lambda: self._workspace.whisper(said), _HookTroubles()
        )


class MemoryViews(SlackViews):
    """Views of the workspace, asked for over the wire instead of HTTP."""

    def __init__(self, token: Callable[[], str], workspace: MemorySlack, wire: Wire) -> None:
        super().__init__(token, ORIGIN)
        self._workspace = workspace
        self._wire = wire

    def _post(self, method: str, token: str, arguments: dict[str, Any], seconds: float) -> dict[str, Any]:  # noqa: ARG002 - nothing takes time here
        sending = self._wire.call(f"chat.{method}")
        try:
            return sending.send(lambda: self._workspace.answer(method, arguments, token), _HookTroubles())
        except ConnectionAbortedError:
            return {"ok": False, "error": "ratelimited"}
