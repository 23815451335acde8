"""Slack: the bot's messages through slack_sdk, and what only a clicker sees through the click's own response_url."""

import http.client
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from chalicelib.adapters import slack_http
from chalicelib.adapters.slack_files import Draw, SlackFiles, draw_png
from chalicelib.domain.errors import NotReady, RateLimited, Refused, Unavailable
from chalicelib.domain.pacing import Limit
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.telemetry import log
from chalicelib.usecases.chat_ports import ChatLimits, Home, Message, Picture, Reply
from chalicelib.wire.slack_message import blocks_of, reply_of, text_of
from chalicelib.wire.slack_views import home_of

if TYPE_CHECKING:
    from slack_sdk.web import SlackResponse

_SECONDS = 5
_WHISPER_SECONDS = 1.5
"""At most: the edge answers Slack within three seconds, and a refusal is worth no more of them."""
_MENDABLE = {
    "account_inactive",
    "fatal_error",
    "internal_error",
    "invalid_auth",
    "missing_scope",
    "not_authed",
    "request_timeout",
    "service_unavailable",
    "token_expired",
    "token_revoked",
}
"""What passes, or an operator mends: the table's stream brings the message again ("Errors", chat.postMessage)."""
_GONE = {"message_not_found", "cant_update_message", "thread_not_found"}
_EVENT_TYPE = "pointsman_message"
_PAGE, _PAGES = 200, 10
"""Slack recommends pages of 200 ("Pagination"). Seconds lie between an intent and its message, so this is plenty."""


_LIMITS = ChatLimits(
    post=Limit(1.0, per_channel=True), update=Limit(1.5, burst=10), publish=Limit(0.75, burst=20)
)
"""Page "Rate limits": one message a second and channel (bursts may get lost), and for chat.update Tier 3, which is at
least 50 a minute for the app in a workspace: 10 at once and 40 a minute are never more than that. views.publish is
Tier 4, at least 100 a minute: 20 at once and 80."""
_UNTOLD_WAIT = 30.0


class SlackChat:
    """The port Chat. slack_sdk is imported here, because its import costs a tenth of a second."""

    limits = _LIMITS

    def __init__(self, token: Callable[[], str], base_url: str, draw: Draw = draw_png) -> None:
        from slack_sdk import WebClient  # noqa: PLC0415 - see above

        # Its retry handlers sleep, and nothing sleeps in a function: the table's stream comes again instead.
        self._token = token
        self._client = WebClient(base_url=base_url, timeout=_SECONDS, retry_handlers=[])
        self._files = SlackFiles(self._send, draw)

    def post(
        self, channel: str, message: Message, *, key: str, thread: str = "", broadcast: bool = False
    ) -> str:
        """chat.postMessage, with the key in the message's metadata, which people do not see."""
        arguments = {"thread_ts": thread, "reply_broadcast": broadcast} if thread else {}
        answer = self._call(
            "chat.postMessage",
            channel=channel,
            text=text_of(message),
            blocks=blocks_of(message),
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": _EVENT_TYPE, "event_payload": {"key": key}},
            **arguments,
        )
        return str(answer["ts"])

    def find(self, channel: str, key: str, *, thread: str = "", since: float) -> str | None:
        """conversations.history, or conversations.replies for a thread: payloads come with include_all_metadata only.

        What can not be read is not found: a second copy is better than none.
        """
        method = "conversations.replies" if thread else "conversations.history"
        form = {"channel": channel, "oldest": f"{since:.6f}", "limit": _PAGE, "include_all_metadata": "true"}
        form |= {"ts": thread} if thread else {}
        try:
            for _ in range(_PAGES):
                answer = self._send(method, form=form)
                found = _with_key(answer.get("messages"), key)
                cursor = (answer.get("response_metadata") or {}).get("next_cursor")
                if found or not cursor:
                    return found
                form["cursor"] = cursor
        except Refused as refused:
            log("warning", "chat can not be searched", method=method, said=refused.text)
        return None

    def update(self, channel: str, timestamp: str, message: Message) -> None:
        """chat.update, which keeps the metadata; a message that somebody deleted is left alone. A picture that Slack
        has not looked through yet makes the blocks invalid (python-slack-sdk issue 1658, slack-github-action 413)."""
        try:
            self._call(
                "chat.update", channel=channel, ts=timestamp, text=text_of(message), blocks=blocks_of(message)
            )
        except Refused as refused:
            problem = refused.facts.get("problem")
            if problem == "invalid_blocks" and message.picture is not None and message.picture.file:
                raise NotReady("Slack does not show the picture yet") from refused
            if problem not in _GONE:
                raise

    def upload(self, picture: Picture) -> str:
        """See SlackFiles."""
        return self._files.upload(picture)

    def release(self, picture: Picture) -> None:
        """See SlackFiles."""
        self._files.release(picture)

    def publish(self, person: Actor, home: Home) -> None:
        """views.publish; Refused where the app's Home tab is not turned on (`not_enabled`)."""
        self._call("views.publish", user_id=person.user, view=home_of(home))

    def _call(self, method: str, **arguments: object) -> dict[str, Any]:
        return self._send(method, body=arguments)

    def _send(
        self, method: str, *, body: dict[str, Any] | None = None, form: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """One request: JSON or, where the method reads, a form."""
        from slack_sdk.errors import SlackApiError, SlackClientError  # noqa: PLC0415 - imported with the client

        try:
            response = self._client.api_call(
                method, json=body, data=form, headers={"Authorization": f"Bearer {self._token()}"}
            )
        except SlackApiError as error:
            raise _refusal(method, error.response) from error
        except (SlackClientError, OSError) as error:
            raise Unavailable(f"Slack {method}: {type(error).__name__}") from error
        return dict(response.data) if isinstance(response.data, dict) else {}


def _with_key(messages: list[dict[str, Any]] | None, key: str) -> str | None:
    """The timestamp of the message that carries a key."""
    for message in messages or ():
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        if metadata.get("event_type") == _EVENT_TYPE and payload.get("key") == key:
            return str(message["ts"])
    return None


def _refusal(method: str, response: "SlackResponse") -> Refused | Unavailable:
    """Whether it is worth trying again, and when Slack wants that."""
    code = str(response.get("error"))
    if response.status_code == 429 or code == "ratelimited":
        headers = {name.lower(): value for name, value in response.headers.items()}
        seconds = _seconds(headers.get("retry-after", ""))
        return RateLimited(f"Slack {method}: ratelimited, again after {seconds:.0f} s", seconds)
    # Else it is slack_sdk that complains of an answer it can not read.
    decided = code.replace("_", "").isalnum()
    if decided and response.status_code < 500 and code not in _MENDABLE:
        return Refused(Reason.CHAT_REFUSED, method=method, problem=code)
    return Unavailable(f"Slack {method}: {code}")


def _seconds(header: str) -> float:
    """Whole seconds, as the page "Rate limits" has it; an answer without them is no invitation either."""
    return float(header) if header.isdecimal() else _UNTOLD_WAIT


class ResponseUrls:
    """The port Replies. An address is only ever called on Slack's own origin, whatever a request says."""

    def __init__(self, origin: str) -> None:
        self._origin = origin.rstrip("/")

    def whisper(self, address: str, reply: Reply, *, within: float, instead: bool = False) -> None:
        """To the one who clicked; `replace_original` is about the message that they clicked in, also where only they
        saw it (docs.slack.dev, messaging/modifying-messages, "Updating messages using response_url")."""
        said = {"response_type": "ephemeral", "replace_original": instead, **reply_of(reply)}
        try:
            parts = urlsplit(address)
            if f"{parts.scheme}://{parts.netloc}" != self._origin:
                log("warning", "a response_url is not Slack's; nothing was sent")
                return
            status = self._post(parts, said, min(_WHISPER_SECONDS, within))
        except (OSError, ValueError, http.client.HTTPException) as error:
            log("warning", "a reply could not be delivered", error=type(error).__name__)
            return
        if status >= 300:
            log("warning", "a reply was refused", status=status)

    def _post(self, parts: SplitResult, said: dict[str, Any], seconds: float) -> int:
        """One request, which follows no redirect: that could lead away from the origin."""
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {"Content-Type": "application/json"}
        return slack_http.post(parts, path, json.dumps(said).encode(), headers, seconds=seconds)[0]
