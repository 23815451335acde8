"""Slack's adapter before the sandbox's Slack."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from chalicelib.adapters.slack import ResponseUrls, SlackChat
from chalicelib.adapters.slack_views import SlackViews
from chalicelib.domain.people import Actor
from chalicelib.usecases.chat_ports import Chat, Message, Replies, Views
from chalicelib.wire.receiver import Answer, Receiver
from chalicelib.wire.slack_message import blocks_of, text_of
from chalicelib.wire.slack_receiver import SlackReceiver
from sandbox.front.channel import Channel as FrontChannel
from sandbox.front.channel import Message as FrontMessage
from sandbox.front.content import SlackError
from sandbox.front.files import Files
from sandbox.front.views import Triggers
from sandbox.front.views import Views as FrontViews
from sandbox.front.web_api import WebApi
from tests.builders import DEPLOYER, NOW, WORKSPACE
from tests.contract.chat_worlds import CHANNEL, Sent
from tests.unit.adapters.loopback import LOST, Asked, Reply, Service
from tests.unit.door import SLACK_SECRET, Door


class Workspace:
    """The sandbox's Slack behind HTTP; it holds every message to Block Kit's limits."""

    def __init__(self, origin: str) -> None:
        self.channel = FrontChannel(lambda: NOW)
        self.down = False
        self.files = Files(origin)
        self.views = FrontViews(Triggers())
        self._api = WebApi(self.channel, self.views, self.files)

    def answer(self, asked: Asked) -> Reply:
        """One call of the Web API."""
        if self.down:
            return _json({"ok": False, "error": "service_unavailable"}, 503)
        if asked.path.startswith("/upload/"):
            taken = self.files.take(asked.path.rpartition("/")[2], asked.body)
            return Reply(200 if taken else 400, b"OK")
        is_json = asked.headers["content-type"].startswith("application/json")
        sent = json.loads(asked.body) if is_json else dict(parse_qsl(asked.body.decode()))
        try:
            return _json({"ok": True, **self._api.call(asked.path.removeprefix("/"), sent)})
        except SlackError as error:
            return _json({"ok": False, "error": error.code})

    def messages(self) -> list[FrontMessage]:
        """What is still there."""
        return [each for each in self.channel.messages() if not each.deleted]


def _json(answer: dict[str, object], status: int = 200) -> Reply:
    return Reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})


class SlackChannel:
    """The port Chat."""

    def __init__(self, service: Service) -> None:
        self._workspace = Workspace(service.url)
        service.next_reply = self._workspace.answer  # type: ignore[method-assign] # answers by what is asked
        self.chat: Chat = SlackChat(
            lambda: "xoxb-token", f"{service.url}/", draw=lambda drawn: drawn.title.encode()
        )

    def texts(self) -> dict[str, str]:
        """By timestamp."""
        return {each.ts: each.text for each in self._workspace.messages()}

    def threads(self) -> dict[str, str]:
        """By timestamp."""
        return {each.ts: each.thread_ts for each in self._workspace.messages() if each.thread_ts}

    def home(self, person: Actor) -> str:
        """Its first section."""
        view = self._workspace.views.homes.get(person.user, {"blocks": []})
        texts = [block["text"]["text"] for block in view["blocks"] if block["type"] == "section"]
        return str(next(iter(texts), ""))

    def chatter(self, count: int) -> None:
        """Lines of people."""
        for _ in range(count):
            self._workspace.channel.post(CHANNEL, "U0GUEST", "lunch?")

    def delete(self, timestamp: str) -> None:
        """Gone."""
        for each in self._workspace.messages():
            if each.ts == timestamp:
                self._workspace.channel.delete(each)

    def go_down(self) -> None:
        """For good."""
        self._workspace.down = True


class SlackWorld:
    """All the rest. Triggers do not grow old here."""

    def __init__(self, service: Service) -> None:
        service.next_reply = self._answer  # type: ignore[method-assign] # answers by what is asked
        self.me = DEPLOYER
        self.secrets: dict[str, object] = {"slack_signing": [SLACK_SECRET]}
        self._triggers = Triggers(lambda: 0.0)
        self._front = FrontViews(self._triggers)
        self._service, self._down = service, False
        self._told: list[tuple[str, bool]] = []
        self._wrong: dict[str, str] = {}
        self._by_number: dict[int, str] = {}
        self.receiver: Receiver = SlackReceiver()
        self.views: Views = SlackViews(lambda: "xoxb-token", f"{service.url}/api")
        self.replies: Replies = ResponseUrls(service.url)

    def _answer(self, asked: Asked) -> Reply:
        if self._down:
            return LOST
        sent = json.loads(asked.body)
        if asked.path.startswith("/actions/"):
            self._told.append((sent["text"], sent["replace_original"]))
            return Reply()
        method = {"/api/views.open": self._front.open, "/api/views.update": self._front.update}[asked.path]
        try:
            return _json({"ok": True, **method(sent)})
        except SlackError as error:
            return _json({"ok": False, "error": error.code})

    def typed(self, text: str, *, number: int = 1) -> Sent:
        form = {"team_id": self.me.workspace, "user_id": self.me.user, "channel_id": CHANNEL, "text": text}
        more = {"response_url": self.address(), "trigger_id": self._trigger_of(number)}
        return self._signed("commands", urlencode({**form, **more}).encode())

    def pressed(self, verb: str, value: str, *, within: str = "", number: int = 1) -> Sent:
        action = {"type": "button", "action_id": verb, "value": value}
        payload = {"type": "block_actions", "actions": [action], "trigger_id": self._trigger_of(number)}
        if within:
            view = {"id": within, "type": "modal"}
            return self._acted({**payload, "view": view, "container": {"type": "view", "view_id": within}})
        container = {"type": "message", "message_ts": "1.1", "channel_id": CHANNEL}
        return self._acted({**payload, "container": container, "response_url": self.address()})

    def filled(self, values: dict[str, str]) -> Sent:
        view = self._modal()
        inputs = [each for each in view["blocks"] if each["type"] == "input"]
        state = {
            each["block_id"]: {
                each["element"]["action_id"]: _state(each["element"], values[each["block_id"]])
            }
            for each in inputs
        }
        return self._acted({"type": "view_submission", "view": {**view, "state": {"values": state}}})

    def came_home(self) -> Sent:
        return self._event({"type": "app_home_opened", "tab": "home", "user": self.me.user})

    def aside(self) -> list[Sent]:
        challenge = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
        return [self._event({"type": "message"}), self._signed("events", challenge)]

    def garbled(self) -> list[Sent]:
        bodies = [b"", b"{}", b"\xff", b"payload=[]", b"payload=%7B%7D", b'{"type": "event_callback"}']
        return [
            self._signed(door, body) for door in ("commands", "interactions", "events") for body in bodies
        ]

    def changed(self, sent: Sent, body: bytes) -> Sent:
        return self._signed(sent.door, body)

    def _event(self, event: dict[str, object]) -> Sent:
        told = {"type": "event_callback", "team_id": WORKSPACE, "event_id": "Ev1", "event": event}
        return self._signed("events", json.dumps(told).encode())

    def _acted(self, payload: dict[str, object]) -> Sent:
        person = {"user": {"id": self.me.user, "team_id": self.me.workspace}, "team": {"id": WORKSPACE}}
        return self._signed(
            "interactions", urlencode({"payload": json.dumps({**person, **payload})}).encode()
        )

    def _signed(self, door: str, body: bytes) -> Sent:
        return Sent(door, *Door().slack(body))

    def _trigger_of(self, number: int) -> str:
        return self._by_number.setdefault(number, self.trigger())

    def picked(self, person: Actor) -> str:
        return f"<@{person.user}|somebody>"

    def take(self, sent: Sent, answer: Answer) -> None:
        said = json.loads(answer.body) if answer.body else {}
        if sent.door == "commands" and said:
            self._told.append((said["text"], False))
        elif "response_action" in said:
            self._wrong = self._front.answered(self.me.user, self._modal(), answer.body.encode())

    def told(self) -> list[tuple[str, bool]]:
        return self._told

    def trigger(self) -> str:
        return self._triggers.issue(self.me.user)

    def address(self) -> str:
        return f"{self._service.url}/actions/1"

    def _modal(self) -> dict[str, Any]:
        return self._front.modals.get(self.me.user, {"id": "", "blocks": []})

    def open_view(self) -> str:
        return str(self._modal()["id"])

    def reads(self) -> str:
        return json.dumps(self._modal()["blocks"])

    def asks(self) -> list[str]:
        return [each["block_id"] for each in self._modal()["blocks"] if each["type"] == "input"]

    def objections(self) -> dict[str, str]:
        return self._wrong

    def close(self) -> None:
        self._front.close(self.me.user)

    def go_down(self) -> None:
        self._down = True

    def mentions(self, message: Message) -> list[str]:
        shown = text_of(message) + json.dumps(blocks_of(message))
        return sorted(set(re.findall(r"<[^>]*>", shown)))


def _state(element: dict[str, Any], value: str) -> dict[str, object]:
    kind = element["type"]
    if kind == "users_select":
        return {"type": kind, "selected_user": value}
    if kind == "plain_text_input":
        return {"type": kind, "value": value or None}
    return {"type": kind, "selected_option": {"value": value} if value else None}
