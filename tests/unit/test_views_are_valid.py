"""Every view that the product can produce is within Slack's limits, whatever the records hold."""

import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Environment, Slot, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import USAGE
from chalicelib.domain.locks import Lock, Place
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import TEXTS, Reason
from chalicelib.domain.roles import Grant, Grants, Role
from chalicelib.domain.settings import Team
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chat_ports import Action, Field, Form, Home, Option, Part, Reply
from chalicelib.usecases.helping import help_with
from chalicelib.usecases.home import MOST_PLACES, home_page
from chalicelib.usecases.next_steps import next_steps
from chalicelib.usecases.ports import Overview
from chalicelib.wire.slack_message import reply_of
from chalicelib.wire.slack_views import errors_of, home_of, view_of
from sandbox.front.blocks import check_blocks
from sandbox.front.views import check_view
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, build, deployment, question, raw_config
from tests.unit.test_inert_text import OUTSIDE
from tests.unit.usecases.desk import Desk

LONG = OUTSIDE | st.text(max_size=40).map(lambda each: each * 100)


def full_home(who: Actor, state: State, text: str, places: int) -> Home:
    """As much as a home can show: many places, each with a question, a lock and a turn."""
    made = replace(deployment(state), detail=text, version="v" * 64)
    slot = Slot(made.id, 1, NOW)
    lock = Lock("cameras", "production", 1, LEAD, text, NOW, NOW + 60)
    place = Place("cameras", "production", 1, who, "142", NOW, NOW, NOW + 60)
    there = Environment("cameras", "production", live_version="141", active=slot, lock=lock, queue=(place,))
    raw = raw_config()
    raw["services"]["cameras"]["environments"] |= {
        f"e{n}": raw["services"]["cameras"]["environments"]["production"] for n in range(40)
    }
    overview = Overview(there, (made,) * 3, (question(),))
    return home_page(Team(1, raw), who, (overview,) * places, NOW)


@given(
    who=st.sampled_from([DEPLOYER, APPROVER, LEAD]),
    state=st.sampled_from(State),
    text=LONG,
    places=st.integers(0, MOST_PLACES),
)
def test_every_home_is_valid(who: Actor, state: State, text: str, places: int) -> None:
    """Also of a team with everything under way at once."""
    assert check_view(home_of(full_home(who, state, text, places)), "home") == []


@given(
    parts=st.lists(st.tuples(LONG, LONG, st.lists(LONG, max_size=60)), max_size=80),
    notes=st.lists(LONG, max_size=12),
)
def test_no_home_of_any_size_is_refused(parts: list[tuple[str, str, list[str]]], notes: list[str]) -> None:
    """What does not fit is cut, with a word about it."""
    made = [
        Part((line,), tuple(Action("status", label, label) for label in labels), title)
        for title, line, labels in parts
    ]
    assert check_view(home_of(Home(tuple(made), tuple(notes))), "home") == []


@pytest.mark.parametrize(
    "text",
    [
        "form",
        "form cameras staging",
        "form reject K7Q2F",
        *(f"form {verb}" for verb in ("lock", "unlock", "queue", "override", "grant", "revoke")),
        *(f"form {verb} cameras staging" for verb in ("lock", "unlock", "queue", "override")),
    ],
)
@given(author=LONG)
def test_every_form_is_valid(text: str, author: str) -> None:
    """Whatever CI says about a build."""
    desk = Desk()
    lock = Lock("cameras", "staging", 1, DEPLOYER, author, NOW, NOW + 60)
    desk.store.put(
        *(build(f"{number}", author=author) for number in range(150, 190)),
        question(),
        Environment("cameras", "staging", lock=lock),
        Grants((Grant(APPROVER.user, Role.ADMIN),)),
    )
    shown = desk.chatops.handle(Request(parse(text), APPROVER, "slack-1")).form
    assert shown is not None
    assert check_view(view_of(shown), "modal") == []


@given(
    title=LONG,
    label=LONG,
    options=st.lists(st.tuples(LONG, LONG, OUTSIDE), max_size=130),
    few=st.booleans(),
    hint=LONG,
)
def test_no_form_of_any_content_is_refused(
    title: str, label: str, options: list[tuple[str, str, str]], *, few: bool, hint: str
) -> None:
    """Labels are cut; a value that does not fit is not offered."""
    offered = (Option("x", "x", "x"), *(Option(*each) for each in options))
    field = Field("one", label, offered, hint=hint, few=few)
    form = Form("deploy", title, title, (field, Field("two", label, hint=hint)), title, (label, hint))
    assert check_view(view_of(form), "modal") == []


@pytest.mark.parametrize("reason", list(Reason))
@settings(max_examples=25)  # for each reason, and all come to chat by one way
@given(said=LONG)
def test_every_refusal_is_valid_wherever_it_is_shown(reason: Reason, said: str) -> None:
    """As an answer in the conversation, in a view, and at the field of a form."""
    named = {field for _, field, _, _ in string.Formatter().parse(TEXTS[reason]) if field}
    refused = Refused(reason, **dict.fromkeys({*named, "service", "environment", "wanted", "code"}, said))
    reply = Reply(refused.text, next_steps(refused))
    assert check_blocks(reply_of(reply).get("blocks", [{"type": "divider"}])) == []
    assert check_view(view_of(reply), "modal") == []
    (error,) = errors_of("where", refused.text)["errors"].values()
    assert 0 < len(error) <= 300


@pytest.mark.parametrize("about", ["", *USAGE])
def test_help_is_valid_and_knows_every_command(about: str) -> None:
    """In the conversation and in a view; the examples are commands."""
    reply = help_with(about)
    assert check_view(view_of(reply), "modal") == []
    assert USAGE[about or "deploy"] in reply.text
