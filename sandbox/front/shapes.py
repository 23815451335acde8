"""The parts that every block and view is made of, with Slack's limits; problems in the form of its
`response_metadata.messages`.

Texts: https://docs.slack.dev/reference/block-kit/composition-objects/text-object
Confirmations: https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
Options: https://docs.slack.dev/reference/block-kit/composition-objects/option-object and .../option-group-object
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ID = 255
MAX_OPTIONS = 100


def one(problem: str, at: str) -> list[str]:
    """One problem."""
    return [f"[ERROR] {problem} [json-pointer:{at}]"]


def text(given: Any, at: str, *, most: int, plain: bool = False) -> Iterator[str]:
    """A text object."""
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if not isinstance(given, dict) or given.get("type") not in kinds:
        yield from one(f"must be a text object of type {' or '.join(sorted(kinds))}", at)
        return
    yield from string(given.get("text"), at=f"{at}/text", most=most)


def string(value: Any, *, at: str, most: int, least: int = 1) -> Iterator[str]:
    """A string of a length."""
    if not isinstance(value, str):
        yield from one("must be a string", at)
    elif len(value) > most:
        yield from one(f"must be less than {most + 1} characters", at)
    elif len(value) < least:
        yield from one(f"must be more than {least - 1} characters", at)


def items(given: Any, at: str, *, most: int) -> Iterator[str]:
    """A list that is not empty."""
    if not isinstance(given, list) or not given:
        yield from one("must be an array with at least one item", at)
    elif len(given) > most:
        yield from one(f"no more than {most} items allowed", at)


def listed(given: Any) -> list[Any]:
    """The items, where they are a list."""
    return given if isinstance(given, list) else []


def confirm(given: Any, at: str) -> Iterator[str]:
    """A confirmation dialog."""
    if not isinstance(given, dict):
        yield from one("must be an object", at)
        return
    yield from text(given.get("title"), f"{at}/title", most=100, plain=True)
    yield from text(given.get("text"), f"{at}/text", most=300)
    yield from text(given.get("confirm"), f"{at}/confirm", most=30, plain=True)
    yield from text(given.get("deny"), f"{at}/deny", most=30, plain=True)


def option(given: Any, at: str, *, plain: bool) -> Iterator[str]:
    """One thing to choose."""
    if not isinstance(given, dict):
        yield from one("must be an object", at)
        return
    yield from text(given.get("text"), f"{at}/text", most=75, plain=plain)
    yield from string(given.get("value"), at=f"{at}/value", most=150)
    if "description" in given:
        yield from text(given["description"], f"{at}/description", most=75, plain=plain)


def options(given: Any, at: str, *, most: int = MAX_OPTIONS, plain: bool = True) -> Iterator[str]:
    """What there is to choose from."""
    yield from items(given, at, most=most)
    for n, each in enumerate(listed(given)):
        yield from option(each, f"{at}/{n}", plain=plain)


def option_groups(given: Any, at: str) -> Iterator[str]:
    """The same in groups."""
    yield from items(given, at, most=MAX_OPTIONS)
    for n, each in enumerate(listed(given)):
        group = each if isinstance(each, dict) else {}
        yield from text(group.get("label"), f"{at}/{n}/label", most=75, plain=True)
        yield from options(group.get("options"), f"{at}/{n}/options")


def unique(ids: list[str], what: str, where: str, at: str) -> Iterator[str]:
    """Ids that come once each."""
    for repeated in sorted({each for each in ids if ids.count(each) > 1}):
        yield from one(f"`{what}` {repeated} is already used in this {where}", at)
