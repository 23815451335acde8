"""Ask whoever holds an environment: visibly, once in five minutes, and never oneself or nobody."""

import pytest

from chalicelib.domain.deployment import State
from chalicelib.domain.locks import ASK_SECONDS, Ask
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.next_steps import next_steps
from tests.builders import DEPLOYER, LEAD
from tests.unit.usecases.desk import Desk


def asked(desk: Desk) -> list[tuple[Actor, Actor, str]]:
    """Who asked whom, about what."""
    found = [each for each in desk.store.table.records.values() if isinstance(each, Ask)]
    return [(each.actor, each.holder, each.holds) for each in found]


def test_the_refusal_s_button_asks_the_one_who_deploys() -> None:
    """By name, with the deployment that is in the way; history has it."""
    desk = Desk()
    made = desk.at(State.TESTING)
    refused = desk.refused("cameras@142 to production", LEAD)
    button = next(each for each in next_steps(refused) if each.verb == "ask")
    assert f"{{person:{DEPLOYER}}}" in desk.say(f"{button.verb} {button.value}", LEAD)
    assert asked(desk) == [(LEAD, DEPLOYER, made.id)]
    assert desk.store.table.history[-1].event == "asked_holder"


def test_the_one_who_locked_it_is_asked_too() -> None:
    """There is no deployment to name."""
    desk = Desk()
    desk.say("lock cameras production for 1h a migration runs", DEPLOYER)
    desk.say("ask cameras production", LEAD)
    assert asked(desk) == [(LEAD, DEPLOYER, "")]


def test_a_holder_is_left_alone_for_a_few_minutes() -> None:
    """Whoever asks; then again."""
    desk = Desk()
    desk.at(State.TESTING)
    desk.say("ask cameras production", LEAD)
    assert desk.refused("ask cameras production", LEAD).reason is Reason.ASKED_LATELY
    desk.clock.advance(301)
    desk.say("ask cameras production", LEAD)
    assert len(asked(desk)) == 2


def test_the_clock_on_the_wall_makes_the_wait_no_shorter() -> None:
    """Five minutes are counted from when they were asked, not to the next full ones."""
    desk = Desk()
    desk.at(State.TESTING)
    desk.clock.advance(ASK_SECONDS - desk.clock.now() % ASK_SECONDS - 1)
    desk.say("ask cameras production", LEAD)
    for wait in (2, ASK_SECONDS - 3):
        desk.clock.advance(wait)
        assert desk.refused("ask cameras production", LEAD).reason is Reason.ASKED_LATELY
    desk.clock.advance(1)
    desk.say("ask cameras production", LEAD)
    assert len(asked(desk)) == 2


def test_the_same_click_asks_once() -> None:
    """Slack delivers it again where our answer was lost."""
    desk = Desk()
    desk.at(State.TESTING)
    for _ in range(2):
        desk.say("ask cameras production", LEAD, event="the-same")
    assert len(asked(desk)) == 1


@pytest.mark.parametrize(
    ("state", "reason"), [(State.TESTING, Reason.HELD_BY_YOU), (None, Reason.HELD_BY_NOBODY)]
)
def test_there_is_nobody_to_ask(state: State | None, reason: Reason) -> None:
    """Oneself, or nobody at all."""
    desk = Desk()
    if state is not None:
        desk.at(state)
    assert desk.refused("ask cameras production", DEPLOYER).reason is reason
    assert asked(desk) == []
