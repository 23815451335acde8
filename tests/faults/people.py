"""People and CI at the product's doors: signed requests, and what they see when one fails."""

import base64
import hashlib
import hmac
import json
from itertools import count
from urllib.parse import urlencode

from chalicelib.domain.people import Actor
from chalicelib.edge import Answer
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
        form = {"team_id": WORKSPACE, "user_id": by.user, "channel_id": CHANNEL, "text": text}
        body = urlencode({**form, "response_url": f"{HOOKS}/1", "trigger_id": self._trigger()}).encode()
        return self._sent(text.split(maxsplit=1)[0].partition("@")[0], "command", self._slack(body), body)

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
        return self._sent(f"click {verb}", "interaction", self._slack(body), body)

    def submit(self, form: str, values: dict[str, str], by: Actor, *, about: str = "") -> bool:
        """A form that was filled in."""
        self._workspace.note("sent", by.user, f"{form} {about}: {' '.join(values.values())}")
        state = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in values.items()}
        view = {"type": "modal", "callback_id": form, "private_metadata": about, "state": {"values": state}}
        payload = {
            "type": "view_submission",
            "user": {"id": by.user, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "view": {"id": f"V{next(self._triggers)}", **view},
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()
        return self._sent(f"submit {form}", "interaction", self._slack(body), body)

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
        return self._sent("visit", "event", self._slack(body), body)

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
        if door == "command" and answer.body:  # else a form opened
            said = json.loads(answer.body)
            self._workspace.note(
                "answered", "", said.get("text") or said["message"], blocks=tuple(said.get("blocks", ()))
            )
        return answer.status >= 500 or any(each in text for each in TROUBLE for text in seen)

    def _through(self, door: str, headers: dict[str, str], body: bytes) -> Answer:
        edge = self._product.edge()
        if door == "event":
            return edge.event(headers, body)
        if door == "build":
            return edge.build("jenkins", headers, body)
        return edge.command(headers, body) if door == "command" else edge.interaction(headers, body)
