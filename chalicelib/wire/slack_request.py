"""Slack's requests: verified over the raw bytes, then read strictly.

Facts: docs.slack.dev, "Verifying requests from Slack" (v0 scheme, five minutes), "Implementing slash commands",
"Interaction payloads".
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason

WINDOW_SECONDS = 300
BODY_LIMIT = 65_536
"""Slash commands and button clicks are a few kilobytes; more than this is not Slack."""
_ID = re.compile(r"[A-Z0-9]{2,20}\Z")
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z")
_FIELDS_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Typed:
    """A slash command. `event` is the same for a replay of the same request and for no other."""

    actor: Actor
    text: str
    response_url: str
    event: str


@dataclass(frozen=True, slots=True)
class Click:
    """A button that was pressed: what it means and what it is about."""

    actor: Actor
    verb: str
    value: str
    response_url: str
    event: str


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """Refused unless one of the live secrets signed exactly these bytes within five minutes of now."""
    found = _lower(headers)
    timestamp, signature = found.get("x-slack-request-timestamp", ""), found.get("x-slack-signature", "")
    if not _TIMESTAMP.match(timestamp) or not signature.startswith("v0="):
        raise Refused(Reason.BAD_SIGNATURE)
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        raise Refused(Reason.STALE_REQUEST)
    if len(body) > BODY_LIMIT:
        raise Refused(Reason.TOO_LARGE, limit=str(BODY_LIMIT))
    base = b"v0:" + timestamp.encode() + b":" + body
    matches = [
        hmac.compare_digest(_mac(secret, base).encode(), signature.encode("utf-8", "replace"))
        for secret in secrets
        if secret
    ]
    if not any(matches):
        raise Refused(Reason.BAD_SIGNATURE)


def parse_command(body: bytes, headers: Mapping[str, str]) -> Typed:
    """A slash command from a verified body."""
    form = _form(body)
    return Typed(
        actor=_actor(form.get("team_id", ""), form.get("user_id", "")),
        text=form.get("text", ""),
        response_url=form.get("response_url", ""),
        event=_event(headers, body),
    )


def parse_interaction(body: bytes, headers: Mapping[str, str]) -> Click:
    """One pressed button from a verified body; other interactions are refused."""
    payload = _json(_form(body).get("payload", ""))
    if payload.get("type") != "block_actions":
        raise _bad("only buttons are understood")
    actions = payload.get("actions")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        raise _bad("`actions` is not one action")
    # A message may not have two elements of one action_id, so a number may follow the verb: `keep:2`.
    verb = _string(actions[0], "action_id").partition(":")[0]
    return Click(
        actor=_actor(_string(_object(payload, "team"), "id"), _string(_object(payload, "user"), "id")),
        verb=verb,
        value=_string(actions[0], "value"),
        response_url=_string(payload, "response_url"),
        event=_event(headers, body),
    )


def _mac(secret: str, base: bytes) -> str:
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _event(headers: Mapping[str, str], body: bytes) -> str:
    timestamp = _lower(headers).get("x-slack-request-timestamp", "")
    return "slack-" + hashlib.sha256(timestamp.encode() + b":" + body).hexdigest()


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            encoding="utf-8",
            errors="strict",
            max_num_fields=_FIELDS_LIMIT,
        )
    except ValueError as error:
        raise _bad("it is not a form in UTF-8") from error
    return dict(pairs)


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad("`payload` is not JSON") from error
    if not isinstance(found, dict):
        raise _bad("`payload` is not an object")
    return found


def _object(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = payload.get(name)
    if not isinstance(found, dict):
        raise _bad(f"`{name}` is not an object")
    return found


def _string(payload: Mapping[str, Any], name: str) -> str:
    found = payload.get(name)
    if not isinstance(found, str):
        raise _bad(f"`{name}` is not text")
    return found


def _actor(workspace: str, user: str) -> Actor:
    if not _ID.match(workspace) or not _ID.match(user):
        raise _bad("it does not say which person of which workspace sent it")
    return Actor(workspace, user)


def _bad(problem: str) -> Refused:
    return Refused(Reason.BAD_BODY, problem=problem)
