"""The history of an environment as people read it."""

import re

import pytest

from chalicelib.domain.approval import ALLOWED, OF_THE_TEAM, Kind
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Trigger
from chalicelib.domain.findings import Trouble
from chalicelib.domain.history import History
from chalicelib.domain.locks import Over
from chalicelib.domain.people import SERVICE, Actor
from chalicelib.domain.reading import Past
from chalicelib.domain.roles import ROLES, TEAM
from chalicelib.usecases.past import SIZE, past, said
from chalicelib.usecases.sweep_facts import Why
from chalicelib.usecases.words import OF
from chalicelib.usecases.words.frontends import FRONTENDS
from chalicelib.usecases.words.servers import SERVERS
from chalicelib.usecases.words.shape import Words
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, raw_config, team
from tests.fakes.store import FakeStore


def line(event: str, detail: str = "", actor: Actor = SERVICE) -> History:
    """A line about the deployment."""
    return History("cameras", "production", "cameras-production-1", NOW, actor, event, detail, number=7)


def read(*lines: History, asked: str = "history cameras production") -> str:
    """The answer to somebody who asks."""
    store = FakeStore(raw_config())
    store.commit(*lines)
    command = parse(asked)
    assert isinstance(command, Past)
    return past(store, team(), command, NOW).text


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        ("turn_came", f"cameras@142, {{person:{LEAD}}}"),
        ("asked_holder", f"{{person:{LEAD}}}"),
        ("grant_done", f"grant {{person:{LEAD}}} approver"),
        ("found_stuck", f"Canceled by {{person:{LEAD}}}. Then I got stuck: no."),
        ("reject", f"Rejected by {{person:{LEAD}}}: Not today."),
    ],
)
def test_people_are_named_as_people(event: str, detail: str) -> None:
    """What the product worded itself."""
    assert f"({detail})" in said(line(event, detail), SERVERS)


@pytest.mark.parametrize("event", ["locked", "reject_start", "overridden", "unlocked"])
def test_what_somebody_typed_names_nobody(event: str) -> None:
    """A reason is text."""
    assert (
        "{person:" not in said(line(event, f"{{person:{LEAD}}} said so", APPROVER), SERVERS).partition("(")[2]
    )


def test_a_long_detail_is_cut_and_no_name_with_it() -> None:
    """A name that is cut in two would be shown as it is written."""
    for length in range(170, 205):
        told = said(line("found_stuck", f"{'x' * length}{{person:{LEAD}}} and more"), SERVERS)
        assert re.fullmatch(r".*\(x+(\{person:T0TEST/U0LEAD\})?( and more|.{0,8}…)\)", told), told


@pytest.mark.parametrize("event", ["begin", "retry"])
def test_what_goes_on_by_itself_has_nobody_before_it(event: str) -> None:
    """Whoever confirmed it stands in the line before; they do not copy files."""
    assert "{person:" not in said(line(event, actor=APPROVER), FRONTENDS)
    assert f"{{person:{APPROVER}}} confirmed" in said(line("confirm_start", actor=APPROVER), FRONTENDS)


@pytest.mark.parametrize("words", OF.values(), ids=lambda words: words.kind)
def test_every_event_has_words_of_its_own(words: Words) -> None:
    """Whatever machines, people and the sweeper record."""
    events = {*Why, *Trigger, *_ANSWERED, *(f"queue_{each}" for each in set(Over) - _OF_LOCKS)}
    events |= {f"expired_{kind}" for kind in set(Kind) - OF_THE_TEAM}
    events |= {f"{what}_{each}" for each in Trouble for what in ("found", "resolved")}
    for event in sorted(events - _NEVER - _NOT_OF[words.kind]):
        told = said(line(event), words)
        assert not told.endswith(f"production-1: {event.replace('_', ' ')}"), event


_ANSWERED = {f"{answer}_{kind}" for kind in Kind for answer in ALLOWED[kind]}
_OF_LOCKS = {Over.UNLOCKED, Over.EXPIRED}
_NEVER = {"cancel_rollback", "cancel_end", "ask_start", "ask_finish", "ask_rollback", "ask_end"}
"""Canceling ends where traffic has moved; and what is told by the line beside it."""
_NOT_OF = {
    FRONTENDS.kind: {"finish_ready", "switch", "be_ready"},
    SERVERS.kind: {"publish"},
}


def test_of_two_lines_that_say_the_same_one_is_told() -> None:
    """That somebody is to be asked, and that the question is there."""
    told = read(line("ask_start"), line("asked_start"))
    assert told.count("a second person is asked to confirm the start") == 1
    assert "went out" not in told


def test_the_history_of_roles_can_be_read_too() -> None:
    """In pages, as that of an environment."""
    detail = f"grant {{person:{LEAD}}} admin"
    made = [History(TEAM, ROLES, "role-ABCDE", NOW, DEPLOYER, "grant_done", detail) for _ in range(SIZE + 1)]
    store = FakeStore(raw_config())
    for each in made:
        store.commit(each)
    command = parse("history roles")
    assert isinstance(command, Past)
    reply = past(store, team(), command, NOW)
    assert f"{{person:{DEPLOYER}}} changed a role ({detail})" in reply.text
    assert "the *roles*" in reply.text
    (earlier,) = reply.actions
    again = parse(f"history {earlier.value}")
    assert again == Past(TEAM, ROLES, before=2)
    assert len(past(store, team(), again, NOW).text.splitlines()) == 2
