"""Finishing, canceling, going back, keeping: each where it belongs, refused everywhere else."""

import pytest

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import BEFORE_SWITCH, Environment, Slot, State
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, question
from tests.unit.usecases.desk import TOKEN, Desk, nothing_happened

WHERE = "cameras production"
ACTS = ["finish", "cancel", "rollback"]
STRANGER = Actor("T0OTHER", DEPLOYER.user)


def ready() -> Desk:
    """A deployment that waits for `finish`."""
    desk = Desk()
    desk.at(State.READY, question(Kind.READY, deadline=NOW + 86_400))
    return desk


@pytest.mark.parametrize(
    "text", [f"{verb} {WHERE}" for verb in ACTS] + [f"keep {WHERE} +1h", f"keep {WHERE} end"]
)
@pytest.mark.parametrize(
    ("actor", "reason"),
    [(GUEST, Reason.NOT_ALLOWED), (APPROVER, Reason.NOT_ALLOWED), (STRANGER, Reason.WRONG_WORKSPACE)],
)
def test_who_may_not_deploy_may_not_act(text: str, actor: Actor, reason: Reason) -> None:
    """The same role for everything that is done to a deployment."""
    desk = Desk()
    desk.keeping()
    assert desk.refused(text, actor).reason is reason


@pytest.mark.parametrize(
    "text", ["finish doors production", "cancel doors production", "keep doors production +1h"]
)
def test_an_unknown_service_is_refused(text: str) -> None:
    """It is named with those that are known."""
    assert Desk().refused(text).reason is Reason.UNKNOWN_SERVICE


# --- finish -------------------------------------------------------------------------------------------------------


def test_finishing_answers_the_wait_and_names_the_one_who_asked() -> None:
    """Another person is asked next, and may not be the same."""
    desk = ready()
    desk.say(f"finish {WHERE}", LEAD)
    assert (desk.decided().answer, desk.decided().answered_by) == (Answer.FINISH, LEAD)
    assert desk.workflow.woken == [TOKEN]


@pytest.mark.parametrize(
    "state", [State.ACCEPTED, State.PREPARING, State.TESTING, State.ASKING_FINISH, State.BAKING]
)
def test_finishing_what_is_not_ready_is_refused(state: State) -> None:
    """It says where the deployment is."""
    desk = Desk()
    desk.at(state)
    assert desk.refused(f"finish {WHERE}").reason is Reason.NOT_READY


def test_finishing_after_the_deadline_is_refused() -> None:
    """What waited too long is removed already."""
    desk = ready()
    desk.clock.advance(86_401)
    assert desk.refused(f"finish {WHERE}").reason is Reason.NOT_READY


def test_finishing_twice_is_refused() -> None:
    """The first one counts."""
    desk = ready()
    desk.say(f"finish {WHERE}")
    assert desk.refused(f"finish {WHERE}", LEAD).reason is Reason.NOT_READY


@pytest.mark.parametrize("verb", ["finish", "cancel"])
def test_where_nothing_is_under_way_there_is_nothing_to_do(verb: str) -> None:
    """Also where the last one has ended and its lock is still being released."""
    desk = Desk()
    assert desk.refused(f"{verb} {WHERE}").reason is Reason.NOTHING_ACTIVE
    desk.at(State.REJECTED)
    assert desk.refused(f"{verb} {WHERE}").reason is Reason.NOTHING_ACTIVE


# --- cancel -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", sorted(BEFORE_SWITCH))
def test_canceling_before_the_switch_is_noted_for_the_next_step(state: State) -> None:
    """The record says who wants it; the machine stops where it is safe."""
    desk = Desk()
    made = desk.at(state)
    desk.say(f"cancel {WHERE}", LEAD)
    found = desk.store.deployment(made.ref)
    assert found is not None
    assert (found.wanted, found.wanted_by, found.state) == ("cancel", LEAD, state)
    assert desk.store.history("cameras", "production")[0].event == "cancel_asked"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (State.ASKING_START, Kind.START),
        (State.PREPARING, Kind.BUILD),
        (State.READY, Kind.READY),
        (State.ASKING_FINISH, Kind.FINISH),
    ],
)
def test_canceling_answers_what_is_waited_for(state: State, kind: Kind) -> None:
    """Nobody waits for a deadline; note and answer are one write."""
    desk = Desk()
    desk.at(state, question(kind))
    desk.say(f"cancel {WHERE}")
    assert desk.decided().answer is Answer.CANCEL
    assert desk.workflow.woken == [TOKEN]
    assert len(desk.store.called("commit")) == 1


@pytest.mark.parametrize("state", [State.SWITCHING_BACK, State.DISCARDING])
def test_canceling_what_is_being_undone_already_says_so(state: State) -> None:
    """Neither a cancel nor a rollback is the next thing to do."""
    desk = Desk()
    desk.at(state)
    assert desk.refused(f"cancel {WHERE}").reason is Reason.ENDING


@pytest.mark.parametrize("state", [State.SWITCHING, State.BAKING, State.ASKING_ROLLBACK])
def test_canceling_after_the_switch_is_refused_and_names_the_way_back(state: State) -> None:
    """Traffic moved already: rollback is another decision."""
    desk = Desk()
    desk.at(state)
    refused = desk.refused(f"cancel {WHERE}")
    assert refused.reason is Reason.TOO_LATE_TO_CANCEL
    assert f"/deploy rollback {WHERE}" in refused.text


def test_a_replayed_cancel_does_not_cancel_the_next_deployment() -> None:
    """The event was about the first; what is active now was never meant."""
    desk = ready()
    desk.say(f"cancel {WHERE}", event="slack-again")
    desk.store.put(Environment("cameras", "production", revision=5))
    desk.at(State.READY, question(Kind.READY, code="NEXT2", token="another"), id="cameras-production-2")
    nothing_happened(desk, lambda: desk.say(f"cancel {WHERE}", event="slack-again"))


# --- rollback -----------------------------------------------------------------------------------------------------


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
    assert desk.refused(f"rollback {WHERE}").reason is Reason.ENDING


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
    desk.say(f"keep {WHERE} +6h")


@pytest.mark.parametrize("more", ["+1h", "end"])
def test_keeping_or_ending_what_is_not_kept_is_refused(more: str) -> None:
    """Before the switch, after the window, and where nothing was deployed."""
    assert Desk().refused(f"keep {WHERE} {more}").reason is Reason.WINDOW_CLOSED
    assert ready().refused(f"keep {WHERE} {more}").reason is Reason.WINDOW_CLOSED
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


@pytest.mark.parametrize(
    ("text", "reason"),
    [("finish cameras production", Reason.NOT_READY), ("rollback cameras production", Reason.BUSY)],
)
def test_a_lost_wake_up_is_mended_by_whoever_comes_next(text: str, reason: Reason) -> None:
    """People type again, which is another event; the answer stands, and the machine does not wait for its deadline."""
    desk = ready()
    if reason is Reason.BUSY:
        desk.keeping()
    desk.workflow.fail("wake")
    with pytest.raises(Unavailable):
        desk.say(text)
    with pytest.raises(Refused) as refused:
        desk.say(text, LEAD)
    assert refused.value.reason is reason
    assert desk.decided().answered_by == DEPLOYER
    assert desk.workflow.woken == [TOKEN]


# --- looking ------------------------------------------------------------------------------------------------------


def test_status_says_what_is_live_under_way_and_waited_for() -> None:
    """With the code to answer and who waits; everybody of the workspace may look."""
    desk = Desk()
    desk.at(State.ASKING_START, question())
    said = desk.say("status cameras production", GUEST)
    assert "`141` is live" in said
    assert "cameras-production-1 (`142`): waiting for a second person" in said
    assert "confirm K7Q2F" in said
    assert f"{{person:{DEPLOYER}}}" in said


def test_status_of_everything_names_every_environment() -> None:
    """Without a name, each environment has its paragraph."""
    said = Desk().say("status")
    assert "*production*" in said
    assert "I have deployed nothing here yet" in said


@pytest.mark.parametrize(
    ("text", "reason"),
    [("status doors", Reason.UNKNOWN_SERVICE), ("status cameras moon", Reason.UNKNOWN_ENVIRONMENT)],
)
def test_status_of_what_is_unknown_is_refused(text: str, reason: Reason) -> None:
    """It says what is known."""
    assert Desk().refused(text, GUEST).reason is reason


def test_status_is_not_for_other_workspaces() -> None:
    """Looking needs the team's workspace."""
    assert Desk().refused("status", STRANGER).reason is Reason.WRONG_WORKSPACE


def test_help_needs_nothing() -> None:
    """Also before anything is configured, and it reads nothing."""
    desk = Desk()
    desk.store.table.configurations = []
    desk.store.calls.clear()
    assert "/deploy SERVICE[@VERSION][+FRONTEND] to ENVIRONMENT" in desk.say("help")
    assert desk.store.calls == []


def test_how_long_somebody_has_to_answer_is_not_made_up() -> None:
    """The time is configured; the answer to the one who asked points to the channel, which knows it."""
    said = ready().say(f"finish {WHERE}")
    assert "five minutes" not in said
    assert "by when" in said
