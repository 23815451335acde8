"""More than one person confirms: each counts once, at the moment that decides."""

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from tests.builders import APPROVER, DEPLOYER, LEAD, WORKSPACE, question, raw_config
from tests.unit.usecases.desk import CODE, TOKEN, Desk

THIRD = Actor(WORKSPACE, "U0THIRD")


def asking(kind: Kind = Kind.FINISH, needed: int = 2) -> Desk:
    """A question to so many people; three others may confirm."""
    configuration = raw_config()
    configuration["people"]["approver"].append(THIRD.user)
    desk = Desk(configuration)
    desk.at(State.ASKING_FINISH, question(kind, needed=needed))
    return desk


def test_the_first_of_two_is_kept_and_nothing_happens_yet() -> None:
    """Who confirms is told how many are missing; the machine goes on waiting."""
    desk = asking()
    said = desk.say(f"confirm {CODE}", APPROVER)
    assert said.startswith("Confirmed.")
    assert "one more person" in said
    assert desk.decided().answer is None
    assert [each.by for each in desk.decided().confirmations] == [APPROVER]
    assert desk.workflow.woken == []


def test_the_second_of_two_decides() -> None:
    """Another person's yes; both are in the record and in the history."""
    desk = asking()
    desk.say(f"confirm {CODE}", APPROVER)
    desk.say(f"confirm {CODE}", LEAD)
    decided = desk.decided()
    assert (decided.answer, decided.answered_by) == (Answer.CONFIRM, LEAD)
    assert desk.workflow.woken == [TOKEN]
    lines = desk.store.history("cameras", "production")
    assert [(each.event, each.actor, each.detail) for each in lines] == [
        ("confirm_finish", LEAD, "2 of 2"),
        ("confirm_finish", APPROVER, "1 of 2"),
    ]


def test_the_same_person_counts_once_and_is_told_so() -> None:
    """Two clicks are not two people."""
    desk = asking()
    desk.say(f"confirm {CODE}", APPROVER)
    refused = desk.refused(f"confirm {CODE}", APPROVER)
    assert refused.reason is Reason.CONFIRMED_BEFORE
    assert "one more person" in refused.text


def test_who_asked_never_counts() -> None:
    """Not as the second either, though they hold the role."""
    configuration = raw_config()
    configuration["people"]["approver"].append(DEPLOYER.user)
    desk = Desk(configuration)
    desk.at(State.ASKING_FINISH, question(Kind.FINISH, needed=2))
    desk.say(f"confirm {CODE}", APPROVER)
    assert desk.refused(f"confirm {CODE}", DEPLOYER).reason is Reason.SAME_PERSON


def test_any_rejection_ends_it() -> None:
    """One no is enough, whoever has confirmed; also of somebody who had confirmed before."""
    for by in (LEAD, APPROVER, DEPLOYER):
        desk = asking()
        desk.say(f"confirm {CODE}", APPROVER)
        desk.say(f"reject {CODE} not tonight", by)
        assert (desk.decided().answer, desk.decided().reason) == (Answer.REJECT, "not tonight")
        assert desk.refused(f"confirm {CODE}", THIRD).reason is Reason.ALREADY_DECIDED


def test_who_was_revoked_in_between_does_not_count() -> None:
    """All who confirm hold the role at the moment that decides (invariant I5)."""
    desk = asking()
    desk.say(f"confirm {CODE}", APPROVER)
    revoked = raw_config()
    revoked["people"]["approver"] = [LEAD.user, THIRD.user]
    desk.store.publish(revoked)
    desk.say(f"confirm {CODE}", LEAD)
    assert desk.decided().answer is None
    desk.say(f"confirm {CODE}", THIRD)
    assert [each.by for each in desk.decided().confirmations] == [LEAD, THIRD]
    assert desk.decided().answer is Answer.CONFIRM


def test_one_yes_delivered_twice_counts_once() -> None:
    """The same click again changes nothing and is no refusal."""
    desk = asking()
    desk.say(f"confirm {CODE}", APPROVER, event="same")
    before = desk.store.snapshot()
    desk.say(f"confirm {CODE}", APPROVER, event="same")
    assert desk.store.table == before


def test_a_half_confirmed_question_expires_like_any_other() -> None:
    """One of two is no decision."""
    desk = asking()
    desk.say(f"confirm {CODE}", APPROVER)
    desk.clock.advance(301)
    assert desk.refused(f"confirm {CODE}", LEAD).reason is Reason.EXPIRED
