"""Slack's views from the edge: views.open and views.update, each one request.

Not later from another function, because a trigger_id is good for three seconds (docs.slack.dev,
interactivity/handling-user-interaction, "trigger_id"). docs/adr/0013 says why the edge holds the bot's token for it.
"""

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from chalicelib.adapters import slack_http
from chalicelib.domain.errors import Unavailable
from chalicelib.telemetry import log
from chalicelib.usecases.chat_ports import Form, Opened, Reply
from chalicelib.wire.slack_views import view_of

_SECONDS = 1.5
"""At most, so that there is time left to say it another way."""
_UNDECIDED = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
"""Some aspect of the operation may have succeeded all the same (page "views.open", errors)."""


class SlackViews:
    """The port Views."""

    def __init__(self, token: Callable[[], str], base_url: str) -> None:
        self._token = token
        self._base = urlsplit(base_url)

    def open(self, trigger: str, shown: Form | Reply, *, within: float) -> Opened:
        """views.open; not opened where Slack refuses it, for example because the trigger is too old."""
        return self._call("views.open", {"trigger_id": trigger, "view": view_of(shown)}, within)

    def change(self, view: str, shown: Form | Reply, *, within: float) -> Opened:
        """views.update, by the view's id; refused where it was closed."""
        return self._call("views.update", {"view_id": view, "view": view_of(shown)}, within)

    def _call(self, method: str, arguments: dict[str, Any], within: float) -> Opened:
        token = self._found_token()
        if not token:
            log("warning", "no view can be shown: the edge has no bot token", method=method)
            return Opened.NO
        try:
            said = self._post(method, token, arguments, min(_SECONDS, within))
        except (OSError, ValueError, http.client.HTTPException) as error:
            log("warning", "nobody knows whether a view is shown", method=method, error=type(error).__name__)
            return Opened.PERHAPS
        if said.get("ok") is True:
            return Opened.YES
        code = said.get("error")
        log("warning", "a view was refused", method=method, said=str(code)[:100])
        return Opened.NO if isinstance(code, str) and code not in _UNDECIDED else Opened.PERHAPS

    def _found_token(self) -> str:
        try:
            return self._token()
        except Unavailable:
            return ""

    def _post(self, method: str, token: str, arguments: dict[str, Any], seconds: float) -> dict[str, Any]:
        headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": f"Bearer {token}"}
        path = f"{self._base.path.rstrip('/')}/{method}"
        _, answer = slack_http.post(
            self._base, path, json.dumps(arguments).encode(), headers, seconds=seconds
        )
        said = json.loads(answer)
        return said if isinstance(said, dict) else {}
