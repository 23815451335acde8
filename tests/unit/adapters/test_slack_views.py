"""Slack's views over HTTP: one request each, and False rather than an error."""

import json

import pytest

from chalicelib.adapters.slack_views import SlackViews
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.chat_ports import Field, Form
from chalicelib.usecases.chat_ports import Reply as Said
from tests.unit.adapters.loopback import LOST, Reply, serving

FORM = Form("reject", "Reject", "Reject", (Field("reason", "Reason"),), about="K7Q2F")


def ok() -> Reply:
    """Taken."""
    return Reply(200, b'{"ok": true, "view": {"id": "V1"}}', {"Content-Type": "application/json"})


def test_a_form_opens_with_the_trigger_and_the_token() -> None:
    """JSON with a bearer token, as Slack's page on the Web API has it."""
    with serving(ok()) as service:
        assert SlackViews(lambda: "xoxb-1", f"{service.url}/api/").open("1.2.3", FORM)
        (asked,) = service.asked
    sent = json.loads(asked.body)
    assert asked.path == "/api/views.open"
    assert asked.headers["authorization"] == "Bearer xoxb-1"
    assert (sent["trigger_id"], sent["view"]["callback_id"]) == ("1.2.3", "reject")


def test_an_answer_replaces_an_open_view() -> None:
    """By the view's id, without a trigger."""
    with serving(ok()) as service:
        assert SlackViews(lambda: "xoxb-1", f"{service.url}/api").change("V1", Said("Done."))
        (asked,) = service.asked
    assert asked.path == "/api/views.update"
    assert json.loads(asked.body)["view_id"] == "V1"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b'{"ok": false, "error": "expired_trigger_id"}'),
        Reply(429, b'{"ok": false, "error": "ratelimited"}', {"Retry-After": "5"}),
        Reply(500, b"busy"),
        Reply(200, b"[]"),
        Reply(302, b"", {"Location": "http://127.0.0.1:1/"}),
        LOST,
    ],
)
def test_what_slack_does_not_take_is_false(reply: Reply) -> None:
    """The caller tells the person another way; nothing is tried again, nobody waits."""
    with serving(reply) as service:
        assert not SlackViews(lambda: "xoxb-1", f"{service.url}/api/").open("1.2.3", FORM)
        assert len(service.asked) == 1


def test_without_a_token_nothing_is_asked() -> None:
    """Also where the secret can not be read just now."""

    def away() -> str:
        raise Unavailable("Secrets Manager")

    with serving(ok()) as service:
        assert not SlackViews(lambda: "", f"{service.url}/api/").open("1.2.3", FORM)
        assert not SlackViews(away, f"{service.url}/api/").open("1.2.3", FORM)
        assert service.asked == []
