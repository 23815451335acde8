"""What apps may read back, as slack_sdk's own client asks for it: conversations.history and conversations.replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.front.workspace import BOT_TOKEN
from tests.sandbox.front_harness import Rehearsal, rehearsal

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOYS = "C0DEPLOYS"
METADATA = {"event_type": "shown", "event_payload": {"key": "k1"}}


@pytest.fixture
def staged() -> Iterator[Rehearsal]:
    """An empty channel."""
    with rehearsal() as running:
        yield running


@pytest.fixture
def slack(staged: Rehearsal) -> WebClient:
    """The client that the product would use."""
    return WebClient(BOT_TOKEN, base_url=f"{staged.url}/api/", retry_handlers=[])


def posted(slack: WebClient, text: str, **arguments: Any) -> str:
    """The timestamp of a new message."""
    return str(slack.chat_postMessage(channel=DEPLOYS, text=text, **arguments)["ts"])


def texts(answer: Any) -> list[str]:
    """What the messages of an answer say."""
    return [message["text"] for message in answer["messages"]]


def test_history_is_newest_first_without_replies_and_private_messages(slack: WebClient) -> None:
    """conversations.history: the main messages; a reply only where it was sent to the channel as well."""
    root = posted(slack, "root")
    posted(slack, "aside", thread_ts=root)
    posted(slack, "for all", thread_ts=root, reply_broadcast=True)
    slack.chat_postEphemeral(channel=DEPLOYS, user="U0LEAD", text="psst")
    posted(slack, "last")
    answer = slack.conversations_history(channel=DEPLOYS)
    assert texts(answer) == ["last", "for all", "root"]
    assert [each.get("subtype") for each in answer["messages"]] == [None, "thread_broadcast", None]


def test_bounds_leave_out_the_messages_that_they_name(slack: WebClient) -> None:
    """`oldest` and `latest`: messages at these times come with `inclusive` only."""
    first, _, third = (posted(slack, text) for text in ("one", "two", "three"))
    assert texts(slack.conversations_history(channel=DEPLOYS, oldest=first)) == ["three", "two"]
    assert texts(slack.conversations_history(channel=DEPLOYS, oldest=first, latest=third)) == ["two"]
    both = slack.conversations_history(channel=DEPLOYS, oldest=first, latest=third, inclusive=True)
    assert texts(both) == ["three", "two", "one"]


def test_payloads_of_metadata_come_on_request(slack: WebClient) -> None:
    """`include_all_metadata`; without it only the type of the event is shown. An update keeps what it does not name."""
    ts = posted(slack, "root", metadata=METADATA)
    slack.chat_update(channel=DEPLOYS, ts=ts, text="changed")
    (plain,) = slack.conversations_history(channel=DEPLOYS)["messages"]
    (full,) = slack.conversations_history(channel=DEPLOYS, include_all_metadata=True)["messages"]
    assert plain["metadata"] == {"event_type": "shown"}
    assert full["metadata"] == METADATA
    slack.chat_update(channel=DEPLOYS, ts=ts, text="changed", metadata={})
    (bare,) = slack.conversations_history(channel=DEPLOYS, include_all_metadata=True)["messages"]
    assert "metadata" not in bare


def test_pages_follow_by_cursor(slack: WebClient) -> None:
    """Pagination: `limit` items, then `next_cursor` until there is no more."""
    for number in range(5):
        posted(slack, str(number))
    first = slack.conversations_history(channel=DEPLOYS, limit=2)
    assert (texts(first), first["has_more"]) == (["4", "3"], True)
    pages = [texts(page) for page in slack.conversations_history(channel=DEPLOYS, limit=2)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]


def test_a_thread_is_oldest_first_and_begins_with_its_root(slack: WebClient) -> None:
    """conversations.replies: the first message comes along whatever the bounds are; `ts` may name a reply."""
    root = posted(slack, "root")
    one = posted(slack, "one", thread_ts=root, metadata=METADATA)
    posted(slack, "two", thread_ts=root)
    answer = slack.conversations_replies(channel=DEPLOYS, ts=root, oldest=one, include_all_metadata=True)
    assert texts(answer) == ["root", "two"]
    everything = slack.conversations_replies(channel=DEPLOYS, ts=one, include_all_metadata=True)
    assert texts(everything) == ["root", "one", "two"]
    assert everything["messages"][1]["metadata"] == METADATA


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("conversations.history", {"channel": "C0OTHER"}, "channel_not_found"),
        ("conversations.history", {"channel": DEPLOYS, "oldest": "soon"}, "invalid_ts_oldest"),
        ("conversations.history", {"channel": DEPLOYS, "cursor": "?"}, "invalid_cursor"),
        ("conversations.history", {"channel": DEPLOYS, "limit": "many"}, "invalid_limit"),
        ("conversations.replies", {"channel": DEPLOYS, "ts": "1.000001"}, "thread_not_found"),
    ],
)
def test_what_slack_refuses(slack: WebClient, method: str, arguments: dict[str, Any], error: str) -> None:
    """Each method's section Errors."""
    with pytest.raises(SlackApiError) as caught:
        slack.api_call(method, params=arguments)
    assert caught.value.response["error"] == error
