"""What Slack sends is signed: verified over the raw bytes first, then parsed strictly; both raise only Refused.

docs.slack.dev: authentication/verifying-requests-from-slack, interactivity/implementing-slash-commands. What people do
with blocks and views is read in slack_interaction.py, events in slack_events.py.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_requests import Typed
from chalicelib.wire.reading import bad, header, inner, matching, refuse_larger, seconds

WINDOW_SECONDS = 300
MOST_COMMAND = 32_768
_MOST_FIELDS = 64
_TRIGGER = re.compile(r"[!-~]{1,200}", re.ASCII)

_ABOUT = re.compile(r"\A(\s*\S+\s+)<@([UW][A-Z0-9]{1,31})(?:\|[^<>]{0,80})?>", re.ASCII)
"""A person right after the command's own word. Slack sends `<@U012ABCDEF|name>`, also without the name, where "Escape
channels, users, and links sent to your app" is on for the command (in an app's manifest: `should_escape`)."""

WORKSPACE = re.compile(r"[TE][A-Z0-9]{1,31}", re.ASCII)
USER = re.compile(r"[UW][A-Z0-9]{1,31}", re.ASCII)
CHANNEL = re.compile(r"[CDG][A-Z0-9]{1,31}", re.ASCII)
TEXT = re.compile(r"[^\ud800-\udfff\x00-\x08\x0e-\x1f]{0,3000}")
URL = re.compile(r"https?://[!-~]{1,2000}", re.ASCII)


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """Refused(BAD_SIGNATURE | STALE_REQUEST) unless one of the live secrets signed these bytes within five minutes.

    Without a secret nothing passes.
    """
    timestamp = header(headers, "x-slack-request-timestamp")
    sent = seconds(timestamp)
    if sent is None:
        raise Refused(Reason.BAD_SIGNATURE)
    if abs(now - sent) > WINDOW_SECONDS:
        raise Refused(Reason.STALE_REQUEST)
    given = header(headers, "x-slack-signature").encode("utf-8", "replace")
    base = b"v0:" + timestamp.encode() + b":" + body
    # Every secret is tried, so that the time it takes does not tell which one is live.
    matches = [hmac.compare_digest(_signature(secret, base), given) for secret in secrets if secret.strip()]
    if not any(matches):
        raise Refused(Reason.BAD_SIGNATURE)


def parse_command(body: bytes, headers: Mapping[str, str]) -> Typed:
    """A slash command."""
    refuse_larger(body, MOST_COMMAND)
    form = form_of(body)
    actor = Actor(matching(form, "team_id", WORKSPACE), matching(form, "user_id", USER))
    text = matching({"text": form.get("text", "")}, "text", TEXT)
    return Typed(
        actor=actor,
        text=_ABOUT.sub(lambda found: f"{found[1]}{person_of(actor.workspace, found[2])}", text),
        channel=matching(form, "channel_id", CHANNEL),
        address=matching(form, "response_url", URL),
        event=event_of(body, headers, form.get("trigger_id", "")),
        trigger=trigger_of(form),
    )


def person_of(workspace: str, user: str) -> str:
    """Somebody as texts of the product name them, whichever way they go."""
    return f"{{person:{Actor(workspace, user)}}}"


def trigger_of(sent: Mapping[str, object]) -> str:
    """What opens a view; where it is not of that form, none is opened and everything else goes on."""
    given = sent.get("trigger_id")
    return given if isinstance(given, str) and _TRIGGER.fullmatch(given) else ""


def actor_of(payload: Mapping[str, object]) -> Actor:
    """In a channel that is shared with another company, a person's own workspace stands with the person."""
    user = inner(payload, "user")
    home = user if user.get("team_id") is not None else {"team_id": inner(payload, "team").get("id")}
    return Actor(matching(home, "team_id", WORKSPACE), matching(user, "id", USER))


def event_of(body: bytes, headers: Mapping[str, str], trigger: str) -> str:
    """One id for one act: a body with Slack's trigger id is unique by itself, any other with the time it was signed."""
    timestamp = "" if trigger else header(headers, "x-slack-request-timestamp")
    return "slack-" + hashlib.sha256(timestamp.encode("utf-8", "replace") + b":" + body).hexdigest()


def form_of(body: bytes) -> dict[str, str]:
    """A form whose fields come once each; Refused where it is no UTF-8 or no form."""
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise bad("the body is not a form in UTF-8") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise bad("a field of the form comes twice")
    return form


def _signature(secret: str, base: bytes) -> bytes:
    return b"v0=" + hmac.digest(secret.encode(), base, "sha256").hex().encode()
