"""One request to Slack by the standard library: no redirect is followed, and nobody waits longer than was said.

Not slack_sdk, whose import costs a tenth of a second at a cold start (docs/adr/0013).
"""

import http.client
import time
from collections.abc import Mapping
from urllib.parse import SplitResult

_LEAST = 0.05
"""Seconds; a socket without any would not block at all."""


def post(
    host: SplitResult, path: str, body: bytes, headers: Mapping[str, str], *, seconds: float
) -> tuple[int, bytes]:
    """The status and the answer, in `seconds` for all of it: http.client's timeout is for each step. Raises OSError,
    ValueError and http.client.HTTPException."""
    until = time.monotonic() + seconds
    kind = http.client.HTTPSConnection if host.scheme == "https" else http.client.HTTPConnection
    connection = kind(host.hostname or "", host.port, timeout=max(_LEAST, seconds))
    try:
        connection.connect()
        connection.sock.settimeout(max(_LEAST, until - time.monotonic()))
        connection.request("POST", path, body, dict(headers))
        connection.sock.settimeout(max(_LEAST, until - time.monotonic()))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
