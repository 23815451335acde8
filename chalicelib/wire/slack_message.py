"""A message to Block Kit, within Slack's limits whatever the message holds.

Facts: docs.slack.dev, reference of Block Kit blocks and composition objects (the numbers below).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from chalicelib.usecases.ports import Action, Message
from chalicelib.wire.slack_text import plain, render

HEADER_LIMIT = 150
SECTION_LIMIT = 3_000
FIELD_LIMIT = 2_000
FIELDS_LIMIT = 10
BUTTON_TEXT_LIMIT = 75
BUTTON_VALUE_LIMIT = 2_000
BUTTONS_LIMIT = 25
CONTEXT_LIMIT = 10
SUMMARY_LIMIT = 4_000
CONFIRM_LIMIT = 300

Block = dict[str, Any]


def text_of(message: Message) -> str:
    """What notifications and screen readers say."""
    return _cut(plain(message.summary), SUMMARY_LIMIT)


def blocks_of(message: Message) -> list[Block]:
    """The message as blocks: header, fields, lines, output, buttons, notes."""
    blocks: list[Block] = []
    if message.title:
        blocks.append({"type": "header", "text": _plain(message.title, HEADER_LIMIT)})
    if message.fields:
        blocks.append(_fields(message.fields[:FIELDS_LIMIT]))
    if any(message.lines):
        blocks.append(_section("\n".join(message.lines)))
    if message.output:
        blocks.append({"type": "section", "text": _markdown(_preformatted(message.output))})
    if message.actions:
        blocks.append({"type": "actions", "elements": _buttons(message.actions[:BUTTONS_LIMIT])})
    if message.notes:
        notes = [_markdown(_cut(render(note), FIELD_LIMIT)) for note in message.notes[:CONTEXT_LIMIT] if note]
        blocks.append({"type": "context", "elements": notes})
    return blocks or [_section(message.summary or "…")]


def _section(text: str) -> Block:
    return {"type": "section", "text": _markdown(_cut(render(text), SECTION_LIMIT) or "…")}


def _fields(fields: Sequence[tuple[str, str]]) -> Block:
    rendered = [_markdown(_cut(f"*{render(name)}*\n{render(value)}", FIELD_LIMIT)) for name, value in fields]
    return {"type": "section", "fields": rendered}


def _buttons(actions: Sequence[Action]) -> list[Block]:
    """Buttons; the second of one verb gets a number, because an action_id is unique within a message."""
    seen = Counter[str]()
    buttons = []
    for action in actions:
        seen[action.verb] += 1
        number = f":{seen[action.verb]}" if seen[action.verb] > 1 else ""
        button: Block = {
            "type": "button",
            "action_id": f"{action.verb}{number}",
            "text": _plain(action.label, BUTTON_TEXT_LIMIT),
            "value": _cut(action.value, BUTTON_VALUE_LIMIT),
        }
        if action.style:
            button["style"] = action.style
        if action.confirm:
            button["confirm"] = _dialog(action)
        buttons.append(button)
    return buttons


def _dialog(action: Action) -> Block:
    return {
        "title": _plain(action.label, 100),
        "text": _plain(action.confirm, CONFIRM_LIMIT),
        "confirm": _plain("Yes", 30),
        "deny": _plain("No", 30),
    }


def _preformatted(output: str) -> str:
    """What a host printed; the end of it, because that is where errors stand."""
    inner = render(output.replace("```", "'''").replace("{", "(").replace("}", ")"))
    return f"```{inner[-(SECTION_LIMIT - 6) :]}```"


def _markdown(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def _plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": _cut(plain(text), limit) or "…", "emoji": True}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
