"""The queue: who waits, whose turn it is, and that a turn is nobody else's."""

from dataclasses import replace
from typing import Any

from chalicelib.domain.deployment import State
from chalicelib.domain.locks import Over, Place
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.next_steps import next_steps
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, raw_config
from tests.unit.usecases.desk import Desk


def busy() -> Desk:
    """A desk where a deployment is under way."""
    desk = Desk()
    desk.at(State.TESTING)
    return desk


def freed(desk: Desk) -> None:
    """The deployment has come to its end."""
    desk.store.put(replace(desk.environment(), active=None))


def waiting(desk: Desk) -> list[tuple[Actor, str]]:
    """Who waits, with what."""
    return [(each.actor, each.version) for each in desk.environment().queue]


def ended(desk: Desk, who: Actor) -> Over | None:
    """How somebody's newest place ended, as chat shows it."""
    found = [each for each in desk.store.table.records.values() if isinstance(each, Place)]
    return max((each for each in found if each.actor == who), key=lambda each: each.number).over


def turn(desk: Desk) -> Actor | None:
    """Whose turn the table says it is."""
    queue = desk.environment().queue
    return queue[0].actor if queue and queue[0].offered_at else None


def test_who_finds_an_environment_busy_can_wait_for_it() -> None:
    """The refusal has the button, which is the command with what was asked for."""
    desk = busy()
    refused = desk.refused("cameras@142 to production", LEAD)
    assert refused.reason is Reason.ALREADY_ACTIVE
    button, *_ = next_steps(refused)
    assert "number 1 in the queue" in desk.say(f"{button.verb} {button.value}", LEAD)
    assert waiting(desk) == [(LEAD, "142")]


def test_the_queue_keeps_its_order() -> None:
    """Who came first is first."""
    desk = busy()
    desk.say("queue cameras@142 to production", LEAD)
    assert "number 2" in desk.say("queue cameras to production", DEPLOYER)
    assert waiting(desk) == [(LEAD, "142"), (DEPLOYER, "")]


def test_nobody_is_in_a_queue_twice() -> None:
    """They are told where they stand, with a button to leave."""
    desk = busy()
    desk.say("queue cameras@142 to production", LEAD)
    refused = desk.refused("queue cameras@140 to production", LEAD)
    assert refused.reason is Reason.QUEUED_ALREADY
    assert "number 1 in the queue" in refused.text
    assert [(each.verb, each.value) for each in next_steps(refused)] == [("leave", "cameras production")]


def test_who_need_not_wait_is_told_so() -> None:
    """With a button that starts it."""
    refused = Desk().refused("queue cameras@142 to production")
    assert refused.reason is Reason.NOTHING_IN_THE_WAY
    assert [(each.verb, each.value) for each in next_steps(refused)] == [
        ("deploy", "cameras@142 to production")
    ]


def test_nobody_waits_with_what_can_not_be_deployed() -> None:
    """A version that CI never reported, one that is live, and who may not deploy."""
    desk = busy()
    assert desk.refused("queue cameras@999 to production").reason is Reason.UNKNOWN_VERSION
    assert desk.refused("queue cameras@141 to production").reason is Reason.ALREADY_LIVE
    assert desk.refused("queue cameras@142 to production", GUEST).reason is Reason.NOT_ALLOWED


def test_a_queue_has_an_end() -> None:
    """It stands in one record; the twenty-first is told."""
    crowd = [Actor(DEPLOYER.workspace, f"U{number}") for number in range(21)]
    raw = raw_config()
    raw["people"]["deployer"] = [each.user for each in crowd]
    desk = Desk(raw)
    desk.at(State.TESTING)
    for each in crowd[:20]:
        desk.say("queue cameras to production", each)
    assert desk.refused("queue cameras to production", crowd[20]).reason is Reason.QUEUE_FULL


def test_when_it_is_free_nobody_else_takes_the_first_ones_turn() -> None:
    """Whoever asks makes the turn come, and is told whose it is and until when."""
    desk = busy()
    desk.say("queue cameras@142 to production", LEAD)
    freed(desk)
    desk.say("queue cameras@142 to production", DEPLOYER)
    assert turn(desk) == LEAD
    refused = desk.refused("cameras@142 to production", DEPLOYER)
    assert refused.reason is Reason.OTHERS_TURN
    assert f"{{person:{LEAD}}}" in refused.text
    assert f"{{when:{NOW + 300:.0f}}}" in refused.text


def test_the_one_whose_turn_it_is_deploys_and_waits_no_more() -> None:
    """The next one goes on waiting: the environment is busy again."""
    desk = busy()
    desk.say("queue cameras@142 to production", LEAD)
    desk.say("queue cameras to production", DEPLOYER)
    freed(desk)
    assert "Started" in desk.say("cameras@142 to production", LEAD)
    assert waiting(desk) == [(DEPLOYER, "")]
    assert turn(desk) is None
    assert ended(desk, LEAD) is Over.DEPLOYED


def test_a_turn_that_is_passed_or_missed_is_the_next_ones() -> None:
    """At once when they pass; after five minutes where they do nothing."""
    desk = busy()
    desk.say("queue cameras@142 to production", LEAD)
    desk.say("queue cameras to production", DEPLOYER)
    freed(desk)
    assert "The next one's turn comes." in desk.say("leave cameras production", LEAD)
    assert ended(desk, LEAD) is Over.PASSED
    assert turn(desk) == DEPLOYER
    desk.clock.advance(300)
    assert "Started" in desk.say("cameras@142 to production", LEAD)
    assert ended(desk, DEPLOYER) is Over.MISSED


def test_who_leaves_waits_no_more() -> None:
    """And who never waited is told so."""
    desk = busy()
    desk.say("queue cameras@142 to production", LEAD)
    assert "join again" in desk.say("leave cameras production", LEAD)
    assert (waiting(desk), ended(desk, LEAD)) == ([], Over.LEFT)
    assert desk.refused("leave cameras production", APPROVER).reason is Reason.NOT_QUEUED


def test_who_lost_the_role_meanwhile_is_passed_over() -> None:
    """Their place ends with why, and the next one's turn comes."""
    desk = busy()
    desk.say("queue cameras@142 to production", LEAD)
    desk.say("queue cameras to production", DEPLOYER)
    freed(desk)
    raw: dict[str, Any] = raw_config()
    raw["people"]["deployer"] = [DEPLOYER.user]
    desk.store.publish(raw)
    assert "Started" in desk.say("cameras@142 to production", DEPLOYER)
    assert ended(desk, LEAD) is Over.NOT_ALLOWED


def test_a_rollback_of_the_last_one_is_never_kept_waiting() -> None:
    """What is under way is not blocked by whose turn it is."""
    desk = Desk()
    desk.keeping()
    desk.say("lock cameras production A migration.")
    desk.say("queue cameras@140 to production", LEAD)
    desk.say("unlock cameras production")
    assert turn(desk) == LEAD
    assert "rollback" in desk.say("rollback cameras production", DEPLOYER)


def test_the_same_click_joins_once() -> None:
    """An event that comes again does nothing."""
    desk = busy()
    desk.say("queue cameras@142 to production", LEAD, event="click-1")
    before = desk.store.snapshot()
    desk.say("queue cameras@142 to production", LEAD, event="click-1")
    assert desk.store.table == before
