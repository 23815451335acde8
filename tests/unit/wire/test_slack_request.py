"""Slack's door: what is verified, what is read, and that nothing but Refused comes out."""

import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_requests import Click
from chalicelib.wire import slack_request
from chalicelib.wire.slack_interaction import MOST_INTERACTION, parse_interaction

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SENT = 1531420618
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
HEADERS = {"X-Slack-Request-Timestamp": str(SENT), "X-Slack-Signature": SIGNATURE}


def payload(**changes: object) -> dict[str, object]:
    """A click as Slack sends it."""
    return {
        "type": "block_actions",
        "user": {"id": "U0APPROVER", "username": "someone", "team_id": "T0SANDBOX"},
        "team": {"id": "T0SANDBOX", "domain": "sandbox"},
        "trigger_id": "1.2.3",
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": "C0DEPLOYS"},
        "response_url": "https://hooks.slack.com/actions/T0/1/2",
        "actions": [{"type": "button", "action_id": "confirm", "value": "ABCDE"}],
    } | changes


def click(**changes: object) -> bytes:
    """Its form."""
    return urlencode({"payload": json.dumps(payload(**changes))}).encode()


def reason(call: Callable[[], object]) -> Reason:
    """Why a call is refused."""
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.reason


def test_the_published_example_verifies() -> None:
    """The signature that Slack's documentation computes is accepted."""
    slack_request.verify(HEADERS, BODY, [SECRET], SENT)


@pytest.mark.parametrize("away", [-300, 300])
def test_the_window_is_five_minutes_either_way(away: int) -> None:
    """Exactly five minutes pass, before and after."""
    slack_request.verify(HEADERS, BODY, [SECRET], SENT + away)


@pytest.mark.parametrize("away", [-301, 301, 10**9])
def test_outside_the_window_is_stale(away: int) -> None:
    """A right signature from another time is refused."""
    assert reason(lambda: slack_request.verify(HEADERS, BODY, [SECRET], SENT + away)) == Reason.STALE_REQUEST


def test_either_live_secret_opens_during_a_rotation() -> None:
    """Two secrets are live while one replaces the other."""
    slack_request.verify(HEADERS, BODY, ["the-next-one", SECRET], SENT)


@pytest.mark.parametrize("secrets", [[], [""], ["", ""], ["another"]])
def test_no_secret_and_a_wrong_one_open_nothing(secrets: list[str]) -> None:
    """An unset or empty secret fails closed."""
    assert reason(lambda: slack_request.verify(HEADERS, BODY, secrets, SENT)) == Reason.BAD_SIGNATURE


def test_an_empty_secret_can_not_be_used_to_sign() -> None:
    """What is signed with the empty key is refused even where the empty key is configured."""
    mac = hmac.new(b"", f"v0:{SENT}:".encode() + BODY, hashlib.sha256).hexdigest()
    headers = {**HEADERS, "X-Slack-Signature": f"v0={mac}"}
    assert reason(lambda: slack_request.verify(headers, BODY, [""], SENT)) == Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "changed",
    [
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": SIGNATURE.replace("v0", "v1")},
        {"X-Slack-Signature": SIGNATURE[:-1]},
        {"X-Slack-Signature": "v0=ü"},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": f" {SENT}"},
        {"X-Slack-Request-Timestamp": f"+{SENT}"},
        {"X-Slack-Request-Timestamp": f"{SENT}.0"},
        {"X-Slack-Request-Timestamp": "١٥٣١٤٢٠٦١٨"},
        {"X-Slack-Request-Timestamp": "9" * 5000},
    ],
)
def test_malformed_headers_are_refused(changed: dict[str, str]) -> None:
    """Missing, truncated, of another version, or no number: refused, never an error of ours."""
    headers = {**HEADERS, **changed}
    assert reason(lambda: slack_request.verify(headers, BODY, [SECRET], SENT)) == Reason.BAD_SIGNATURE


def test_the_mac_is_over_the_raw_bytes() -> None:
    """A body that means the same but is spelled otherwise is refused."""
    again = BODY.replace(b"%2F", b"%2f")
    assert reason(lambda: slack_request.verify(HEADERS, again, [SECRET], SENT)) == Reason.BAD_SIGNATURE


def test_header_names_have_no_case() -> None:
    """API Gateway and proxies may change the case of names."""
    slack_request.verify({name.upper(): value for name, value in HEADERS.items()}, BODY, [SECRET], SENT)


def test_a_command_is_read() -> None:
    """Identity is workspace and user id; the name in the form is not looked at."""
    command = slack_request.parse_command(BODY.replace(b"text=", b"text=status+%C3%BC"), HEADERS)
    assert command.actor == Actor("T1DC2JH3J", "U2CERLKJA")
    assert command.text == "status ü"
    assert command.channel == "G8PSS9T3V"
    assert command.address.startswith("https://hooks.slack.com/commands/")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("grant <@U0GUEST|guest> approver", "grant {person:T1DC2JH3J/U0GUEST} approver"),
        ("grant <@W0GUEST> approver on cameras", "grant {person:T1DC2JH3J/W0GUEST} approver on cameras"),
        ("grant @guest approver", "grant @guest approver"),
        ("grant <@U0GUEST|a<b> approver", "grant <@U0GUEST|a<b> approver"),
        ("reject K7Q2F not before <@U0LEAD> is back", "reject K7Q2F not before <@U0LEAD> is back"),
    ],
)
def test_a_person_who_was_picked_is_named_as_texts_name_them(typed: str, read: str) -> None:
    """Right after the command's word; in a reason a mention is text like any other."""
    body = BODY.replace(b"text=", urlencode({"text": typed}).encode())
    assert slack_request.parse_command(body, HEADERS).text == read


def test_a_replayed_body_is_the_same_event_and_another_body_is_not() -> None:
    """The event id follows from what Slack sent, also when it sends it again later."""
    first = slack_request.parse_command(BODY, HEADERS).event
    later = {**HEADERS, "X-Slack-Request-Timestamp": str(SENT + 3)}
    assert slack_request.parse_command(BODY, later).event == first
    assert slack_request.parse_command(BODY.replace(b"398738663015", b"398738663016"), HEADERS).event != first


def test_without_a_trigger_the_time_makes_the_event() -> None:
    """Two equal commands at two times are two events where nothing else tells them apart."""
    body = BODY.partition(b"&trigger_id")[0]
    first = slack_request.parse_command(body, HEADERS).event
    later = {**HEADERS, "X-Slack-Request-Timestamp": str(SENT + 3)}
    assert slack_request.parse_command(body, HEADERS).event == first
    assert slack_request.parse_command(body, later).event != first


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text",
        b"\xff\xfe=1",
        BODY.replace(b"text=", b"text=%ff"),
        BODY.replace(b"text=", b"text=%00"),
        BODY.replace(b"team_id=T1DC2JH3J", b"team_id="),
        BODY.replace(b"user_id=U2CERLKJA", b"user_id=%3C!channel%3E"),
        BODY.replace(b"user_id=U2CERLKJA&", b""),
        BODY + b"&user_id=U0ADMIN",
        BODY + b"&x=1" * 100,
        BODY.replace(b"https", b"file"),
    ],
)
def test_malformed_commands_are_refused(body: bytes) -> None:
    """Not a form, not UTF-8, a field missing, forged or twice: a clear refusal."""
    assert reason(lambda: slack_request.parse_command(body, HEADERS)) == Reason.BAD_BODY


def test_oversized_bodies_are_refused() -> None:
    """Nothing of Slack's is that large."""
    body = BODY + b"&x=" + b"a" * slack_request.MOST_COMMAND
    assert reason(lambda: slack_request.parse_command(body, HEADERS)) == Reason.TOO_LARGE
    large = b"payload=" + b"a" * MOST_INTERACTION
    assert reason(lambda: parse_interaction(large, HEADERS)) == Reason.TOO_LARGE


def test_a_click_is_read() -> None:
    """The verb is the action's id without the number that keeps it unique."""
    read = parse_interaction(
        click(actions=[{"action_id": "keep:2", "value": "cameras production end"}]), HEADERS
    )
    assert isinstance(read, Click)
    assert (read.verb, read.value) == ("keep", "cameras production end")
    assert read.actor == Actor("T0SANDBOX", "U0APPROVER")
    assert (read.channel, read.timestamp) == ("C0DEPLOYS", "1700000000.000100")


def test_a_guest_from_a_shared_channel_keeps_their_own_workspace() -> None:
    """The app's workspace is not taken for the person's."""
    body = click(user={"id": "U0GUEST", "team_id": "T0OTHER"})
    assert parse_interaction(body, HEADERS).actor == Actor("T0OTHER", "U0GUEST")


def test_a_click_without_a_home_workspace_takes_the_apps() -> None:
    """Older payloads name the workspace once."""
    body = click(user={"id": "U0GUEST"})
    assert parse_interaction(body, HEADERS).actor == Actor("T0SANDBOX", "U0GUEST")


def test_a_click_on_what_only_one_saw_has_no_message() -> None:
    """An ephemeral message can not be updated by its timestamp."""
    body = click(container={"is_ephemeral": True, "channel_id": "C0DEPLOYS"})
    read = parse_interaction(body, HEADERS)
    assert isinstance(read, Click)
    assert read.timestamp == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "view_closed"},
        {"actions": []},
        {"actions": [1]},
        {"actions": "confirm"},
        {"actions": [{"action_id": "confirm", "value": "A"}] * 2},
        {"actions": [{"action_id": "confirm", "value": 5}]},
        {"actions": [{"action_id": "CONFIRM", "value": "A"}]},
        {"actions": [{"action_id": "confirm", "value": "\ud800"}]},
        {"user": None},
        {"user": {"id": ["U1"]}},
        {"user": {"id": "U0A"}, "team": None},
        {"container": {"channel_id": "C0A", "message_ts": 1.5}},
        {"response_url": None},
    ],
)
def test_malformed_clicks_are_refused(changes: dict[str, object]) -> None:
    """Other interactions and wrong types: a clear refusal."""
    assert reason(lambda: parse_interaction(click(**changes), HEADERS)) == Reason.BAD_BODY


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "[" * 100_000, '{"a":' * 30_000, "1" * 10_000])
def test_payloads_that_are_no_object_are_refused(text: str) -> None:
    """Not JSON, another type, or nested without end."""
    body = urlencode({"payload": text}).encode()
    assert reason(lambda: parse_interaction(body, HEADERS)) == Reason.BAD_BODY


def only_refused(call: Callable[[], object]) -> None:
    """Run a call that may succeed or be refused; anything else fails the test."""
    try:
        call()
    except Refused as refused:
        assert refused.text  # noqa: PT017 - either outcome is right


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30))
NESTED = st.recursive(
    ANYTHING,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@given(
    headers=st.dictionaries(st.sampled_from([*HEADERS, "x"]), st.text(max_size=40)),
    body=st.binary(max_size=200),
)
def test_no_bytes_make_the_door_fail(headers: dict[str, str], body: bytes) -> None:
    """Whatever comes, verifying and parsing answer with Refused at most."""
    only_refused(lambda: slack_request.verify(headers, body, [SECRET], SENT))
    only_refused(lambda: slack_request.parse_command(body, headers))
    only_refused(lambda: parse_interaction(body, headers))


@given(name=st.sampled_from(sorted(payload())), value=NESTED)
def test_no_type_makes_a_click_fail(name: str, value: object) -> None:
    """Any part of a payload may be of any type."""
    only_refused(lambda: parse_interaction(click(**{name: value}), HEADERS))
