"""What the methods of the Web API share: arguments read, messages shown, and the refusal of what Slack would refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.front import workspace
from sandbox.front.blocks import check_blocks

if TYPE_CHECKING:
    from sandbox.front.channel import Message

Arguments = dict[str, Any]
MAX_UPDATE_TEXT = 4_000
MAX_POST_TEXT = 40_000


class SlackError(Exception):
    """A refusal; `code` is what Slack puts into `error`."""

    def __init__(self, code: str, messages: list[str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or []


def content_of(arguments: Arguments, *, longest: int) -> tuple[list[dict[str, Any]] | None, str | None]:
    """(blocks, text) of a message; None where not given. Raises SlackError where Slack would refuse it."""
    blocks, text = decoded(arguments, "blocks"), arguments.get("text")
    if not blocks and not str(text or "").strip():
        raise SlackError("no_text")
    if text is not None and len(str(text)) > longest:
        raise SlackError("msg_too_long")
    if blocks is not None:
        problems = check_blocks(blocks)
        if problems:
            raise SlackError("invalid_blocks", problems)
    return blocks, None if text is None else str(text)


def message_json(message: Message) -> dict[str, Any]:
    """A message as Slack shows it to apps."""
    bot = message.author == workspace.BOT_USER_ID
    sender = {"bot_id": workspace.BOT_ID, "app_id": workspace.APP_ID} if bot else {}
    thread = {"thread_ts": message.thread_ts} if message.thread_ts else {}
    edited = {"user": message.author, "ts": f"{message.versions[-1].at:.6f}"}
    return {
        "type": "message",
        "user": message.author,
        "team": workspace.TEAM_ID,
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
        **sender,
        **thread,
        **({"edited": edited} if message.edited else {}),
        **({"metadata": message.metadata} if message.metadata else {}),
    }


def metadata_of(arguments: Arguments) -> dict[str, Any] | None:
    """https://docs.slack.dev/messaging/message-metadata: an event's type, and a payload that is an object."""
    metadata = decoded(arguments, "metadata")
    if not metadata:
        return None
    well_formed = isinstance(metadata, dict) and isinstance(metadata.get("event_type"), str)
    if not well_formed or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return {name: metadata[name] for name in ("event_type", "event_payload")}


def channel_id(arguments: Arguments) -> str:
    """The channel that is meant by id or by name. Raises SlackError."""
    wanted = str(arguments.get("channel", "")).removeprefix("#")
    for channel, name in workspace.CHANNELS.items():
        if wanted in {channel, name}:
            return channel
    raise SlackError("channel_not_found")


def decoded(arguments: Arguments, name: str) -> Any:
    """Structured arguments are JSON text in a form and plain values in a JSON body."""
    value = arguments.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError(f"invalid_{name}", [f"[ERROR] not JSON [json-pointer:/{name}]"]) from None


def flag(arguments: Arguments, name: str) -> bool:
    """A yes or no, as forms and JSON have it."""
    return str(arguments.get(name, "")).lower() in {"1", "true"}
