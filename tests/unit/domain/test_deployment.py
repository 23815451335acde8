"""The table of transitions and the record that moves through it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.deployment import (
    CLOSING,
    ENDS,
    TRANSITIONS,
    Environment,
    InvalidTransition,
    State,
    Trigger,
)
from tests.builders import NOW, deployment


def test_nothing_leads_out_of_an_end() -> None:
    """An ended deployment stays as it ended."""
    assert not [source for source, _ in TRANSITIONS if source in ENDS]


def test_every_state_is_reached_and_every_other_state_is_left() -> None:
    """The table has no island and no dead end."""
    reached = set(TRANSITIONS.values()) | {State.ACCEPTED}
    left = {source for source, _ in TRANSITIONS}
    assert reached == set(State)
    assert left == set(State) - ENDS


def test_the_new_fleet_is_never_discarded_while_traffic_may_be_on_it() -> None:
    """From a state after the switch, traffic goes back before anything is discarded."""
    sources = {source for (source, trigger) in TRANSITIONS if trigger is Trigger.DISCARD}
    assert not sources & {State.SWITCHING, State.BAKING, State.KEEPING, State.ASKING_ROLLBACK, State.RETIRING}


def test_every_outcome_has_a_way_to_close() -> None:
    """Each end but `planned` and `stuck` is the outcome of a decided deployment."""
    assert set(CLOSING) == ENDS - {State.PLANNED, State.STUCK}


def test_a_trigger_that_repeats_changes_nothing() -> None:
    """A step that runs again finds its transition made and goes on."""
    once = deployment(State.ACCEPTED).move(Trigger.BEGIN, NOW)
    assert once.move(Trigger.BEGIN, NOW + 5) == once


def test_a_trigger_that_does_not_belong_to_the_state_is_an_error() -> None:
    """A very late step can not pull a deployment back."""
    with pytest.raises(InvalidTransition):
        deployment(State.KEEPING).move(Trigger.BEGIN, NOW)


@given(st.lists(st.sampled_from(Trigger), max_size=40))
def test_phases_tell_the_way_that_was_gone(triggers: list[Trigger]) -> None:
    """Whatever happens, the last phase is the state and each step of the way is in the table."""
    record = deployment()
    for trigger in triggers:
        try:
            record = record.move(trigger, NOW)
        except InvalidTransition:
            continue
    states = [phase.state for phase in record.phases]
    assert states[-1] is record.state
    assert all(after in TRANSITIONS.values() for after in states[1:])


def test_each_hold_has_a_higher_fencing_number() -> None:
    """Who held the environment before can not be mistaken for who holds it now."""
    first = Environment("cameras", "production").acquire("a", NOW)
    second = first.released("a").acquire("b", NOW)
    assert second.fence > first.fence
    assert not second.held_by("a", first.fence)
    assert not second.held_by("b", first.fence)
    assert second.held_by("b", second.fence)
