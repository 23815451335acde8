"""Finishing and canceling: each where it belongs, refused everywhere else; and which deployment is meant."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, Environment, Phase, State
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.next_steps import next_steps
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, deployment, question
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


@pytest.mark.parametrize("state", [State.ACCEPTED, State.ASKING_START, State.PREPARING, State.TESTING])
def test_finishing_what_is_not_ready_is_refused(state: State) -> None:
    """It says where the deployment is."""
    desk = Desk()
    desk.at(state)
    assert desk.refused(f"finish {WHERE}").reason is Reason.NOT_READY


def test_finishing_after_the_deadline_is_refused() -> None:
    """What waited too long is removed already."""
    desk = ready()
    desk.clock.advance(86_401)
    assert desk.refused(f"finish {WHERE}").reason is Reason.EXPIRED


def test_finishing_twice_is_refused() -> None:
    """The first one counts, and the second is told who that was."""
    desk = ready()
    desk.say(f"finish {WHERE}")
    with pytest.raises(Refused) as refused:
        desk.say(f"finish {WHERE}", LEAD)
    assert refused.value.reason is Reason.ALREADY_DECIDED
    assert f"{{person:{DEPLOYER}}}" in refused.value.text


@pytest.mark.parametrize(
    "state", [State.SWITCHING, State.BAKING, State.KEEPING, State.ASKING_ROLLBACK, State.ASKING_END]
)
def test_what_is_live_already_has_nothing_to_finish(state: State) -> None:
    """And nobody is promised to hear when it is ready."""
    desk = Desk()
    desk.at(state)
    assert desk.refused(f"finish {WHERE}").reason is Reason.ALREADY_FINISHED


def test_what_is_asked_already_is_not_asked_again() -> None:
    """Whoever comes second reads the code, by when, and who may; the two answers are buttons."""
    desk = Desk()
    desk.at(State.ASKING_FINISH, question(Kind.FINISH))
    refused = desk.refused(f"finish {WHERE}", LEAD)
    assert refused.reason is Reason.ASKED_ALREADY
    assert "`/deploy confirm K7Q2F`" in refused.text
    assert f"{{time:{NOW + 300:.0f}}}" in refused.text
    assert f"Who may: {{person:{APPROVER}}}, {{person:{LEAD}}}" in refused.text
    assert [(each.verb, each.value) for each in next_steps(refused)][:2] == [
        ("confirm", "K7Q2F"),
        ("reject", "K7Q2F"),
    ]


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


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.SWITCHING_BACK, Reason.GOING_BACK),
        (State.DISCARDING, Reason.ENDING),
        (State.RETIRING, Reason.ENDING),
    ],
)
def test_canceling_what_is_being_undone_already_says_so(state: State, reason: Reason) -> None:
    """Neither a cancel nor a rollback is the next thing to do."""
    desk = Desk()
    desk.at(state)
    assert desk.refused(f"cancel {WHERE}").reason is reason


@pytest.mark.parametrize("state", [State.SWITCHING, State.BAKING, State.KEEPING, State.ASKING_END])
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


# --- which one ----------------------------------------------------------------------------------------------------


def second(desk: Desk, state: State, *asked: Question) -> Deployment:
    """Deployment 1 was canceled, and 2 holds the environment."""
    desk.store.put(deployment(State.CANCELED))
    return desk.at(state, *asked, id="cameras-production-2")


@pytest.mark.parametrize("verb", ["finish", "cancel", "retry", "rollback"])
def test_an_old_button_does_nothing_to_the_next_deployment(verb: str) -> None:
    """Whoever presses it reads what became of the one, and what is there now."""
    desk = Desk()
    second(desk, State.PREPARING)
    refused = desk.refused(f"{verb} {WHERE} cameras-production-1")
    assert refused.reason is Reason.OTHER_DEPLOYMENT
    assert "*cameras-production-1*, which is canceled. Now *cameras-production-2* holds" in refused.text


@pytest.mark.parametrize("text", [f"keep {WHERE} +1h", f"keep {WHERE} end", f"rollback {WHERE}"])
def test_an_old_button_does_not_touch_another_way_back(text: str) -> None:
    """Keeping longer and rolling back need no second person in some environments."""
    desk = Desk()
    desk.store.put(deployment(State.SUCCEEDED))
    desk.keeping(id="cameras-production-2")
    desk.store.put(question(Kind.KEEP, deployment="cameras-production-2", deadline=NOW + 7_200))
    assert desk.refused(f"{text} cameras-production-1").reason is Reason.OTHER_DEPLOYMENT
    desk.say(f"{text} cameras-production-2")


@pytest.mark.parametrize("verb", ["retry", "cancel"])
def test_an_old_button_does_not_free_or_retry_what_got_stuck_next(verb: str) -> None:
    """Releasing needs no second person."""
    desk = Desk()
    second(desk, State.STUCK)
    assert desk.refused(f"{verb} {WHERE} cameras-production-1").reason is Reason.OTHER_DEPLOYMENT


def test_an_old_button_offers_the_same_for_what_is_there_now() -> None:
    """Only where that can be done to it."""
    desk = Desk()
    second(desk, State.READY, question(Kind.READY, deployment="cameras-production-2"))
    offered = next_steps(desk.refused(f"cancel {WHERE} cameras-production-1"))
    assert [(each.verb, each.label, each.value) for each in offered] == [
        ("cancel", "Cancel cameras-production-2", f"{WHERE} cameras-production-2"),
        ("why", "What does it wait for?", WHERE),
    ]
    refused = desk.refused(f"retry {WHERE} cameras-production-1")
    assert [each.verb for each in next_steps(refused)] == ["why"]


def test_what_is_named_is_found_beside_what_is_under_way() -> None:
    """One that got stuck with its old fleet is taken up, though the next one waits for it."""
    desk = Desk()
    stuck = desk.keeping()
    kept = desk.environment().keeping
    desk.at(State.PREPARING, id="cameras-production-2")
    desk.store.put(replace(desk.environment(), keeping=kept))
    desk.store.put(replace(stuck, state=State.STUCK, phases=(*stuck.phases, Phase(State.KEEPING, NOW))))
    assert "cameras-production-1" in desk.say(f"retry {WHERE} cameras-production-1")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("finish cameras production", Reason.ALREADY_DECIDED), ("rollback cameras production", Reason.BUSY)],
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
