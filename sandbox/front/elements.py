"""Slack's limits on the elements of blocks.

https://docs.slack.dev/reference/block-kit/block-elements (a page for each)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.front.shapes import MAX_ID, confirm, one, option_groups, options, string, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_CHOICES = 10
MAX_INPUT = 3_000


def element(given: Any, at: str, kinds: frozenset[str]) -> Iterator[str]:
    """An element of one of these kinds."""
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in kinds:
        yield from one("unsupported element", at)
        return
    if kind != "image":
        yield from string(given.get("action_id", "-"), at=f"{at}/action_id", most=MAX_ID)
    if "confirm" in given:
        yield from confirm(given["confirm"], f"{at}/confirm")
    if "placeholder" in given:
        yield from text(given["placeholder"], f"{at}/placeholder", most=150, plain=True)
    yield from _KINDS[str(kind)](given, at)


def image(given: dict[str, Any], at: str) -> Iterator[str]:
    """An image, as block and as element: one of `image_url` and `slack_file`, and a text for who can not see it."""
    file = given.get("slack_file")
    if file is None:
        yield from string(given.get("image_url"), at=f"{at}/image_url", most=3000)
    elif "image_url" in given or not isinstance(file, dict) or not (file.get("id") or file.get("url")):
        yield from one("must have either image_url or a slack_file with an id or url", at)
    yield from string(given.get("alt_text"), at=f"{at}/alt_text", most=2000)
    if "title" in given:
        yield from text(given["title"], f"{at}/title", most=2000, plain=True)


def _button(given: dict[str, Any], at: str) -> Iterator[str]:
    yield from text(given.get("text"), f"{at}/text", most=75, plain=True)
    yield from string(given.get("value", ""), at=f"{at}/value", most=2000, least=0)
    yield from string(given.get("url", ""), at=f"{at}/url", most=3000, least=0)
    if given.get("style", "primary") not in {"primary", "danger"}:
        yield from one("style must be primary or danger", f"{at}/style")


def _select(given: dict[str, Any], at: str) -> Iterator[str]:
    if ("options" in given) is ("option_groups" in given):
        yield from one("must have either options or option_groups", at)
    elif "options" in given:
        yield from options(given["options"], f"{at}/options")
    else:
        yield from option_groups(given["option_groups"], f"{at}/option_groups")


def _choices(given: dict[str, Any], at: str) -> Iterator[str]:
    yield from options(given.get("options"), f"{at}/options", most=MAX_CHOICES, plain=False)


def _input(given: dict[str, Any], at: str) -> Iterator[str]:
    most = given.get("max_length", MAX_INPUT)
    if not isinstance(most, int) or not 1 <= most <= MAX_INPUT:
        yield from one(f"max_length must be between 1 and {MAX_INPUT}", f"{at}/max_length")
    yield from string(given.get("initial_value", ""), at=f"{at}/initial_value", most=MAX_INPUT, least=0)


def _users(given: dict[str, Any], at: str) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#users_select"""
    yield from string(given.get("initial_user", "-"), at=f"{at}/initial_user", most=MAX_ID)


_KINDS: dict[str, Callable[[dict[str, Any], str], Iterator[str]]] = {
    "button": _button,
    "image": image,
    "static_select": _select,
    "radio_buttons": _choices,
    "checkboxes": _choices,
    "plain_text_input": _input,
    "users_select": _users,
}
IN_ACTIONS = frozenset({"button", "static_select", "radio_buttons", "checkboxes"})
IN_SECTION = IN_ACTIONS | {"image"}
IN_INPUT = frozenset({"static_select", "radio_buttons", "checkboxes", "plain_text_input", "users_select"})
