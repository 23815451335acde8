"""Slack's views from the edge: views.open and views.update, each one request over http.client.

Not slack_sdk, whose import costs a tenth of a second at a cold start; and not later from another function, because a
trigger_id is good for three seconds (docs.slack.dev, interactivity/handling-user-interaction, "trigger_id").
docs/adr/0013 says why the edge holds the bot's token for it.
"""

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from chalicelib.domain.errors import Unavailable
from chalicelib.telemetry import log
from chalicelib.usecases.chat_ports import Form, Reply
from chalicelib.wire.slack_views import view_of

_SECONDS = 1.5
"""Half of what Slack waits for the answer to the request that led here."""


class SlackViews:
    """The port Views."""

    def __init__(self, token: Callable[[], str], base_url: str) -> None:
        self._token = token
        self._base = urlsplit(base_url)

    def open(self, trigger: str, shown: Form | Reply) -> bool:
        """views.open; False where Slack did not take it, for example because the trigger is too old."""
        return self._call("views.open", {"trigger_id": trigger, "view": view_of(shown)})

    def change(self, view: str, shown: Form | Reply) -> bool:
        """views.update, by the view's id; False where it was closed."""
        return self._call("views.update", {"view_id": view, "view": view_of(shown)})

    def _call(self, method: str, arguments: dict[str, Any]) -> bool:
        try:
            token = self._token()
            if not token:
                log("warning", "no view can be shown: the edge has no bot token", method=method)
                return False
            said = self._post(method, token, arguments)
        except (Unavailable, OSError, ValueError, http.client.HTTPException) as error:
            log("warning", "a view could not be shown", method=method, error=type(error).__name__)
            return False
        if said.get("ok") is not True:
            log("warning", "a view was refused", method=method, said=str(said.get("error"))[:100])
        return said.get("ok") is True

    def _post(self, method: str, token: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """One request, which follows no redirect."""
        secure = self._base.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._base.hostname or "", self._base.port, timeout=_SECONDS)
        headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": f"Bearer {token}"}
        try:
            path = f"{self._base.path.rstrip('/')}/{method}"
            connection.request("POST", path, json.dumps(arguments).encode(), headers)
            said = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return said if isinstance(said, dict) else {}
