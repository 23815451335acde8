"""The turn of who waits comes with the write that lets an environment go; nobody waits for the sweeper's minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Unavailable
from tests.builders import LEAD
from tests.machine.rig import Rig
from tests.machine.sweeping import sweep

if TYPE_CHECKING:
    from collections.abc import Callable


def went_live(rig: Rig) -> None:
    """Live, and keeping its old fleet."""
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    rig.machine.let(120)
    assert rig.deployment().state is State.KEEPING


def was_canceled(rig: Rig) -> None:
    """Given up before the switch."""
    rig.say("cancel cameras production")
    rig.machine.let(100)
    assert rig.deployment().state is State.CANCELED


def was_released(rig: Rig) -> None:
    """It got stuck, and somebody has looked."""
    rig.fleet.fail("relabel", Unavailable("EC2 is away"), times=100)
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    assert rig.deployment().state is State.STUCK
    rig.say("cancel cameras production")


@pytest.mark.parametrize("ends", [went_live, was_canceled, was_released])
def test_a_turn_comes_in_the_same_breath(ends: Callable[[Rig], None]) -> None:
    """One write frees the environment and gives the turn; history has both."""
    rig = Rig()
    rig.ready()
    rig.say("queue cameras@143 to production", LEAD)
    ends(rig)
    (first,) = rig.environment().queue
    assert rig.environment().active is None
    assert (first.actor, bool(first.offered_at)) == (LEAD, True)
    assert rig.store.ticket(first.key) == first
    assert "turn_came" in [line.event for line in rig.store.history("cameras", "production")]


def test_a_freeze_that_was_published_meanwhile_keeps_the_turn() -> None:
    """The rules are those of this moment, not those that the deployment started with."""
    rig = Rig()
    rig.ready()
    rig.say("queue cameras@143 to production", LEAD)
    raw = rig.store.team().raw
    freeze = {"begin": "2020-01-01 00:00", "end": "2037-01-01 00:00", "zone": "UTC", "reason": "The fair."}
    raw["services"]["cameras"]["environments"]["production"]["freezes"] = [freeze]
    rig.store.publish(raw)
    was_canceled(rig)
    assert [each.offered_at for each in rig.environment().queue] == [0.0]


def test_an_environment_that_is_not_configured_any_more_is_let_go_of_all_the_same() -> None:
    """Nobody knows when turns come there, and the deployment ends."""
    rig = Rig()
    rig.ready()
    rig.say("queue cameras@143 to production", LEAD)
    raw = rig.store.team().raw
    del raw["services"]["cameras"]["environments"]["production"]
    rig.store.publish(raw)
    rig.machine.let(90_000)
    assert rig.deployment().state is State.EXPIRED
    assert rig.environment().active is None
    assert [each.offered_at for each in rig.environment().queue] == [0.0]


def test_a_turn_comes_once_whoever_is_faster() -> None:
    """The sweeper finds nothing left to do."""
    rig = Rig()
    rig.ready()
    rig.say("queue cameras@143 to production", LEAD)
    was_canceled(rig)
    before = rig.environment()
    sweep(rig, 2)
    assert rig.environment() == before
