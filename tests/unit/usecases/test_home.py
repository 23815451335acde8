"""The home: what waits for whom, what is live where; and that it is published only where it says something new."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Confirmation, Kind
from chalicelib.domain.deployment import Environment, Slot, State
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.locks import Lock, Place
from chalicelib.domain.people import Actor
from chalicelib.domain.settings import Team
from chalicelib.domain.visits import LATELY, MOST, Visit
from chalicelib.usecases.chat_ports import Home
from chalicelib.usecases.home import MOST_PLACES, home_page
from chalicelib.usecases.ports import Overview
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, WORKSPACE, deployment, question, raw_config, team
from tests.unit.usecases.test_announce import Channel

PLACE = Environment("cameras", "production", live_version="141", live_since=NOW - 600)


def overview(state: State = State.ASKING_START, *asked: object, **changes: object) -> Overview:
    """Deployment 1 in a state, with its questions."""
    made = deployment(state)
    slot = Slot(made.id, 1, NOW)
    environment = replace(PLACE, active=slot, **changes)  # type: ignore[arg-type]
    return Overview(environment, (made,), tuple(asked))  # type: ignore[arg-type]


def text(home: Home) -> str:
    """Everything that it says."""
    return "\n".join(line for part in home.parts for line in (part.title, *part.lines))


def verbs(home: Home) -> list[tuple[str, str]]:
    """Its buttons."""
    return [(each.verb, each.value) for part in home.parts for each in part.actions]


def page(who: Actor, *overviews: Overview) -> Home:
    """Somebody's home."""
    return home_page(team(), who, overviews, NOW)


def test_a_question_waits_for_who_may_answer_it() -> None:
    """With its buttons; not for who asked, who already said yes, or who may not."""
    there = overview(State.ASKING_START, question())
    assert ("confirm", question().code) in verbs(page(APPROVER, there))
    assert "Nothing." in text(page(DEPLOYER, there))
    said = question(needed=2, confirmations=(Confirmation(APPROVER, NOW),))
    again = overview(State.ASKING_START, said)
    assert "Nothing." in text(page(APPROVER, again))
    assert f"so far {{person:{APPROVER}}}." in text(page(LEAD, again))


def test_a_question_that_is_over_waits_for_nobody() -> None:
    """Past its deadline it can not be answered, whether or not that was written yet."""
    assert "Nothing." in text(page(APPROVER, overview(State.ASKING_START, question(deadline=NOW - 1))))


@pytest.mark.parametrize(
    ("state", "kind", "verb"),
    [
        (State.READY, Kind.READY, "finish"),
        (State.ASKING_RETRY, Kind.RETRY, "retry"),
        (State.KEEPING, Kind.KEEP, "rollback"),
        (State.STUCK, Kind.READY, "retry"),
    ],
)
def test_ones_own_deployment_that_waits_has_its_buttons(state: State, kind: Kind, verb: str) -> None:
    """The same as in the channel; others find it among what is live."""
    there = overview(state, question(kind))
    assert (verb, "cameras production cameras-production-1") in verbs(page(DEPLOYER, there))
    assert "Nothing." in text(page(LEAD, there))


@pytest.mark.parametrize(
    ("state", "kind"),
    [(State.READY, Kind.READY), (State.ASKING_RETRY, Kind.RETRY), (State.KEEPING, Kind.KEEP)],
)
def test_a_wait_whose_time_is_over_has_no_buttons(state: State, kind: Kind) -> None:
    """Nothing could be answered any more."""
    over = overview(state, question(kind, deadline=NOW - 1))
    acts = {"finish", "retry", "rollback", "keep", "cancel"}
    assert not acts & {each for each, _ in verbs(page(DEPLOYER, over))}


def test_a_turn_that_came_waits_for_its_person() -> None:
    """Until the offer is over."""
    place = Place("cameras", "production", 1, DEPLOYER, "142", NOW - 60, NOW, NOW + 300)
    there = Overview(replace(PLACE, queue=(place,)))
    assert ("deploy", "cameras@142 to production") in verbs(page(DEPLOYER, there))
    assert "Your turn" not in text(page(LEAD, there))
    over = Overview(replace(PLACE, queue=(replace(place, offered_until=NOW - 1),)))
    assert "Your turn" not in text(page(DEPLOYER, over))


def test_it_says_what_is_live_and_who_keeps_it() -> None:
    """Version, since when, what is under way, and a lock with its reason."""
    lock = Lock("cameras", "production", 1, LEAD, "{team} `demo`", NOW, NOW + 60)
    said = text(page(DEPLOYER, overview(State.PREPARING, lock=lock)))
    assert f"`141` is live since {{when:{NOW - 600:.0f}}}" in said
    assert "preparing the new fleet" in said
    assert "locked by {person:T0TEST/U0LEAD}" in said
    assert "{team}" not in said, "text from outside is inert"


def test_who_has_no_role_sees_nothing_of_it() -> None:
    """But how to get one."""
    raw = raw_config() | {"people": {"deployer": [DEPLOYER.user]}}
    home = home_page(Team(1, raw), APPROVER, (overview(),), NOW)
    assert "no role" in text(home)
    assert {verb for verb, _ in verbs(home)} == {"roles", "whoami"}
    assert "141" not in text(home)


def test_time_alone_changes_nothing() -> None:
    """Else every home would be published again and again."""
    there = overview(State.KEEPING)
    assert home_page(team(), DEPLOYER, (there,), NOW) == home_page(team(), DEPLOYER, (there,), NOW + 1_000)


# --- publishing ---------------------------------------------------------------------------------------------------


def visit(channel: Channel, who: Actor = DEPLOYER, ago: float = 0.0) -> None:
    """Somebody opened their home, and chat is told."""
    channel.store.put(Visit(who, channel.clock.now() - ago))
    channel.announcer.homes([who])


def test_opening_the_home_publishes_it_once() -> None:
    """Told twice, it says the same: nothing is published again."""
    channel = Channel()
    visit(channel)
    channel.announcer.homes([DEPLOYER])
    assert len(channel.chat.called("publish")) == 1
    assert "What is live where" in text(channel.chat.homes[DEPLOYER])


def test_a_home_follows_what_happens() -> None:
    """Only while its person looked lately, and only what it shows."""
    channel = Channel()
    visit(channel)
    visit(channel, LEAD, ago=LATELY + 1)
    channel.show(State.PREPARING)
    assert "preparing" in text(channel.chat.homes[DEPLOYER])
    assert "preparing" not in text(channel.chat.homes[LEAD])
    published = len(channel.chat.called("publish"))
    channel.announcer.deployments([deployment().ref])
    assert len(channel.chat.called("publish")) == published


def test_only_so_many_homes_are_kept_up_to_date() -> None:
    """The latest visitors."""
    channel = Channel()
    for number in range(MOST + 5):
        channel.store.put(Visit(Actor(WORKSPACE, f"U{number}"), NOW - number))
    channel.show(State.PREPARING)
    assert {each.user for each in channel.chat.homes} == {f"U{number}" for number in range(MOST)}


def test_a_home_that_chat_did_not_take_comes_later() -> None:
    """And an answer that was lost is no reason to trust that it is shown."""
    channel = Channel()
    channel.chat.fail("publish", Unavailable("slow"), after=True)
    visit(channel)
    channel.wait()
    assert len(channel.chat.called("publish")) == 2


def test_a_home_that_chat_refuses_stops_nothing() -> None:
    """The app's home tab may be turned off."""
    channel = Channel()
    channel.chat.gone.add(DEPLOYER.user)
    visit(channel)
    channel.show(State.PREPARING)
    assert channel.chat.homes == {}
    assert len(channel.texts()) == 1


def test_what_is_read_for_homes_is_bounded_whatever_a_team_has() -> None:
    """Twenty places, read once for everybody."""
    channel = Channel()
    raw = raw_config()
    service = raw["services"]["cameras"]
    raw["services"] = {f"cameras-{number}": service for number in range(50)}
    channel.store.publish(raw)
    for who in (DEPLOYER, LEAD, APPROVER):
        channel.store.put(Visit(who, NOW))
    channel.store.calls.clear()
    channel.announcer.homes([DEPLOYER, LEAD, APPROVER])
    assert len(channel.store.called("overview")) == MOST_PLACES
    assert "And 80 more places" in text(channel.chat.homes[LEAD])
