"""What Slack tells by itself: what is read, and that nothing but Refused comes out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_requests import HomeOpened
from chalicelib.wire.slack_events import MOST_EVENT, Challenge, parse_event
from tests.unit.wire.test_slack_request import NESTED, only_refused


def opened(**changes: Any) -> dict[str, Any]:
    """Somebody opened the home tab, as Slack's page on the event shows it."""
    event = {
        "type": "app_home_opened",
        "user": "U0A",
        "channel": "D0A",
        "event_ts": "1.2",
        "tab": "home",
    }
    return {
        "type": "event_callback",
        "team_id": "T0A",
        "event_id": "Ev0001",
        "event_time": 1,
        "event": event,
    } | changes


def parsed(sent: object) -> object:
    """What is read of it."""
    return parse_event(json.dumps(sent).encode())


def test_the_challenge_is_read() -> None:
    """Slack's own example."""
    challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    assert parsed({"type": "url_verification", "token": "x", "challenge": challenge}) == Challenge(challenge)


def test_who_opened_the_home_tab_is_read() -> None:
    """Workspace and user id; the event's own id tells a repetition."""
    assert parsed(opened()) == HomeOpened(Actor("T0A", "U0A"), "slack-event-Ev0001")


@pytest.mark.parametrize(
    "event",
    [{"type": "message"}, {"type": "app_home_opened", "tab": "messages"}, {}, {"type": ["app_home_opened"]}],
)
def test_other_events_are_nothing_for_us(event: dict[str, object]) -> None:
    """Whoever set up the app may have subscribed to more."""
    assert parsed(opened(event=event)) is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        [],
        {"type": "url_verification"},
        {"type": "url_verification", "challenge": "ü"},
        {"type": "app_rate_limited"},
        opened(event="app_home_opened"),
        opened(team_id="<!here>"),
        opened(event_id="1"),
        opened(event={"type": "app_home_opened", "tab": "home", "user": None}),
    ],
)
def test_what_can_not_be_read_is_refused(sent: object) -> None:
    """Neither event nor challenge, or parts of another form."""
    with pytest.raises(Refused) as refused:
        parsed(sent)
    assert refused.value.reason is Reason.BAD_BODY


def test_an_oversized_event_is_refused() -> None:
    """No view is that large."""
    with pytest.raises(Refused) as refused:
        parse_event(b"a" * (MOST_EVENT + 1))
    assert refused.value.reason is Reason.TOO_LARGE


@given(body=st.binary(max_size=200))
def test_no_bytes_make_the_door_fail(body: bytes) -> None:
    """Whatever comes, parsing answers with Refused at most."""
    only_refused(lambda: parse_event(body))


@given(name=st.sampled_from(sorted(opened())), value=NESTED)
def test_no_type_makes_an_event_fail(name: str, value: object) -> None:
    """Any part of an event may be of any type."""
    only_refused(lambda: parsed(opened(**{name: value})))
