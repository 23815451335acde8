"""The team's build server, as far as the product sees it: it reports builds through the CI door, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from sandbox.clock import VirtualClock

KEY = b"sandbox-ci-signing-secret-32byte"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
SOURCE = "jenkins"


@dataclass(frozen=True)
class BuildServer:
    """Reports to `{api}/hooks/ci/jenkins` after the Standard Webhooks specification, in the sandbox's time."""

    api: str
    clock: VirtualClock
    signatures: list[str] = field(default_factory=list)
    """Of every report so far."""

    def report(
        self,
        version: str,
        status: str,
        *,
        artifact: str = "",
        sha256: str = "",
        service: str = "cameras",
    ) -> tuple[int, str]:
        """Report a build (of the sample service by default); returns the HTTP status and the answer's body."""
        data = {
            "service": service,
            "version": version,
            "status": status,
            "commit": hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest(),
            "author": "build-server",
            "artifact": artifact,
            "sha256": sha256,
        }
        kind = "build.started" if status == "running" else "build.finished"
        at = datetime.fromtimestamp(self.clock.now(), UTC).isoformat()
        report = {"type": kind, "timestamp": at, "data": {key: value for key, value in data.items() if value}}
        return self._send(json.dumps(report).encode())

    def _send(self, body: bytes) -> tuple[int, str]:
        identifier, timestamp = f"msg_{secrets.token_hex(8)}", str(int(self.clock.now()))
        self.signatures.append(sign(identifier, timestamp, body))
        headers = {
            "content-type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": timestamp,
            "webhook-signature": self.signatures[-1],
        }
        request = Request(f"{self.api}/hooks/ci/{SOURCE}", body, headers, method="POST")  # noqa: S310 - own http URL
        try:
            with urlopen(request, timeout=15) as answer:  # noqa: S310 - own http URL
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            return refused.code, refused.read().decode()


def sign(identifier: str, timestamp: str, body: bytes, secret: str = SECRET) -> str:
    """The `webhook-signature` header of one message (Standard Webhooks, "Signature scheme")."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()
