"""The doors as a whole: signed bytes in, status codes and words out, over fakes. Nothing unsigned changes anything."""

import json
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.deployment import State
from chalicelib.wire.ci import MOST_BODY
from chalicelib.wire.receiver import Answer
from chalicelib.wire.slack_request import MOST_COMMAND
from chalicelib.wire.slack_text import render
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, question
from tests.unit.door import BUILD, CI_SECRET, HOOK, SLACK_SECRET, Door
from tests.unit.usecases.desk import CODE, TOKEN


@pytest.fixture
def door() -> Door:
    """A fresh one."""
    return Door()


def error(answer: Answer) -> str:
    """The reason code that a machine reads."""
    return str(json.loads(answer.body)["error"])


def said(answer: Answer) -> str:
    """What Slack shows to the one who typed."""
    assert answer.status == 200
    shown = json.loads(answer.body)
    assert shown["response_type"] == "ephemeral"
    return str(shown["text"])


def closed(door: Door, method: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    """What a door answers to something that must not even be looked at: no port is called, nobody is told."""
    door.desk.store.calls.clear()
    take = partial(door.edge.build, "jenkins") if method == "build" else partial(door.edge.chat, method)
    answer = take(headers, body)
    assert door.desk.store.calls == []
    assert door.desk.workflow.calls == []
    assert door.replies.whispers == []
    return answer.status, error(answer)


def signed(door: Door, method: str, **how: Any) -> tuple[dict[str, str], bytes]:
    """A request to a door, signed in some way."""
    if method == "build":
        return door.hook(json.dumps({"type": "build.finished", "data": BUILD}).encode(), **how)
    return door.slack(door.typed("cameras to production"), **how)


METHODS = ["commands", "interactions", "events", "build"]


# --- what is not let in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_forged_request_is_401(door: Door, method: str) -> None:
    """Signed with another key."""
    wrong = {"key": b"another-key-of-24-bytes!"} if method == "build" else {"secret": "another"}
    assert closed(door, method, *signed(door, method, **wrong)) == (401, "bad_signature")


@pytest.mark.parametrize("method", METHODS)
def test_a_request_without_a_signature_is_401(door: Door, method: str) -> None:
    """No headers at all."""
    assert closed(door, method, {}, signed(door, method)[1]) == (401, "bad_signature")


@pytest.mark.parametrize("method", METHODS)
def test_a_changed_body_is_401(door: Door, method: str) -> None:
    """The signature covers every byte."""
    headers, body = signed(door, method)
    assert closed(door, method, headers, body + b" ") == (401, "bad_signature")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("away", [-301, 301])
def test_a_stale_request_is_401(door: Door, method: str, away: int) -> None:
    """Rightly signed, more than five minutes ago or from the future."""
    assert closed(door, method, *signed(door, method, sent=NOW + away)) == (401, "stale_request")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "document",
    [
        {},
        {"slack_signing": [], "ci": {"jenkins": []}},
        {"slack_signing": [""], "ci": {"jenkins": [""]}},
        {"slack_signing": None, "ci": None},
        {"slack_signing": SLACK_SECRET, "ci": {"jenkins": CI_SECRET}},
        {"slack_signing": [None, 5], "ci": {"jenkins": [None, {}]}},
        {"slack_signing": {"0": SLACK_SECRET}, "ci": [CI_SECRET]},
    ],
)
def test_unset_empty_or_malformed_secrets_close_every_door(
    door: Door, method: str, document: dict[str, object]
) -> None:
    """Whatever the secret's document says by mistake, nothing opens."""
    door.secrets = document
    assert closed(door, method, *signed(door, method)) == (401, "bad_signature")


def test_the_letters_of_a_lone_secret_open_nothing(door: Door) -> None:
    """A text where a list belongs is not a list of one-letter secrets."""
    door.secrets = {"slack_signing": SLACK_SECRET}
    assert closed(door, "commands", *signed(door, "commands", secret=SLACK_SECRET[0])) == (
        401,
        "bad_signature",
    )


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("commands", b"text"),
        ("commands", b"\xff\xfe"),
        ("interactions", b"payload=%7B"),
        ("interactions", b"payload=" + b"%5B" * 50_000),
        ("build", b"{"),
        ("build", b"[" * 60_000),
        ("build", b'{"type": "build.finished", "data": []}'),
    ],
)
def test_a_malformed_body_is_400_also_when_it_is_signed(door: Door, method: str, body: bytes) -> None:
    """The sender is known, and what it sent can not be read: a clear 4xx, never a 500."""
    request = door.hook(body) if method == "build" else door.slack(body)
    assert closed(door, method, *request) == (400, "bad_body")


@pytest.mark.parametrize(("method", "size"), [("commands", MOST_COMMAND), ("build", MOST_BODY)])
def test_an_oversized_body_is_413(door: Door, method: str, size: int) -> None:
    """With the limit in words."""
    body = b"a" * (size + 1)
    request = door.hook(body) if method == "build" else door.slack(body)
    assert closed(door, method, *request) == (413, "too_large")


@pytest.mark.parametrize("method", METHODS)
def test_secrets_that_can_not_be_read_close_every_door_for_now(door: Door, method: str) -> None:
    """Nobody can be verified, and whoever asked may ask again: 503, never a 500."""
    request = signed(door, method)
    door.reachable = False
    assert closed(door, method, *request) == (503, "unavailable")


# --- slash commands -----------------------------------------------------------------------------------------------


def test_a_command_is_done_and_answered_to_its_sender_alone(door: Door) -> None:
    """JSON that only the one who typed sees."""
    answer = door.type("cameras to production")
    assert answer.content_type == "application/json"
    assert "Started *cameras-production-1*" in said(answer)
    assert len(door.desk.workflow.started) == 1


def test_both_secrets_open_while_one_is_rotated(door: Door) -> None:
    """The new one first, the old one still live."""
    door.secrets = {"slack_signing": ["the-new-one", SLACK_SECRET]}
    assert said(door.type("help"))


@pytest.mark.parametrize(
    ("text", "user", "reason"),
    [
        ("launch it", DEPLOYER.user, "unknown_command"),
        ("finish cameras", DEPLOYER.user, "malformed_command"),
        ("doors to production", DEPLOYER.user, "unknown_service"),
        ("cameras@999 to production", DEPLOYER.user, "unknown_version"),
        ("cameras to production", GUEST.user, "not_allowed"),
        ("finish cameras production", DEPLOYER.user, "nothing_active"),
        ("confirm ZZZZZ", APPROVER.user, "unknown_question"),
    ],
)
def test_a_refusal_is_an_answer_with_its_reason_code(door: Door, text: str, user: str, reason: str) -> None:
    """Slack shows a 200 only, so what a person did wrong is one; nothing was changed."""
    before = door.desk.store.snapshot()
    assert said(door.type(text, user)).endswith(f"(`{reason}`)")
    assert door.desk.store.table == before
    assert door.desk.workflow.started == []


def test_another_workspace_is_refused(door: Door) -> None:
    """The app may be installed elsewhere; only the team's workspace is served."""
    answer = door.type("cameras to production", team_id="T0OTHER")
    assert said(answer).endswith("(`wrong_workspace`)")


@pytest.mark.parametrize(
    "text", ["<!channel>", "{team}", "{person:T0TEST/U0LEAD}", "cameras@{team} to production", "`*_~"]
)
def test_typed_text_comes_back_as_text(door: Door, text: str) -> None:
    """An answer that quotes what was typed mentions nobody."""
    answer = said(door.type(text))
    assert "<" not in answer
    assert "{team}" not in answer


def test_a_replayed_command_starts_one_deployment(door: Door) -> None:
    """The very same bytes again, inside the window: the same answer, nothing new."""
    request = door.slack(door.typed("cameras to production"))
    first = door.edge.chat("commands", *request)
    written = door.desk.store.snapshot()
    assert door.edge.chat("commands", *request) == first
    assert door.desk.store.table == written
    assert len(door.desk.workflow.started) == 1


def test_a_table_that_does_not_answer_is_said_kindly(door: Door) -> None:
    """A person reads a sentence, not an error."""
    door.desk.store.fail("commit")
    assert "try again" in said(door.type("cameras to production"))


# --- buttons ------------------------------------------------------------------------------------------------------


def test_a_click_does_what_its_command_does(door: Door) -> None:
    """Slack gets an empty 200."""
    door.desk.at(State.ASKING_START, question())
    answer = door.click("confirm", CODE)
    assert (answer.status, answer.body) == (200, "")
    assert door.desk.decided().answered_by == APPROVER
    assert door.desk.workflow.woken == [TOKEN]


@pytest.mark.parametrize("verb", ["keep", "keep:2"])
def test_a_button_of_a_row_means_its_verb(door: Door, verb: str) -> None:
    """The number that keeps ids apart means nothing."""
    door.desk.keeping()
    door.click(verb, "cameras production +1h", DEPLOYER.user)
    assert door.desk.decided().kind is Kind.KEEP
    assert door.desk.decided().seconds == 3_600


def test_the_button_of_a_build_deploys_it(door: Door) -> None:
    """Its value is the command itself."""
    door.click("deploy", "cameras@142 to production", DEPLOYER.user)
    assert len(door.desk.workflow.started) == 1


@pytest.mark.parametrize(
    ("verb", "value", "reason"),
    [
        ("confirm", CODE, "same_person"),
        ("finish", "cameras production", "not_ready"),
        ("explode", "x", "unknown_command"),
    ],
)
def test_a_refused_click_is_whispered_to_the_clicker(door: Door, verb: str, value: str, reason: str) -> None:
    """Through the click's own address; the channel sees nothing and nothing changed."""
    door.desk.at(State.ASKING_START, question(requester=LEAD))
    before = door.desk.store.snapshot()
    assert door.click(verb, value, LEAD.user).status == 200
    ((address, text),) = door.replies.whispers
    assert address == HOOK
    assert text.endswith(f"(`{reason}`)")
    assert door.desk.store.table == before


def test_a_late_click_is_told_who_decided(door: Door) -> None:
    """A mention and a time that Slack draws."""
    door.desk.at(State.ASKING_START, question())
    door.click("confirm", CODE)
    door.click("reject", CODE, "U0LEAD")
    said_last = render(door.replies.whispers[-1][1])
    assert f"<@{APPROVER.user}> confirmed this" in said_last
    assert f"<!date^{NOW:.0f}^" in said_last


def test_a_table_that_does_not_answer_is_whispered_kindly(door: Door) -> None:
    """The click was taken, and can be made again."""
    door.desk.at(State.ASKING_START, question())
    door.desk.store.fail("question")
    door.click("confirm", CODE)
    assert "try again" in door.replies.whispers[0][1]


# --- CI -----------------------------------------------------------------------------------------------------------


def test_a_report_is_taken_once(door: Door) -> None:
    """202, and 200 for every further delivery of the same event."""
    assert (door.report().status, door.report().status) == (202, 200)
    found = door.desk.store.build("cameras", "143")
    assert found is not None
    assert (found.status, found.revision) == (BuildStatus.PASSED, 1)


def test_a_service_of_another_source_is_403(door: Door) -> None:
    """A key opens only what the configuration gives to its source."""
    answer = door.report(service="doors")
    assert (answer.status, error(answer)) == (403, "unknown_source")
    assert door.desk.store.build("doors", "143") is None


@pytest.mark.parametrize("source", ["github", "", "JENKINS", "../jenkins"])
def test_a_source_without_a_secret_is_401(door: Door, source: str) -> None:
    """Another source's key does not open it."""
    answer = door.report(source=source)
    assert (answer.status, error(answer)) == (401, "bad_signature")


def test_a_field_that_is_not_allowed_is_named(door: Door) -> None:
    """400, and CI's log says which."""
    answer = door.report(version="1 42; rm -rf /")
    assert answer.status == 400
    assert "`version`" in json.loads(answer.body)["message"]


def test_a_report_that_can_not_be_stored_is_asked_for_again(door: Door) -> None:
    """CI delivers again after a 503."""
    door.desk.store.fail("commit")
    assert door.report().status == 503
    assert door.report().status == 202


def test_before_anything_is_configured_a_report_is_asked_for_again(door: Door) -> None:
    """Nobody can tell yet which services a source may report."""
    door.desk.store.table.configurations = []
    assert door.report().status == 503
