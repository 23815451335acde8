"""Confirming and rejecting: who may, until when, once; and what everybody else is told."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, WORKSPACE, question, raw_config
from tests.unit.usecases.desk import CODE, TOKEN, Desk, nothing_happened

SECOND = Actor(WORKSPACE, "U0SECOND")


def asking(kind: Kind = Kind.START, **changes: object) -> Desk:
    """A question that waits for a second person."""
    configuration = raw_config()
    configuration["people"]["approver"].append(SECOND.user)
    desk = Desk(configuration)
    states = {
        Kind.START: State.ASKING_START,
        Kind.FINISH: State.ASKING_FINISH,
        Kind.ROLLBACK: State.ASKING_ROLLBACK,
        Kind.END: State.ASKING_END,
    }
    desk.at(states[kind], replace(question(kind), **changes))  # type: ignore[arg-type]
    return desk


@pytest.mark.parametrize("kind", [Kind.START, Kind.FINISH, Kind.ROLLBACK, Kind.END])
def test_a_second_person_confirms(kind: Kind) -> None:
    """The answer, who gave it and when are written, with a line of history, and the machine is woken."""
    desk = asking(kind)
    assert desk.say(f"confirm {CODE.lower()}", APPROVER).startswith("Confirmed.")
    decided = desk.decided()
    assert (decided.answer, decided.answered_by, decided.answered_at) == (Answer.CONFIRM, APPROVER, NOW)
    assert desk.workflow.woken == [TOKEN]
    assert [(each.actor, each.event) for each in desk.store.history("cameras", "production")] == [
        (APPROVER, f"confirm_{kind.value}")
    ]


@pytest.mark.parametrize("kind", [Kind.START, Kind.FINISH, Kind.ROLLBACK, Kind.END])
def test_the_requester_confirming_is_refused(kind: Kind) -> None:
    """Nobody confirms their own request, whatever roles they hold (invariant I5)."""
    desk = asking(kind, requester=LEAD)
    assert desk.refused(f"confirm {CODE}", LEAD).reason is Reason.SAME_PERSON
    assert desk.decided().answer is None


def test_the_one_who_asked_for_the_switch_does_not_confirm_it() -> None:
    """The question's requester counts, not the deployment's: whoever said `finish` needs another person."""
    desk = asking(Kind.FINISH, requester=LEAD)
    assert desk.refused(f"confirm {CODE}", LEAD).reason is Reason.SAME_PERSON
    desk.say(f"confirm {CODE}", APPROVER)
    assert desk.decided().answered_by == APPROVER


def test_the_same_user_id_of_another_workspace_is_nobody() -> None:
    """Identity is workspace and user."""
    refused = asking().refused(f"confirm {CODE}", Actor("T0OTHER", APPROVER.user))
    assert refused.reason is Reason.WRONG_WORKSPACE


@pytest.mark.parametrize("verb", ["confirm", "reject"])
@pytest.mark.parametrize("actor", [GUEST, Actor(WORKSPACE, "U0OTHERDEPLOYER")])
def test_who_is_no_approver_decides_nothing(verb: str, actor: Actor) -> None:
    """The role counts at the moment of the decision."""
    assert asking().refused(f"{verb} {CODE}", actor).reason is Reason.NOT_ALLOWED


def test_an_approver_whose_role_was_taken_away_decides_nothing() -> None:
    """Roles are read when they are used, not when the question was asked."""
    desk = asking()
    configuration = raw_config()
    configuration["people"]["approver"] = [LEAD.user]
    desk.store.publish(configuration)
    assert desk.refused(f"confirm {CODE}", APPROVER).reason is Reason.NOT_ALLOWED


def test_the_last_second_counts_and_the_next_does_not() -> None:
    """Confirming late is refused and says since when (five minutes by default)."""
    desk = asking()
    desk.clock.advance(301)
    refused = desk.refused(f"confirm {CODE}", APPROVER)
    assert refused.reason is Reason.EXPIRED
    assert f"{{when:{NOW + 300:.0f}}}" in refused.text
    desk.clock.advance(-1)
    desk.say(f"confirm {CODE}", APPROVER)


def test_a_question_that_the_machine_found_unanswered_stays_expired() -> None:
    """Also a clock that goes wrong brings no question back."""
    desk = asking(answer=Answer.EXPIRED, answered_at=NOW)
    assert desk.refused(f"confirm {CODE}", APPROVER).reason is Reason.EXPIRED


@pytest.mark.parametrize(("first", "said"), [("confirm", "confirmed"), ("reject", "rejected")])
@pytest.mark.parametrize("second", ["confirm", "reject"])
def test_a_second_decision_is_refused_and_told_who_decided(first: str, said: str, second: str) -> None:
    """Confirming twice, or after a rejection: late clicks change nothing (invariant I6)."""
    desk = asking()
    desk.say(f"{first} {CODE}", APPROVER)
    refused = desk.refused(f"{second} {CODE}", SECOND)
    assert refused.reason is Reason.ALREADY_DECIDED
    assert said in refused.text
    assert f"{{person:{APPROVER}}}" in refused.text
    assert f"{{when:{NOW:.0f}}}" in refused.text


def test_a_rejection_keeps_its_reason() -> None:
    """Why is part of the record and of history."""
    desk = asking()
    assert desk.say(f"reject {CODE} not on a Friday", APPROVER).startswith("Rejected.")
    assert (desk.decided().answer, desk.decided().reason) == (Answer.REJECT, "not on a Friday")
    assert desk.store.history("cameras", "production")[0].detail == "not on a Friday"


def test_the_requester_may_withdraw() -> None:
    """Rejecting one's own request needs no role of an approver."""
    desk = asking()
    desk.say(f"reject {CODE}", DEPLOYER)
    assert desk.decided().answered_by == DEPLOYER


@pytest.mark.parametrize("kind", [Kind.READY, Kind.KEEP, Kind.BUILD])
def test_waits_that_are_no_questions_to_a_second_person_can_not_be_confirmed(kind: Kind) -> None:
    """A code that was never shown opens nothing."""
    desk = Desk()
    desk.at(State.READY, question(kind))
    assert desk.refused(f"confirm {CODE}", APPROVER).reason is Reason.UNKNOWN_QUESTION


def test_an_unknown_code_is_refused() -> None:
    """It is named, so that a slip of the fingers is seen."""
    refused = asking().refused("confirm ZZZZZ", APPROVER)
    assert refused.reason is Reason.UNKNOWN_QUESTION
    assert "ZZZZZ" in refused.text


def test_a_replayed_click_decides_once_and_wakes_the_machine_again() -> None:
    """The first try may have died between the write and the wake-up; the same event mends that."""
    desk = asking()
    desk.workflow.fail("wake")
    with pytest.raises(Unavailable):
        desk.say(f"confirm {CODE}", APPROVER, event="slack-again")
    written = desk.store.snapshot()
    desk.say(f"confirm {CODE}", APPROVER, event="slack-again")
    assert desk.store.table == written
    assert desk.workflow.woken == [TOKEN]
    nothing_happened(desk, lambda: desk.say(f"confirm {CODE}", APPROVER, event="slack-again"))


def test_a_lost_wake_up_is_mended_by_the_next_who_decides() -> None:
    """Too late to decide, and yet of use: the machine reads the answer that was given."""
    desk = asking()
    desk.workflow.fail("wake")
    with pytest.raises(Unavailable):
        desk.say(f"confirm {CODE}", APPROVER)
    with pytest.raises(Refused) as refused:
        desk.say(f"reject {CODE}", SECOND)
    assert refused.value.reason is Reason.ALREADY_DECIDED
    assert desk.decided().answer is Answer.CONFIRM
    assert desk.workflow.woken == [TOKEN]


def test_a_token_that_nobody_waits_for_is_no_error() -> None:
    """The table has the answer; a wake-up that comes late changes nothing."""
    desk = asking()
    desk.workflow.waiting.clear()
    desk.say(f"confirm {CODE}", APPROVER)
    assert desk.decided().answer is Answer.CONFIRM


@pytest.mark.parametrize("kind", [Kind.START, Kind.FINISH, Kind.ROLLBACK, Kind.END])
def test_what_a_person_asked_who_may_not_any_more_is_not_confirmed(kind: Kind) -> None:
    """Both are authorized at the moment of the decision (invariant I5): a role revoked in between counts."""
    desk = asking(kind)
    revoked = raw_config()
    revoked["people"]["deployer"] = [LEAD.user]
    desk.store.publish(revoked)
    refused = desk.refused(f"confirm {CODE}", APPROVER)
    assert refused.reason is Reason.REQUESTER_NOT_ALLOWED
    assert str(DEPLOYER) in refused.text
    assert desk.say(f"reject {CODE}", APPROVER).startswith("Rejected.")
