"""People and CI at the product's doors: signed requests, and what they see when one fails."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlencode

from chalicelib.domain.people import Actor
from chalicelib.wire.receiver import Answer
from tests.builders import SHA, WORKSPACE
from tests.fakes.clock import FakeClock
from tests.faults.memory.slack import CHANNEL, HOOKS, MemorySlack
from tests.faults.product import Product
from tests.faults.wire import Killed, Wire

SIGNING = "signing-secret-5e7c0a91"
KEY = b"ci-secret-of-24-bytes-77"
CI_SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
BOT_TOKEN = "xoxb-bot-token-93ab17f2"
SECRETS: dict[str, object] = {
    "edge": {"slack_signing": [SIGNING], "slack_bot_token": BOT_TOKEN, "ci": {"jenkins": [CI_SECRET]}},
    "chat": {"slack_bot_token": BOT_TOKEN},
}
"""Distinctive, so that they are found wherever they should not be."""
TROUBLE = ("could not reach my table", "changing at this very moment")


_OF_A_VIEW = ("id", "type", "callback_id", "private_metadata")


def _filled(view: dict[str, Any], values: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The state of each input as Slack sends it; only what the form offers can be chosen."""
    inputs = {each["block_id"]: each["element"] for each in view["blocks"] if each["type"] == "input"}
    assert set(values) <= set(inputs), f"the form has {sorted(inputs)}"
    for name, element in inputs.items():
        value, kind = values.get(name), element["type"]
        if kind == "plain_text_input":
            yield name, {"type": kind, "value": value or None}
        elif kind == "users_select":
            yield name, {"type": kind, "selected_user": value or None}
        else:
            yield name, {"type": kind, "selected_option": _chosen(element, value)}


def _chosen(element: dict[str, Any], value: str | None) -> dict[str, Any] | None:
    if value is None:
        initial: dict[str, Any] | None = element.get("initial_option")
        return initial
    groups = element.get("option_groups", [element])
    offered = {each["value"]: each for group in groups for each in group["options"]}
    assert not value or value in offered, f"{value} is none of {sorted(offered)}"
    return offered.get(value)


class Door:
    """Each method returns whether the person saw that it went wrong. `said` is every answer that was seen."""

    def __init__(self, product: Product, workspace: MemorySlack, wire: Wire, clock: FakeClock) -> None:
        self._workspace = workspace
        self._product = product
        self._wire = wire
        self._clock = clock
        self._triggers = count(1)
        self.said: list[str] = []
        self.signatures: list[str] = []

    def type(self, text: str, by: Actor) -> bool:
        """A slash command; Slack does not send it again, a person does."""
        self._workspace.note("typed", by.user, text)
        form = {"team_id": by.workspace, "user_id": by.user, "channel_id": CHANNEL, "text": text}
        body = urlencode({**form, "response_url": f"{HOOKS}/1", "trigger_id": self._trigger()}).encode()
        return self._sent(text.split(maxsplit=1)[0].partition("@")[0], "commands", self._slack(body), body)

    def click(self, verb: str, value: str, by: Actor, *, view: str = "") -> bool:
        """A button of a message, or of a `home` or `modal`."""
        self._workspace.note("pressed", by.user, f"{verb} {value}")
        payload = {
            "type": "block_actions",
            "user": {"id": by.user, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "trigger_id": self._trigger(),
            "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": CHANNEL},
            "response_url": f"{HOOKS}/1",
            "actions": [{"type": "button", "action_id": verb, "value": value}],
        }
        if view:
            payload["container"] = {"type": "view", "view_id": "V0VIEW"}
            payload["view"] = {"id": "V0VIEW", "type": view}
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return self._sent(f"click {verb}", "interactions", self._slack(body), body)

    def submit(self, view: dict[str, Any], values: dict[str, str], by: Actor) -> bool:
        """A form that was filled in; what is left out is as it opened."""
        form, about = view["callback_id"], view.get("private_metadata", "")
        self._workspace.note("sent", by.user, f"{form} {about}".rstrip() + f": {' '.join(values.values())}")
        state = {name: {name: filled} for name, filled in _filled(view, values)}
        payload = {
            "type": "view_submission",
            "user": {"id": by.user, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "view": {**{name: view.get(name, "") for name in _OF_A_VIEW}, "state": {"values": state}},
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return self._sent(f"submit {form}", "interactions", self._slack(body), body)

    def visit(self, by: Actor) -> bool:
        """Somebody opens the Home tab, and Slack tells."""
        event = {"type": "app_home_opened", "user": by.user, "tab": "home"}
        sent = {
            "type": "event_callback",
            "team_id": WORKSPACE,
            "event_id": f"Ev{next(self._triggers)}",
            "event": event,
        }
        body = json.dumps(sent).encode()
        return self._sent("visit", "events", self._slack(body), body)

    def report(self, version: str, status: str, event: str) -> bool:
        """A build's report; CI delivers the very same again where it failed."""
        kind = "build.started" if status == "running" else "build.finished"
        data = {"service": "cameras", "version": version, "status": status}
        if status == "passed":
            data |= {"artifact": f"s3://artifacts/cameras/cameras-{version}.tar.gz", "sha256": SHA}
        body = json.dumps({"type": kind, "data": data}).encode()
        stamp = f"{self._clock.now():.0f}"
        mac = hmac.digest(KEY, f"{event}.{stamp}.".encode() + body, hashlib.sha256)
        signature = base64.b64encode(mac).decode()
        self.signatures.append(signature)
        headers = {"webhook-id": event, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}
        return self._sent(f"report {status}", "build", headers, body)

    def _trigger(self) -> str:
        return f"{next(self._triggers)}.1.abc"

    def _slack(self, body: bytes) -> dict[str, str]:
        stamp = f"{self._clock.now():.0f}"
        mac = hmac.digest(SIGNING.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hex()
        self.signatures.append(mac)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}"}

    def _sent(self, step: str, door: str, headers: dict[str, str], body: bytes) -> bool:
        whispers = len(self._workspace.texts)
        try:
            with self._wire.run_of("edge", step):
                answer = self._through(door, headers, body)
        except Killed:
            self._product.kill("edge")
            return True
        seen = [answer.body, *self._workspace.texts[whispers:]]
        self.said += seen
        if door in {"commands", "interactions"} and answer.body:
            self._shown(json.loads(answer.body))
        return answer.status >= 500 or any(each in text for each in TROUBLE for text in seen)

    def _shown(self, said: dict[str, Any]) -> None:
        """What Slack does with the body of an answer."""
        if "view" in said:
            assert said["response_action"] == "update"
            self._workspace.show(said["view"])
        elif "errors" in said:
            for field, text in said["errors"].items():
                self._workspace.note("objected", "", f"{field}: {text}")
        else:
            self._workspace.whisper({"text": said.get("text") or said["message"], **said})

    def _through(self, door: str, headers: dict[str, str], body: bytes) -> Answer:
        edge = self._product.edge()
        if door == "build":
            return edge.build("jenkins", headers, body)
        return edge.chat(door, headers, body)
