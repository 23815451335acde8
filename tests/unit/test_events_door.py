"""The events door as a whole: an answer at once, and one small record of who opened their home."""

import json
from typing import Any

import pytest

from chalicelib.domain.people import Actor
from chalicelib.domain.visits import AGAIN, Visit
from tests.builders import DEPLOYER, NOW, WORKSPACE
from tests.unit.door import Door

OPENED = {"type": "app_home_opened", "tab": "home", "user": DEPLOYER.user}


@pytest.fixture
def door() -> Door:
    """A fresh one."""
    return Door()


def test_the_challenge_comes_back(door: Door) -> None:
    """So Slack knows that the address is ours; only a signed one is answered."""
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    answer = door.edge.chat("events", *door.slack(body))
    assert (answer.status, json.loads(answer.body)) == (200, {"challenge": "abc"})
    assert door.edge.chat("events", *door.slack(body, secret="another")).status == 401


def test_whoever_opens_their_home_is_noted_once(door: Door) -> None:
    """Slack tells it up to four times; the record says who and when, and chat's function is told of it."""
    for _ in range(4):
        assert door.told(OPENED).status == 200
    assert door.desk.store.visits() == (Visit(DEPLOYER, NOW, revision=1),)
    assert door.desk.store.changed.count(DEPLOYER) == 1


def test_who_comes_back_later_is_noted_anew(door: Door) -> None:
    """A moment later it is the same visit, after that another."""
    door.told(OPENED, "Ev1")
    door.desk.clock.advance(AGAIN - 1)
    door.told(OPENED, "Ev2")
    assert [each.at for each in door.desk.store.visits()] == [NOW]
    door.desk.clock.advance(1)
    door.told(OPENED, "Ev3")
    assert [each.at for each in door.desk.store.visits()] == [NOW + AGAIN]


def test_a_late_retry_of_an_old_visit_changes_nothing(door: Door) -> None:
    """The last retry comes minutes later (Events API, retries): the event's id tells that it is old."""
    door.told(OPENED, "Ev1")
    door.desk.clock.advance(AGAIN + 1)
    door.told(OPENED, "Ev1")
    assert [each.at for each in door.desk.store.visits()] == [NOW]


@pytest.mark.parametrize("event", [{"type": "message"}, OPENED | {"tab": "messages"}])
def test_other_events_are_taken_and_left(door: Door, event: dict[str, Any]) -> None:
    """An answer that is no 200 would make Slack send it again and, in the end, close the door."""
    assert door.told(event).status == 200
    assert door.desk.store.visits() == ()


def test_people_of_another_workspace_leave_no_trace(door: Door) -> None:
    """They see nothing here."""
    assert door.told(OPENED, team="T0OTHER").status == 200
    assert door.desk.store.visit(Actor("T0OTHER", DEPLOYER.user)) is None
    assert WORKSPACE != "T0OTHER"


def test_before_anything_is_configured_nothing_is_noted() -> None:
    """There is nothing to show yet."""
    door = Door()
    door.desk.store.table.configurations.clear()
    assert door.told(OPENED).status == 200
    assert door.desk.store.visits() == ()
