"""The methods of Slack's Web API that the product calls, as functions of the channel.

Each method's page: https://docs.slack.dev/reference/methods/<name>
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.front import workspace
from sandbox.front.blocks import check_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.front.channel import Channel, Message

Arguments = dict[str, Any]
MAX_UPDATE_TEXT = 4_000
MAX_POST_TEXT = 40_000


class SlackError(Exception):
    """A refusal; `code` is what Slack puts into `error`."""

    def __init__(self, code: str, messages: list[str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.messages = messages or []


class WebApi:
    """Calls by name; an answer is what stands beside `"ok": true`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._methods: dict[str, Callable[[Arguments], dict[str, Any]]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "chat.postEphemeral": self._post_ephemeral,
            "conversations.replies": self._replies,
            "users.info": self._users_info,
        }

    def call(self, method: str, arguments: Arguments) -> dict[str, Any]:
        """Run a method. Raises SlackError."""
        if method not in self._methods:
            raise SlackError("unknown_method")
        return self._methods[method](arguments)

    def _auth_test(self, _arguments: Arguments) -> dict[str, Any]:
        return {
            "url": f"https://{workspace.TEAM_DOMAIN}.slack.com/",
            "team": workspace.TEAM_DOMAIN,
            "user": workspace.BOT_NAME.lower(),
            "team_id": workspace.TEAM_ID,
            "user_id": workspace.BOT_USER_ID,
            "bot_id": workspace.BOT_ID,
            "is_enterprise_install": False,
        }

    def _post_message(self, arguments: Arguments) -> dict[str, Any]:
        channel = _channel_id(arguments)
        blocks, text = content_of(arguments, longest=MAX_POST_TEXT)
        message = self._channel.post(
            channel,
            workspace.BOT_USER_ID,
            text or "",
            blocks=blocks,
            thread_ts=self._thread(channel, arguments),
            broadcast=_flag(arguments, "reply_broadcast"),
            metadata=_decoded(arguments, "metadata"),
        )
        return {"channel": channel, "ts": message.ts, "message": message_json(message)}

    def _update(self, arguments: Arguments) -> dict[str, Any]:
        channel = _channel_id(arguments)
        message = self._channel.find(channel, str(arguments.get("ts", "")))
        # An ephemeral message is no stored message: chat.update does not find it.
        if message is None or message.viewer is not None:
            raise SlackError("message_not_found")
        if message.author != workspace.BOT_USER_ID:
            raise SlackError("cant_update_message")
        blocks, text = content_of(arguments, longest=MAX_UPDATE_TEXT)
        if blocks is None and text is not None:
            blocks = []  # text alone replaces what the message had
        self._channel.edit(message, text, blocks)
        return {"channel": channel, "ts": message.ts, "text": message.text, "message": message_json(message)}

    def _post_ephemeral(self, arguments: Arguments) -> dict[str, Any]:
        channel = _channel_id(arguments)
        user = str(arguments.get("user", ""))
        if user not in workspace.PEOPLE:
            raise SlackError("user_not_in_channel")
        blocks, text = content_of(arguments, longest=MAX_POST_TEXT)
        thread = self._thread(channel, arguments)
        message = self._channel.post(
            channel, workspace.BOT_USER_ID, text or "", blocks=blocks, thread_ts=thread, viewer=user
        )
        return {"message_ts": message.ts}

    def _replies(self, arguments: Arguments) -> dict[str, Any]:
        channel, ts = _channel_id(arguments), str(arguments.get("ts", ""))
        if self._channel.find(channel, ts) is None:
            raise SlackError("thread_not_found")
        there = [m for m in self._channel.messages(channel) if ts in {m.ts, m.thread_ts}]
        visible = [m for m in there if m.viewer is None and not m.deleted]
        return {"messages": [message_json(m) for m in visible], "has_more": False}

    def _users_info(self, arguments: Arguments) -> dict[str, Any]:
        person = workspace.PEOPLE.get(str(arguments.get("user", "")))
        if person is None:
            raise SlackError("user_not_found")
        profile = {"display_name": person.name, "real_name": person.name}
        return {
            "user": {
                "id": person.id,
                "team_id": workspace.TEAM_ID,
                "name": person.handle,
                "real_name": person.name,
                "tz": "Etc/UTC",
                "tz_offset": 0,
                "is_bot": False,
                "deleted": False,
                "profile": profile,
            }
        }

    def _thread(self, channel: str, arguments: Arguments) -> str | None:
        ts = arguments.get("thread_ts")
        if not ts:
            return None
        parent = self._channel.find(channel, str(ts))
        if parent is None:
            raise SlackError("thread_not_found")
        # A reply to a reply joins its thread.
        return parent.thread_ts or parent.ts


def content_of(arguments: Arguments, *, longest: int) -> tuple[list[dict[str, Any]] | None, str | None]:
    """(blocks, text) of a message; None where not given. Raises SlackError where Slack would refuse it."""
    blocks, text = _decoded(arguments, "blocks"), arguments.get("text")
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


def _channel_id(arguments: Arguments) -> str:
    wanted = str(arguments.get("channel", "")).removeprefix("#")
    for channel, name in workspace.CHANNELS.items():
        if wanted in {channel, name}:
            return channel
    raise SlackError("channel_not_found")


def _decoded(arguments: Arguments, name: str) -> Any:
    """Structured arguments are JSON text in a form and plain values in a JSON body."""
    value = arguments.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError(f"invalid_{name}", [f"[ERROR] not JSON [json-pointer:/{name}]"]) from None


def _flag(arguments: Arguments, name: str) -> bool:
    return str(arguments.get(name, "")).lower() in {"1", "true"}
