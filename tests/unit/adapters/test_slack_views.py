"""Slack's views over HTTP: one request each, and what became of it rather than an error."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chalicelib.adapters.slack_views import SlackViews
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.chat_ports import Field, Form, Opened
from chalicelib.usecases.chat_ports import Reply as Said
from tests.unit.adapters.loopback import LOST, Reply, serving

FORM = Form("reject", "Reject", "Reject", (Field("reason", "Reason"),), about="K7Q2F")


@contextmanager
def silent() -> Iterator[str]:
    """A port on which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def ok() -> Reply:
    """Taken."""
    return Reply(200, b'{"ok": true, "view": {"id": "V1"}}', {"Content-Type": "application/json"})


def test_a_form_opens_with_the_trigger_and_the_token() -> None:
    """JSON with a bearer token, as Slack's page on the Web API has it."""
    with serving(ok()) as service:
        opened = SlackViews(lambda: "xoxb-1", f"{service.url}/api/").open("1.2.3", FORM, within=2)
        assert opened is Opened.YES
        (asked,) = service.asked
    sent = json.loads(asked.body)
    assert asked.path == "/api/views.open"
    assert asked.headers["authorization"] == "Bearer xoxb-1"
    assert (sent["trigger_id"], sent["view"]["callback_id"]) == ("1.2.3", "reject")


def test_an_answer_replaces_an_open_view() -> None:
    """By the view's id, without a trigger."""
    with serving(ok()) as service:
        changed = SlackViews(lambda: "xoxb-1", f"{service.url}/api").change("V1", Said("Done."), within=2)
        assert changed is Opened.YES
        (asked,) = service.asked
    assert asked.path == "/api/views.update"
    assert json.loads(asked.body)["view_id"] == "V1"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"ok": false, "error": "expired_trigger_id"}'),
        Reply(429, b'{"ok": false, "error": "ratelimited"}', {"Retry-After": "5"}),
    ],
)
def test_what_slack_refuses_is_not_open(reply: Reply) -> None:
    """The caller tells the person another way; nothing is tried again, nobody waits."""
    with serving(reply) as service:
        opened = SlackViews(lambda: "xoxb-1", f"{service.url}/api/").open("1.2.3", FORM, within=2)
        assert opened is Opened.NO
        assert len(service.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"ok": false, "error": "internal_error"}'),
        Reply(200, b'{"ok": false}'),
        Reply(500, b"busy"),
        Reply(200, b"[]"),
        Reply(302, b"", {"Location": "http://127.0.0.1:1/"}),
        LOST,
    ],
)
def test_where_slack_does_not_say_nobody_knows(reply: Reply) -> None:
    """A form whose reply was lost may be there."""
    with serving(reply) as service:
        opened = SlackViews(lambda: "xoxb-1", f"{service.url}/api/").open("1.2.3", FORM, within=2)
        assert opened is Opened.PERHAPS
        assert len(service.asked) == 1


def test_nobody_waits_longer_than_was_said() -> None:
    """A service that takes the request and is silent."""
    with silent() as address:
        began = time.monotonic()
        opened = SlackViews(lambda: "xoxb-1", f"{address}/api/").open("1.2.3", FORM, within=0.2)
        assert opened is Opened.PERHAPS
        assert time.monotonic() - began < 1.4  # what is taken where nobody says less is 1.5


def test_without_a_token_nothing_is_asked() -> None:
    """Also where the secret can not be read just now."""

    def away() -> str:
        raise Unavailable("Secrets Manager")

    with serving(ok()) as service:
        for token in (lambda: "", away):
            opened = SlackViews(token, f"{service.url}/api/").open("1.2.3", FORM, within=2)
            assert opened is Opened.NO
        assert service.asked == []
