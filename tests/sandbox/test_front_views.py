"""Home tabs, modals and files of the stand-in, as Slack has them: shapes, limits, triggers, answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.front.client import RefusedError
from sandbox.front.content import SlackError
from sandbox.front.files import Files
from sandbox.front.views import TRIGGER_SECONDS, Triggers, Views, check_view
from sandbox.front.workspace import BOT_TOKEN
from tests.sandbox.front_harness import START, fetch
from tests.sandbox.test_front_acting import Product, stage

if TYPE_CHECKING:
    from tests.sandbox.front_harness import Rehearsal

PLAIN = {"type": "plain_text", "text": "Version"}
BUTTON = {
    "type": "button",
    "text": {"type": "plain_text", "text": "Deploy"},
    "action_id": "form",
    "value": "x",
}
HOME = {"type": "home", "blocks": [{"type": "actions", "elements": [BUTTON]}]}
INPUT = {"type": "input", "block_id": "version", "label": PLAIN, "element": {"type": "plain_text_input"}}
MODAL = {"type": "modal", "title": PLAIN, "submit": PLAIN, "blocks": [INPUT]}
OPTION = {"text": PLAIN, "value": "142"}


def call(staged: Rehearsal, method: str, **arguments: Any) -> dict[str, Any]:
    """One call of the Web API, as JSON."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {BOT_TOKEN}"}
    _, body = fetch(f"{staged.url}/api/{method}", json.dumps(arguments).encode(), **headers)
    answer: dict[str, Any] = json.loads(body)
    return answer


def payload(product: Product) -> dict[str, Any]:
    """The interaction that was sent last."""
    sent: dict[str, Any] = json.loads(product.forms[-1]["payload"])
    return sent


def test_a_home_tab_is_published_and_its_buttons_work() -> None:
    """The click is of the view: it has no response_url and no channel."""
    with stage() as (staged, product):
        assert call(staged, "views.publish", user_id="U0LEAD", view=HOME)["ok"]
        home = staged.chat.view("U0LEAD")
        assert home is not None
        staged.chat.act_in_view("Lead", home, action_id="form")
        sent = payload(product)
        assert sent["container"] == {"type": "view", "view_id": home["id"]}
        assert sent["actions"][0]["value"] == "x"
        assert "response_url" not in sent
        with pytest.raises(LookupError):
            staged.chat.act_in_view("Guest", home, action_id="form")


def test_who_opens_the_home_tab_is_an_event_that_comes_again_until_it_is_answered() -> None:
    """At once, then after a minute and after five of virtual time; the page shows that it failed."""
    with stage() as (staged, product):
        product.status = 500
        with pytest.raises(RefusedError):
            staged.chat.open_home("Lead")
        for after, number in ((60, 3), (300, 4)):
            for _ in range(5):
                staged.chat.messages()  # what would be sent too early has its chance
            staged.clock.at = START + after
            product.came(number)
        assert [each.get("X-Slack-Retry-Num") for each in product.headers] == [None, "1", "2", "3"]
        sent = [int(each["X-Slack-Request-Timestamp"]) - int(START) for each in product.headers]
        assert sent == [0, 0, 60, 300]
        assert {each["X-Slack-Retry-Reason"] for each in product.headers[1:]} == {"http_error"}
        product.status = 200
        staged.chat.open_home("Lead")
        assert len(product.forms) == 5


def test_a_modal_needs_a_fresh_trigger_and_takes_it_once() -> None:
    """Three seconds, one modal ("Handling user interaction", trigger_id)."""
    moment = [0.0]
    views = Views(Triggers(lambda: moment[0]))
    good, old = views.triggers.issue("U0LEAD"), views.triggers.issue("U0LEAD")
    views.open({"trigger_id": good, "view": MODAL})
    moment[0] = TRIGGER_SECONDS + 0.1
    for trigger, code in ((good, "exchanged"), (old, "expired"), ("1.2.3", "invalid")):
        with pytest.raises(SlackError, match=f"{code}_trigger_id"):
            views.open({"trigger_id": trigger, "view": MODAL})


@pytest.mark.parametrize(
    ("answer", "wrong", "still_open"),
    [
        (
            {"response_action": "errors", "errors": {"version": "there is none"}},
            {"version": "there is none"},
            True,
        ),
        ({"response_action": "update", "view": MODAL}, {}, True),
        ({"response_action": "clear"}, {}, False),
        ("", {}, False),
    ],
)
def test_a_form_is_sent_and_answered(answer: Any, wrong: dict[str, str], *, still_open: bool) -> None:
    """Errors stand at their fields; an empty answer closes it."""
    with stage() as (staged, product):
        view = staged.views.open({"trigger_id": staged.views.triggers.issue("U0LEAD"), "view": MODAL})["view"]
        product.answer = answer
        values = {"version": {"a": {"type": "plain_text_input", "value": "142"}}}
        assert staged.chat.submit("Lead", view, values) == wrong
        assert payload(product)["view"]["state"]["values"] == values
        assert (staged.chat.view("U0LEAD", "modal") is not None) is still_open
        assert "142" in staged.chat.transcript()


@pytest.mark.parametrize(
    "view",
    [
        {**HOME, "blocks": [{"type": "divider"}] * 101},
        {**MODAL, "title": {"type": "plain_text", "text": "x" * 25}},
        {**MODAL, "private_metadata": "x" * 3001},
        {name: value for name, value in MODAL.items() if name != "submit"},
        {**MODAL, "blocks": [{**INPUT, "element": {"type": "static_select", "options": [OPTION] * 101}}]},
        {**MODAL, "blocks": [{**INPUT, "element": {"type": "static_select", "options": []}}]},
        {**MODAL, "blocks": [{**INPUT, "element": {"type": "radio_buttons", "options": [OPTION] * 11}}]},
        {**MODAL, "blocks": [{**INPUT, "element": {"type": "plain_text_input", "max_length": 3001}}]},
        {
            **MODAL,
            "blocks": [
                {**INPUT, "element": {"type": "static_select", "options": [OPTION], "option_groups": []}}
            ],
        },
    ],
)
def test_what_slack_would_not_show_is_refused(view: dict[str, Any]) -> None:
    """The limits of views, inputs, selects and options."""
    assert check_view(view, view["type"]) != []


def test_what_slack_shows_is_taken() -> None:
    """The same within its limits."""
    groups = [{"label": PLAIN, "options": [OPTION] * 100}]
    select = {**INPUT, "element": {"type": "static_select", "option_groups": groups}}
    many = [{**select, "block_id": f"block-{number}"} for number in range(100)]
    assert check_view({**MODAL, "blocks": many}, "modal") == []
    assert check_view(HOME, "home") == []


def test_a_file_is_shown_once_it_is_complete() -> None:
    """Announced, sent, completed: before that a block with it is refused."""
    with stage() as (staged, _):
        begun = call(
            staged, "files.getUploadURLExternal", filename="timeline.png", length=4, alt_txt="phases"
        )
        block = {"type": "image", "slack_file": {"id": begun["file_id"]}, "alt_text": "phases"}
        post = {"channel": "C0DEPLOYS", "text": "done", "blocks": [block]}
        assert fetch(begun["upload_url"], b"too long")[0] == 400
        assert fetch(begun["upload_url"], b"\x89PNG")[0] == 200
        assert call(staged, "chat.postMessage", **post)["error"] == "invalid_blocks"
        assert call(staged, "files.completeUploadExternal", files=[{"id": begun["file_id"]}])["ok"]
        assert call(staged, "chat.postMessage", **post)["ok"]
        assert fetch(f"{staged.url}/_sandbox/files/{begun['file_id']}") == (200, b"\x89PNG")


def test_a_file_that_was_never_sent_can_not_be_completed() -> None:
    """Nor one that nobody announced."""
    files = Files("http://127.0.0.1")
    begun = files.begin({"filename": "a.png", "length": "1"})
    for unknown in (begun["file_id"], "F0NOBODY"):
        with pytest.raises(SlackError, match="file_not_found"):
            files.complete({"files": [{"id": unknown}]})


def test_people_are_escaped_in_commands_as_the_manifest_asks() -> None:
    """`should_escape`: a handle becomes a mention with its id; an unknown one stays as it was typed."""
    with stage() as (staged, product):
        staged.chat.say("Lead", "/deploy grant @approver admin @nobody")
        assert product.forms[-1]["text"] == "grant <@U0APPROVER|approver> admin @nobody"


def test_every_channel_has_its_part_of_the_transcript() -> None:
    """One after the other, and none that is empty."""
    with stage() as (staged, _):
        call(staged, "chat.postMessage", channel="C0DEPLOYS", text="one")
        assert "# #staging" not in staged.chat.transcript()
        call(staged, "chat.postMessage", channel="C0STAGING", text="two")
        assert staged.chat.transcript().index("# #deploys") < staged.chat.transcript().index("# #staging")
