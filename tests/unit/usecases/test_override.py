"""Freezes and overrides: nothing starts in a freeze, unless somebody who may says why, for all to see."""

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.locks import Hindrance
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.messages import deployment_message, question_message
from chalicelib.usecases.next_steps import next_steps
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, deployment, question, raw_config
from tests.unit.usecases.desk import Desk

WINDOW = {"begin": "2026-09-01 00:00", "end": "2026-10-01 00:00", "zone": "UTC", "reason": "The fair."}
OVERRIDE = "override cameras@142 to production Cameras are blind."


def frozen() -> Desk:
    """A desk in the middle of a freeze (the tests' now is 21 September 2026)."""
    return Desk(raw_config(freezes=[WINDOW]))


def test_in_a_freeze_nothing_starts_and_the_refusal_says_what_to_do() -> None:
    """Why, until when, the queue, and how to do it all the same."""
    refused = frozen().refused("cameras@142 to production")
    assert refused.reason is Reason.FROZEN
    assert "The fair." in refused.text
    assert "/deploy override cameras@142 to production REASON" in refused.text
    assert [(each.verb, each.value) for each in next_steps(refused)] == [
        ("queue", "cameras@142 to production"),
        ("form", "override cameras@142 production"),
        ("plan", "cameras@142 to production"),
    ]


def test_in_a_freeze_plans_are_free_and_so_is_what_is_under_way() -> None:
    """Only beginnings are kept back."""
    desk = frozen()
    assert "Working out a plan" in desk.say("plan cameras@142 to production")
    desk.at(State.TESTING)
    assert "stops at its next step" in desk.say("cancel cameras production")


def test_after_the_freeze_it_starts() -> None:
    """The end is not inside."""
    desk = frozen()
    desk.clock.advance(1_790_812_800 - NOW)
    assert "Started" in desk.say("cameras@142 to production")


def test_the_turn_comes_when_the_freeze_is_over() -> None:
    """Who waits through it is first."""
    desk = frozen()
    assert "number 1" in desk.say("queue cameras@142 to production", LEAD)
    desk.clock.advance(1_790_812_800 - NOW)
    desk.say("queue cameras to production", DEPLOYER)
    assert desk.environment().queue[0].offered_at


def test_an_override_starts_it_and_is_kept_with_the_deployment() -> None:
    """What was in the way, whose it was, until when, and why; history has it too."""
    desk = frozen()
    desk.say("lock cameras production A migration.", DEPLOYER)
    assert "Started" in desk.say(OVERRIDE, LEAD)
    (made,) = (each for each in desk.store.overview("cameras", "production").deployments)
    assert made.override is not None
    assert (made.override.by, made.override.reason) == (LEAD, "Cameras are blind.")
    assert [each.what for each in made.override.over] == [Hindrance.LOCK, Hindrance.FREEZE]
    line = desk.store.history("cameras", "production")[0]
    assert (line.event, line.detail) == ("overridden", "lock, freeze: Cameras are blind.")


def test_the_message_and_the_question_say_what_was_overridden() -> None:
    """Whoever confirms knows what they say yes to."""
    desk = frozen()
    desk.say(OVERRIDE, LEAD)
    (made,) = desk.store.overview("cameras", "production").deployments
    shown = "\n".join(deployment_message(made, [], NOW).lines)
    asked = "\n".join(question_message(question(), made, NOW).lines)
    for text in (shown, asked):
        assert f"{{person:{LEAD}}} starts this in spite of a freeze" in text
        assert "Cameras are blind." in text


def test_an_override_needs_both_roles() -> None:
    """Somebody who may deploy and whose word counts as a second person's: neither alone."""
    desk = frozen()
    assert desk.refused(OVERRIDE, DEPLOYER).reason is Reason.NOT_ALLOWED
    assert desk.refused(OVERRIDE, APPROVER).reason is Reason.NOT_ALLOWED


def test_an_override_takes_no_running_deployments_place() -> None:
    """Two at once would be worse than any emergency: cancel first."""
    desk = frozen()
    desk.at(State.TESTING)
    assert desk.refused(OVERRIDE, LEAD).reason is Reason.ALREADY_ACTIVE


def test_an_override_of_nothing_is_a_plain_start() -> None:
    """A lock that ended a second ago is no reason to send somebody away."""
    desk = Desk()
    assert "Started" in desk.say(OVERRIDE, LEAD)
    (made,) = desk.store.overview("cameras", "production").deployments
    assert made.override is None


def test_an_override_takes_the_turn_and_leaves_the_place() -> None:
    """Who waited first is first again afterwards."""
    desk = Desk()
    desk.say("lock cameras production A migration.", LEAD)
    desk.say("queue cameras@142 to production", DEPLOYER)
    desk.say("unlock cameras production", LEAD)
    assert "Started" in desk.say(OVERRIDE, LEAD)
    (made,) = desk.store.overview("cameras", "production").deployments
    assert made.override is not None
    assert [(each.what, each.actor) for each in made.override.over] == [(Hindrance.TURN, DEPLOYER)]
    (place,) = desk.environment().queue
    assert (place.actor, place.offered_at) == (DEPLOYER, 0.0)


def test_a_switch_in_a_freeze_is_asked_for_with_a_warning() -> None:
    """It is not refused: the second person decides, and knows of the freeze."""
    desk = frozen()
    desk.at(State.READY, question(Kind.READY, deadline=NOW + 3_600))
    assert "in a freeze: The fair." in desk.say("finish cameras production")
    assert (desk.decided().answer, desk.decided().reason) == (Answer.FINISH, "in a freeze: The fair.")
    asked = question_message(
        question(Kind.FINISH), deployment(State.ASKING_FINISH, finish_note=desk.decided().reason), NOW
    )
    assert "⚠️ The switch was asked for in a freeze: The fair." in asked.lines
