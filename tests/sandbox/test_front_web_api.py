"""The Web API as slack_sdk's own client uses it. https://docs.slack.dev/reference/methods"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.front.workspace import BOT_TOKEN, BOT_USER_ID
from tests.sandbox.front_harness import Rehearsal, fetch, rehearsal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEPLOYS = "C0DEPLOYS"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


@pytest.fixture(scope="module")
def running() -> Iterator[Rehearsal]:
    """One stand-in for all tests of this module."""
    with rehearsal() as staged:
        yield staged


@pytest.fixture
def staged(running: Rehearsal) -> Iterator[Rehearsal]:
    """The stand-in, without the troubles of the test before; a minute later, so that nothing is paced by it."""
    running.clock.at += 60
    yield running
    running.chat.trouble(down=False, error="", rate_limit=False, lose_reply=False)


@pytest.fixture
def slack(staged: Rehearsal) -> WebClient:
    """The client that the product would use; it never tries again."""
    return WebClient(BOT_TOKEN, base_url=f"{staged.url}/api/", retry_handlers=[])


def metadata(key: str) -> dict[str, Any]:
    """What an app attaches for itself."""
    return {"event_type": "shown", "event_payload": {"key": key}}


def refused(call: Any, **arguments: Any) -> dict[str, Any]:
    """What Slack answered to a call that it refused."""
    with pytest.raises(SlackApiError) as caught:
        call(**arguments)
    return dict(caught.value.response.data)


def test_auth_test_tells_who_the_bot_is(slack: WebClient) -> None:
    """auth.test answers with team and user of the token."""
    assert slack.auth_test()["user_id"] == BOT_USER_ID


def test_a_message_appears_with_its_blocks(slack: WebClient, staged: Rehearsal) -> None:
    """chat.postMessage returns channel, ts and the message; the channel shows it."""
    posted = slack.chat_postMessage(
        channel=DEPLOYS, text="hi", blocks=[SECTION], unfurl_links=False, metadata=metadata("k1")
    )
    shown = staged.chat.messages()[-1]
    assert (shown["ts"], shown["text"]) == (posted["ts"], "hi")
    assert shown["blocks"][0]["text"] == SECTION["text"]
    assert posted["message"]["metadata"] == metadata("k1")


def test_timestamps_are_virtual_and_unique(slack: WebClient, staged: Rehearsal) -> None:
    """Two messages of the same moment have different ts, in order."""
    first, second = (slack.chat_postMessage(channel="#deploys", text="x")["ts"] for _ in range(2))
    assert float(first) == pytest.approx(staged.clock.at, abs=1)
    assert first < second


def test_a_form_is_understood_as_well(staged: Rehearsal) -> None:
    """Web API: arguments may come form-encoded, with structured ones as JSON text and the token as an argument."""
    body = b'token=%s&channel=C0DEPLOYS&text=form&blocks=[{"type":"divider"}]' % BOT_TOKEN.encode()
    fetch(f"{staged.url}/api/chat.postMessage", body, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert staged.chat.messages()[-1]["blocks"][0]["type"] == "divider"


def test_an_update_keeps_the_place_and_marks_the_edit(slack: WebClient, staged: Rehearsal) -> None:
    """chat.update changes the message with this ts."""
    ts = slack.chat_postMessage(channel=DEPLOYS, text="old", blocks=[SECTION])["ts"]
    slack.chat_update(channel=DEPLOYS, ts=ts, text="new", blocks=[{"type": "divider"}])
    shown = staged.chat.messages()[-1]
    assert (shown["ts"], shown["text"], shown["edits"]) == (ts, "new", 1)


def test_an_update_with_text_alone_takes_the_blocks_away(slack: WebClient, staged: Rehearsal) -> None:
    """chat.update: without blocks, text replaces the message."""
    ts = slack.chat_postMessage(channel=DEPLOYS, text="old", blocks=[SECTION])["ts"]
    slack.chat_update(channel=DEPLOYS, ts=ts, text="new")
    assert staged.chat.messages()[-1]["blocks"] == []


def test_replies_join_the_thread(slack: WebClient) -> None:
    """A reply to a reply belongs to the thread's first message."""
    ts = slack.chat_postMessage(channel=DEPLOYS, text="root")["ts"]
    reply = slack.chat_postMessage(channel=DEPLOYS, text="one", thread_ts=ts)["ts"]
    slack.chat_postMessage(channel=DEPLOYS, text="two", thread_ts=reply, reply_broadcast=True)
    texts = [m["text"] for m in slack.conversations_replies(channel=DEPLOYS, ts=ts)["messages"]]
    assert texts == ["root", "one", "two"]


def test_an_ephemeral_message_is_seen_by_one_person(slack: WebClient, staged: Rehearsal) -> None:
    """chat.postEphemeral: only `user` sees it, and it cannot be updated later."""
    ts = slack.chat_postEphemeral(channel=DEPLOYS, user="U0GUEST", text="psst")["message_ts"]
    assert staged.chat.messages("Guest")[-1]["text"] == "psst"
    assert all(m["ts"] != ts for m in staged.chat.messages("Lead"))
    assert refused(slack.chat_update, channel=DEPLOYS, ts=ts, text="x")["error"] == "message_not_found"


def test_users_info_knows_the_people(slack: WebClient) -> None:
    """users.info answers for people and refuses strangers."""
    assert slack.users_info(user="U0LEAD")["user"]["real_name"] == "Lead"
    assert refused(slack.users_info, user="U0NOBODY")["error"] == "user_not_found"


@pytest.mark.filterwarnings(
    "ignore:The top-level `text`"
)  # slack_sdk's advice; this is about Slack's refusal
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0OTHER", "text": "x"}, "channel_not_found"),
        ({"channel": DEPLOYS, "text": " ", "blocks": []}, "no_text"),
        ({"channel": DEPLOYS, "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": DEPLOYS, "text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"channel": DEPLOYS, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": DEPLOYS, "text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ],
)
def test_messages_that_slack_refuses(slack: WebClient, arguments: dict[str, Any], error: str) -> None:
    """chat.postMessage, section Errors."""
    assert refused(slack.chat_postMessage, **arguments)["error"] == error


def test_updates_that_slack_refuses(slack: WebClient, staged: Rehearsal) -> None:
    """chat.update: message_not_found, cant_update_message (somebody else's), msg_too_long (over 4,000)."""
    staged.chat.say("Lead", "a person's line")
    theirs = staged.chat.messages()[-1]["ts"]
    ours = slack.chat_postMessage(channel=DEPLOYS, text="x")["ts"]
    cases = [
        ("1.000001", "x", "message_not_found"),
        (theirs, "x", "cant_update_message"),
        (ours, "x" * 4001, "msg_too_long"),
    ]
    for ts, text, error in cases:
        assert refused(slack.chat_update, channel=DEPLOYS, ts=ts, text=text)["error"] == error


@pytest.mark.parametrize(("token", "error"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed")])
def test_the_token_is_checked(staged: Rehearsal, token: str, error: str) -> None:
    """Every method: invalid_auth for a wrong token, not_authed for none."""
    client = WebClient(token, base_url=f"{staged.url}/api/")
    assert refused(client.auth_test)["error"] == error


def test_an_unknown_method_is_refused(slack: WebClient) -> None:
    """Web API: unknown_method."""
    assert refused(slack.api_call, api_method="chat.shout")["error"] == "unknown_method"


def test_one_message_a_second_once_the_limit_is_on(slack: WebClient, staged: Rehearsal) -> None:
    """Rate limits, posting messages: 1 a second and channel; then 429 with Retry-After in seconds."""
    staged.chat.trouble(rate_limit=True)
    slack.chat_postMessage(channel=DEPLOYS, text="one")
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel=DEPLOYS, text="two")
    response = caught.value.response
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
    assert response["error"] == "ratelimited"
    staged.clock.at += 1
    slack.chat_postMessage(channel=DEPLOYS, text="two")


def test_updates_are_limited_by_the_minute(slack: WebClient, staged: Rehearsal) -> None:
    """Rate limits, Tier 3: 50 calls of a method in a minute, whatever the channel; others are not affected."""
    ts = slack.chat_postMessage(channel=DEPLOYS, text="0")["ts"]
    staged.chat.trouble(rate_limit=True)
    for number in range(50):
        slack.chat_update(channel=DEPLOYS, ts=ts, text=f"{number}")
        staged.clock.at += 1
    with pytest.raises(SlackApiError) as caught:
        slack.chat_update(channel=DEPLOYS, ts=ts, text="too many")
    assert caught.value.response.headers["Retry-After"] == "10"
    slack.conversations_history(channel=DEPLOYS)
    staged.clock.at += 10
    slack.chat_update(channel=DEPLOYS, ts=ts, text="again")


def test_a_service_that_is_down_answers_503(slack: WebClient, staged: Rehearsal) -> None:
    """With `down`, nothing is posted."""
    staged.chat.trouble(down=True)
    before = len(staged.chat.messages())
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel=DEPLOYS, text="x")
    assert caught.value.response.status_code == 503
    assert len(staged.chat.messages()) == before


def test_a_lost_reply_leaves_the_effect(slack: WebClient, staged: Rehearsal) -> None:
    """With `lose_reply`, the message is there although the caller got no answer."""
    staged.chat.trouble(lose_reply=True)
    with pytest.raises((URLError, http.client.HTTPException, ConnectionError)):
        slack.chat_postMessage(channel=DEPLOYS, text="lost and found")
    assert staged.chat.messages()[-1]["text"] == "lost and found"


def test_only_the_sandboxs_own_page_may_ask(staged: Rehearsal) -> None:
    """A page of another site, or another name for this address, gets 403."""
    foreign: list[dict[str, str]] = [{"Origin": "https://elsewhere.test"}, {"Host": "elsewhere.test:80"}]
    for headers in foreign:
        assert fetch(f"{staged.url}/_sandbox/channel", None, **headers)[0] == 403


def test_the_channel_is_sent_again_only_where_something_has_changed(
    slack: WebClient, staged: Rehearsal
) -> None:
    """A message, an edit and a view change it; a second look at the same is answered with 304 and nothing."""
    ts = ""
    changes: list[Callable[[], object]] = [
        lambda: slack.chat_postMessage(channel=DEPLOYS, text="new"),
        lambda: slack.chat_update(channel=DEPLOYS, ts=ts, text="changed"),
        lambda: slack.views_publish(user_id="U0LEAD", view={"type": "home", "blocks": [SECTION]}),
    ]
    url, seen = f"{staged.url}/_sandbox/channel", ""
    for change in changes:
        change()
        look = Request(url, headers={"If-None-Match": seen})  # noqa: S310 - the stand-in's own address
        with urlopen(look, timeout=10) as answer:  # noqa: S310 - the same
            seen, ts = answer.headers["ETag"], json.load(answer)["messages"][-1]["ts"]
        assert fetch(url, **{"If-None-Match": seen}) == (304, b"")
