"""People type and click; the product answers at once, later, wrongly or not at all."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from sandbox.front.client import RefusedError, shown
from tests.sandbox.front_harness import Rehearsal, fetch, rehearsal, served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIRM = {
    "type": "button",
    "text": {"type": "plain_text", "text": "Confirm"},
    "action_id": "yes",
    "value": "1",
}
QUESTION = [{"type": "actions", "elements": [CONFIRM]}]


class Product:
    """Answers commands with what a test sets and keeps what it was sent."""

    def __init__(self) -> None:
        self.answer: Any = ""
        self.status = 200
        self.delay = 0.0
        self.forms: list[dict[str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self._came = threading.Condition()

    def came(self, number: int) -> None:
        """Wait until so many requests have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.forms) >= number, timeout=10)

    async def handle(self, request: web.Request) -> web.Response:
        """One command or click."""
        body = (await request.read()).decode()
        with self._came:
            self.headers.append(request.headers)
            self.forms.append({name: values[0] for name, values in parse_qs(body).items()})
            self._came.notify_all()
        time.sleep(self.delay)  # noqa: ASYNC251 - a product that blocks; it has a thread of its own
        if isinstance(self.answer, dict):
            return web.json_response(self.answer, status=self.status)
        return web.Response(text=self.answer, status=self.status)

    @property
    def response_url(self) -> str:
        """The response URL of what was sent last."""
        form = self.forms[-1]
        url: str = json.loads(form["payload"])["response_url"] if "payload" in form else form["response_url"]
        return url


@contextmanager
def stage(acknowledge: float = 3.0) -> Iterator[tuple[Rehearsal, Product]]:
    """A stand-in and a product behind it."""
    product = Product()
    app = web.Application()
    app.router.add_post("/slack/{kind}", product.handle)
    with served(app) as url, rehearsal(url, acknowledge=acknowledge) as staged:
        yield staged, product


@pytest.fixture
def both() -> Iterator[tuple[Rehearsal, Product]]:
    """A stand-in and a product behind it."""
    with stage() as pair:
        yield pair


def texts(staged: Rehearsal, viewer: str) -> list[str]:
    """What somebody reads in the channel."""
    return [m["text"] for m in staged.chat.messages(viewer)]


def ask(staged: Rehearsal) -> str:
    """Post a question with a button; its ts."""
    return staged.channel.post("C0DEPLOYS", "U0POINTSMAN", "Sure?", blocks=QUESTION).ts


def test_an_answer_is_for_the_person_alone_by_default(both: tuple[Rehearsal, Product]) -> None:
    """Slash commands, responding: `response_type` is ephemeral unless it says in_channel."""
    staged, product = both
    product.answer = {"text": "all quiet"}
    staged.chat.say("Deployer", "/deploy status")
    assert texts(staged, "Deployer") == ["/deploy status", "all quiet"]
    assert texts(staged, "Guest") == []


def test_in_channel_shows_command_and_answer_to_all(both: tuple[Rehearsal, Product]) -> None:
    """in_channel: the response and the typed command are visible to everybody."""
    staged, product = both
    product.answer = {"response_type": "in_channel", "text": "on it"}
    staged.chat.say("Deployer", "/deploy cameras@142 to production")
    assert texts(staged, "Guest") == ["/deploy cameras@142 to production", "on it"]
    assert product.forms[-1]["text"] == "cameras@142 to production"


def test_plain_text_and_empty_answers(both: tuple[Rehearsal, Product]) -> None:
    """A text/plain body is shown as it is; an empty 200 shows nothing."""
    staged, product = both
    staged.chat.say("Lead", "/deploy")
    product.answer = "hello"
    staged.chat.say("Lead", "/deploy")
    assert texts(staged, "Lead") == ["/deploy", "/deploy", "hello"]


def test_an_answer_after_three_seconds_is_a_timeout() -> None:
    """Slash commands: no answer in time and the person sees operation_timeout (3 s; shorter here)."""
    with stage(acknowledge=0.1) as (staged, product):
        product.delay = 0.3
        with pytest.raises(RefusedError, match="operation_timeout"):
            staged.chat.say("Lead", "/deploy status")
        assert texts(staged, "Lead")[-1] == '/deploy failed with the error "operation_timeout"'


def test_an_error_of_the_product_is_a_failed_dispatch(both: tuple[Rehearsal, Product]) -> None:
    """Anything but a 2xx: dispatch_failed, and the body is not shown."""
    staged, product = both
    product.status, product.answer = 502, {"message": "Internal server error"}
    with pytest.raises(RefusedError, match="dispatch_failed"):
        staged.chat.say("Lead", "/deploy status")
    assert texts(staged, "Lead")[-1] == '/deploy failed with the error "dispatch_failed"'


def test_invalid_blocks_in_an_answer_are_reported(both: tuple[Rehearsal, Product]) -> None:
    """An answer is held to the same limits as a message."""
    staged, product = both
    product.answer = {"text": "x", "blocks": [{"type": "section"}]}
    with pytest.raises(RefusedError, match="invalid_blocks"):
        staged.chat.say("Lead", "/deploy status")


def test_an_unknown_command_never_reaches_the_product(both: tuple[Rehearsal, Product]) -> None:
    """Slack itself answers for commands that no app has."""
    staged, product = both
    with pytest.raises(RefusedError, match="invalid_command"):
        staged.chat.say("Lead", "/deplyo status")
    assert product.forms == []


def test_what_is_no_command_is_a_message_to_all(both: tuple[Rehearsal, Product]) -> None:
    """People may just talk."""
    staged, product = both
    staged.chat.say("Lead", "shall we?")
    assert (texts(staged, "Guest"), product.forms) == (["shall we?"], [])


def test_a_click_sends_the_button_and_is_remembered(both: tuple[Rehearsal, Product]) -> None:
    """A button is found by label or action id; who pressed it is kept with the message."""
    staged, product = both
    ts = ask(staged)
    staged.chat.click("Approver", "Confirm", ts)
    staged.chat.click("Lead", "yes")
    sent = json.loads(product.forms[-1]["payload"])
    assert (sent["user"]["id"], sent["actions"][0]["value"]) == ("U0LEAD", "1")
    clicks = staged.chat.messages()[-1]["clicks"]
    assert [(c["user"], c["label"], c["outcome"]) for c in clicks] == [
        ("U0APPROVER", "Confirm", "ok"),
        ("U0LEAD", "Confirm", "ok"),
    ]


def test_a_button_that_is_gone_can_only_be_pressed_stale(both: tuple[Rehearsal, Product]) -> None:
    """A late click comes from a screen that has not seen the edit yet."""
    staged, product = both
    ts = ask(staged)
    message = staged.channel.find("C0DEPLOYS", ts)
    assert message is not None
    staged.channel.edit(message, "Done", [])
    with pytest.raises(LookupError):
        staged.chat.click("Approver", "Confirm", ts)
    staged.chat.click("Approver", "Confirm", ts, stale=True)
    assert len(product.forms) == 1


def test_nobody_presses_a_button_that_only_somebody_else_sees(both: tuple[Rehearsal, Product]) -> None:
    """An ephemeral message's buttons belong to its viewer."""
    staged, _ = both
    ts = staged.channel.post("C0DEPLOYS", "U0POINTSMAN", "psst", blocks=QUESTION, viewer="U0LEAD").ts
    with pytest.raises(LookupError):
        staged.chat.click("Guest", "Confirm", ts)


def test_a_response_url_works_five_times(both: tuple[Rehearsal, Product]) -> None:
    """Message responses: up to 5 times within 30 minutes; used_url after that."""
    staged, product = both
    staged.chat.say("Lead", "/deploy status")
    answers = [fetch(product.response_url, b'{"text": "later"}')[0] for _ in range(6)]
    assert answers == [200] * 5 + [404]
    assert texts(staged, "Lead").count("later") == 5
    assert "later" not in texts(staged, "Guest")


def test_a_response_url_dies_after_half_an_hour(both: tuple[Rehearsal, Product]) -> None:
    """Message responses: within 30 minutes, of virtual time."""
    staged, product = both
    staged.chat.say("Lead", "/deploy status")
    staged.clock.at += 1801
    assert fetch(product.response_url, b'{"text": "late"}')[0] == 404


def test_an_unknown_response_url_is_not_found(both: tuple[Rehearsal, Product]) -> None:
    """Only URLs that were given out work."""
    assert fetch(f"{both[0].url}/commands/T0SANDBOX/1/x", b"{}")[0] == 404


def test_a_click_can_replace_or_delete_its_message(both: tuple[Rehearsal, Product]) -> None:
    """Message responses: replace_original and delete_original act on the message of the button."""
    staged, product = both
    ts = ask(staged)
    staged.chat.click("Lead", "Confirm", ts)
    fetch(product.response_url, b'{"replace_original": true, "text": "decided"}')
    assert texts(staged, "Guest") == ["decided"]
    fetch(product.response_url, b'{"delete_original": true}')
    assert texts(staged, "Guest") == []


def test_waiting_names_what_was_there_instead(both: tuple[Rehearsal, Product]) -> None:
    """wait_for finds texts and buttons of messages, and its timeout shows the last messages."""
    staged, _ = both
    ts = ask(staged)
    assert staged.chat.wait_for("Confirm", 1)["ts"] == ts
    assert staged.chat.wait_for(lambda m: "Sure?" in shown(m), 1)["ts"] == ts
    with pytest.raises(TimeoutError, match="Sure"):
        staged.chat.wait_for("never", 0)


def test_faults_that_do_not_exist_are_refused(both: tuple[Rehearsal, Product]) -> None:
    """A misspelled switch must not look as if it were on."""
    for body in (b'{"dwon": true}', b'{"down": "yes"}', b"[]", b"x"):
        assert fetch(f"{both[0].url}/_sandbox/chat", body)[0] == 400
