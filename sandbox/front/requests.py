"""What Slack sends to an app: slash commands and button clicks, signed.

Commands: https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling
Clicks: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
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


def signed_headers(secret: str, body: bytes, now: float) -> dict[str, str]:
    """Headers of a request with this body, sent at `now`."""
    timestamp = str(int(now))
    base = b"v0:" + timestamp.encode() + b":" + body
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest(),
    }


def command_body(person: Person, channel: str, command: str, text: str, response_url: str) -> bytes:
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
        "trigger_id": _trigger_id(),
    }
    return urlencode(fields).encode()


def click_body(
    person: Person,
    message: Message,
    block_id: str,
    button: dict[str, Any],
    *,
    response_url: str,
    now: float,
) -> bytes:
    """The form of a pressed button."""
    ephemeral = message.viewer is not None
    thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {
            "id": person.id,
            "username": person.handle,
            "name": person.handle,
            "team_id": workspace.TEAM_ID,
        },
        "api_app_id": workspace.APP_ID,
        "token": "deprecated-verification-token",
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": ephemeral,
            **thread,
        },
        "trigger_id": _trigger_id(),
        "team": {"id": workspace.TEAM_ID, "domain": workspace.TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": message.channel, "name": workspace.CHANNELS[message.channel]},
        # Slack does not keep ephemeral messages, so it cannot send them along.
        **({} if ephemeral else {"message": message_json(message)}),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [_action(block_id, button, now)],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def _action(block_id: str, button: dict[str, Any], now: float) -> dict[str, Any]:
    kept = {name: value for name, value in button.items() if name in {"text", "value", "style"}}
    identity = {"type": "button", "action_id": button["action_id"], "block_id": block_id}
    return {**identity, **kept, "action_ts": f"{now:.6f}"}


def _trigger_id() -> str:
    return f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
