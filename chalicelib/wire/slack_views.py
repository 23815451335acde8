"""Forms, answers and homes as Slack's views, within its limits whatever they hold.

Limits: docs.slack.dev/reference/views (title, submit and close 24 characters, 100 blocks, private_metadata 3,000,
callback_id 255), .../block-kit/blocks/input-block (label and hint 2,000), .../block-elements/select-menu-element (100
options, 100 groups, placeholder 150), .../radio-button-group-element (10 options), .../plain-text-input-element
(max_length 3,000), .../composition-objects/option-object (text 75, value 150), .../option-group-object (label 75).
"""

from collections import Counter
from typing import Any

from chalicelib.usecases.chat_ports import Field, Form, Home, Option, Part, Reply
from chalicelib.wire.slack_message import (
    Block,
    action_id,
    buttons_of,
    heading_of,
    notes_of,
    plain_of,
    sections_of,
    sections_of_text,
    verb_of,
)
from chalicelib.wire.slack_text import plain, printable

MOST_BLOCKS = 100
_TITLE = 24
_ABOUT = 3_000
_LABEL, _HINT = 2_000, 2_000
_OPTIONS, _RADIOS, _OPTION, _VALUE = 100, 10, 75, 150
_TYPED = 3_000
_ERROR = 300
_MARKUP = str.maketrans({"*": "", "`": "'"})

View = dict[str, Any]


def view_of(shown: Form | Reply) -> View:
    """A modal: a form to fill in, or an answer to read."""
    return _form(shown) if isinstance(shown, Form) else _answer(shown)


def home_of(home: Home) -> View:
    """The home tab. What does not fit ends with a word that there is more."""
    blocks = numbered([block for part in home.parts for block in _part(part)])
    rest = notes_of(home.notes)
    room = MOST_BLOCKS - len(rest)
    if len(blocks) > room:
        blocks = [*blocks[: room - 1], *sections_of(("There is more: type `/deploy where`.",))]
    return {"type": "home", "blocks": [*blocks, *rest] or sections_of(("…",))}


def _part(part: Part) -> list[Block]:
    return [*heading_of(part.title), *sections_of(part.lines), *buttons_of(part.actions)]


def numbered(blocks: list[Block]) -> list[Block]:
    """Buttons of several rows under ids of their own: in one view each is unique."""
    seen: Counter[str] = Counter()
    for block in blocks:
        for element in block.get("elements", ()):
            if element.get("type") == "button":
                verb = verb_of(element["action_id"])
                seen[verb] += 1
                element["action_id"] = action_id(verb, seen[verb])
    return blocks


def errors_of(field: str, text: str) -> View:
    """What is wrong, at a field of the form, which stays open ("Displaying errors in modal views")."""
    return {"response_action": "errors", "errors": {field: plain(text.translate(_MARKUP), _ERROR) or "…"}}


def answer_of(reply: Reply) -> View:
    """In place of the form that was sent ("Modals", updating a view via response_action): what it led to, with its next
    steps, people and times as the reader has them."""
    return {"response_action": "update", "view": view_of(reply if reply.form is None else reply.form)}


def _form(form: Form) -> View:
    ways = [*sections_of(("Or instead:",)), *buttons_of(form.actions)] if form.actions else []
    blocks = [*sections_of(form.lines), *(_field(each) for each in form.fields), *ways]
    return {
        "type": "modal",
        "callback_id": form.kind,
        "private_metadata": printable(form.about)[:_ABOUT],
        "title": _short(form.title),
        "submit": _short(form.submit),
        "close": _short("Cancel"),
        "blocks": blocks[:MOST_BLOCKS],
    }


def _answer(reply: Reply) -> View:
    blocks = [*sections_of_text(reply.text), *buttons_of(reply.actions)]
    return {
        "type": "modal",
        "callback_id": "answer",
        "title": _short("Pointsman"),
        "close": _short("Close"),
        "blocks": blocks[:MOST_BLOCKS] or sections_of(("…",)),
    }


def _field(field: Field) -> Block:
    """An input block; its id is the field's name, by which its value comes back."""
    block: Block = {
        "type": "input",
        "block_id": field.name,
        "label": plain_of(plain(field.label, _LABEL) or "…"),
        "element": _element(field),
        "optional": field.optional,
    }
    if hint := plain(field.hint.translate(_MARKUP), _HINT):
        block["hint"] = plain_of(hint)
    return block


def _element(field: Field) -> Block:
    if field.people:
        return {"type": "users_select", "action_id": field.name, "placeholder": plain_of("Choose a person")}
    return _choice(field) if field.options else _text(field)


def _text(field: Field) -> Block:
    most = min(max(1, field.most), _TYPED)
    return {"type": "plain_text_input", "action_id": field.name, "max_length": most}


def _choice(field: Field) -> Block:
    most = _RADIOS if field.few else _OPTIONS
    # An option whose value Slack would not take is left out: cut short, it would mean something else.
    options = [each for each in field.options if 0 < len(each.value) <= _VALUE][:most]
    element: Block = {"type": "radio_buttons" if field.few else "static_select", "action_id": field.name}
    if field.few or not all(each.group for each in options):
        element["options"] = [_option(each) for each in options]
    else:
        groups = dict.fromkeys(each.group for each in options)
        element["option_groups"] = [
            {
                "label": plain_of(plain(group, _OPTION) or "…"),
                "options": [_option(each) for each in options if each.group == group],
            }
            for group in groups
        ]
    chosen = next((each for each in options if each.value == field.chosen), None)
    if chosen is not None:
        element["initial_option"] = _option(chosen)
    if not field.few:
        element["placeholder"] = plain_of("Choose")
    return element


def _option(option: Option) -> Block:
    return {"text": plain_of(plain(option.label, _OPTION) or "…"), "value": printable(option.value)}


def _short(text: str) -> Block:
    return plain_of(plain(text, _TITLE) or "…")
