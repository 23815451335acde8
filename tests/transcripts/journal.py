"""A flow as people saw it, from the first word to the last, as Markdown: what was typed and pressed, what everybody
read, and what only the one who asked read. Of a message that changed, only what is new."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.front import workspace
from sandbox.front.channel import Content
from sandbox.front.transcript import body_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.faults.memory.slack import Happened


def told(title: str, happened: Iterable[Happened]) -> str:
    """The whole story."""
    seen: dict[str, list[str]] = {}
    lines = [f"# {title}", ""]
    person = ""
    for each in happened:
        person = each.who or person
        shown = _shown(each)
        again = each.what in {"updated", "home"}
        new = [line for line in shown if line not in seen.get(each.ts, [])] if again else shown
        if each.ts:
            seen[each.ts] = shown
        if new:
            lines += _entry(each, person, new)
    return "\n".join(lines).rstrip() + "\n"


def _entry(each: Happened, person: str, shown: list[str]) -> list[str]:
    clock = f"{datetime.fromtimestamp(each.at, UTC):%H:%M:%S}"
    name = workspace.display_name(person)
    if each.what == "typed":
        return [f"{clock} **{name}** types `/deploy {each.text}`", ""]
    if each.what == "pressed":
        return [f"{clock} **{name}** presses `{each.text.strip()}`", ""]
    if each.what == "sent":
        return [f"{clock} **{name}** sends the form `{' '.join(each.text.split())}`", ""]
    how = {
        "answered": f"to {name} only",
        "opened": f"opens a form for {name}" if _asks(each) else f"shows {name}",
        "objected": f"says at a field of {name}'s form",
        "posted": _where(each),
        "home": f"on {name}'s home",
        "updated": "changes its reply" if each.thread else "changes its message",
    }
    return [f"{clock} **Pointsman**, {how[each.what]}:", "", *(f"> {line}".rstrip() for line in shown), ""]


def _where(each: Happened) -> str:
    if each.broadcast:
        return "in the thread and the channel"
    return "in the thread" if each.thread else "in the channel"


def _asks(each: Happened) -> bool:
    return any(block["type"] == "input" for block in each.blocks)


def _shown(each: Happened) -> list[str]:
    lines = body_lines(Content(each.at, each.text, list(each.blocks)))
    return [line for line in lines if line.strip()]
