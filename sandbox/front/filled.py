"""What stands in the inputs of a view: its state as Slack sends it, and what Slack itself objects to.

The pages "View interactions payload" (`view.state.values`), "Input block" (`optional`) and "Plain-text input element"
(`min_length`, `max_length`) of docs.slack.dev.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.front.workspace import display_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INITIAL: dict[str, tuple[str, str, Any]] = {
    "plain_text_input": ("value", "initial_value", None),
    "static_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "users_select": ("selected_user", "initial_user", None),
    "checkboxes": ("selected_options", "initial_options", []),
}


def state_of(view: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Each stateful element by block and action: what somebody gave, else what the view begins with."""
    values: dict[str, Any] = {}
    for block, element in _stateful(view):
        name = block["block_id"]
        if name in given:
            values[name] = given[name]
        elif "action_id" in element:
            field, initial, nothing = _INITIAL[element["type"]]
            state = {"type": element["type"], field: element.get(initial, nothing)}
            values.setdefault(name, {})[element["action_id"]] = state
    return values


def missing_in(view: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    """What the person has to mend before Slack sends the form at all, by block."""
    wrong = {}
    for block, element in _stateful(view):
        if block["type"] != "input":
            continue
        state: dict[str, Any] = next(iter((values.get(block["block_id"]) or {}).values()), {})
        why = _objection(element, state, optional=bool(block.get("optional")))
        if why:
            wrong[str(block["block_id"])] = why
    return wrong


def in_words(values: Mapping[str, Any]) -> str:
    """What somebody put into a form."""
    said = []
    for fields in values.values():
        for state in fields.values():
            chosen = state.get("selected_option") or {}
            several = [each["text"]["text"] for each in state.get("selected_options") or ()]
            person = display_name(state["selected_user"]) if state.get("selected_user") else ""
            text = state.get("value") or person or (chosen["text"]["text"] if chosen else ", ".join(several))
            said += [str(text)] if text else []
    return "; ".join(said) or "nothing"


def _stateful(view: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for block in view["blocks"]:
        for element in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
            if isinstance(element, dict) and element.get("type") in _INITIAL:
                yield block, element


def _objection(element: Mapping[str, Any], state: Mapping[str, Any], *, optional: bool) -> str:
    text = state.get("value") or ""
    chosen = state.get("selected_option") or state.get("selected_options") or state.get("selected_user")
    if not (text or chosen):
        return "" if optional else "Please fill this in."
    least, most = element.get("min_length", 0), element.get("max_length")
    if text and len(text) < least:
        return f"Please write at least {least} characters."
    if most is not None and len(text) > most:
        return f"Please write at most {most} characters."
    return ""
