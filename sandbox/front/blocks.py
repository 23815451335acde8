"""Slack's limits on Block Kit, as the Web API enforces them.

Blocks: https://docs.slack.dev/reference/block-kit/blocks (each block's page gives its limits)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.front.elements import IN_ACTIONS, IN_INPUT, IN_SECTION, element, image
from sandbox.front.shapes import MAX_ID, items, listed, one, string, text, unique

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BLOCKS = 50
MAX_VIEW_BLOCKS = 100


def check_blocks(blocks: Any, *, view: bool = False) -> list[str]:
    """What Slack would object to, in the form of its `response_metadata.messages`; empty if nothing. A view may have
    more blocks than a message, and inputs."""
    most = MAX_VIEW_BLOCKS if view else MAX_BLOCKS
    if not isinstance(blocks, list):
        return one("must be an array", "/blocks")
    if len(blocks) > most:
        return one(f"no more than {most} items allowed", "/blocks")
    kinds = _BLOCKS if view else {name: check for name, check in _BLOCKS.items() if name != "input"}
    problems = [p for n, block in enumerate(blocks) for p in _block(block, f"/blocks/{n}", kinds)]
    ids = [str(b["block_id"]) for b in blocks if isinstance(b, dict) and b.get("block_id")]
    return problems + list(unique(ids, "block_id", "view" if view else "message", "/blocks"))


def files_of(blocks: Any) -> list[str]:
    """The ids of uploaded files that blocks show."""
    shown = [each.get("slack_file") for each in listed(blocks) if isinstance(each, dict)]
    return [str(file["id"]) for file in shown if isinstance(file, dict) and "id" in file]


def _block(
    block: Any, at: str, kinds: dict[str, Callable[[dict[str, Any], str], Iterator[str]]]
) -> Iterator[str]:
    if not isinstance(block, dict):
        yield from one("must be an object", at)
        return
    check = kinds.get(str(block.get("type")))
    if check is None:
        yield from one(f"unsupported type: {block.get('type')}", f"{at}/type")
        return
    yield from string(block.get("block_id", ""), at=f"{at}/block_id", most=MAX_ID, least=0)
    yield from check(block, at)


def _section(block: dict[str, Any], at: str) -> Iterator[str]:
    words, fields = block.get("text"), block.get("fields")
    if words is None and not fields:
        yield from one("a section needs text or fields", at)
    if words is not None:
        yield from text(words, f"{at}/text", most=3000)
    if fields is not None:
        yield from items(fields, f"{at}/fields", most=10)
        for n, item in enumerate(listed(fields)):
            yield from text(item, f"{at}/fields/{n}", most=2000)
    if "accessory" in block:
        yield from element(block["accessory"], f"{at}/accessory", IN_SECTION)


def _header(block: dict[str, Any], at: str) -> Iterator[str]:
    yield from text(block.get("text"), f"{at}/text", most=150, plain=True)


def _context(block: dict[str, Any], at: str) -> Iterator[str]:
    elements = block.get("elements")
    yield from items(elements, f"{at}/elements", most=10)
    for n, each in enumerate(listed(elements)):
        here = f"{at}/elements/{n}"
        if isinstance(each, dict) and each.get("type") == "image":
            yield from image(each, here)
        else:
            yield from text(each, here, most=3000)


def _actions(block: dict[str, Any], at: str) -> Iterator[str]:
    elements = block.get("elements")
    yield from items(elements, f"{at}/elements", most=25)
    for n, each in enumerate(listed(elements)):
        yield from element(each, f"{at}/elements/{n}", IN_ACTIONS)
    ids = [str(e["action_id"]) for e in listed(elements) if isinstance(e, dict) and e.get("action_id")]
    yield from unique(ids, "action_id", "block", f"{at}/elements")


def _input(block: dict[str, Any], at: str) -> Iterator[str]:
    """https://docs.slack.dev/reference/block-kit/blocks/input-block"""
    yield from text(block.get("label"), f"{at}/label", most=2000, plain=True)
    yield from element(block.get("element"), f"{at}/element", IN_INPUT)
    if "hint" in block:
        yield from text(block["hint"], f"{at}/hint", most=2000, plain=True)


def _divider(_block: dict[str, Any], _at: str) -> Iterator[str]:
    yield from ()


_BLOCKS: dict[str, Callable[[dict[str, Any], str], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "divider": _divider,
    "image": image,
    "input": _input,
}
