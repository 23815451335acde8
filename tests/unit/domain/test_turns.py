"""Turns as a function of an environment and the time: whose it is, what ends it, and that nothing else moves."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.deployment import Environment
from chalicelib.domain.locks import Over
from chalicelib.domain.people import Actor
from chalicelib.domain.turns import Rules, Stand, advance, started
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW

FREE = Environment("cameras", "production", live_version="141")
RULES = Rules(300, frozen=False, may=lambda _actor: True)
FROZEN = replace(RULES, frozen=True)
BUSY = FREE.acquire("cameras-production-1", NOW)


def waiting(environment: Environment = BUSY) -> Environment:
    """Deployer waits with 142, then Lead with whatever is newest."""
    stand = Stand(environment).joined(DEPLOYER, "142", NOW)
    return Stand(stand.environment).joined(LEAD, "", NOW + 1).environment


def turn(environment: Environment) -> Actor | None:
    """Whose turn it is."""
    place = Stand(environment).turn
    return place.actor if place is not None else None


def after(environment: Environment, now: float, rules: Rules = RULES) -> Environment:
    """The environment at a time."""
    return advance(Stand(environment), now, rules).environment


def ends(stand: Stand) -> list[tuple[Actor, Over | None]]:
    """Whose ticket ended, and how."""
    return [(each.actor, each.over) for each in stand.touched if each.over is not None]


def test_nobody_has_a_turn_while_a_deployment_is_under_way() -> None:
    """A place is a place, whatever the time."""
    assert after(waiting(), NOW + 9_000) == waiting()


def test_the_first_has_the_turn_once_the_environment_is_free() -> None:
    """For as long as configuration says."""
    free = after(waiting(FREE), NOW + 10)
    assert turn(free) == DEPLOYER
    assert free.queue[0].offered_until == NOW + 310


def test_a_turn_that_is_not_used_goes_to_the_next() -> None:
    """Its last second is over when its end is reached; the next one has all of theirs, however late somebody looks."""
    offered = after(waiting(FREE), NOW)
    assert turn(after(offered, NOW + 299.9)) == DEPLOYER
    later = advance(Stand(offered), NOW + 900, RULES)
    assert ends(later) == [(DEPLOYER, Over.MISSED)]
    assert turn(later.environment) == LEAD
    assert later.environment.queue[0].offered_until == NOW + 1_200


def test_who_may_not_deploy_any_more_is_passed_over() -> None:
    """Roles are asked when the turn would come."""
    stand = advance(Stand(waiting(FREE)), NOW, replace(RULES, may=lambda actor: actor != DEPLOYER))
    assert ends(stand) == [(DEPLOYER, Over.NOT_ALLOWED)]
    assert turn(stand.environment) == LEAD


def test_who_waits_with_what_went_live_need_not_wait() -> None:
    """Nobody is offered a deployment that would be refused."""
    stand = advance(Stand(replace(waiting(FREE), live_version="142")), NOW, RULES)
    assert ends(stand) == [(DEPLOYER, Over.LIVE)]
    assert turn(stand.environment) == LEAD


def test_in_a_freeze_no_turn_comes_and_one_that_came_waits() -> None:
    """It would only be refused; the place stays, and the whole turn comes again afterwards."""
    offered = after(waiting(FREE), NOW)
    frozen = after(offered, NOW + 60, FROZEN)
    assert turn(frozen) is None
    again = after(frozen, NOW + 5_000)
    assert turn(again) == DEPLOYER
    assert (again.queue[0].offered_until, again.queue[0].offers) == (NOW + 5_300, 2)


def test_a_lock_keeps_turns_back_except_its_holders() -> None:
    """Who locked an environment may deploy there."""
    others = Stand(waiting(FREE)).locked(APPROVER, "A migration.", NOW, NOW + 600).environment
    assert turn(after(others, NOW)) is None
    own = Stand(waiting(FREE)).locked(DEPLOYER, "A migration.", NOW, NOW + 600).environment
    assert turn(after(own, NOW)) == DEPLOYER


def test_a_lock_ends_when_its_time_is_over_and_the_turn_comes() -> None:
    """Compared in code: nothing has to be deleted for it."""
    locked = Stand(waiting(FREE)).locked(APPROVER, "A migration.", NOW, NOW + 600).environment
    assert after(locked, NOW + 599).lock is not None
    stand = advance(Stand(locked), NOW + 600, RULES)
    assert stand.environment.lock is None
    assert (APPROVER, Over.EXPIRED) in ends(stand)
    assert turn(stand.environment) == DEPLOYER


def test_who_deploys_waits_no_more_and_no_other_turn_goes_on() -> None:
    """Also where it was somebody else's turn, which an override took."""
    offered = after(waiting(FREE), NOW)
    own = started(Stand(offered.acquire("cameras-production-2", NOW)), DEPLOYER, NOW, RULES)
    assert ends(own) == [(DEPLOYER, Over.DEPLOYED)]
    taken = started(Stand(offered.acquire("cameras-production-2", NOW)), APPROVER, NOW, RULES)
    assert ends(taken) == []
    assert [each.actor for each in taken.environment.queue] == [DEPLOYER, LEAD]
    assert turn(taken.environment) is None


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["join", "take", "free", "lock", "wait"]), st.integers(1, 400)), max_size=20
    )
)
def test_at_any_time_there_is_one_turn_at_most_and_time_alone_says_whose(
    steps: list[tuple[str, int]],
) -> None:
    """Looking twice changes nothing, only the first in the queue has a turn, and nobody has one where others hold."""
    environment, now, people = FREE, NOW, [DEPLOYER, LEAD, APPROVER]
    for number, (step, seconds) in enumerate(steps):
        stand, who = Stand(environment), people[number % 3]
        if step == "join" and stand.place_of(who) is None:
            environment = stand.joined(who, "", now).environment
        elif step == "take" and environment.active is None:
            environment = started(Stand(environment.acquire("d", now)), who, now, RULES).environment
        elif step == "free":
            environment = replace(environment, active=None)
        elif step == "lock" and environment.lock is None:
            environment = stand.locked(who, "why", now, now + seconds).environment
        now += seconds
        environment = after(environment, now)
        assert after(environment, now) == environment
        assert [each.actor for each in environment.queue[1:] if each.offered_at] == []
        lock, first = environment.lock, Stand(environment).turn
        assert lock is None or lock.until > now
        if first is not None:
            assert environment.active is None
            assert lock is None or lock.actor == first.actor
            assert now < first.offered_until <= now + 300
        elif environment.queue:
            assert environment.active is not None or lock is not None
