"""Going back, keeping the way back, and ending it: what the table says of each, and who is refused what."""

import pytest

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import Environment, Slot, State
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.next_steps import next_steps
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, question
from tests.unit.usecases.desk import TOKEN, Desk, nothing_happened

WHERE = "cameras production"


def test_rolling_back_in_the_window_answers_the_wait() -> None:
    """A second person is asked by the machine."""
    desk = Desk()
    desk.keeping()
    desk.say(f"rollback {WHERE}", LEAD)
    assert (desk.decided().answer, desk.decided().answered_by) == (Answer.ROLLBACK, LEAD)
    assert desk.workflow.woken == [TOKEN]


@pytest.mark.parametrize("state", [State.SWITCHING, State.BAKING])
def test_rolling_back_while_it_is_watched_is_noted(state: State) -> None:
    """The watching step reads it."""
    desk = Desk()
    made = desk.at(state)
    desk.say(f"rollback {WHERE}")
    found = desk.store.deployment(made.ref)
    assert found is not None
    assert (found.wanted, found.wanted_by) == ("rollback", DEPLOYER)


def test_rolling_back_after_the_window_is_refused_and_names_another_way() -> None:
    """The old fleet has ended, or ends."""
    desk = Desk()
    assert desk.refused(f"rollback {WHERE}").reason is Reason.WINDOW_CLOSED
    desk.keeping()
    desk.clock.advance(7_201)
    refused = desk.refused(f"rollback {WHERE}")
    assert refused.reason is Reason.WINDOW_CLOSED
    assert "/deploy cameras@VERSION to production" in refused.text


@pytest.mark.parametrize("state", [State.PREPARING, State.READY])
def test_rolling_back_where_nothing_was_switched_is_refused(state: State) -> None:
    """There is nothing to go back from, and the answer names what there is to do instead."""
    desk = Desk()
    desk.at(state)
    refused = desk.refused(f"rollback {WHERE}")
    assert refused.reason is Reason.NOT_SWITCHED
    assert f"/deploy cancel {WHERE}" in refused.text


def test_rolling_back_what_goes_back_already_is_refused() -> None:
    """It is on its way."""
    desk = Desk()
    desk.at(State.SWITCHING_BACK)
    assert desk.refused(f"rollback {WHERE}").reason is Reason.GOING_BACK


@pytest.mark.parametrize("text", ["rollback {}", "keep {} +1h", "keep {} end", "cancel {}"])
def test_while_the_rollback_is_asked_nobody_hears_that_there_is_no_way_back(text: str) -> None:
    """They read the code, by when, and who may, and have the two answers as buttons."""
    desk = Desk()
    asked = question(Kind.ROLLBACK, requester=LEAD)
    desk.at(State.ASKING_ROLLBACK, asked, switched_at=NOW, keep_until=NOW + 7_200)
    refused = desk.refused(text.format(WHERE))
    assert refused.reason is Reason.ASKED_ALREADY
    assert "may roll back is being asked right now: `/deploy confirm K7Q2F`" in refused.text
    assert f"Who may: {{person:{APPROVER}}} (role *approver*)" in refused.text
    assert [each.verb for each in next_steps(refused)] == ["confirm", "reject", "why"]


@pytest.mark.parametrize("text", ["keep {} +1h", "keep {} end"])
@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.SWITCHING, Reason.NOT_KEPT_YET),
        (State.BAKING, Reason.NOT_KEPT_YET),
        (State.SWITCHING_BACK, Reason.GOING_BACK),
        (State.DISCARDING, Reason.ENDING),
        (State.READY, Reason.NOT_SWITCHED),
        (State.STUCK, Reason.STUCK),
    ],
)
def test_keeping_what_is_not_kept_says_where_it_is(text: str, state: State, reason: Reason) -> None:
    """There is an old fleet in each of these, and nobody is told that there is none."""
    desk = Desk()
    desk.at(state)
    assert desk.refused(text.format(WHERE)).reason is reason


def test_a_rollback_that_was_asked_for_while_it_is_watched_keeps_its_requester() -> None:
    """Whoever asks a second time would else become the one who may not confirm."""
    desk = Desk()
    made = desk.at(State.BAKING)
    desk.say(f"rollback {WHERE}", LEAD)
    assert desk.refused(f"rollback {WHERE}").reason is Reason.BUSY
    found = desk.store.deployment(made.ref)
    assert found is not None
    assert found.wanted_by == LEAD


@pytest.mark.parametrize("verb", ["finish", "rollback"])
def test_what_is_stuck_says_so_and_offers_both_ways_out(verb: str) -> None:
    """Nobody hears that nothing is under way."""
    desk = Desk()
    desk.at(State.STUCK)
    refused = desk.refused(f"{verb} {WHERE}")
    assert refused.reason is Reason.STUCK
    assert [each.verb for each in next_steps(refused)] == ["retry", "cancel", "why"]


def test_rolling_back_while_the_next_deployment_is_under_way_is_refused() -> None:
    """One at a time holds the environment."""
    desk = Desk()
    kept = desk.keeping()
    held = desk.environment()
    desk.at(State.PREPARING, id="cameras-production-2")
    slots = {"keeping": held.keeping, "active": Slot("cameras-production-2", 2, NOW)}
    desk.store.put(Environment("cameras", "production", fence=2, **slots))  # type: ignore[arg-type]
    refused = desk.refused(f"rollback {WHERE}")
    assert refused.reason is Reason.ALREADY_ACTIVE
    assert kept.id not in refused.text


# --- keep ---------------------------------------------------------------------------------------------------------


def test_keeping_longer_counts_from_the_deadline_that_was() -> None:
    """Two hours more than people were told, not two hours from now."""
    desk = Desk()
    desk.keeping()
    desk.clock.advance(3_600)
    assert f"{{when:{NOW + 7_200 + 3_600:.0f}}}" in desk.say(f"keep {WHERE} +1h")
    assert (desk.decided().answer, desk.decided().seconds) == (Answer.EXTEND, 3_600)


def test_keeping_too_long_is_refused_with_the_limit() -> None:
    """Eight hours in all here: two are there, six may be added and no second more."""
    desk = Desk()
    desk.keeping()
    refused = desk.refused(f"keep {WHERE} +361m")
    assert refused.reason is Reason.KEEP_TOO_LONG
    assert "8 h in all" in refused.text
    assert next_steps(refused)[0].value == f"{WHERE} +360m cameras-production-1"
    desk.say(f"keep {WHERE} +6h")


@pytest.mark.parametrize("more", ["+1h", "end"])
def test_keeping_or_ending_what_is_not_kept_is_refused(more: str) -> None:
    """After the window, and where nothing was deployed."""
    assert Desk().refused(f"keep {WHERE} {more}").reason is Reason.WINDOW_CLOSED
    desk = Desk()
    desk.keeping()
    desk.clock.advance(7_201)
    assert desk.refused(f"keep {WHERE} {more}").reason is Reason.WINDOW_CLOSED


def test_ending_early_answers_the_wait() -> None:
    """A second person is asked by the machine, since there is no way back."""
    desk = Desk()
    desk.keeping()
    desk.say(f"keep {WHERE} end")
    assert desk.decided().answer is Answer.END
    assert desk.workflow.woken == [TOKEN]


def test_a_replayed_keep_extends_once() -> None:
    """A click that comes again does not add its hours again."""
    desk = Desk()
    desk.keeping()
    desk.say(f"keep {WHERE} +1h", event="slack-again")
    nothing_happened(desk, lambda: desk.say(f"keep {WHERE} +1h", event="slack-again"))
