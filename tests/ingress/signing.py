"""Requests to the running edge, signed in the ways that matter: rightly, or in one way wrongly."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from itertools import count

from tests.unit.door import KEY, SLACK_SECRET

FORGED = ("unsigned", "another key", "stale", "of the future", "another body", "another version", "empty key")
_ids = count(1)


def headers(door: str, body: bytes, how: str = "right") -> Mapping[str, str]:
    """The signature's headers for a door."""
    if how == "unsigned":
        return {}
    moved = {"stale": -3_600, "of the future": 3_600}.get(how, 0)
    signed = body + b" " if how == "another body" else body
    sent = str(int(time.time()) + moved)
    return _webhook(signed, sent, how) if door == "build" else _slack(signed, sent, how)


def _slack(body: bytes, sent: str, how: str) -> dict[str, str]:
    key = {"another key": b"another", "empty key": b""}.get(how, SLACK_SECRET.encode())
    version = "v1" if how == "another version" else "v0"
    mac = hmac.digest(key, f"{version}:{sent}:".encode() + body, hashlib.sha256).hex()
    return {"X-Slack-Request-Timestamp": sent, "X-Slack-Signature": f"{version}={mac}"}


def _webhook(body: bytes, sent: str, how: str) -> dict[str, str]:
    key = {"another key": b"another-key-of-24-bytes!", "empty key": b""}.get(how, KEY)
    version = "v1a" if how == "another version" else "v1"
    identifier = f"msg_{next(_ids)}"
    mac = hmac.digest(key, f"{identifier}.{sent}.".encode() + body, hashlib.sha256)
    signature = f"{version},{base64.b64encode(mac).decode()}"
    return {"webhook-id": identifier, "webhook-timestamp": sent, "webhook-signature": signature}
