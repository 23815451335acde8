"""What is in the channel: messages with their edits and clicks, who sees them, and news for whoever watches.

Pure state; times come from the clock it is given. Timestamps (`ts`) identify messages as in Slack: seconds with
six decimals, unique in the workspace.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal["message", "command", "failure", "form"]
_WITHOUT_ID = {"image", "mrkdwn", "plain_text"}


@dataclass(frozen=True)
class Content:
    """One version of a message and when it came to be."""

    at: float
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Click:
    """Somebody pressed a button of a message; `outcome` is what their screen showed for it."""

    at: float
    user: str
    label: str
    action_id: str
    outcome: str = "ok"


@dataclass
class Message:
    """One entry of the channel. `viewer` is set where only that person sees it (ephemeral)."""

    ts: str
    channel: str
    author: str
    kind: Kind
    versions: list[Content]
    thread_ts: str | None = None
    viewer: str | None = None
    broadcast: bool = False
    metadata: dict[str, Any] | None = None
    clicks: list[Click] = field(default_factory=list)
    deleted: bool = False

    @property
    def text(self) -> str:
        """The present text."""
        return self.versions[-1].text

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The present blocks."""
        return self.versions[-1].blocks

    @property
    def edited(self) -> bool:
        """Whether it was changed since it was posted."""
        return len(self.versions) > 1

    def buttons(self, *, stale: bool = False) -> list[tuple[str, dict[str, Any]]]:
        """(block id, button) of every button; `stale` adds those of earlier versions, newest first."""
        versions = reversed(self.versions) if stale else [self.versions[-1]]
        return [pair for version in versions for block in version.blocks for pair in _buttons(block)]

    def as_json(self) -> dict[str, Any]:
        """The message for the page and the stories."""
        last = self.versions[-1]
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in {"versions", "clicks"}}
        return {
            **own,
            "edits": len(self.versions) - 1,
            "clicks": [asdict(click) for click in self.clicks],
            "at": self.versions[0].at,
            "edited_at": last.at if self.edited else None,
            "text": last.text,
            "blocks": last.blocks,
        }


class Channel:
    """Every message of the workspace, in order, and the listeners who hear of each change."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self._messages: dict[str, Message] = {}
        self._listeners: list[Callable[[Message], None]] = []
        self._last_microseconds = 0

    def listen(self, listener: Callable[[Message], None]) -> Callable[[], None]:
        """Call `listener` with every message that is new or changed; returns the way to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def messages(self, channel: str | None = None) -> list[Message]:
        """All messages in the order they were posted, deleted ones included."""
        return [m for m in self._messages.values() if channel in {None, m.channel}]

    def clear(self) -> None:
        """Forget every message; whoever watches sees it after the next look at the whole channel."""
        self._messages.clear()

    def find(self, channel: str, ts: str) -> Message | None:
        """A message that is still there."""
        message = self._messages.get(ts)
        return message if message and message.channel == channel and not message.deleted else None

    def post(self, channel: str, author: str, text: str, **details: Any) -> Message:
        """Add a message; `details` are further fields of Message, and `blocks`."""
        blocks = with_ids(details.pop("blocks", None) or [])
        kind = details.pop("kind", "message")
        content = Content(self.now(), text, blocks)
        message = Message(self._next_ts(), channel, author, kind, [content], **details)
        self._messages[message.ts] = message
        return self._tell(message)

    def edit(self, message: Message, text: str | None, blocks: list[dict[str, Any]] | None) -> Message:
        """Give a message new content; None keeps what it has."""
        new_text = message.text if text is None else text
        new_blocks = message.blocks if blocks is None else with_ids(blocks)
        message.versions.append(Content(self.now(), new_text, new_blocks))
        return self._tell(message)

    def reveal(self, message: Message) -> None:
        """Let everybody see what one person saw alone."""
        message.viewer = None
        self._tell(message)

    def delete(self, message: Message) -> None:
        """Take a message away; its history stays for the transcript."""
        message.deleted = True
        self._tell(message)

    def clicked(self, message: Message, click: Click) -> None:
        """Note who pressed what."""
        message.clicks.append(click)
        self._tell(message)

    def _tell(self, message: Message) -> Message:
        for listener in list(self._listeners):
            listener(message)
        return message

    def _next_ts(self) -> str:
        microseconds = max(int(self.now() * 1_000_000), self._last_microseconds + 1)
        self._last_microseconds = microseconds
        return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def _buttons(block: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    elements = [*block.get("elements", []), block.get("accessory")]
    found = [e for e in elements if isinstance(e, dict) and e.get("type") == "button"]
    return [(block.get("block_id", ""), element) for element in found]


def with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Slack names the blocks and actions that the app did not name."""
    return [_with_id(block, f"b{n}") for n, block in enumerate(blocks)]


def _with_id(block: dict[str, Any], name: str) -> dict[str, Any]:
    named = {"block_id": name, **block}
    if "elements" in named:
        named["elements"] = [_with_action_id(e, f"{name}a{n}") for n, e in enumerate(named["elements"])]
    if "accessory" in named:
        named["accessory"] = _with_action_id(named["accessory"], f"{name}a")
    if "element" in named:
        named["element"] = _with_action_id(named["element"], f"{name}a")
    return named


def _with_action_id(element: dict[str, Any], name: str) -> dict[str, Any]:
    return element if element.get("type") in _WITHOUT_ID else {"action_id": name, **element}
