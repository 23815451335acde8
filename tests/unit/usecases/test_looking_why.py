"""`why`, word for word and in every state: what it waits for, who may act, the way back."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Confirmation, Kind
from chalicelib.domain.deployment import Slot, State
from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.locks import Lock, Place
from chalicelib.domain.people import Actor
from tests.builders import (
    APPROVER,
    DEPLOYER,
    GUEST,
    LEAD,
    NOW,
    deployment,
    plan,
    question,
    raw_config,
)
from tests.unit.usecases.desk import Desk
from tests.unit.usecases.looking import asked, buttons, keeping
from tests.unit.usecases.past_world import DAY, ended

KEEPING = """\
*cameras* in *production*: `142` is live since {when:1789999400}.

*cameras-production-1* (`142`) is *live, with the old fleet standing by*, for 60 s (since {when:1789999940}).
• *Who may act:* roll back, keep the old fleet longer or end it: {person:T0TEST/U0DEPLOYER}, {person:T0TEST/U0LEAD} \
(role *deployer*)
• *By itself:* the old fleet ends {when:1790007200} ({left:1790007200})

• *Way back:* possible right now: the old fleet stands by until {when:1790007200}, and one move puts `141` back \
(`/deploy rollback cameras production`). How long a rollback takes here is not known yet."""


@pytest.fixture
def desk() -> Desk:
    """A team at its desk."""
    return Desk()


def test_why_says_state_people_clock_and_the_way_back(desk: Desk) -> None:
    """With the buttons of what may be done."""
    keeping(desk)
    reply = asked(desk, "why cameras production")
    assert reply.text == KEEPING
    assert set(buttons(reply)) == {"Roll back", "Keep 2 h longer", "End the old fleet now"}


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        (DEPLOYER, {"Reject", "Cancel"}),
        (APPROVER, {"Confirm", "Reject"}),
        (LEAD, {"Confirm", "Reject", "Cancel"}),
        (GUEST, {"Ask the holder"}),
    ],
)
def test_why_has_the_buttons_that_whoever_asked_may_press(desk: Desk, by: Actor, labels: set[str]) -> None:
    """Whoever asked for it takes it back, an approver decides; who may do nothing can ask."""
    desk.at(State.ASKING_START, question())
    assert set(buttons(asked(desk, "why cameras production", by))) == labels


def test_why_offers_nobody_to_ask_where_nobody_holds_the_place(desk: Desk) -> None:
    """The old fleet stands by; somebody else may go on."""
    keeping(desk)
    assert asked(desk, "why cameras production", GUEST).actions == ()


@pytest.mark.parametrize("state", [each for each in State if each is not State.PLANNED])
def test_why_answers_in_every_state(desk: Desk, state: State) -> None:
    """State, who may act, what happens by itself: whatever it is."""
    desk.at(state, question(Kind.READY) if state is State.READY else question(), plan=plan())
    text = asked(desk, "why cameras production").text
    for part in ("*Who may act:*", "*By itself:*", "*Way back:*"):
        assert part in text


def test_why_names_what_it_waits_for(desk: Desk) -> None:
    """Hosts that are not healthy, and a build that was not reported."""
    desk.at(State.TESTING, question(Kind.BUILD), progress="2 hosts are not healthy yet")
    text = asked(desk, "why cameras production").text
    assert "CI to report the build of `142`; 2 hosts are not healthy yet" in text


def test_why_never_names_the_requester_as_the_one_to_confirm(desk: Desk) -> None:
    """The lead holds both roles and asked."""
    desk.at(State.ASKING_START, replace(question(), requester=replace(DEPLOYER, user="U0LEAD")))
    text = asked(desk, "why cameras production").text
    assert "confirm or reject `K7Q2F`: {person:T0TEST/U0APPROVER} (role *approver*)" in text


def test_why_does_not_name_who_has_confirmed_already(desk: Desk) -> None:
    """Their yes counts once: whoever looks for one more is not sent to them."""
    said = question(needed=2, confirmations=(Confirmation(APPROVER, NOW),))
    desk.at(State.ASKING_START, said)
    text = asked(desk, "why cameras production").text
    assert "confirm or reject `K7Q2F`: {person:T0TEST/U0LEAD} (role *approver*)" in text


def test_why_names_nobody_for_a_wait_whose_time_is_over(desk: Desk) -> None:
    """And shows no button for it."""
    desk.at(State.READY, question(Kind.READY, deadline=NOW - 1))
    reply = asked(desk, "why cameras production")
    assert "nobody can change it now" in reply.text
    assert reply.actions == ()


def test_why_counts_people_where_they_are_many() -> None:
    """A role with dozens of people is told as such."""
    raw = raw_config()
    raw["people"]["approver"] = [f"U{number:04}" for number in range(30)]
    desk = Desk(raw)
    desk.at(State.ASKING_START, question())
    assert "30 people with the role *approver*" in asked(desk, "why cameras production").text


def test_why_says_how_long_going_back_took(desk: Desk) -> None:
    """Measured on what was rolled back here before."""
    keeping(desk)
    desk.store.put(ended(7, "140", NOW - 9 * DAY, back=600))
    assert "The last time a rollback took 12 s here." in asked(desk, "why cameras production").text


def test_why_offers_the_earlier_version_where_nothing_stands_by(desk: Desk) -> None:
    """And says why one move does not do it."""
    desk.store.put(ended(1, "140", NOW - 9 * DAY), ended(2, "141", NOW - DAY))
    text = asked(desk, "why cameras production").text
    assert "*Way back:* no old fleet stands by, so it takes a new deployment: `/deploy cameras@" in text
    assert "`/deploy cameras@140 to production`" in text
    assert "preparing a new fleet took 6 min 40 s here" in text


def test_why_does_not_promise_a_way_back_with_an_ill_old_fleet(desk: Desk) -> None:
    """What the sweeper found stands with it."""
    keeping(desk)
    at = ("cameras", "production")
    desk.store.put(Finding(*at, Trouble.STANDBY_ILL, "cameras-production-1", "i-1 is gone", NOW))
    text = asked(desk, "why cameras production").text
    assert "*Way back:* the old fleet has lost hosts, so it takes a new deployment" in text
    assert "⚠ The old fleet is not whole: i-1 is gone" in text


def test_why_of_what_got_stuck_says_that_this_comes_first(desk: Desk) -> None:
    """Both fleets may stand, but nothing goes back before somebody has looked."""
    keeping(desk)
    desk.store.put(replace(deployment(State.STUCK), version="142"))
    assert "*Way back:* it is stuck: retry or release it first." in asked(desk, "why cameras production").text


def test_why_does_not_promise_a_way_back_while_the_next_is_under_way(desk: Desk) -> None:
    """It has taken the environment."""
    keeping(desk)
    made = deployment(State.PREPARING, id="cameras-production-2", version="143")
    desk.store.put(replace(desk.environment(), active=Slot(made.id, 2, NOW)), made)
    text = asked(desk, "why cameras production").text
    assert "*Way back:* another deployment is under way, so it takes a new deployment" in text


def test_who_keeps_an_environment_and_who_waits_stand_with_it(desk: Desk) -> None:
    """Wherever it is shown; a lock that is over is not."""
    lock = Lock("cameras", "production", 1, APPROVER, "a `demo`", NOW, NOW + 600)
    place = Place("cameras", "production", 2, DEPLOYER, "142", NOW)
    desk.store.put(replace(desk.environment(), lock=lock, queue=(place,)))
    for text in ("where", "status", "why cameras production"):
        said = asked(desk, text).text
        assert "🔒 locked by {person:T0TEST/U0APPROVER} until {when:1790000600}: a 'demo'" in said
        assert "🧍 1. in the queue: {person:T0TEST/U0DEPLOYER} with" in said
    desk.clock.advance(600)
    assert "locked" not in asked(desk, "where").text
