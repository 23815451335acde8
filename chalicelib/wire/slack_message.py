"""A Message as Block Kit, within Slack's limits whatever it holds.

Limits: docs.slack.dev/reference/block-kit/blocks (50 blocks; section text 3,000, 10 fields of 2,000; header 150;
context 10 elements; 25 buttons in a row), .../block-elements/button-element (label 75, action_id 255, value 2,000)
and .../composition-objects/confirmation-dialog-object (title 100, text 300, answers 30).
"""

from collections import Counter
from typing import Any

from chalicelib.usecases.chat_ports import Action, Message, Picture, Reply
from chalicelib.wire.slack_text import cut, escape, plain, printable, render, tail

MOST_BLOCKS = 50
MOST_TEXT = 3_000
"""Also kept for the notification's text: chat.update takes 4,000 characters at most."""
_SECTIONS = 20
_FIELDS, _FIELD = 10, 2_000
_BUTTONS, _ROWS = 25, 2
_NOTES = 10
_VALUE = 2_000
_ALT = 2_000
_FENCE = "```\n{}\n```"
_SEPARATOR = ":"
_STYLES = {"primary", "danger"}

Block = dict[str, Any]


def text_of(message: Message) -> str:
    """What notifications and screen readers say; never empty, since Slack refuses that."""
    return render(message.summary, MOST_TEXT).strip() or "…"


def blocks_of(message: Message) -> list[Block]:
    """The message as Slack draws it; one section with the summary where there is nothing else."""
    blocks = [
        *heading_of(message.title),
        *_fields(message.fields),
        *sections_of(message.lines),
        *_output(message.output),
        *_picture(message.picture),
        *buttons_of(message.actions),
        *notes_of(message.notes),
    ]
    return blocks or [_section(text_of(message))]


def reply_of(reply: Reply) -> Block:
    """An answer that only one person sees: `text`, and `blocks` where it has buttons."""
    text = {"text": render(reply.text).strip() or "…"}
    if not reply.actions:
        return text
    return {**text, "blocks": [*sections_of_text(reply.text), *buttons_of(reply.actions)]}


def verb_of(action_id: str) -> str:
    """The verb that a button of this module means."""
    return action_id.partition(_SEPARATOR)[0]


def action_id(verb: str, number: int) -> str:
    """The id of the how-manieth button with a verb."""
    return f"{verb}{_SEPARATOR}{number}" if number > 1 else verb


def heading_of(title: str) -> list[Block]:
    text = plain(title, 150)
    return [{"type": "header", "text": plain_of(text)}] if text else []


def _fields(fields: tuple[tuple[str, str], ...]) -> list[Block]:
    shown = [render(f"*{name}*\n{value}", _FIELD).strip() for name, value in fields[: 2 * _FIELDS]]
    rows = [shown[start : start + _FIELDS] for start in range(0, len(shown), _FIELDS)]
    return [{"type": "section", "fields": [_mrkdwn(each) for each in row]} for row in rows]


def sections_of(lines: tuple[str, ...]) -> list[Block]:
    """Lines joined into as few sections as hold them; there is no empty one."""
    return sections_of_text("\n".join(line for line in lines[: MOST_BLOCKS * 4] if line.strip()))


def sections_of_text(text: str) -> list[Block]:
    """A text as it stands, indents and empty lines too; only a section neither begins nor ends with an empty line."""
    texts: list[str] = []
    for line in text.split("\n"):
        shown = render(line, MOST_TEXT).rstrip()
        if texts and len(texts[-1]) + 1 + len(shown) <= MOST_TEXT:
            texts[-1] += f"\n{shown}"
        elif shown:
            texts.append(shown)
    return [_section(each.rstrip()) for each in texts[:_SECTIONS]]


def _output(output: str) -> list[Block]:
    """What a host printed: preformatted, its end if it is long, since that is where errors stand."""
    text = tail(escape(output.strip().replace("`", "'")), MOST_TEXT - len(_FENCE.format("")))
    return [_section(_FENCE.format(text))] if text else []


def _picture(picture: Picture | None) -> list[Block]:
    """An image block of a file in Slack (.../blocks/image-block, .../composition-objects/slack-file-object)."""
    if picture is None or not picture.file:
        return []
    alt = plain(picture.alt, _ALT) or "…"
    return [{"type": "image", "slack_file": {"id": picture.file}, "alt_text": alt}]


def buttons_of(actions: tuple[Action, ...]) -> list[Block]:
    """Rows of buttons; a verb that comes again gets a number, because ids are unique in a message."""
    seen: Counter[str] = Counter()
    buttons = []
    for action in actions[: _BUTTONS * _ROWS]:
        verb = action.verb[:200] or "action"
        seen[verb] += 1
        buttons.append(_button(action, action_id(verb, seen[verb])))
    rows = [buttons[start : start + _BUTTONS] for start in range(0, len(buttons), _BUTTONS)]
    return [{"type": "actions", "elements": row} for row in rows]


def _button(action: Action, identifier: str) -> Block:
    label = plain(action.label, 75) or plain(action.verb, 75) or "…"
    button: Block = {
        "type": "button",
        "text": plain_of(label),
        "action_id": identifier,
    }
    if action.value:
        button["value"] = printable(action.value[:_VALUE])
    if action.style in _STYLES:
        button["style"] = action.style
    if action.confirm.strip():
        button["confirm"] = {
            "title": plain_of("Are you sure?"),
            "text": plain_of(plain(action.confirm, 300) or "…"),
            "confirm": plain_of("Yes"),
            "deny": plain_of("No"),
        }
    return button


def notes_of(notes: tuple[str, ...]) -> list[Block]:
    shown = [text for each in notes[:_NOTES] if (text := render(each, MOST_TEXT).strip())]
    return [{"type": "context", "elements": [_mrkdwn(each) for each in shown]}] if shown else []


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(cut(text, MOST_TEXT))}


def _mrkdwn(text: str) -> Block:
    """Verbatim: else Slack makes links and mentions of plain words (.../composition-objects/text-object)."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain_of(text: str) -> Block:
    """A text in which Slack expands nothing; emoji by their names become pictures."""
    return {"type": "plain_text", "text": text, "emoji": True}
