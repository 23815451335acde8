"""The sweeper ends locks whose time is over and passes turns on, when nobody says anything."""

from dataclasses import replace

from chalicelib.domain.locks import Over, Place
from chalicelib.domain.people import SERVICE
from tests.builders import DEPLOYER, LEAD
from tests.machine.rig import Rig
from tests.machine.sweeping import sweep


def places(rig: Rig) -> list[Over | None]:
    """How each place is, in the order of joining."""
    found = [each for each in rig.store.table.records.values() if isinstance(each, Place)]
    return [each.over for each in sorted(found, key=lambda each: each.number)]


def test_a_lock_ends_within_a_minute_of_its_time() -> None:
    """And the next one's turn comes in the same sweep (invariant I8)."""
    rig = Rig()
    rig.say("lock cameras production for 5m A migration.", DEPLOYER)
    rig.say("queue cameras@142 to production", LEAD)
    sweep(rig, 4)
    assert rig.environment().lock is not None
    sweep(rig, 2)
    environment = rig.environment()
    assert environment.lock is None
    assert environment.queue[0].offered_at
    lines = rig.store.history("cameras", rig.name)
    assert {line.event: line.actor for line in lines[:2]} == {"lock_expired": SERVICE, "turn_came": SERVICE}


def test_a_turn_that_nobody_uses_is_passed_on() -> None:
    """After five minutes and not before."""
    rig = Rig()
    rig.say("lock cameras production for 1m A migration.", DEPLOYER)
    rig.say("queue cameras@142 to production", LEAD)
    sweep(rig, 2)
    assert rig.environment().queue
    sweep(rig, 3)
    assert places(rig) == [None]
    sweep(rig)
    assert (places(rig), rig.environment().queue) == ([Over.MISSED], ())


def test_where_nothing_changes_nothing_is_written() -> None:
    """A minute more costs nobody a write."""
    rig = Rig()
    rig.say("lock cameras production A migration.", DEPLOYER)
    before = replace(rig.environment())
    sweep(rig, 3)
    assert rig.environment() == before
