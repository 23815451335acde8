"""The methods of Slack's Web API that the product calls, as functions of the channel.

Each method's page: https://docs.slack.dev/reference/methods/<name>
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.front import history, workspace
from sandbox.front.content import (
    MAX_POST_TEXT,
    MAX_UPDATE_TEXT,
    Arguments,
    SlackError,
    channel_id,
    content_of,
    flag,
    message_json,
    metadata_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.front.channel import Channel
    from sandbox.front.files import Files
    from sandbox.front.views import Views


class WebApi:
    """Calls by name; an answer is what stands beside `"ok": true`."""

    def __init__(self, channel: Channel, views: Views, files: Files) -> None:
        self._channel = channel
        self._files = files
        self._methods: dict[str, Callable[[Arguments], dict[str, Any]]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "chat.postEphemeral": self._post_ephemeral,
            "conversations.history": partial(history.history, channel),
            "conversations.replies": partial(history.replies, channel),
            "files.getUploadURLExternal": files.begin,
            "files.completeUploadExternal": files.complete,
            "users.info": self._users_info,
            "views.open": views.open,
            "views.publish": views.publish,
            "views.update": views.update,
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
        channel = channel_id(arguments)
        blocks, text = content_of(arguments, longest=MAX_POST_TEXT)
        self._files.refuse_unknown(blocks)
        message = self._channel.post(
            channel,
            workspace.BOT_USER_ID,
            text or "",
            blocks=blocks,
            thread_ts=self._thread(channel, arguments),
            broadcast=flag(arguments, "reply_broadcast"),
            metadata=metadata_of(arguments),
        )
        return {"channel": channel, "ts": message.ts, "message": message_json(message)}

    def _update(self, arguments: Arguments) -> dict[str, Any]:
        channel = channel_id(arguments)
        message = self._channel.find(channel, str(arguments.get("ts", "")))
        # An ephemeral message is no stored message: chat.update does not find it.
        if message is None or message.viewer is not None:
            raise SlackError("message_not_found")
        if message.author != workspace.BOT_USER_ID:
            raise SlackError("cant_update_message")
        blocks, text = content_of(arguments, longest=MAX_UPDATE_TEXT)
        self._files.refuse_unknown(blocks)
        if blocks is None and text is not None:
            blocks = []  # text alone replaces what the message had
        if "metadata" in arguments:  # else the message keeps what it had
            message.metadata = metadata_of(arguments)
        self._channel.edit(message, text, blocks)
        return {"channel": channel, "ts": message.ts, "text": message.text, "message": message_json(message)}

    def _post_ephemeral(self, arguments: Arguments) -> dict[str, Any]:
        channel = channel_id(arguments)
        user = str(arguments.get("user", ""))
        if user not in workspace.PEOPLE:
            raise SlackError("user_not_in_channel")
        blocks, text = content_of(arguments, longest=MAX_POST_TEXT)
        thread = self._thread(channel, arguments)
        message = self._channel.post(
            channel, workspace.BOT_USER_ID, text or "", blocks=blocks, thread_ts=thread, viewer=user
        )
        return {"message_ts": message.ts}

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
