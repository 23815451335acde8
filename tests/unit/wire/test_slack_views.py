"""Views as Slack sends them back: clicks in them, and forms that are submitted."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_requests import Click, Submission
from chalicelib.wire.slack_interaction import parse_interaction
from tests.unit.wire.test_slack_request import HEADERS, NESTED, only_refused

USER = {"id": "U0APPROVER", "team_id": "T0SANDBOX"}


def form(payload: Mapping[str, object]) -> bytes:
    """As it goes over the wire."""
    return urlencode({"payload": json.dumps(payload)}).encode()


def click(**changes: object) -> bytes:
    """A button of the home tab."""
    return form(
        {
            "type": "block_actions",
            "user": USER,
            "team": {"id": "T0SANDBOX"},
            "trigger_id": "1.2.3",
            "container": {"type": "view", "view_id": "V0HOME"},
            "view": {"id": "V0HOME", "type": "home"},
            "actions": [{"type": "button", "action_id": "finish", "value": "cameras production"}],
        }
        | changes
    )


def submission(changes: dict[str, object] | None = None, *, trigger: str = "1.2.3") -> bytes:
    """A form with a text, a choice and a field that was left empty."""
    view = {
        "id": "V0MODAL",
        "type": "modal",
        "callback_id": "deploy",
        "private_metadata": "cameras",
        "state": {
            "values": {
                "where": {
                    "where": {"type": "static_select", "selected_option": {"value": "cameras staging"}}
                },
                "typed": {"typed": {"type": "plain_text_input", "value": "142"}},
                "version": {"version": {"type": "static_select", "selected_option": None}},
                "reason": {"reason": {"type": "plain_text_input", "value": None}},
            }
        },
    }
    team = {"id": "T0SANDBOX"}
    payload = {"type": "view_submission", "user": USER, "team": team, "trigger_id": trigger}
    return form(payload | {"view": view | (changes or {})})


def reason(call: Callable[[], object]) -> Reason:
    """Why a call is refused."""
    with pytest.raises(Refused) as refused:
        call()
    return refused.value.reason


def read(body: bytes) -> Submission:
    """A form as the product has it."""
    found = parse_interaction(body, HEADERS)
    assert isinstance(found, Submission)
    return found


def test_a_click_in_the_home_tab_has_no_channel_and_no_view_to_change() -> None:
    """There is no message and no response_url there; the trigger can open a view. The tab itself is published."""
    found = parse_interaction(click(), HEADERS)
    assert isinstance(found, Click)
    assert (found.verb, found.value, found.view) == ("finish", "cameras production", "")
    assert (found.channel, found.timestamp, found.address, found.trigger) == ("", "", "", "1.2.3")


def test_a_click_in_a_modal_brings_its_view() -> None:
    """A modal can be updated in place."""
    found = parse_interaction(click(view={"id": "V0HOME", "type": "modal"}), HEADERS)
    assert isinstance(found, Click)
    assert found.view == "V0HOME"


def test_a_form_is_read_by_the_names_of_its_fields() -> None:
    """What was left empty is an empty text."""
    found = read(submission())
    assert (found.actor, found.form, found.about) == (Actor("T0SANDBOX", "U0APPROVER"), "deploy", "cameras")
    assert found.values == {"where": "cameras staging", "typed": "142", "version": "", "reason": ""}


@pytest.mark.parametrize(("user", "person"), [("U0GUEST", "{person:T0SANDBOX/U0GUEST}"), (None, "")])
def test_a_person_who_was_chosen_is_named_as_texts_name_them(user: str | None, person: str) -> None:
    """So that a form's command is one that could have been typed."""
    who = {"who": {"who": {"type": "users_select", "selected_user": user}}}
    assert read(submission({"state": {"values": who}})).values == {"who": person}


def test_a_form_that_is_sent_again_is_the_same_event() -> None:
    """Whoever presses again because no answer came has another trigger, and does nothing twice."""
    first = read(submission())
    assert read(submission(trigger="4.5.6")).event == first.event
    assert read(submission({"id": "V0OTHER"})).event != first.event


def test_a_form_that_was_corrected_is_another_event() -> None:
    """What was refused may be sent with other values."""
    typed = {"typed": {"typed": {"type": "plain_text_input", "value": "143"}}}
    assert read(submission({"state": {"values": typed}})).event != read(submission()).event


@pytest.mark.parametrize(
    "changes",
    [
        {"container": {"type": "view", "view_id": "<!channel>"}},
        {"container": {"type": "view"}},
        {"view": None},
        {"actions": []},
    ],
)
def test_malformed_clicks_in_views_are_refused(changes: dict[str, object]) -> None:
    """As strictly as those in messages."""
    assert reason(lambda: parse_interaction(click(**changes), HEADERS)) == Reason.BAD_BODY


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "x"},
        {"callback_id": None},
        {"callback_id": "DEPLOY"},
        {"private_metadata": 5},
        {"private_metadata": "a" * 3_001},
        {"state": None},
        {"state": {"values": []}},
        {"state": {"values": {"where": []}}},
        {"state": {"values": {"where": {}}}},
        {"state": {"values": {"where": {"a": {"type": "plain_text_input"}, "b": {}}}}},
        {"state": {"values": {"where": {"a": {"type": "plain_text_input", "value": 5}}}}},
        {"state": {"values": {"where": {"a": {"type": "static_select", "selected_option": "x"}}}}},
        {"state": {"values": {"Where!": {"a": {"type": "plain_text_input", "value": "x"}}}}},
        {"state": {"values": {f"f{n}": {"a": {"type": "plain_text_input"}} for n in range(101)}}},
    ],
)
def test_malformed_forms_are_refused(changes: dict[str, object]) -> None:
    """Wrong ids, types, lengths and counts: a clear refusal."""
    assert reason(lambda: parse_interaction(submission(changes), HEADERS)) == Reason.BAD_BODY


@given(name=st.sampled_from(["id", "callback_id", "private_metadata", "state"]), value=NESTED)
def test_no_type_makes_a_form_fail(name: str, value: object) -> None:
    """Any part of a view may be of any type."""
    only_refused(lambda: parse_interaction(submission({name: value}), HEADERS))
    only_refused(lambda: parse_interaction(click(view={"id": "V0HOME", name: value}), HEADERS))
