"""Slack's limits on Block Kit, one case on each side of each limit.

https://docs.slack.dev/reference/block-kit/blocks and .../block-elements, .../composition-objects
"""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models import blocks as sdk

from sandbox.front.blocks import check_blocks


def plain(length: int) -> dict[str, Any]:
    """A plain_text object."""
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> dict[str, Any]:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": "x" * length}


def button(**changes: Any) -> dict[str, Any]:
    """A button with some of its fields changed."""
    return {"type": "button", "text": plain(4), **changes}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    """An actions block."""
    return {"type": "actions", "elements": list(elements)}


def confirm(**changes: Any) -> dict[str, Any]:
    """An actions block whose button asks back."""
    dialog = {"title": plain(100), "text": mrkdwn(300), "confirm": plain(30), "deny": plain(30)}
    return actions(button(confirm={**dialog, **changes}))


def many(count: int) -> list[dict[str, Any]]:
    """So many buttons."""
    return [button(action_id=f"a{n}") for n in range(count)]


# (what Slack's reference says, blocks at the limit, blocks beyond it)
LIMITS = [
    ("blocks: up to 50 in a message", [{"type": "divider"}] * 50, [{"type": "divider"}] * 51),
    (
        "section-block: text at most 3000 characters",
        [{"type": "section", "text": mrkdwn(3000)}],
        [{"type": "section", "text": mrkdwn(3001)}],
    ),
    (
        "section-block: at most 10 fields",
        [{"type": "section", "fields": [mrkdwn(1)] * 10}],
        [{"type": "section", "fields": [mrkdwn(1)] * 11}],
    ),
    (
        "section-block: each field at most 2000 characters",
        [{"type": "section", "fields": [mrkdwn(2000)]}],
        [{"type": "section", "fields": [mrkdwn(2001)]}],
    ),
    (
        "section-block: text or fields is required",
        [{"type": "section", "text": mrkdwn(1)}],
        [{"type": "section"}],
    ),
    (
        "header-block: plain_text of at most 150 characters",
        [{"type": "header", "text": plain(150)}],
        [{"type": "header", "text": plain(151)}],
    ),
    (
        "header-block: plain_text only",
        [{"type": "header", "text": plain(1)}],
        [{"type": "header", "text": mrkdwn(1)}],
    ),
    (
        "context-block: at most 10 elements",
        [{"type": "context", "elements": [mrkdwn(1)] * 10}],
        [{"type": "context", "elements": [mrkdwn(1)] * 11}],
    ),
    ("actions-block: at most 25 elements", [actions(*many(25))], [actions(*many(26))]),
    (
        "button-element: text at most 75 characters",
        [actions(button(text=plain(75)))],
        [actions(button(text=plain(76)))],
    ),
    (
        "button-element: text is plain_text only",
        [actions(button(text=plain(1)))],
        [actions(button(text=mrkdwn(1)))],
    ),
    (
        "button-element: action_id at most 255 characters",
        [actions(button(action_id="x" * 255))],
        [actions(button(action_id="x" * 256))],
    ),
    (
        "button-element: value at most 2000 characters",
        [actions(button(value="x" * 2000))],
        [actions(button(value="x" * 2001))],
    ),
    (
        "button-element: url at most 3000 characters",
        [actions(button(url="x" * 3000))],
        [actions(button(url="x" * 3001))],
    ),
    (
        "button-element: style is primary or danger",
        [actions(button(style="danger"))],
        [actions(button(style="default"))],
    ),
    ("confirmation-dialog-object: title at most 100 characters", [confirm()], [confirm(title=plain(101))]),
    ("confirmation-dialog-object: text at most 300 characters", [confirm()], [confirm(text=mrkdwn(301))]),
    ("confirmation-dialog-object: confirm at most 30 characters", [confirm()], [confirm(confirm=plain(31))]),
    ("confirmation-dialog-object: deny at most 30 characters", [confirm()], [confirm(deny=plain(31))]),
    (
        "actions-block: an action_id is unique in its block",
        [actions(button(action_id="a")), actions(button(action_id="a"))],
        [actions(button(action_id="a"), button(action_id="a"))],
    ),
    (
        "blocks: block_id at most 255 characters",
        [{"type": "divider", "block_id": "x" * 255}],
        [{"type": "divider", "block_id": "x" * 256}],
    ),
    (
        "blocks: block_id is unique in a message",
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "b"}],
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}],
    ),
    (
        "image-block: alt_text at most 2000 characters",
        [{"type": "image", "image_url": "https://a.test/x.png", "alt_text": "x" * 2000}],
        [{"type": "image", "image_url": "https://a.test/x.png", "alt_text": "x" * 2001}],
    ),
    (
        "image-block: alt_text is required",
        [{"type": "image", "image_url": "https://a.test/x.png", "alt_text": "x"}],
        [{"type": "image", "image_url": "https://a.test/x.png"}],
    ),
    (
        "text-object: at least 1 character",
        [{"type": "section", "text": mrkdwn(1)}],
        [{"type": "section", "text": mrkdwn(0)}],
    ),
]


@pytest.mark.parametrize(("rule", "within", "beyond"), LIMITS, ids=[rule for rule, *_ in LIMITS])
def test_limit(rule: str, within: list[dict[str, Any]], beyond: list[dict[str, Any]]) -> None:
    """Blocks at a documented limit pass; one step beyond it they do not."""
    assert check_blocks(within) == [], rule
    assert check_blocks(beyond) != [], rule


@pytest.mark.parametrize("blocks", [None, {}, "text", ["x"], [{}], [{"type": "carousel-of-horrors"}]])
def test_what_is_not_blocks_is_refused(blocks: Any) -> None:
    """Anything but a list of known blocks is invalid."""
    assert check_blocks(blocks)


def test_problems_say_where() -> None:
    """Slack's messages end with a JSON pointer to what is wrong."""
    (problem,) = check_blocks([{"type": "divider"}, actions(button(text=plain(76)))])
    assert problem.endswith("[json-pointer:/blocks/1/elements/0/text/text]")


def test_the_numbers_agree_with_slacks_own_library() -> None:
    """slack_sdk carries the same limits."""
    assert sdk.ButtonElement.text_max_length == 75
    assert sdk.ButtonElement.value_max_length == 2000
    assert sdk.InteractiveElement.action_id_max_length == 255
    assert sdk.HeaderBlock.text_max_length == 150
    assert sdk.ActionsBlock.elements_max_length == 25
    assert sdk.ContextBlock.elements_max_length == 10
