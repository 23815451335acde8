"""conversations.history and conversations.replies: what apps may read of a channel, page by page.

Sources: https://docs.slack.dev/reference/methods/conversations.history and .../conversations.replies (order, bounds,
limits), .../apis/web-api/pagination (cursors), .../messaging/message-metadata (payloads are read on request only).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sandbox.front.content import SlackError, channel_id, flag, message_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.front.channel import Channel, Message

Arguments = dict[str, Any]
HISTORY_PAGE, REPLIES_PAGE, LARGEST_PAGE = 100, 1_000, 999


def history(channel: Channel, arguments: Arguments) -> dict[str, Any]:
    """Newest first; of threads only what was sent to the channel as well."""
    there = _visible(channel, channel_id(arguments))
    top = [m for m in there if m.thread_ts is None or m.broadcast]
    within = _bounds(arguments)
    return _page([m for m in reversed(top) if within(m)], arguments, HISTORY_PAGE)


def replies(channel: Channel, arguments: Arguments) -> dict[str, Any]:
    """A thread, oldest first; its first message always comes along."""
    where, ts = channel_id(arguments), str(arguments.get("ts", ""))
    asked = channel.find(where, ts)
    if asked is None:
        raise SlackError("thread_not_found")
    root = asked.thread_ts or asked.ts
    thread = [m for m in _visible(channel, where) if root in {m.ts, m.thread_ts}]
    within = _bounds(arguments)
    return _page([m for m in thread if m.ts == root or within(m)], arguments, REPLIES_PAGE)


def _visible(channel: Channel, where: str) -> list[Message]:
    return [m for m in channel.messages(where) if m.viewer is None and not m.deleted]


def _bounds(arguments: Arguments) -> Callable[[Message], bool]:
    """Between `oldest` and `latest`; messages at these very times only where `inclusive` says so."""
    oldest, latest = _time(arguments, "oldest"), _time(arguments, "latest")
    inclusive = flag(arguments, "inclusive")

    def within(message: Message) -> bool:
        at = float(message.ts)
        if inclusive and at in {oldest, latest}:
            return True
        return (oldest is None or at > oldest) and (latest is None or at < latest)

    return within


def _time(arguments: Arguments, name: str) -> float | None:
    value = arguments.get(name)
    try:
        return None if value in {None, ""} else float(str(value))
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _page(messages: list[Message], arguments: Arguments, usual: int) -> dict[str, Any]:
    """One page, and the cursor of the next: the number of the message that it begins with."""
    start = _start(str(arguments.get("cursor") or ""))
    try:
        size = min(int(arguments.get("limit") or usual), max(usual, LARGEST_PAGE))
    except ValueError:
        raise SlackError("invalid_limit") from None
    shown = messages[start : start + size]
    more = len(messages) > start + size
    cursor = base64.b64encode(f"next:{start + size}".encode()).decode() if more else ""
    everything = flag(arguments, "include_all_metadata")
    return {
        "messages": [_shown(message, everything=everything) for message in shown],
        "has_more": more,
        "response_metadata": {"next_cursor": cursor},
    }


def _start(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:") or 0)
    except ValueError:
        raise SlackError("invalid_cursor") from None


def _shown(message: Message, *, everything: bool) -> dict[str, Any]:
    """A message, with the payload of its metadata only where it was asked for."""
    shown = message_json(message)
    if message.broadcast:
        shown["subtype"] = "thread_broadcast"
    if message.metadata and not everything:
        shown["metadata"] = {"event_type": message.metadata["event_type"]}
    return shown
