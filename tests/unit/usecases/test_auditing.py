"""`/deploy audit`: whether the history of an environment is whole, to whoever may look."""

from dataclasses import replace

import pytest

from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Refused
from chalicelib.domain.history import Head, History, Wrong
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases import auditing
from tests.builders import DEPLOYER, GUEST, NOW, deployment
from tests.fakes.store import FakeStore
from tests.unit.door import Door
from tests.unit.usecases.desk import Desk

WHERE = ("cameras", "production")


def line(event: str = "plan", **changes: object) -> History:
    """A line of history."""
    made = History(*WHERE, "cameras-production-1", NOW, DEPLOYER, event)
    return replace(made, **changes)  # type: ignore[arg-type]


def tampered(desk: Desk, index: int, **changes: object) -> None:
    """Somebody changes a stored line by hand."""
    history = desk.store.table.history
    history[index] = replace(history[index], **changes)  # type: ignore[arg-type]


@pytest.fixture
def desk() -> Desk:
    """A desk with five lines of history."""
    made = Desk()
    made.store.commit(*(line(f"event{number}") for number in range(1, 6)))
    return made


def test_a_whole_history_is_said_to_be_whole(desk: Desk) -> None:
    """With the number and hash that can be compared elsewhere; a guest may look."""
    head = desk.store.history_head(*WHERE)
    said = desk.say("audit cameras production", GUEST)
    assert "whole: 5 records" in said
    assert f"`#5 {head.digest[:16]}`" in said
    assert f"({{when:{NOW:.0f}}})" in said, "a time is the reader's own"


def test_looking_writes_nothing(desk: Desk) -> None:
    """Not even that somebody looked."""
    before = desk.store.snapshot()
    desk.say("audit cameras production")
    assert desk.store.table == before


def test_an_environment_without_history_says_so() -> None:
    """Nothing is neither whole nor broken."""
    assert "Nothing was ever recorded" in Desk().say("audit cameras staging")


def test_what_was_changed_is_named(desk: Desk) -> None:
    """Number, what it says now and whose it is said to be, and what is wrong; people are people."""
    tampered(desk, 2, event="something else", actor=GUEST)
    said = desk.say("audit cameras production")
    assert "*not whole*" in said
    assert "#3" in said
    assert f"`something else` of cameras-production-1 by {{person:{GUEST}}}: {Wrong.CHANGED}" in said
    assert "#2" not in said


def test_what_was_removed_is_named(desk: Desk) -> None:
    """Also the last ones, which the head remembers."""
    del desk.store.table.history[3:]
    assert f"#4 to #5: {Wrong.REMOVED}" in desk.say("audit cameras production")


def test_what_was_written_in_by_hand_is_inert(desk: Desk) -> None:
    """A forged record mentions nobody and draws nothing."""
    forged = Actor("T0", "x} {team}")
    tampered(desk, 0, event="`*{team}*", deployment="<!channel>{team}", actor=forged, at=9e99)
    assert "{team}" not in desk.say("audit cameras production")


def test_many_breaks_are_counted() -> None:
    """Slack has room for some."""
    desk = Desk()
    desk.store.commit(*(line() for _ in range(30)))
    for at in range(30):
        tampered(desk, at, event="x")
    assert "… and 20 more." in desk.say("audit cameras production")


def test_chat_looks_at_the_newest_and_says_so() -> None:
    """At most a thousand, whatever there is; what is older is for the command line."""
    desk = Desk()
    desk.store.commit(*(line() for _ in range(1_203)))
    tampered(desk, 202, event="x")
    assert "the newest 1,000 of 1,203 records" in desk.say("audit cameras production")
    assert desk.store.called("history")[0]["limit"] == 1_100
    tampered(desk, 203, event="x")
    said = desk.say("audit cameras production")
    assert "#204" in said
    assert "#203" not in said


def test_a_line_too_many_accuses_no_other() -> None:
    """It pushes no record out of what is looked at."""
    desk = Desk()
    desk.store.commit(*(line() for _ in range(1_050)))
    desk.store.table.history.insert(1_000, line().after(Head(1_000, "f" * 64)))
    found = auditing.audit(desk.store, *WHERE, most=1_000)
    assert {each.number for each in found.breaks} == {1_001}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("audit doors production", Reason.UNKNOWN_SERVICE),
        ("audit cameras moon", Reason.UNKNOWN_ENVIRONMENT),
        ("audit cameras", Reason.MALFORMED_COMMAND),
    ],
)
def test_what_can_not_be_audited_is_refused(text: str, reason: Reason) -> None:
    """With the reasons of every command."""
    desk = Desk()
    with pytest.raises(Refused) as refused:
        desk.say(text)
    assert refused.value.reason is reason


def test_auditing_is_not_for_other_workspaces() -> None:
    """As for the status."""
    stranger = Actor("T0OTHER", DEPLOYER.user)
    assert Desk().refused("audit cameras production", stranger).reason is Reason.WRONG_WORKSPACE


class Busy(FakeStore):
    """Somebody writes each time that the lines are read."""

    times = 99

    def history(
        self, service: str, name: str, *, limit: int | None = 50, before: int = 0
    ) -> tuple[History, ...]:
        """One more line right after."""
        found = super().history(service, name, limit=limit, before=before)
        if self.times:
            self.times -= 1
            self.commit(line("meanwhile"))
        return found


@pytest.mark.parametrize("times", [1, 2])
def test_lines_that_are_written_meanwhile_are_no_break(times: int) -> None:
    """The head before and after the look has to be the same, else it looks again."""
    store = Busy()
    store.times = times
    store.commit(line())
    found = auditing.audit(store, *WHERE)
    assert (found.breaks, found.head.number) == ((), 1 + times)


def test_a_history_that_does_not_hold_still_is_refused() -> None:
    """A bounded number of looks."""
    with pytest.raises(Refused) as refused:
        auditing.audit(Busy(), *WHERE)
    assert refused.value.reason is Reason.BUSY


def test_the_last_line_of_a_deployment_is_its_own(desk: Desk) -> None:
    """Others of the environment have gone on since."""
    desk.store.commit(line(deployment="cameras-production-2"))
    found = auditing.last_line(desk.store, deployment(State.SUCCEEDED).ref)
    assert found == desk.store.table.history[4].head


def test_a_signed_command_audits_what_signed_commands_did() -> None:
    """From the door: deploy, look, change a record by hand, look again."""
    door = Door()
    door.type("cameras@142 to production")
    assert "is whole: 1 record," in door.type("audit cameras production", GUEST.user).body
    tampered(door.desk, 0, actor=GUEST)
    assert "not whole" in door.type("audit cameras production", GUEST.user).body
