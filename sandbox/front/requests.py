"""What Slack sends to an app: slash commands, clicks, forms and events, signed.

Commands: https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
Clicks: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
Forms: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
Events: https://docs.slack.dev/apis/events-api, .../reference/events/app_home_opened
Signatures: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sandbox.front import workspace
from sandbox.front.content import message_json

if TYPE_CHECKING:
    from sandbox.front.channel import Message
    from sandbox.front.workspace import Person


FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def signed_headers(secret: str, body: bytes, now: float, *, kind: str = FORM) -> dict[str, str]:
    """Headers of a request with this body, sent at `now`."""
    timestamp = str(int(now))
    base = b"v0:" + timestamp.encode() + b":" + body
    return {
        "Content-Type": kind,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest(),
    }


def command_body(
    person: Person, channel: str, command: str, text: str, *, response_url: str, trigger: str
) -> bytes:
    """The form of a slash command."""
    fields = {
        "token": "deprecated-verification-token",
        "team_id": workspace.TEAM_ID,
        "team_domain": workspace.TEAM_DOMAIN,
        "channel_id": channel,
        "channel_name": workspace.CHANNELS[channel],
        "user_id": person.id,
        "user_name": person.handle,
        "command": command,
        "text": text,
        "api_app_id": workspace.APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }
    return urlencode(fields).encode()


def click_body(
    person: Person,
    message: Message,
    block_id: str,
    button: dict[str, Any],
    *,
    response_url: str,
    trigger: str,
    now: float,
) -> bytes:
    """The form of a pressed button."""
    ephemeral = message.viewer is not None
    thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    payload: dict[str, Any] = {
        **_from(person, trigger, "block_actions"),
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": ephemeral,
            **thread,
        },
        "channel": {"id": message.channel, "name": workspace.CHANNELS[message.channel]},
        # Slack does not keep ephemeral messages, so it cannot send them along.
        **({} if ephemeral else {"message": message_json(message)}),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [_action(block_id, button, now)],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def view_action_body(
    person: Person,
    view: dict[str, Any],
    block_id: str,
    element: dict[str, Any],
    *,
    selected: dict[str, Any] | None,
    state: dict[str, Any],
    trigger: str,
    now: float,
) -> bytes:
    """The form of a button or a choice inside the Home tab or a modal; no response_url belongs to it."""
    action = _action(block_id, element, now)
    if selected is not None:
        action["selected_option"] = selected
    payload = {
        **_from(person, trigger, "block_actions"),
        "container": {"type": "view", "view_id": view["id"]},
        "view": {**view, "state": {"values": state}},
        "actions": [action],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def submission_body(person: Person, view: dict[str, Any], values: dict[str, Any], *, trigger: str) -> bytes:
    """The form of a submitted modal."""
    payload = {
        **_from(person, trigger, "view_submission"),
        "view": {**view, "state": {"values": values}},
        "response_urls": [],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def home_opened_body(person: Person, now: float, view: dict[str, Any] | None) -> bytes:
    """The event of somebody who opens the app's Home tab."""
    event = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": f"D{person.id[1:]}",
        "tab": "home",
        "event_ts": f"{now:.6f}",
        **({"view": view} if view else {}),
    }
    return json.dumps(
        {
            "token": "deprecated-verification-token",
            "team_id": workspace.TEAM_ID,
            "api_app_id": workspace.APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(now),
        }
    ).encode()


def _from(person: Person, trigger: str, kind: str) -> dict[str, Any]:
    """What every interaction begins with."""
    return {
        "type": kind,
        "user": {
            "id": person.id,
            "username": person.handle,
            "name": person.handle,
            "team_id": workspace.TEAM_ID,
        },
        "api_app_id": workspace.APP_ID,
        "token": "deprecated-verification-token",
        "trigger_id": trigger,
        "team": {"id": workspace.TEAM_ID, "domain": workspace.TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _action(block_id: str, button: dict[str, Any], now: float) -> dict[str, Any]:
    kept = {name: value for name, value in button.items() if name in {"text", "value", "style"}}
    identity = {"type": button["type"], "action_id": button["action_id"], "block_id": block_id}
    return {**identity, **kept, "action_ts": f"{now:.6f}"}
