"""What becomes of a modal whose form is sent: stacks, answers that Slack does not take, and inputs that it checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.front.client import RefusedError
from tests.sandbox.test_front_acting import Product, stage
from tests.sandbox.test_front_views import BUTTON, HOME, MODAL, PLAIN, call, payload

if TYPE_CHECKING:
    from tests.sandbox.front_harness import Rehearsal

ELEMENT = {"type": "plain_text_input", "action_id": "a", "min_length": 2, "max_length": 4}
FIELD = {"type": "input", "block_id": "version", "label": PLAIN, "element": ELEMENT}
MORE = {"type": "actions", "block_id": "more", "elements": [BUTTON]}
FORM = {**MODAL, "blocks": [FIELD, MORE]}
IMAGE = {"type": "image", "slack_file": {"id": "F0NOBODY"}, "alt_text": "phases"}


def opened(staged: Rehearsal, view: dict[str, Any] = FORM) -> dict[str, Any]:
    """A modal that the Lead has open."""
    made: dict[str, Any] = call(
        staged, "views.open", trigger_id=staged.views.triggers.issue("U0LEAD"), view=view
    )["view"]
    return made


def typed(text: str | None) -> dict[str, Any]:
    """The state of the form with this in its field."""
    return {"version": {"a": {"type": "plain_text_input", "value": text}}}


def shown(staged: Rehearsal) -> dict[str, Any]:
    """The view on top of the Lead's modal."""
    view = staged.chat.view("U0LEAD", "modal")
    assert view is not None
    return view


def pushed(staged: Rehearsal, product: Product) -> dict[str, Any]:
    """Send the form that is on top; the app answers with another one."""
    product.answer = {"response_action": "push", "view": FORM}
    staged.chat.submit("Lead", shown(staged), typed("142"))
    return shown(staged)


def test_a_pushed_view_stands_on_the_one_before_and_closing_it_goes_back() -> None:
    """The view below keeps its identity; `clear` closes all of them."""
    with stage() as (staged, product):
        first = opened(staged)
        second = pushed(staged, product)
        assert second["id"] != first["id"]
        product.answer = ""
        staged.chat.submit("Lead", second, typed("142"))
        assert shown(staged)["id"] == first["id"]
        top = pushed(staged, product)
        product.answer = {"response_action": "clear"}
        staged.chat.submit("Lead", top, typed("142"))
        assert staged.chat.view("U0LEAD", "modal") is None


def test_a_person_closes_what_stands_open() -> None:
    """A form, or the answer that stands in its place; where nothing is open nothing happens."""
    with stage() as (staged, _):
        opened(staged)
        for _ in range(2):
            staged.chat.close("Lead")
            assert staged.chat.view("U0LEAD", "modal") is None


def test_a_modal_holds_three_views() -> None:
    """A fourth is refused and the third stays ("Modals": up to 3 views)."""
    with stage() as (staged, product):
        opened(staged)
        pushed(staged, product)
        third = pushed(staged, product)
        with pytest.raises(RefusedError, match="push_limit_reached"):
            pushed(staged, product)
        assert shown(staged)["id"] == third["id"]


@pytest.mark.parametrize(
    "answer",
    [
        "this is no JSON",
        "[]",
        {"response_action": "no-such"},
        {"response_action": "update", "view": {**MODAL, "blocks": [{"type": "section"}]}},
        {"response_action": "push", "view": HOME},
        {"response_action": "update", "view": {**MODAL, "blocks": [IMAGE]}},
        {"response_action": "errors", "errors": {"no-such-block": "wrong"}},
        {"response_action": "errors", "errors": {"more": "not an input"}},
        {"response_action": "errors", "errors": {}},
    ],
)
def test_an_answer_that_slack_does_not_take_leaves_the_form_open_and_says_so(answer: Any) -> None:
    """The person reads an error; the app never hears that its answer was refused."""
    with stage() as (staged, product):
        view = opened(staged)
        product.answer = answer
        with pytest.raises(RefusedError, match="invalid_"):
            staged.chat.submit("Lead", view, typed("142"))
        assert shown(staged) == view


@pytest.mark.parametrize(
    ("text", "says"), [(None, "fill this in"), ("1", "at least 2"), ("14200", "at most 4")]
)
def test_what_the_inputs_do_not_allow_is_never_sent(text: str | None, says: str) -> None:
    """Slack itself checks required fields and lengths, and the form stays open."""
    with stage() as (staged, product):
        view = opened(staged)
        assert says in staged.chat.submit("Lead", view, typed(text))["version"]
        assert product.forms == []
        assert shown(staged) == view


@pytest.mark.parametrize(("user", "says"), [(None, "fill this in"), ("U0GUEST", "")])
def test_a_person_is_chosen_from_the_workspace(user: str | None, says: str) -> None:
    """`users_select`: its state is the id of whoever was chosen."""
    chosen = {"version": {"a": {"type": "users_select", "selected_user": user}}}
    with stage() as (staged, product):
        field = {**FIELD, "element": {"type": "users_select", "action_id": "a"}}
        view = opened(staged, {**FORM, "blocks": [field]})
        assert says in staged.chat.submit("Lead", view, chosen).get("version", "")
        sent = [payload(product)["view"]["state"]["values"]] if product.forms else []
        assert sent == ([chosen] if user else [])


def test_an_optional_input_may_stay_empty() -> None:
    """`optional`: its minimum counts only once something is written."""
    with stage() as (staged, product):
        view = opened(staged, {**FORM, "blocks": [{**FIELD, "optional": True}]})
        assert staged.chat.submit("Lead", view, typed(None)) == {}
        assert payload(product)["view"]["state"]["values"] == typed(None)


def test_a_button_in_a_form_sends_what_stands_in_its_inputs() -> None:
    """`view.state.values`: what was written so far, else what the form began with."""
    with stage() as (staged, product):
        begun = {**FIELD, "element": {**ELEMENT, "initial_value": "141"}}
        view = opened(staged, {**FORM, "blocks": [begun, MORE]})
        staged.chat.act_in_view("Lead", view, action_id="form")
        assert payload(product)["view"]["state"]["values"] == typed("141")
        staged.chat.act_in_view("Lead", view, action_id="form", values=typed("14"))
        assert payload(product)["view"]["state"]["values"] == typed("14")


def test_views_show_only_files_that_are_there() -> None:
    """As messages do; Slack names the arguments."""
    with stage() as (staged, _):
        for method, given in (
            ("views.publish", {"user_id": "U0LEAD", "view": {**HOME, "blocks": [IMAGE]}}),
            ("views.open", {"trigger_id": "1.2.3", "view": {**MODAL, "blocks": [IMAGE]}}),
        ):
            assert call(staged, method, **given)["error"] == "invalid_arguments"
