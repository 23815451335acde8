"""Slack as the deployed package meets it: signed slash commands going in, a Web API that keeps what it was told."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def command(
    text: str, *, user: str = "U0DEPLOYER", trigger: str = "1.2.3", secret: str = SIGNING_SECRET
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of `/deploy TEXT` (docs.slack.dev, "Verifying requests from Slack")."""
    body = urlencode(
        {
            "team_id": "T0SANDBOX",
            "channel_id": "C0DEPLOYS",
            "user_id": user,
            "command": "/deploy",
            "text": text,
            "trigger_id": trigger,
            "response_url": "https://hooks.slack.com/commands/T0SANDBOX/1/x",
        }
    ).encode()
    stamp = str(int(time.time()))
    signature = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signature}",
    }


class WebApi(ThreadingHTTPServer):
    """Answers every method with `ok` and keeps the calls: (method, bearer, arguments)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/"


class _Handler(BaseHTTPRequestHandler):
    server: WebApi

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        method = self.path.removeprefix("/api/")
        self.server.calls.append((method, self.headers["Authorization"], json.loads(content)))
        answer = json.dumps({"ok": True, "ts": f"1700000000.{len(self.server.calls):06}"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Tests print nothing."""


@contextmanager
def web_api() -> Iterator[WebApi]:
    """A Web API while the block runs."""
    server = WebApi()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
