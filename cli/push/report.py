"""The service is told of a release: a message `release.pushed`, signed after the Standard Webhooks specification.

Signature scheme: github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.domain.release import Difference, Manifest

if TYPE_CHECKING:
    from urllib.error import HTTPError

_SECONDS = 20
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class NotReported(Exception):
    """The service was not told; the message says why. The release is there all the same."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where a CI source reports to, and the secret that it signs with."""

    url: str
    source: str
    secret: str

    @property
    def address(self) -> str:
        """The door of this source. Raises NotReported unless nobody can listen on the way."""
        split = urlsplit(self.url)
        if split.scheme != "https" and split.hostname not in _LOOPBACK:
            raise NotReported(f"{self.url} is not an https address")
        return f"{self.url.rstrip('/')}/hooks/ci/{self.source}"


def message(
    made: Manifest, changed: Difference, *, environment: str, before: str, at: float
) -> dict[str, Any]:
    """What is told: which release, how large, and what is different from the one before."""
    data = {
        "service": made.service,
        "tag": made.tag,
        "manifest": made.digest,
        "files": len(made.files),
        "bytes": made.size,
        "added": len(changed.added),
        "changed": len(changed.changed),
        "removed": len(changed.gone),
    }
    texts = {"version": made.version, "commit": made.commit, "environment": environment, "before": before}
    data |= {name: value for name, value in texts.items() if value}
    return {"type": "release.pushed", "timestamp": datetime.fromtimestamp(at, UTC).isoformat(), "data": data}


def send(door: Door, content: dict[str, Any], *, identifier: str, at: float) -> str:
    """`accepted`, or `duplicate` where the service knew it already. Raises NotReported."""
    import urllib.error  # noqa: PLC0415  # a push that is not reported needs no HTTP client
    import urllib.request  # noqa: PLC0415  # the same

    body = json.dumps(content, separators=(",", ":")).encode()
    timestamp = str(int(at))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": sign(door.secret, identifier, timestamp, body),
    }
    request = urllib.request.Request(door.address, body, headers, method="POST")  # noqa: S310  # Door has checked it
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # the same
            return str(json.loads(answer.read(65_536)).get("status", "accepted"))
    except urllib.error.HTTPError as error:
        raise NotReported(f"the service answered {error.code}: {_said(error)}") from error
    except (OSError, ValueError, AttributeError) as error:
        raise NotReported(f"the service did not answer: {error}") from error


def sign(secret: str, identifier: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the MAC over id, time and body. Raises NotReported for what is no secret, without showing it."""
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise NotReported("POINTSMAN_SECRET is not a secret of the form whsec_ and base64")
    signed = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _said(error: "HTTPError") -> str:
    try:
        text = str(json.loads(error.read(65_536))["message"])
    except (OSError, ValueError, KeyError, TypeError):
        text = error.reason
    return "".join(each if each.isprintable() else " " for each in text)[:300]
