"""Pictures as files of Slack: drawn, sent in two calls, and let go in a third.

Facts: docs.slack.dev, files.getUploadURLExternal and files.completeUploadExternal (scope `files:write`; without a
channel the file is the app's own, and only the messages that name it show it).
"""

import http.client
import urllib.request
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.telemetry import log
from chalicelib.usecases.chat_ports import Chart, Picture
from chalicelib.wire.slack_text import plain

_SECONDS = 10
_ALT = 1_000
"""`alt_txt_too_large`."""
Draw = Callable[[Picture], bytes]


class Send(Protocol):
    """One request to a method of Slack's Web API."""

    def __call__(
        self, method: str, *, body: dict[str, Any] | None = None, form: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The answer; Refused or Unavailable."""


def draw_png(picture: Picture) -> bytes:
    """Pillow, which only the function for chat loads, and only when there is something to draw."""
    try:
        from chalicelib.adapters.picture_png import png  # noqa: PLC0415 - see above

        return png(picture)
    except (ImportError, OSError, ValueError, ArithmeticError) as error:
        raise Unavailable(f"a picture can not be drawn: {error}") from error


class SlackFiles:
    """What the port Chat does with pictures."""

    def __init__(self, send: Send, draw: Draw) -> None:
        self._send = send
        self._draw = draw

    def upload(self, picture: Picture) -> str:
        """The id of a file whose bytes Slack has; it drops what is never completed."""
        drawn = self._draw(picture)
        name = "key-metrics.png" if isinstance(picture, Chart) else "timeline.png"
        facts = {"filename": name, "length": len(drawn), "alt_txt": plain(picture.alt, _ALT)}
        answer = self._send("files.getUploadURLExternal", form=facts)
        _post(str(answer.get("upload_url", "")), drawn)
        return str(answer.get("file_id", ""))

    def release(self, picture: Picture) -> None:
        """Completing again says that there is nothing to complete: then the message will tell whether it is there."""
        files = [{"id": picture.file, "title": picture.title}]
        try:
            self._send("files.completeUploadExternal", body={"files": files})
        except Refused as refused:
            log("warning", "a picture could not be completed", said=refused.text)


def _post(address: str, content: bytes) -> None:
    """To the address that Slack's own answer named; nothing secret goes there."""
    if urlsplit(address).scheme not in {"http", "https"}:
        raise Unavailable("Slack named no address for a picture")
    request = urllib.request.Request(address, content, {"Content-Type": "image/png"}, method="POST")  # noqa: S310 - see above
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - see above
            answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"a picture was not taken: {type(error).__name__}") from error
