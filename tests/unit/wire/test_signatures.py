"""Signatures as properties: any changed byte, any odd timestamp, any secret that is none; both doors."""

import base64
import re
from collections.abc import Mapping
from typing import Any

import pytest
from chalice.app import Request
from hypothesis import given
from hypothesis import strategies as st

import app
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from chalicelib.wire import ci, slack_request
from chalicelib.wire.slack_receiver import SlackReceiver
from tests.builders import NOW
from tests.unit.door import CI_SECRET, SLACK_SECRET, Door
from tests.unit.wire.test_slack_request import NESTED

DOORS = pytest.mark.parametrize("door", ["slack", "ci"])
BODY = b"team_id=T0TEST&text=status"
TIMES = (
    st.text(max_size=12)
    | st.integers(-(10**12), 10**13).map(str)
    | st.integers(-400, 400).map(lambda away: str(int(NOW) + away))
    | st.floats().map(str)
    | st.sampled_from(
        ["", " ", f" {NOW:.0f}", f"{NOW:.0f}\n", f"+{NOW:.0f}", f"-{NOW:.0f}", "1e9", "0x1", "9" * 400]
    )
    | st.just(f"{NOW:.0f}".translate({48 + each: 0x660 + each for each in range(10)}))
)


def opens(door: str, headers: Mapping[str, str], body: bytes, secrets: list[str] | None = None) -> bool:
    """Whether a door verifies this; Refused is its only other answer."""
    verify, live = (ci.verify, CI_SECRET) if door == "ci" else (slack_request.verify, SLACK_SECRET)
    try:
        verify(headers, body, [live] if secrets is None else secrets, NOW)
    except Refused as refused:
        assert refused.reason in {Reason.BAD_SIGNATURE, Reason.STALE_REQUEST}  # noqa: PT017 - both are right
        return False
    return True


def signed(door: str, body: bytes = BODY) -> dict[str, str]:
    """Headers that open it."""
    made = Door()
    return (made.hook(body) if door == "ci" else made.slack(body))[0]


@DOORS
@given(body=st.binary(max_size=300))
def test_any_bytes_that_are_rightly_signed_open(door: str, body: bytes) -> None:
    """The signature is over bytes: they need not be text."""
    assert opens(door, signed(door, body), body)


@DOORS
@given(body=st.binary(min_size=1, max_size=80), data=st.data())
def test_any_changed_byte_of_the_body_closes(door: str, body: bytes, data: st.DataObject) -> None:
    """Changed, left out, or one more, wherever it is."""
    at = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(1, 255))
    changed = [
        body[:at] + bytes([body[at] ^ other]) + body[at + 1 :],
        body[:at] + body[at + 1 :],
        body + bytes([other]),
    ]
    assert not any(opens(door, signed(door, body), each) for each in changed)


@DOORS
@given(data=st.data())
def test_any_changed_letter_of_a_header_closes(door: str, data: st.DataObject) -> None:
    """Of the signature, its version, the timestamp or the id."""
    headers = signed(door)
    name = data.draw(st.sampled_from(sorted(headers)))
    at = data.draw(st.integers(0, len(headers[name]) - 1))
    letter = data.draw(st.characters().filter(lambda each: each != headers[name][at]))
    if letter == " " and door == "ci" and name == "webhook-signature":
        letter = "_"  # divides a list of signatures
    changed = {**headers, name: headers[name][:at] + letter + headers[name][at + 1 :]}
    assert not opens(door, changed, BODY)


@DOORS
@given(sent=TIMES)
def test_only_whole_seconds_within_five_minutes_open(door: str, sent: str) -> None:
    """Rightly signed with that very text as its time: signs, spaces, fractions, other digits and huge ones close."""
    made = Door()
    if door == "ci":
        mac = ci._signature(ci._key(CI_SECRET), f"msg_1.{sent}.".encode("utf-8", "replace") + BODY)
        headers = {"webhook-id": "msg_1", "webhook-timestamp": sent, "webhook-signature": mac.decode()}
    else:
        base = f"v0:{sent}:".encode("utf-8", "replace") + BODY
        signature = slack_request._signature(SLACK_SECRET, base).decode()
        headers = {"X-Slack-Request-Timestamp": sent, "X-Slack-Signature": signature}
    fresh = re.fullmatch("[0-9]{1,11}", sent) is not None and abs(int(sent) - made.desk.clock.now()) <= 300
    assert opens(door, headers, BODY) == fresh


@DOORS
@given(secrets=st.lists(st.text(max_size=30) | st.sampled_from(["", " ", "\n", "whsec_", "v0="]), max_size=3))
def test_other_secrets_neither_open_nor_keep_closed(door: str, secrets: list[str]) -> None:
    """With the live one among them, on any place, it opens; without it, never."""
    headers, live = signed(door), CI_SECRET if door == "ci" else SLACK_SECRET
    secrets = [each for each in secrets if each != live and each.isprintable()]
    assert not opens(door, headers, BODY, secrets)
    assert opens(door, headers, BODY, [*secrets, live])


@pytest.mark.parametrize("blank", ["", " ", "\n", "\t \n"])
def test_a_blank_secret_is_none(blank: str) -> None:
    """Whoever signs with a space knows nothing."""
    headers, body = Door().slack(BODY, secret=blank)
    assert not opens("slack", headers, body, [blank])


@given(document=st.dictionaries(st.sampled_from(["slack_signing", "ci", "x"]), NESTED, max_size=3))
def test_no_document_of_secrets_opens_by_mistake(document: dict[str, Any]) -> None:
    """Whatever shape it has, reading it does not fail and the signature of another key stays wrong."""
    live = ci.secrets_of("jenkins", document)
    assert all(isinstance(each, str) for each in live)
    assert not opens("ci", signed("ci"), BODY, list(live))
    with pytest.raises(Refused):
        SlackReceiver().verify(signed("slack"), BODY, document, NOW)


@DOORS
@given(right_first=st.booleans(), other=st.text(max_size=20))
def test_a_header_that_comes_twice_opens_by_the_one_that_is_read(
    door: str,
    right_first: bool,
    other: str,
) -> None:
    """Names that differ in case only: one value is read, and it alone decides; no mixture ever opens."""
    headers = signed(door)
    name = "webhook-signature" if door == "ci" else "X-Slack-Signature"
    right = headers.pop(name)
    pair = {name: right, name.swapcase(): other} if right_first else {name.swapcase(): other, name: right}
    assert opens(door, {**pair, **headers}, BODY) == right_first


def requested(body: object, *, encoded: bool) -> tuple[dict[str, str], bytes]:
    """What app.py reads of an event of API Gateway."""
    event = {
        "headers": {"X-A": "b"},
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "requestContext": {"httpMethod": "POST", "resourcePath": "/slack/commands"},
        "body": body,
        "isBase64Encoded": encoded,
        "stageVariables": None,
    }
    app.app.current_request = Request(event)
    return app._request()


@given(body=st.binary(max_size=200))
def test_a_body_in_base64_is_read_as_the_bytes_that_were_sent(body: bytes) -> None:
    """API Gateway encodes what it takes for binary; the signature is over what was sent."""
    assert requested(base64.b64encode(body).decode(), encoded=True)[1] == body


@pytest.mark.parametrize(("body", "encoded"), [("\ud800", False), ("a", True), ("ü", True)])
def test_a_body_that_was_never_bytes_is_unsigned(body: str, encoded: bool) -> None:
    """Closed by the door, not failed by the runtime."""
    assert requested(body, encoded=encoded) == ({}, b"")
