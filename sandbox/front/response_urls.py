"""Response URLs: the way to answer a command or a click later, 5 times within 30 minutes.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aiohttp import web

from sandbox.front import workspace
from sandbox.front.content import MAX_POST_TEXT, SlackError, content_of

if TYPE_CHECKING:
    from sandbox.front.channel import Channel, Message

USES = 5
LIFETIME = 30 * 60.0


@dataclass
class Ticket:
    """What a response URL is good for."""

    user: str
    channel: str
    expires: float
    source: Message | None  # the message whose button was pressed
    thread_ts: str | None
    uses: int = 0


class ResponseUrls:
    """Gives out response URLs and honors them."""

    def __init__(self, channel: Channel, origin: str) -> None:
        self._channel = channel
        self.origin = origin
        self._tickets: dict[str, Ticket] = {}

    def issue(
        self, kind: Literal["commands", "actions"], user: str, channel: str, source: Message | None = None
    ) -> str:
        """A new URL on the workspace's own host."""
        thread = source.thread_ts if source else None
        path = f"/{kind}/{workspace.TEAM_ID}/{secrets.randbelow(10**12)}/{secrets.token_urlsafe(18)}"
        self._tickets[path] = Ticket(user, channel, self._channel.now() + LIFETIME, source, thread)
        return self.origin + path

    def issued(self) -> list[str]:
        """Every URL that was given out, used up ones too."""
        return [self.origin + path for path in self._tickets]

    def use(self, path: str, body: bytes) -> web.Response:
        """Answer a POST to one of the URLs."""
        ticket = self._tickets.get(path)
        if ticket is None:
            return web.Response(status=404, text="no_such_url")
        if ticket.uses >= USES or self._channel.now() > ticket.expires:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        ticket.uses += 1
        try:
            payload = json.loads(body)
            self.deliver(ticket.channel, ticket.user, payload, ticket.source, ticket.thread_ts)
        except SlackError as error:
            return web.json_response({"ok": False, "error": error.code}, status=400)
        except (ValueError, AttributeError):
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        return web.Response(text="ok")

    def deliver(
        self,
        channel: str,
        user: str,
        payload: dict[str, Any],
        source: Message | None = None,
        thread_ts: str | None = None,
    ) -> None:
        """Do what the payload says: post (ephemeral by default), replace or delete the source. Raises SlackError."""
        if payload.get("delete_original") and source is not None:
            self._channel.delete(source)
            return
        blocks, text = content_of(payload, longest=MAX_POST_TEXT)
        if payload.get("replace_original") and source is not None:
            self._channel.edit(source, text or "", blocks or [])
            return
        public = payload.get("response_type") == "in_channel"
        self._channel.post(
            channel,
            workspace.BOT_USER_ID,
            text or "",
            blocks=blocks,
            thread_ts=payload.get("thread_ts") or thread_ts,
            viewer=None if public else user,
        )
