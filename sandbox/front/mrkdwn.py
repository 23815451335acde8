"""Slack's mrkdwn as a person reads it, written as Markdown.

https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from sandbox.front import workspace

# The same short list that the page draws; an unknown code stays as it was typed.
EMOJI: dict[str, str] = json.loads((Path(__file__).parent / "static/emoji.json").read_text(encoding="utf-8"))
SPECIAL = {"here": "@here", "channel": "@channel", "everyone": "@everyone"}
# https://docs.slack.dev/messaging/formatting-message-text#date-formatting
DATE_TOKENS = {
    "date_num": "%Y-%m-%d", "date_short_pretty": "%b %d, %Y", "date_long_pretty": "%A, %B %d, %Y",
    "date_pretty": "%B %d, %Y", "date_short": "%b %d, %Y", "date_long": "%A, %B %d, %Y", "date": "%B %d, %Y",
    "time_secs": "%H:%M:%S", "time": "%H:%M", "ago": "%Y-%m-%d %H:%M",
}  # fmt: skip

_TOKEN = re.compile(r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|<(?P<link>[^<>\n]+)>", re.DOTALL)
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRIKE = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")


def readable(text: str) -> str:
    """Markdown that shows what Slack would show; times are UTC."""
    parts, last = [], 0
    for token in _TOKEN.finditer(text):
        parts += [_styled(text[last : token.start()]), _token(token)]
        last = token.end()
    return "".join([*parts, _styled(text[last:])])


def plain(text: str) -> str:
    """A plain_text object: only emoji codes mean anything in it."""
    return _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), text)


def _token(token: re.Match[str]) -> str:
    if token["block"] is not None:
        return f"\n```\n{_unescaped(token['block']).strip(chr(10))}\n```\n"
    if token["code"] is not None:
        return f"`{_unescaped(token['code'])}`"
    return _link(token["link"])


def _link(inside: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return "@" + workspace.display_name(target[1:])
    if target.startswith("#"):
        return "#" + (label or workspace.CHANNELS.get(target[1:], target[1:]))
    if target.startswith("!date^"):
        return _date(target, label)
    if target.startswith("!"):
        return SPECIAL.get(target[1:].partition("^")[0], label or target[1:])
    return f"[{_styled(label)}]({target})" if label else target


def _date(target: str, fallback: str) -> str:
    _, seconds, form, *_ = [*target.split("^"), "", ""]
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError):
        return fallback
    shown = re.sub(r"\{(\w+)\}", lambda t: moment.strftime(DATE_TOKENS.get(t[1], t[0])), form)
    return shown or fallback


def _styled(text: str) -> str:
    bold = _BOLD.sub(r"**\1**", text)
    return _unescaped(plain(_STRIKE.sub(r"~~\1~~", bold)))


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
