"""Slack's limits on Block Kit, as the Web API enforces them.

Blocks: https://docs.slack.dev/reference/block-kit/blocks (each block's page gives its limits)
Buttons: https://docs.slack.dev/reference/block-kit/block-elements/button-element
Texts: https://docs.slack.dev/reference/block-kit/composition-objects/text-object
Confirmations: https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BLOCKS = 50
MAX_ID = 255


def check_blocks(blocks: Any) -> list[str]:
    """What Slack would object to, in the form of its `response_metadata.messages`; empty if nothing."""
    if not isinstance(blocks, list):
        return _one("must be an array", "/blocks")
    if len(blocks) > MAX_BLOCKS:
        return _one(f"no more than {MAX_BLOCKS} items allowed", "/blocks")
    problems = [p for n, block in enumerate(blocks) for p in _block(block, f"/blocks/{n}")]
    return problems + list(_unique_ids(blocks))


def _one(problem: str, at: str) -> list[str]:
    return [f"[ERROR] {problem} [json-pointer:{at}]"]


def _block(block: Any, at: str) -> Iterator[str]:
    if not isinstance(block, dict):
        yield from _one("must be an object", at)
        return
    check = _BLOCKS.get(str(block.get("type")))
    if check is None:
        yield from _one(f"unsupported type: {block.get('type')}", f"{at}/type")
        return
    yield from _string(block.get("block_id", ""), at=f"{at}/block_id", most=MAX_ID, least=0)
    yield from check(block, at)


def _section(block: dict[str, Any], at: str) -> Iterator[str]:
    text, fields = block.get("text"), block.get("fields")
    if text is None and not fields:
        yield from _one("a section needs text or fields", at)
    if text is not None:
        yield from _text(text, f"{at}/text", most=3000)
    if fields is not None:
        yield from _items(fields, f"{at}/fields", most=10)
        for n, item in enumerate(fields if isinstance(fields, list) else ()):
            yield from _text(item, f"{at}/fields/{n}", most=2000)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _header(block: dict[str, Any], at: str) -> Iterator[str]:
    yield from _text(block.get("text"), f"{at}/text", most=150, plain=True)


def _context(block: dict[str, Any], at: str) -> Iterator[str]:
    elements = block.get("elements")
    yield from _items(elements, f"{at}/elements", most=10)
    for n, element in enumerate(elements if isinstance(elements, list) else ()):
        here = f"{at}/elements/{n}"
        if isinstance(element, dict) and element.get("type") == "image":
            yield from _image(element, here)
        else:
            yield from _text(element, here, most=3000)


def _actions(block: dict[str, Any], at: str) -> Iterator[str]:
    elements = block.get("elements")
    yield from _items(elements, f"{at}/elements", most=25)
    listed = elements if isinstance(elements, list) else []
    for n, element in enumerate(listed):
        yield from _element(element, f"{at}/elements/{n}")
    ids = [str(e["action_id"]) for e in listed if isinstance(e, dict) and e.get("action_id")]
    for repeated in sorted({i for i in ids if ids.count(i) > 1}):
        yield from _one(f"`action_id` {repeated} is already used in this block", f"{at}/elements")


def _divider(_block: dict[str, Any], _at: str) -> Iterator[str]:
    yield from ()


def _image(block: dict[str, Any], at: str) -> Iterator[str]:
    yield from _string(block.get("image_url"), at=f"{at}/image_url", most=3000)
    yield from _string(block.get("alt_text"), at=f"{at}/alt_text", most=2000)


def _element(element: Any, at: str) -> Iterator[str]:
    if not isinstance(element, dict) or element.get("type") not in {"button", "image"}:
        yield from _one("unsupported element", at)
    elif element["type"] == "image":
        yield from _image(element, at)
    else:
        yield from _button(element, at)


def _button(button: dict[str, Any], at: str) -> Iterator[str]:
    yield from _text(button.get("text"), f"{at}/text", most=75, plain=True)
    yield from _string(button.get("action_id", "-"), at=f"{at}/action_id", most=MAX_ID)
    yield from _string(button.get("value", ""), at=f"{at}/value", most=2000, least=0)
    yield from _string(button.get("url", ""), at=f"{at}/url", most=3000, least=0)
    if button.get("style", "primary") not in {"primary", "danger"}:
        yield from _one("style must be primary or danger", f"{at}/style")
    if "confirm" in button:
        yield from _confirm(button["confirm"], f"{at}/confirm")


def _confirm(confirm: Any, at: str) -> Iterator[str]:
    if not isinstance(confirm, dict):
        yield from _one("must be an object", at)
        return
    yield from _text(confirm.get("title"), f"{at}/title", most=100, plain=True)
    yield from _text(confirm.get("text"), f"{at}/text", most=300)
    yield from _text(confirm.get("confirm"), f"{at}/confirm", most=30, plain=True)
    yield from _text(confirm.get("deny"), f"{at}/deny", most=30, plain=True)


def _text(text: Any, at: str, *, most: int, plain: bool = False) -> Iterator[str]:
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield from _one(f"must be a text object of type {' or '.join(sorted(kinds))}", at)
        return
    yield from _string(text.get("text"), at=f"{at}/text", most=most)


def _string(value: Any, *, at: str, most: int, least: int = 1) -> Iterator[str]:
    if not isinstance(value, str):
        yield from _one("must be a string", at)
    elif len(value) > most:
        yield from _one(f"must be less than {most + 1} characters", at)
    elif len(value) < least:
        yield from _one(f"must be more than {least - 1} characters", at)


def _items(items: Any, at: str, *, most: int) -> Iterator[str]:
    if not isinstance(items, list) or not items:
        yield from _one("must be an array with at least one item", at)
    elif len(items) > most:
        yield from _one(f"no more than {most} items allowed", at)


def _unique_ids(blocks: list[Any]) -> Iterator[str]:
    ids = [str(b["block_id"]) for b in blocks if isinstance(b, dict) and b.get("block_id")]
    for repeated in sorted({i for i in ids if ids.count(i) > 1}):
        yield from _one(f"`block_id` {repeated} is already used in this message", "/blocks")


_BLOCKS: dict[str, Callable[[dict[str, Any], str], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "image": _image,
}
