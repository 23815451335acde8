"""Text from outside is text: in messages, in answers and in logs it marks nothing up and breaks no line."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.brief import Brief, Counts, Risk, Step
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Machine, Ref, State
from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.history import History
from chalicelib.domain.locks import Hindrance, Lock, Over, Overridden, Override, Place
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import Release
from chalicelib.domain.roles import Grant, Role, RoleChange
from chalicelib.telemetry import log, log_error
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chat_ports import Message, Reply
from chalicelib.usecases.findings import finding_message
from chalicelib.usecases.messages import build_message, deployment_message, output_message, question_message
from chalicelib.usecases.questions import alert, reminder, role_message, what_of
from chalicelib.usecases.release_texts import release_message
from chalicelib.usecases.tickets import ticket_message, ticket_replies
from chalicelib.usecases.words.frontends import FRONTENDS
from chalicelib.usecases.words.servers import SERVERS
from chalicelib.wire.slack_message import blocks_of, reply_of, text_of
from sandbox.front.blocks import check_blocks
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, build, deployment, plan, question
from tests.unit.door import Door
from tests.unit.usecases.desk import Desk

TAG = "web_2026-11-22_14-05"
PIECES = [
    *(
        "<!channel>",
        "<!here>",
        "<@U0LEAD>",
        "<#C0A>",
        "<https://evil.test|here>",
        "&lt;!channel&gt;",
        "&amp;",
    ),
    *("{team}", "{time:1}", "{left:1}", "{", "}", "`", "```", "*bold*", "_italic_", "~gone~", "> quote"),
    *(
        "\u202e",
        "\u2066",
        "\u200f",
        "\u2028",
        "\x1b[31m",
        "\x9b1m",
        "\x00",
        "\ud800",
        "\n",
        "\r",
        "https://evil.test",
    ),
]
OUTSIDE = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=6).map("".join)
_MARKUP = re.compile(r"<[^>]*>?|[`*~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_TURNS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def messages(text: str) -> Iterator[Message]:
    """What chat shows of records that hold text from outside: a build's author, a reason, an outcome."""
    yield build_message(build(author=text), ["production"])
    yield build_message(build(author=text, commit=""), [])
    rejected = question(answer=Answer.REJECT, answered_by=APPROVER, answered_at=NOW, reason=text)
    yield question_message(rejected, deployment(), NOW)
    yield deployment_message(deployment(State.FAILED, detail=text, progress=text), [], NOW)
    yield deployment_message(deployment(State.PREPARING, progress=text), [], NOW)
    yield from _of_people_and_places(text)
    yield from _of_findings(text)
    yield from _of_questions(text)
    yield from _of_plans(text)


def _of_findings(text: str) -> Iterator[Message]:
    """What the sweeper found, and that it is gone."""
    for trouble, words in product(Trouble, (SERVERS, FRONTENDS)):
        found = Finding("cameras", "production", trouble, "cameras-production-1", text, NOW)
        yield finding_message(found, words)
        yield finding_message(replace(found, resolved_at=NOW), words)


def _of_questions(text: str) -> Iterator[Message]:
    """Everything that is said about one: what is approved, that it is still open, and how it was decided."""
    step = Step("142", text, text, text)
    brief = Brief(text, text, (step,), 1, tests=Counts(1, 1), risks=tuple(Risk))
    asked = question(brief=brief)
    planned = deployment(State.ASKING_START, plan=plan(old_version=text))
    yield question_message(asked, planned, NOW)
    yield question_message(question(Kind.END, brief=brief), planned, NOW)
    yield reminder(asked, what_of(asked, planned), NOW)
    rejected = question(answer=Answer.REJECT, answered_by=APPROVER, answered_at=NOW, reason=text)
    for words in (SERVERS, FRONTENDS):
        yield from filter(None, [alert(rejected, "start", words, NOW)])
    change = RoleChange(Grant(GUEST.user, Role.APPROVER))
    role = replace(
        question(Kind.ROLE, answer=Answer.REJECT, answered_by=APPROVER, reason=text), change=change
    )
    yield from filter(None, [alert(role, "change of roles", SERVERS, NOW)])


def _of_plans(text: str) -> Iterator[Message]:
    """What was live before, what goes together, and a frontend's release, in every state."""
    partner = Ref("web", "production", "web-production-1")
    made = plan(old_version=text, together=f"{text} {text}")
    of_releases = [(state, Machine.RELEASE) for state in FRONTENDS.states]
    for state, machine in [*((state, Machine.DEPLOY) for state in State), *of_releases]:
        shown = deployment(state, machine=machine, plan=made, partner=partner, detail=text, progress=text)
        yield deployment_message(shown, [], NOW)
    yield release_message(
        Release("web", TAG, "sha", ci("jenkins"), NOW, commit=text, version=text), ["production"]
    )


def _of_people_and_places(text: str) -> Iterator[Message]:
    """What people give as a reason: of a lock, of its end, of an override; and that a change of roles is refused."""
    lock = Lock("cameras", "production", 1, DEPLOYER, text, NOW, NOW + 60)
    yield ticket_message(lock)
    broken = lock.ended(Over.UNLOCKED, NOW, LEAD, text)
    yield ticket_message(broken)
    yield from (message for _, message in ticket_replies(broken))
    over = (
        Overridden(Hindrance.LOCK, NOW + 60, DEPLOYER, text),
        Overridden(Hindrance.FREEZE, NOW, reason=text),
    )
    overridden = deployment(State.ASKING_START, override=Override(LEAD, text, over))
    yield deployment_message(overridden, [question()], NOW)
    yield question_message(question(), overridden, NOW)
    change = RoleChange(Grant(GUEST.user, Role.APPROVER))
    refused = question(Kind.ROLE, answer=Answer.REJECT, answered_by=APPROVER, answered_at=NOW, reason=text)
    yield role_message(replace(refused, change=change), change, NOW)
    place = Place("cameras", "production", 1, GUEST, "142", NOW, NOW, NOW + 60, over_at=NOW, over_by=LEAD)
    for over_ in (None, *sorted(set(Over) - {Over.UNLOCKED, Over.EXPIRED})):
        ended = replace(place, over=over_)
        yield ticket_message(ended)
        yield from (message for _, message in ticket_replies(ended))


def mrkdwn(part: object) -> Iterator[str]:
    """Every text that Slack marks up, and that it is told to leave plain words alone."""
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            assert part["verbatim"] is True
            yield part["text"]
        for each in part.values():
            yield from mrkdwn(each)
    elif isinstance(part, list):
        for each in part:
            yield from mrkdwn(each)


def marked(message: Message) -> list[list[str]]:
    """The markup of each text, in order."""
    return [_MARKUP.findall(text) for text in [text_of(message), *mrkdwn(blocks_of(message))]]


@given(text=OUTSIDE)
def test_outside_text_adds_no_markup(text: str) -> None:
    """The markup of every message is what it is with a harmless word; nothing turns a line round."""
    for message, harmless in zip(messages(f"a{text}b"), messages("x"), strict=True):
        assert marked(message) == marked(harmless)
        blocks = blocks_of(message)
        assert check_blocks(blocks) == []
        assert not any(_TURNS.search(each) for each in [text_of(message), *mrkdwn(blocks)])


ASKED = (
    "status",
    "where",
    "why cameras production",
    "locks",
    "versions cameras",
    "history cameras production",
    "form unlock cameras production",
)


def answers(text: str) -> Iterator[str]:
    """What somebody reads who asks about records that hold text from outside."""
    desk = Desk()
    lock = Lock("cameras", "production", 1, DEPLOYER, text, NOW, NOW + 60)
    made = desk.keeping(progress=text, detail=text, plan=plan(old_version=text))
    desk.store.put(replace(desk.environment(), live_version=text, lock=lock), build(author=text, commit=text))
    desk.store.commit(History("cameras", "production", made.id, NOW, DEPLOYER, "locked", text))
    for asked in ASKED:
        reply = desk.chatops.handle(Request(parse(asked), LEAD, "slack-look"))
        lines = reply.form.lines if reply.form is not None else ()
        yield from (reply_of(Reply("\n".join((reply.text, *lines)), reply.actions))["text"],)


@settings(max_examples=50)
@given(text=OUTSIDE)
def test_outside_text_adds_no_markup_to_an_answer(text: str) -> None:
    """Whatever is looked at: it calls nobody, links to nothing and marks nothing up."""
    for said, harmless in zip(answers(f"a{text}b"), answers("x"), strict=True):
        assert _MARKUP.findall(said) == _MARKUP.findall(harmless)
        assert not _TURNS.search(said)


@given(text=OUTSIDE)
def test_output_of_a_host_stays_in_its_block(text: str) -> None:
    """What a host printed can not close the block that it stands in."""
    message = output_message(deployment(State.FAILED, detail="x", output=f"a{text}b"))
    shown = list(mrkdwn(blocks_of(message)))[-1]
    assert shown.startswith("```\n")
    assert shown.endswith("\n```")
    assert not re.search(r"[`<>]", shown[3:-3])


def test_a_hundred_kilobytes_are_cut_and_stay_inert() -> None:
    """However long it is, Slack takes the message."""
    everything = "".join(PIECES)
    for message in messages(everything * (100_000 // len(everything))):
        blocks = blocks_of(message)
        assert check_blocks(blocks) == []
        assert "<!channel" not in json.dumps(blocks)


@given(text=OUTSIDE)
def test_an_answer_quotes_nothing_that_marks_up(text: str) -> None:
    """Whatever somebody types: what comes back mentions nobody and links to nothing."""
    answer = Door().type(
        f"cameras {text}".encode(errors="replace").decode()
    )  # a form can not carry surrogates
    if answer.status == 200:
        said = json.loads(answer.body)["text"]
        assert not re.search(r"[<>]", said)
        assert said.count("`") % 2 == 0
        assert not _TURNS.search(said)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=OUTSIDE, field=OUTSIDE)
def test_a_log_line_is_one_line(message: str, field: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object, in ASCII, whatever is in it; it says just what it was given."""
    capsys.readouterr()
    log("info", message, actor=field)
    printed = capsys.readouterr().err
    assert printed.isascii()
    assert printed.endswith("\n")
    assert len(printed.splitlines()) == 1
    line = json.loads(printed)
    assert (line["message"], line["actor"], line["level"]) == (message, field, "info")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=OUTSIDE)
def test_what_a_foreign_error_says_is_not_logged(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It may quote what it was given: a token, a body."""
    capsys.readouterr()
    log_error("failed", ValueError(f"canary{said}"))
    assert "canary" not in capsys.readouterr().err
