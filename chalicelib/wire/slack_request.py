"""What Slack sends: signed forms. Verified over the raw bytes first, then parsed strictly; both raise only Refused.

docs.slack.dev: authentication/verifying-requests-from-slack, interactivity/implementing-slash-commands,
reference/interaction-payloads/block_actions-payload.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.wire.reading import bad, header, inner, json_object, matching, refuse_larger, seconds
from chalicelib.wire.slack_message import verb_of

WINDOW_SECONDS = 300
MOST_COMMAND = 32_768
MOST_INTERACTION = 524_288
"""A click carries the whole message, percent-encoded: 50 blocks of 3,000 characters."""
_MOST_FIELDS = 64

_WORKSPACE = re.compile(r"[TE][A-Z0-9]{1,31}", re.ASCII)
_USER = re.compile(r"[UW][A-Z0-9]{1,31}", re.ASCII)
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{1,31}", re.ASCII)
_TEXT = re.compile(r"[^\ud800-\udfff\x00-\x08\x0e-\x1f]{0,3000}")
_URL = re.compile(r"https?://[!-~]{1,2000}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}", re.ASCII)
_ACTION = re.compile(r"[a-z][a-z0-9_:]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """What somebody typed after `/deploy`. `event` is the same whenever this very request comes again."""

    actor: Actor
    text: str
    channel: str
    response_url: str
    event: str


@dataclass(frozen=True, slots=True)
class Click:
    """A button that somebody pressed; `timestamp` is the message's, empty where only the clicker saw it."""

    actor: Actor
    verb: str
    value: str
    channel: str
    timestamp: str
    response_url: str
    event: str


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


def parse_command(body: bytes, headers: Mapping[str, str]) -> SlashCommand:
    """A slash command."""
    refuse_larger(body, MOST_COMMAND)
    form = _form(body)
    return SlashCommand(
        actor=Actor(matching(form, "team_id", _WORKSPACE), matching(form, "user_id", _USER)),
        text=matching({"text": form.get("text", "")}, "text", _TEXT),
        channel=matching(form, "channel_id", _CHANNEL),
        response_url=matching(form, "response_url", _URL),
        event=_event(body, headers, form.get("trigger_id", "")),
    )


def parse_interaction(body: bytes, headers: Mapping[str, str]) -> Click:
    """A click on one button; every other kind of interaction is refused."""
    refuse_larger(body, MOST_INTERACTION)
    payload = json_object(_form(body).get("payload", ""), "`payload`")
    if payload.get("type") != "block_actions":
        raise bad("only clicks on buttons are understood")
    actions = payload.get("actions")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        raise bad("`actions` does not hold one button")
    container = inner(payload, "container")
    trigger = payload.get("trigger_id")
    return Click(
        actor=_actor(payload),
        verb=verb_of(matching(actions[0], "action_id", _ACTION)),
        value=matching(actions[0], "value", _TEXT),
        channel=matching(container, "channel_id", _CHANNEL),
        timestamp="" if container.get("is_ephemeral") else matching(container, "message_ts", _TIMESTAMP),
        response_url=matching(payload, "response_url", _URL),
        event=_event(body, headers, trigger if isinstance(trigger, str) else ""),
    )


def _actor(payload: Mapping[str, object]) -> Actor:
    """In a channel that is shared with another company, a person's own workspace stands with the person."""
    user = inner(payload, "user")
    home = user if user.get("team_id") is not None else {"team_id": inner(payload, "team").get("id")}
    return Actor(matching(home, "team_id", _WORKSPACE), matching(user, "id", _USER))


def _event(body: bytes, headers: Mapping[str, str], trigger: str) -> str:
    """One id for one act: a body with Slack's trigger id is unique by itself, any other with the time it was signed."""
    timestamp = "" if trigger else header(headers, "x-slack-request-timestamp")
    return "slack-" + hashlib.sha256(timestamp.encode("utf-8", "replace") + b":" + body).hexdigest()


def _form(body: bytes) -> dict[str, str]:
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
