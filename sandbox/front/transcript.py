"""The channel as people saw it, as Markdown: who said what when, what became of it, and who pressed what."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from os.path import commonprefix
from typing import TYPE_CHECKING, Any

from sandbox.front import workspace
from sandbox.front.mrkdwn import plain, readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.front.channel import Content, Message

MAX_STATES = 12  # of a message's edits, as many are named


def transcript(messages: Iterable[Message]) -> str:
    """Every channel in which something was said, one after the other. Times are the sandbox's virtual time, UTC."""
    said = list(messages)
    here = [channel for channel in workspace.CHANNELS if any(m.channel == channel for m in said)]
    return "\n".join(_channel(said, channel) for channel in here or [workspace.DEPLOYS])


def _channel(messages: Iterable[Message], channel: str) -> str:
    here = [m for m in messages if m.channel == channel]
    lines = [f"# #{workspace.CHANNELS[channel]}", ""]
    day = ""
    for message in (m for m in here if m.thread_ts is None):
        today = f"{_moment(message.versions[0].at):%A, %B %d, %Y}"
        if today != day:
            lines += [f"## {today}", ""]
            day = today
        lines += _entry(message)
        for reply in (r for r in here if r.thread_ts == message.ts):
            lines += [*(f"> {line}".rstrip() for line in _trimmed(_entry(reply))), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def body_lines(content: Content) -> list[str]:
    """What one version of a message shows, as Markdown lines."""
    if not content.blocks:
        return readable(content.text).splitlines()
    return [line for block in content.blocks for line in _block(block)]


def _entry(message: Message) -> list[str]:
    if message.kind == "command":
        return [_head(message, f" typed `{message.text}`"), ""]
    if message.kind == "form":
        return [_head(message, f" sent a form · {message.text}"), ""]
    lines = [_head(message), "", *body_lines(message.versions[-1]), ""]
    states = _states(message)
    if states:
        lines += [f"*Edited since: {' → '.join(states)}*", ""]
    if message.clicks:
        lines += [*(_click(click.at, click.user, click.label, click.outcome) for click in message.clicks), ""]
    if message.deleted:
        lines += ["*Deleted later.*", ""]
    return lines


def _trimmed(lines: list[str]) -> list[str]:
    """Without repeated empty lines and without one at the end."""
    kept = [line for n, line in enumerate(lines) if line or lines[n - 1 : n] != [""]]
    return kept[:-1] if kept[-1:] == [""] else kept


def _head(message: Message, did: str = "") -> str:
    author = "Slackbot" if message.kind == "failure" else workspace.display_name(message.author)
    head = f"**{author}**{did} · {_clock(message.versions[0].at)}"
    return f"{head} · only visible to {workspace.display_name(message.viewer)}" if message.viewer else head


def _click(at: float, user: str, label: str, outcome: str) -> str:
    trouble = "" if outcome == "ok" else f" (it failed: {outcome})"
    return f"- {workspace.display_name(user)} pressed **{plain(label)}** at {_clock(at)}{trouble}"


def _states(message: Message) -> list[str]:
    """What a message said one after the other: its headlines, or the new lines where the headline stayed the same."""
    headlines = [_headline(version) for version in message.versions]
    said = list(zip(message.versions[1:], headlines[1:], strict=True))
    if len(set(headlines)) == 1:
        pairs = zip(message.versions, message.versions[1:], strict=False)
        said = [(after, _first_new(before, after)) for before, after in pairs]
    # What all headlines begin with (service, version, environment) need not be said again for each.
    common = commonprefix(headlines).rpartition(" ")[0] if len(set(headlines)) > 1 else ""  # noqa: RUF071 - of texts
    states, last = [], headlines[0]
    for version, text in said:
        if text and text != last:
            states.append(f"{_clock(version.at)} {text.removeprefix(common).strip()}")
            last = text
    return states if len(states) <= MAX_STATES else [*states[: MAX_STATES - 2], "…", states[-1]]


def _headline(content: Content) -> str:
    return _bare((content.text or "\n".join(body_lines(content))).strip().partition("\n")[0])


def _first_new(before: Content, after: Content) -> str:
    known = body_lines(before)
    return _bare(next((line for line in body_lines(after) if line.strip() and line not in known), ""))


def _bare(line: str) -> str:
    return re.sub(r"[*`]|^[#-]+ ", "", readable(line)).strip()


def _block(block: dict[str, Any]) -> list[str]:
    kind = block["type"]
    if kind == "header":
        return [f"### {_text(block['text'])}", ""]
    if kind == "divider":
        return ["---", ""]
    if kind == "image":
        return [f"[picture: {block['alt_text']}]", ""]
    if kind == "context":
        return [" · ".join(_text(e) if "text" in e else e.get("alt_text", "") for e in block["elements"]), ""]
    if kind == "actions":
        return [" ".join(f"[ {_text(e['text'])} ]" for e in block["elements"] if e["type"] == "button"), ""]
    return _section(block)


def _section(block: dict[str, Any]) -> list[str]:
    lines = [*_text(block["text"]).splitlines(), ""] if "text" in block else []
    for field in block.get("fields", []):
        first, *rest = _text(field).splitlines() or [""]
        lines.append(f"- {first}" + (f" {' '.join(rest)}" if rest else ""))
    if block.get("fields"):
        lines.append("")
    accessory = block.get("accessory", {})
    return [*lines, f"[ {_text(accessory['text'])} ]", ""] if accessory.get("type") == "button" else lines


def _text(text: dict[str, Any]) -> str:
    value = str(text.get("text", ""))
    return readable(value) if text.get("type") == "mrkdwn" else plain(value)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _clock(at: float) -> str:
    return f"{_moment(at):%H:%M:%S}"
