"""Slack's adapter: what it sends, which refusals are worth another try, and where it never sends anything."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import pytest

from chalicelib.adapters.slack import ResponseUrls, SlackChat
from chalicelib.domain.errors import RateLimited, Refused, Unavailable
from chalicelib.usecases.chat_ports import Action, Message
from chalicelib.usecases.chat_ports import Reply as Said
from tests.unit.adapters.loopback import LOST, Reply, Service, serving

MESSAGE = Message(
    summary="cameras@142: ready",
    lines=("{person:T0/U0LEAD} <!channel>",),
    actions=(Action("finish", "Finish", "cameras production"),),
)


def ok(**facts: object) -> Reply:
    """Slack did it."""
    return Reply(200, json.dumps({"ok": True, **facts}).encode(), {"Content-Type": "application/json"})


def no(error: str, status: int = 200, **headers: str) -> Reply:
    """Slack did not."""
    body = json.dumps({"ok": False, "error": error}).encode()
    return Reply(status, body, {"Content-Type": "application/json", **headers})


@contextmanager
def chat(*replies: Reply) -> Iterator[tuple[Service, SlackChat]]:
    """Slack on loopback, and the adapter for it."""
    with serving(*replies) as service:
        yield service, SlackChat(lambda: "xoxb-token", f"{service.url}/api/")


def test_a_message_is_posted_with_blocks_and_text() -> None:
    """Escaped and expanded, with the bot's token, and without previews of links."""
    with chat(ok(ts="1.2")) as (service, slack):
        assert slack.post("C0DEPLOYS", MESSAGE, key="k1") == "1.2"
        (asked,) = service.asked
        sent = json.loads(asked.body)
        assert asked.path == "/api/chat.postMessage"
        assert asked.headers["authorization"] == "Bearer xoxb-token"
        assert (sent["channel"], sent["text"], sent["unfurl_links"]) == (
            "C0DEPLOYS",
            "cameras@142: ready",
            False,
        )
        assert sent["blocks"][0]["text"]["text"] == "<@U0LEAD> &lt;!channel&gt;"
        assert sent["metadata"] == {"event_type": "pointsman_message", "event_payload": {"key": "k1"}}
        assert "thread_ts" not in sent


def test_a_reply_goes_to_its_thread() -> None:
    """And to the channel too where it is asked for."""
    with chat(ok(ts="1.3")) as (service, slack):
        slack.post("C0DEPLOYS", MESSAGE, key="k1", thread="1.2", broadcast=True)
        sent = json.loads(service.asked[0].body)
        assert (sent["thread_ts"], sent["reply_broadcast"]) == ("1.2", True)


def test_a_message_is_replaced_in_place() -> None:
    """By channel and timestamp, because a response_url lasts thirty minutes only."""
    with chat(ok(ts="1.2")) as (service, slack):
        slack.update("C0DEPLOYS", "1.2", MESSAGE)
        sent = json.loads(service.asked[0].body)
        assert service.asked[0].path == "/api/chat.update"
        assert (sent["channel"], sent["ts"]) == ("C0DEPLOYS", "1.2")


def test_a_message_is_looked_for_by_its_key_page_by_page() -> None:
    """A form, since Slack's reading methods were made for GET; only its own type of event counts."""
    other = {"ts": "1.1", "metadata": {"event_type": "other", "event_payload": {"key": "k1"}}}
    ours = {"ts": "1.2", "metadata": {"event_type": "pointsman_message", "event_payload": {"key": "k1"}}}
    pages = (
        ok(messages=[{"ts": "1.0"}, other], response_metadata={"next_cursor": "c2"}),
        ok(messages=[ours]),
    )
    with chat(*pages) as (service, slack):
        assert slack.find("C0DEPLOYS", "k1", since=1.5) == "1.2"
        first, second = (parse_qs(asked.body.decode()) for asked in service.asked)
        assert service.asked[0].path == "/api/conversations.history"
        assert (first["oldest"], first["include_all_metadata"]) == (["1.500000"], ["true"])
        assert ("cursor" in first, second["cursor"]) == (False, ["c2"])


def test_what_can_not_be_searched_is_not_found(capsys: pytest.CaptureFixture[str]) -> None:
    """A thread that is gone, or a token that may not read it: the message is posted again rather than never."""
    with chat(no("thread_not_found")) as (service, slack):
        assert slack.find("C0DEPLOYS", "k1", thread="1.2", since=1.5) is None
        assert service.asked[0].path == "/api/conversations.replies"
    assert "thread_not_found" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message"])
def test_a_message_that_somebody_deleted_is_left_alone(code: str) -> None:
    """There is nothing to bring up to date any more."""
    with chat(no(code)) as (service, slack):
        slack.update("C0DEPLOYS", "1.2", MESSAGE)
        assert len(service.asked) == 1


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "invalid_blocks"])
def test_what_slack_will_never_take_is_refused(code: str) -> None:
    """The reason is Slack's own word."""
    with chat(no(code)) as (_, slack), pytest.raises(Refused, match=code):
        slack.post("C0NOWHERE", MESSAGE, key="k1")


@pytest.mark.parametrize(
    "reply",
    [
        no("ratelimited", 429),
        no("ratelimited"),
        no("internal_error", 500),
        no("invalid_auth"),
        no("token_revoked"),
        Reply(503, b"<html>busy</html>", {"Content-Type": "text/html"}),
        Reply(200, b"not json", {"Content-Type": "text/html"}),
        LOST,
    ],
)
def test_what_may_pass_is_unavailable_and_not_tried_here(reply: Reply) -> None:
    """A function never sleeps; the table's stream comes again. A token that is wrong is mended by an operator."""
    with chat(reply) as (service, slack):
        started = time.monotonic()
        with pytest.raises(Unavailable):
            slack.post("C0DEPLOYS", MESSAGE, key="k1")
        assert len(service.asked) == 1
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (no("ratelimited", 429, **{"Retry-After": "7"}), 7.0),
        (no("ratelimited", 429), 30.0),
        (no("ratelimited", 429, **{"Retry-After": "soon"}), 30.0),
        (no("ratelimited"), 30.0),
        (Reply(429, b"slow down", {"Content-Type": "text/plain", "Retry-After": "9"}), 9.0),
    ],
)
def test_how_long_slack_wants_to_be_left_alone_is_told(reply: Reply, seconds: float) -> None:
    """Retry-After in whole seconds; where it is missing, half a minute."""
    with chat(reply) as (_, slack), pytest.raises(RateLimited) as raised:
        slack.update("C0DEPLOYS", "1.2", MESSAGE)
    assert raised.value.seconds == seconds


def test_no_token_is_in_an_error() -> None:
    """Errors are logged."""
    with chat(no("invalid_auth")) as (_, slack), pytest.raises(Unavailable) as raised:
        slack.post("C0DEPLOYS", MESSAGE, key="k1")
    assert "xoxb" not in str(raised.value)


# --- response_url -------------------------------------------------------------------------------------------------


def test_a_whisper_goes_to_the_address_that_came_with_the_click() -> None:
    """Only the clicker sees it, and the message with the button stays."""
    with serving(Reply()) as service:
        ResponseUrls(service.url).whisper(f"{service.url}/actions/T0/1/2?x=1", Said("too late"), within=2)
        (asked,) = service.asked
        assert asked.path == "/actions/T0/1/2?x=1"
        assert json.loads(asked.body) == {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": "too late",
        }


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}@elsewhere.test/",
        "http://user@127.0.0.1:{port}/",
        "http://127.0.0.1:1/",
        "http://127.0.0.1/",
        "https://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "//127.0.0.1:{port}/",
        "http://127.0.0.1.:{port}/",
        "http://127\u30020\u30020\u30021:{port}/",
        "http://127.0.0.1:0{port}/",
        "http://127.0.0.1:{port}\\@elsewhere.test/",
        "http://127.0.0.1:{port}\t.elsewhere.test/",
        "http://127.0.0.1:{port}%2F@elsewhere.test/",
        "http://elsewhere.test/#@127.0.0.1:{port}/",
        "http:///127.0.0.1:{port}/",
        "file:///etc/passwd",
        "http://[",
        "",
    ],
)
def test_nothing_is_sent_anywhere_else(address: str) -> None:
    """The origin is compared exactly: scheme, host and port."""
    with serving(Reply()) as service:
        ResponseUrls(service.url).whisper(
            address.format(port=service.server.server_port), Said("secret"), within=2
        )
        assert service.asked == []


@pytest.mark.parametrize(
    "reply", [LOST, Reply(404, b"used_url"), Reply(302, b"", {"Location": "http://127.0.0.1:1/"})]
)
def test_a_whisper_that_fails_is_no_trouble(reply: Reply, capsys: pytest.CaptureFixture[str]) -> None:
    """It is logged, without the address, which is a secret for thirty minutes; a redirect is not followed."""
    with serving(reply) as service:
        ResponseUrls(service.url).whisper(f"{service.url}/actions/secret", Said("too late"), within=2)
        assert len(service.asked) == 1
    logged = capsys.readouterr().err
    assert "warning" in logged
    assert "actions/secret" not in logged


def test_an_address_that_http_can_not_carry_is_no_trouble() -> None:
    """Spaces and letters that are not ASCII are refused by the protocol."""
    with serving() as service:
        ResponseUrls(service.url).whisper(f"{service.url}/a b\u0142", Said("too late"), within=2)
        assert service.asked == []


def test_a_whisper_may_replace_the_answer_that_was_clicked_in() -> None:
    """Another page of a list, of which the one before is of no use any more."""
    with serving(Reply()) as service:
        ResponseUrls(service.url).whisper(f"{service.url}/a", Said("page 2"), within=2, instead=True)
        (asked,) = service.asked
        assert json.loads(asked.body)["replace_original"] is True
