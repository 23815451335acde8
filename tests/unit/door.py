"""An edge over fakes, and requests as Slack and CI sign them."""

import base64
import hashlib
import hmac
import json
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlencode

from chalicelib.domain.errors import Unavailable
from chalicelib.edge import Edge
from chalicelib.usecases import ci, visiting
from chalicelib.wire.receiver import Answer
from chalicelib.wire.slack_receiver import SlackReceiver
from tests.builders import APPROVER, DEPLOYER, NOW, SHA, WORKSPACE
from tests.fakes.chat import FakeReplies, FakeViews
from tests.unit.usecases.desk import Desk

SLACK_SECRET = "slack-signing-secret"
KEY = b"a-key-of-twenty-four-byt"
CI_SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
HOOK = "https://hooks.slack.com/actions/T0TEST/1/2"
BUILD: dict[str, Any] = {
    "service": "cameras",
    "version": "143",
    "status": "passed",
    "artifact": "s3://artifacts/cameras/cameras-143.tar.gz",
    "sha256": SHA,
}


class Door:
    """An edge over fakes, and requests as Slack and CI sign them."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.replies = FakeReplies()
        self.views = FakeViews()
        self.secrets: dict[str, object] = {"slack_signing": [SLACK_SECRET], "ci": {"jenkins": [CI_SECRET]}}
        self.reachable = True
        report = partial(ci.take, self.desk.store, self.desk.workflow, self.desk.clock)
        self.edge = Edge(
            region="us-east-1",
            secrets=self._secrets,
            chatops=self.desk.chatops,
            report=report,
            receiver=SlackReceiver(),
            replies=self.replies,
            views=self.views,
            visited=partial(visiting.note, self.desk.store, self.desk.clock),
            clock=self.desk.clock,
            watch=lambda: self.watch,
        )
        self.watch = 0.0
        """Seconds, by a watch that only a test moves."""
        self._triggers = count(1)

    def type(self, text: str, user: str = DEPLOYER.user, **changes: str) -> Answer:
        """A slash command."""
        return self.edge.chat("commands", *self.slack(self.typed(text, user, **changes)))

    def typed(self, text: str, user: str = DEPLOYER.user, **changes: str) -> bytes:
        """Its form."""
        form = {"team_id": WORKSPACE, "user_id": user, "channel_id": "C0DEPLOYS", "text": text}
        trigger = f"{next(self._triggers)}.1.abc"
        return urlencode({**form, "response_url": HOOK, "trigger_id": trigger, **changes}).encode()

    def click(
        self, verb: str, value: str, user: str = APPROVER.user, url: str = HOOK, *, alone: bool = False
    ) -> Answer:
        """A button, perhaps of what they `alone` saw."""
        payload = {
            "type": "block_actions",
            "user": {"id": user, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "trigger_id": f"{next(self._triggers)}.2.abc",
            "container": {
                "type": "message",
                "message_ts": "1700000000.000100",
                "channel_id": "C0DEPLOYS",
                "is_ephemeral": alone,
            },
            "response_url": url,
            "actions": [{"type": "button", "action_id": verb, "value": value}],
        }
        return self.edge.chat(
            "interactions", *self.slack(urlencode({"payload": json.dumps(payload)}).encode())
        )

    def click_in_view(
        self, verb: str, value: str, user: str = APPROVER.user, *, kind: str = "home"
    ) -> Answer:
        """A button of the home tab or of a modal."""
        payload = {
            "type": "block_actions",
            "user": {"id": user, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "trigger_id": f"{next(self._triggers)}.3.abc",
            "container": {"type": "view", "view_id": "V0VIEW"},
            "view": {"id": "V0VIEW", "type": kind},
            "actions": [{"type": "button", "action_id": verb, "value": value}],
        }
        return self.edge.chat(
            "interactions", *self.slack(urlencode({"payload": json.dumps(payload)}).encode())
        )

    def submit(
        self,
        form: str,
        values: dict[str, str],
        user: str = DEPLOYER.user,
        *,
        about: str = "",
        view: str = "V0FORM",
    ) -> Answer:
        """A form that was filled in."""
        state = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in values.items()}
        payload = {
            "type": "view_submission",
            "user": {"id": user, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "trigger_id": f"{next(self._triggers)}.4.abc",
            "view": {
                "id": view,
                "type": "modal",
                "callback_id": form,
                "private_metadata": about,
                "state": {"values": state},
            },
        }
        return self.edge.chat(
            "interactions", *self.slack(urlencode({"payload": json.dumps(payload)}).encode())
        )

    def told(self, event: dict[str, Any], identifier: str = "Ev0000001", team: str = WORKSPACE) -> Answer:
        """What Slack tells by itself."""
        sent = {"type": "event_callback", "team_id": team, "event_id": identifier, "event": event}
        return self.edge.chat("events", *self.slack(json.dumps(sent).encode()))

    def report(self, *, event: str = "msg_1", source: str = "jenkins", **changes: str) -> Answer:
        """A build's report."""
        data = json.dumps({"type": "build.finished", "data": {**BUILD, **changes}}).encode()
        return self.edge.build(source, *self.hook(data, event))

    def slack(
        self, body: bytes, *, sent: float = NOW, secret: str = SLACK_SECRET
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body, signed."""
        mac = hmac.digest(secret.encode(), f"v0:{sent:.0f}:".encode() + body, hashlib.sha256).hex()
        return {"X-Slack-Request-Timestamp": f"{sent:.0f}", "X-Slack-Signature": f"v0={mac}"}, body

    def hook(
        self, body: bytes, event: str = "msg_1", *, sent: float = NOW, key: bytes = KEY
    ) -> tuple[dict[str, str], bytes]:
        """The same for CI."""
        mac = hmac.digest(key, f"{event}.{sent:.0f}.".encode() + body, hashlib.sha256)
        signature = f"v1,{base64.b64encode(mac).decode()}"
        return {"webhook-id": event, "webhook-timestamp": f"{sent:.0f}", "webhook-signature": signature}, body

    def _secrets(self) -> dict[str, object]:
        if not self.reachable:
            raise Unavailable("Secrets Manager")
        return self.secrets
