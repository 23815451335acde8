"""Locks: who may take them, whom they keep out, what they never stop, and how they end."""

from dataclasses import replace

import pytest

from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Refused
from chalicelib.domain.locks import Lock, Over
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.next_steps import next_steps
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, question
from tests.unit.usecases.desk import Desk

LOCK = "lock cameras production for 2h A migration runs."


def lock(desk: Desk) -> Lock | None:
    """The lock that is in force."""
    return desk.environment().lock


def shown(desk: Desk, number: int = 1) -> Lock:
    """What chat shows of it."""
    found = next(each for each in desk.store.table.records.values() if isinstance(each, Lock))
    assert found.number == number
    return found


def test_a_lock_says_who_why_and_until_when() -> None:
    """And the same stands where chat renders it from."""
    desk = Desk()
    assert "is locked until" in desk.say(LOCK)
    found = lock(desk)
    assert found is not None
    assert (found.actor, found.reason, found.until) == (DEPLOYER, "A migration runs.", NOW + 7_200)
    assert shown(desk) == found
    assert desk.store.history("cameras", "production")[0].event == "locked"


def test_no_lock_is_without_an_end() -> None:
    """Where nobody says for how long, configuration does (invariant I8)."""
    desk = Desk()
    desk.say("lock cameras production A migration runs.")
    found = lock(desk)
    assert found is not None
    assert found.until == NOW + 28_800


def test_a_lock_is_not_longer_than_configuration_allows() -> None:
    """A week at most, and it says so."""
    refused = Desk().refused("lock cameras production for 8d A migration.")
    assert refused.reason is Reason.LOCK_TOO_LONG
    assert "168 h at most" in refused.text


@pytest.mark.parametrize("text", ["lock cameras production", "lock cameras production for 2h"])
def test_a_lock_needs_a_reason(text: str) -> None:
    """The others read it."""
    with pytest.raises(Refused) as refused:
        parse(text)
    assert "Say why" in refused.value.text


def test_others_do_not_start_where_it_is_locked_and_are_told_the_ways_on() -> None:
    """Who, why, until when, and buttons: wait, or look."""
    desk = Desk()
    desk.say(LOCK)
    refused = desk.refused("cameras@142 to production", LEAD)
    assert refused.reason is Reason.LOCKED
    assert "A migration runs." in refused.text
    assert f"{{person:{DEPLOYER}}}" in refused.text
    assert next_steps(refused)[0].value == "cameras@142 to production"
    assert next_steps(refused)[0].verb == "queue"


def test_the_holder_may_deploy_and_plans_are_free() -> None:
    """A lock is for something that is to be done."""
    desk = Desk()
    desk.say(LOCK)
    assert "Working out a plan" in desk.say("plan cameras@142 to production", LEAD)
    assert "Started" in desk.say("cameras@142 to production", DEPLOYER)


def test_what_is_under_way_goes_on_whoever_locks() -> None:
    """Finish, cancel, rollback and keep are for what runs; a lock is for what would begin."""
    desk = Desk()
    desk.at(State.TESTING)
    desk.say(LOCK)
    assert "stops at its next step" in desk.say("cancel cameras production", LEAD)
    kept = Desk()
    kept.keeping()
    kept.say(LOCK)
    assert "rollback" in kept.say("rollback cameras production", LEAD)


def test_a_lock_that_is_over_keeps_nobody_out_even_where_nobody_ended_it() -> None:
    """The time is compared in code; the next command writes that it is over."""
    desk = Desk()
    desk.say(LOCK)
    desk.clock.advance(7_200)
    assert "Started" in desk.say("cameras@142 to production", LEAD)
    assert lock(desk) is None
    assert (shown(desk).over, shown(desk).over_by) == (Over.EXPIRED, None)


def test_two_do_not_lock_the_same_environment() -> None:
    """The second is told who has it; the first prolongs theirs by saying it again."""
    desk = Desk()
    desk.say(LOCK)
    assert desk.refused(LOCK, LEAD).reason is Reason.LOCKED
    assert "for longer" in desk.say("lock cameras production for 3h It takes longer.")
    found = lock(desk)
    assert found is not None
    assert (found.number, found.until, found.reason) == (1, NOW + 10_800, "It takes longer.")
    assert shown(desk) == found


def test_a_lock_that_is_made_shorter_says_so() -> None:
    """Nobody is told that it lasts longer."""
    desk = Desk()
    desk.say("lock cameras production for 3h A migration.")
    said = desk.say("lock cameras production for 1h Nearly done.")
    assert "is not locked for so long any more, only until {when:1790003600}" in said
    assert "longer" not in said


def test_nobody_locks_during_somebody_elses_turn() -> None:
    """The turn would be worth nothing."""
    desk = Desk()
    desk.at(State.TESTING)
    desk.say("queue cameras@142 to production", LEAD)
    free = replace(desk.environment(), active=None)
    place = free.queue[0].offered(desk.clock.now(), 300)
    desk.store.put(replace(free, queue=(place,)))
    assert desk.refused(LOCK).reason is Reason.OTHERS_TURN


def test_the_holder_unlocks() -> None:
    """And chat can say who did, and when."""
    desk = Desk()
    desk.say(LOCK)
    assert "not locked any more" in desk.say("unlock cameras production")
    assert lock(desk) is None
    assert (shown(desk).over, shown(desk).over_by, shown(desk).over_at) == (Over.UNLOCKED, DEPLOYER, NOW)


def test_somebody_elses_lock_is_ended_by_an_approver_with_a_reason() -> None:
    """Never silently: the holder is told, with why."""
    desk = Desk()
    desk.say(LOCK)
    assert desk.refused("unlock cameras production", APPROVER).reason is Reason.OTHERS_LOCK
    said = desk.say("unlock cameras production It is an emergency.", APPROVER)
    assert f"I tell {{person:{DEPLOYER}}}" in said
    assert (shown(desk).over_by, shown(desk).over_reason) == (APPROVER, "It is an emergency.")


def test_who_may_not_end_somebody_elses_lock() -> None:
    """Deployers and guests ask the holder."""
    desk = Desk()
    desk.say(LOCK, LEAD)
    assert desk.refused("unlock cameras production Please.", GUEST).reason is Reason.NOT_ALLOWED
    assert desk.refused("unlock cameras production Please.", DEPLOYER).reason is Reason.NOT_ALLOWED
    assert desk.refused("lock cameras staging for 1h Mine.", GUEST).reason is Reason.NOT_ALLOWED


def test_what_is_not_locked_can_not_be_unlocked() -> None:
    """It says so, and offers to show what is."""
    refused = Desk().refused("unlock cameras production")
    assert refused.reason is Reason.NOT_LOCKED
    assert [each.verb for each in next_steps(refused)] == ["locks"]


def test_the_same_event_locks_once() -> None:
    """A click that comes twice is one click."""
    desk = Desk()
    desk.say(LOCK, event="click-1")
    before = desk.store.snapshot()
    desk.say(LOCK, event="click-1")
    assert desk.store.table == before


def test_unlocking_gives_the_next_one_their_turn_in_the_same_write() -> None:
    """Nobody waits for the sweeper."""
    desk = Desk()
    desk.say(LOCK)
    desk.say("queue cameras@142 to production", LEAD)
    desk.say("unlock cameras production")
    assert desk.environment().queue[0].offered_until == NOW + 300


def test_all_that_is_kept_is_listed() -> None:
    """Deployments, locks and queues; the free ones are counted."""
    desk = Desk()
    desk.at(State.READY, question())
    desk.say(LOCK)
    desk.say("queue cameras to production", LEAD)
    said = desk.say("locks", GUEST)
    assert "ready to finish" in said
    assert "A migration runs." in said
    assert f"1. in the queue: {{person:{LEAD}}}" in said
    assert "Everything else is free (1)." in said
