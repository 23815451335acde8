"""What is sent to the app, checked with Slack's own library and against Slack's documented example."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.signature import Clock, SignatureVerifier

from sandbox.front import requests, workspace
from sandbox.front.channel import Channel, Message
from tests.sandbox.front_harness import START, StillClock

BUTTON = {
    "type": "button",
    "text": {"type": "plain_text", "text": "Confirm"},
    "action_id": "confirm",
    "value": "cameras-142",
    "style": "primary",
    "confirm": {"title": {"type": "plain_text", "text": "Sure?"}},
}


@pytest.fixture
def channel() -> Channel:
    """An empty channel."""
    return Channel(StillClock().now)


def payload(message: Message) -> dict[str, Any]:
    """The payload of the Approver's click on a message."""
    body = requests.click_body(
        workspace.person("Approver"),
        message,
        "b0",
        BUTTON,
        response_url="http://127.0.0.1/r",
        trigger="1.2.3",
        now=START,
    )
    decoded: dict[str, Any] = json.loads(parse_qs(body.decode())["payload"][0])
    return decoded


def test_the_documented_example_is_signed_as_documented() -> None:
    """verifying-requests-from-slack: secret, timestamp and body of the page give the page's signature."""
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        "%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = requests.signed_headers("8f742231b10e8888abcd99yyyzzz85a5", body.encode(), 1531420618.9)
    assert headers["X-Slack-Request-Timestamp"] == "1531420618"
    assert headers["X-Slack-Signature"] == (
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    )


def test_slacks_library_accepts_the_raw_bytes_and_nothing_else() -> None:
    """The signature covers the body byte for byte, and the moment it was sent."""
    body = requests.command_body(
        workspace.person("Lead"),
        "C0DEPLOYS",
        "/deploy",
        "a+b ä&c=d@142",
        response_url="http://127.0.0.1/commands/1",
        trigger="1.2.3",
    )
    headers = requests.signed_headers("s3cret", body, START)
    clock = Clock()
    clock.now = lambda: START  # type: ignore[method-assign]  # slack_sdk's own seam for tests
    verifier = SignatureVerifier("s3cret", clock)
    assert verifier.is_valid_request(body, headers)
    assert not verifier.is_valid_request(body.replace(b"+", b"%20"), headers)


def test_a_command_carries_every_documented_field() -> None:
    """implementing-slash-commands, "Preparing your app to receive commands"."""
    body = requests.command_body(
        workspace.person("Deployer"),
        "C0DEPLOYS",
        "/deploy",
        "cameras@142 to production",
        response_url="http://127.0.0.1/c",
        trigger="1.2.3",
    )
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert form["text"] == "cameras@142 to production"
    assert (form["user_id"], form["user_name"]) == ("U0DEPLOYER", "deployer")
    assert set(form) == {
        "token", "team_id", "team_domain", "channel_id", "channel_name", "user_id", "user_name", "command",
        "text", "api_app_id", "is_enterprise_install", "response_url", "trigger_id",
    }  # fmt: skip


def test_a_click_carries_who_where_and_which_button(channel: Channel) -> None:
    """block_actions-payload: user, team, container, message, response_url and the action with its value."""
    message = channel.post("C0DEPLOYS", workspace.BOT_USER_ID, "Deploy?", blocks=[])
    sent = payload(message)
    assert (sent["type"], sent["user"]["id"], sent["team"]["id"]) == (
        "block_actions",
        "U0APPROVER",
        "T0SANDBOX",
    )
    assert sent["container"]["message_ts"] == sent["message"]["ts"] == message.ts
    (action,) = sent["actions"]
    assert (action["action_id"], action["value"], action["block_id"]) == ("confirm", "cameras-142", "b0")
    assert "confirm" not in action


def test_a_click_on_an_ephemeral_message_has_no_message(channel: Channel) -> None:
    """block_actions-payload: an ephemeral message is not stored, so it is not in the payload."""
    message = channel.post(
        "C0DEPLOYS", workspace.BOT_USER_ID, "psst", viewer="U0APPROVER", thread_ts="1.000001"
    )
    sent = payload(message)
    assert "message" not in sent
    assert sent["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": "C0DEPLOYS",
        "is_ephemeral": True,
        "thread_ts": "1.000001",
    }
