"""Whole flows from the switch on: trouble, rollback, the window, and the next deployment."""

from typing import Any

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import NotReady, Refused, StepFailed, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import RouteSpec
from cli.semantics import LONGEST_BAKE
from tests.builders import APPROVER, DEPLOYER, LEAD, raw_config
from tests.machine.rig import BLUE, CONTROLS, NEW, OLD, SECOND, Rig


def test_a_switch_that_is_never_in_force_goes_back() -> None:
    """Half a switch is compensated."""
    rig = Rig()
    rig.ready()
    rig.traffic.fail("switch", NotReady("not in force"), times=121, after=True)
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    assert rig.deployment().reason == Reason.TIMED_OUT
    rig.back_to_old(State.FAILED)


@pytest.mark.parametrize(("port", "method"), [("fleet", "relabel"), ("traffic", "health")])
def test_trouble_after_the_switch_goes_back(port: str, method: str) -> None:
    """Promote or Bake fails: traffic returns, then the new fleet goes."""
    rig = Rig()
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    rig.machine.run(until={"fleet": "Promote", "traffic": "Bake"}[port])
    getattr(rig, port).fail(method, times=7)
    rig.machine.run()
    assert rig.deployment().reason == Reason.INTERNAL
    rig.back_to_old(State.FAILED)


def test_an_old_host_that_can_not_drain_does_not_undo_the_switch() -> None:
    """The new fleet is healthy; what the old hosts can not ask of their clients, deregistration does later."""
    rig = Rig()
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    rig.machine.run(until="Drain")
    rig.hosts.fail("send", times=7)
    rig.machine.run()
    assert rig.deployment().state is State.KEEPING


def test_an_alarm_while_watching_goes_back() -> None:
    """The reason names the alarm."""
    rig = Rig(bake={"time": 60, "alarms": ["errors"]})
    rig.cloud.alarms["errors"] = "OK"
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    rig.machine.run(until="Bake")
    rig.cloud.alarms["errors"] = "ALARM"
    rig.machine.run()
    assert rig.deployment().reason == Reason.ALARM
    rig.back_to_old(State.FAILED)


def test_a_confirmed_rollback_from_the_window() -> None:
    """The same move in reverse, then the new fleet goes."""
    rig = Rig()
    rig.kept()
    rig.say("rollback cameras production")
    assert rig.deployment().state is State.ASKING_ROLLBACK
    rig.decide("confirm", Kind.ROLLBACK)
    assert rig.deployment().rollback_confirmed_by == APPROVER
    rig.back_to_old(State.ROLLED_BACK)


@pytest.mark.parametrize("answered", [True, False])
def test_a_rollback_that_is_not_confirmed_keeps_the_rest_of_the_window(answered: bool) -> None:
    """Rejected or expired: the old fleet stands by exactly as long as before, and the environment is free."""
    rig = Rig()
    rig.kept()
    until = rig.deployment().keep_until
    rig.say("rollback cameras production")
    if answered:
        rig.decide("reject", Kind.ROLLBACK)
    else:
        rig.machine.let(330)
    assert (rig.deployment().state, rig.deployment().keep_until) == (State.KEEPING, until)
    assert rig.environment().active is None
    rig.machine.let(7_300)
    assert rig.deployment().state is State.SUCCEEDED
    rig.over()


def baking(rig: Rig) -> None:
    """Switched, and watched."""
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    rig.machine.run(until="Bake")


def test_a_confirmed_rollback_while_it_is_watched() -> None:
    """The bake ends early, at the word of two people."""
    rig = Rig()
    baking(rig)
    rig.say("rollback cameras production")
    rig.decide("confirm", Kind.ROLLBACK)
    rig.back_to_old(State.ROLLED_BACK)


@pytest.mark.parametrize("answered", [True, False])
def test_a_rollback_that_is_not_confirmed_while_watching_goes_on_watching(answered: bool) -> None:
    """The time of watching is not cut short by a question: an alarm after it still goes back."""
    rig = Rig(bake={"time": 900, "alarms": ["errors"]})
    rig.cloud.alarms["errors"] = "OK"
    baking(rig)
    rig.say("rollback cameras production")
    if answered:
        rig.decide("reject", Kind.ROLLBACK, run=False)
    else:
        rig.machine.let(0)
        rig.clock.advance(321)
    rig.cloud.alarms["errors"] = "ALARM"
    rig.machine.let(0)
    assert rig.deployment().reason == Reason.ALARM
    rig.back_to_old(State.FAILED)


def test_a_rollback_asked_at_the_last_moment_of_watching_is_not_lost() -> None:
    """Bake has decided to keep, and then somebody asks: what they were told is what happens."""
    rig = Rig()
    baking(rig)
    rig.machine.run(until="KeepOld")
    rig.say("rollback cameras production")
    assert rig.deployment().state is State.ASKING_ROLLBACK
    rig.decide("confirm", Kind.ROLLBACK)
    rig.back_to_old(State.ROLLED_BACK)


def test_a_window_extended_twice_lasts_so_much_longer() -> None:
    """Each extension counts from the end that was told."""
    rig = Rig()
    rig.kept()
    until = rig.deployment().keep_until
    rig.say("keep cameras production +1h")
    rig.say("keep cameras production +30m")
    assert rig.deployment().keep_until == until + 5_400
    rig.machine.let(7_300)
    assert rig.deployment().state is State.KEEPING
    rig.machine.let(5_400)
    assert rig.deployment().state is State.SUCCEEDED
    rig.over()


def test_a_confirmed_early_end() -> None:
    """The old fleet goes at once."""
    rig = Rig()
    rig.kept()
    rig.say("keep cameras production end")
    rig.decide("confirm", Kind.END)
    assert rig.deployment().state is State.SUCCEEDED
    assert rig.there() == NEW
    rig.over()


def test_a_rejected_early_end_leaves_the_way_back() -> None:
    """The window goes on, and rollback still works."""
    rig = Rig()
    rig.kept()
    rig.say("keep cameras production end")
    rig.decide("reject", Kind.END)
    rig.say("rollback cameras production")
    rig.decide("confirm", Kind.ROLLBACK)
    rig.back_to_old(State.ROLLED_BACK)


def test_rollback_while_the_end_is_asked_says_what_to_do() -> None:
    """The old fleet is still there, so the answer is not that there is none."""
    rig = Rig()
    rig.kept()
    rig.say("keep cameras production end")
    code = rig.asked(Kind.END).code
    with pytest.raises(Refused) as caught:
        rig.say("rollback cameras production", LEAD)
    assert caught.value.reason is Reason.END_ASKED
    assert f"/deploy reject {code}" in caught.value.text


def next_deployment(rig: Rig) -> None:
    """143 is asked for and confirmed."""
    rig.say("cameras@143 to production", LEAD)
    rig.decide("confirm", Kind.START)


@pytest.mark.parametrize("asked", ["", "end"])
def test_the_next_deployment_closes_the_window_of_the_one_before(asked: str) -> None:
    """It waits until the standby side is free, also where the end of it is being asked meanwhile."""
    rig = Rig()
    rig.kept()
    if asked:
        rig.say("keep cameras production end")
    next_deployment(rig)
    rig.machine.let(600)
    assert rig.deployment().state is State.SUCCEEDED
    rig.over()
    assert rig.deployment(SECOND).state is State.READY
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    rig.machine.let(7_300)
    assert rig.deployment(SECOND).state is State.SUCCEEDED
    rig.over(SECOND)
    assert rig.environment().live_version == "143"
    assert len(rig.there()) == 5


def test_a_wake_up_of_the_window_that_was_lost_is_sent_again() -> None:
    """The window is closed in the table, the machine was not told: the next try tells it."""
    rig = Rig()
    rig.kept()
    rig.workflow.fail("wake", times=1)  # that of the confirmed start is sent by hand below
    rig.say("cameras@143 to production", LEAD)
    with pytest.raises(Unavailable):
        rig.decide("confirm", Kind.START)
    rig.workflow.wake(next(iter(rig.workflow.waiting - {rig.asked(Kind.KEEP).token})))
    rig.workflow.fail("wake", times=1)
    rig.machine.run()
    assert rig.deployment().state is State.SUCCEEDED
    assert rig.deployment(SECOND).state is State.READY


def test_rollback_is_refused_while_the_next_deployment_is_on_its_way() -> None:
    """The environment is another's; the refusal names it."""
    rig = Rig()
    rig.kept()
    rig.say("cameras@143 to production", LEAD)
    with pytest.raises(Refused) as caught:
        rig.say("rollback cameras production")
    assert caught.value.reason is Reason.ALREADY_ACTIVE


def test_an_unprotected_environment_asks_nobody_twice() -> None:
    """Deploy, finish and roll back, each by one person."""
    rig = Rig(environment="staging")
    first = "cameras-staging-1"
    rig.say("cameras@142 to staging")
    assert rig.deployment(first).state is State.READY
    rig.say("finish cameras staging")
    assert rig.deployment(first).state is State.KEEPING
    rig.say("rollback cameras staging")
    assert rig.deployment(first).rollback_by == DEPLOYER
    rig.back_to_old(State.ROLLED_BACK, first)


def test_an_old_fleet_that_is_to_be_stopped_is_stopped() -> None:
    """`old_fleet: stop` keeps the hosts; a fleet that is discarded is terminated all the same."""
    rig = Rig(old_fleet="stop")
    rig.kept()
    rig.machine.let(7_300)
    assert rig.deployment().state is State.SUCCEEDED
    assert {rig.cloud.hosts[id_].status for id_ in OLD} == {"stopped"}
    rig.say("cameras@143 to production", LEAD)
    rig.decide("confirm", Kind.START)
    rig.say("cancel cameras production")
    assert rig.deployment(SECOND).state is State.CANCELED
    assert rig.there() == OLD | NEW


def stuck() -> Rig:
    """Traffic can not be moved back."""
    rig = Rig()
    rig.kept()
    rig.say("rollback cameras production")
    rig.traffic.fail("switch", StepFailed(Reason.TRAFFIC_UNCLEAR, what="somebody else's weights"), times=1)
    rig.decide("confirm", Kind.ROLLBACK)
    return rig


def test_a_way_back_that_fails_is_stuck_and_says_why() -> None:
    """Both fleets stay, and so does the lock."""
    rig = stuck()
    assert rig.deployment().state is State.STUCK
    assert "somebody else's weights" in rig.deployment().detail
    assert rig.environment().active is not None
    assert rig.there() == OLD | NEW
    assert rig.open() == []


def test_a_stuck_deployment_says_also_what_came_last() -> None:
    """The first reason is why it went back, the last one why it could not: a person needs both."""
    rig = Rig()
    baking(rig)
    rig.traffic.fail("health", StepFailed(Reason.UNHEALTHY, what="i-0006 is ill"))
    rig.traffic.fail("switch", StepFailed(Reason.TRAFFIC_UNCLEAR, what="somebody else's weights"))
    rig.machine.run()
    assert rig.deployment().state is State.STUCK
    assert "i-0006 is ill" in rig.deployment().detail
    assert "somebody else's weights" in rig.deployment().detail


def test_a_person_releases_the_environment_of_a_stuck_deployment() -> None:
    """`cancel` after somebody has looked: the lock goes, nothing else is touched, and the next one can be asked for."""
    rig = stuck()
    with pytest.raises(Refused) as caught:
        rig.say("cameras@143 to production", LEAD)
    assert "/deploy cancel cameras production" in caught.value.text
    rig.say("cancel cameras production", LEAD)
    assert rig.environment().active is None
    assert rig.deployment().state is State.STUCK
    assert rig.there() == OLD | NEW
    rig.say("cameras@143 to production", LEAD)
    assert rig.deployment(SECOND).state is not State.STUCK


def test_a_stuck_window_is_released_by_a_person_too() -> None:
    """A deployment that got stuck while it kept its old fleet holds the other slot."""
    rig = Rig()
    rig.kept()
    rig.fleet.fail("relabel", StepFailed(Reason.INTERNAL, step="x", what="y"))
    rig.machine.let(7_300)
    assert rig.deployment().state is State.STUCK
    rig.say("cancel cameras production", LEAD)
    assert rig.environment().keeping is None


def test_the_longest_time_of_watching_that_can_be_configured_ends_well() -> None:
    """The machine looks a bounded number of times; that it has run out of looks is no reason to go back."""
    rig = Rig(bake={"time": LONGEST_BAKE, "alarms": []})
    rig.kept()
    assert rig.deployment().state is State.KEEPING


def test_a_side_that_still_has_a_share_of_the_traffic_is_not_deregistered() -> None:
    """Somebody set the weights by hand while the old fleet stood by: a person has to look."""
    rig = Rig()
    rig.kept()
    rig.cloud.weights[next(iter(rig.cloud.weights))][BLUE] = 50
    rig.machine.let(7_300)
    assert (rig.deployment().state, rig.deployment().reason) == (State.STUCK, Reason.TRAFFIC_UNCLEAR)
    assert rig.traffic.called("deregister") == []
    assert rig.there() == OLD | NEW


def second_route() -> dict[str, Any]:
    """A way in for the recorders too."""
    names = {"load_balancers": ["video"], "listener": 9001, "target_groups": ["video-blue", "video-green"]}
    return {"role": "recorder", **names}


def two_routes() -> Rig:
    """Ready, with two ways in for traffic, each of its own role."""
    first = raw_config()["services"]["cameras"]["environments"]["production"]["traffic"]
    rig = Rig(traffic=[*first, second_route()])
    rig.cloud.add_route(
        RouteSpec("recorder", "weighted", ("video",), 9001, ("video-blue", "video-green")),
        sorted(OLD - CONTROLS),
    )
    rig.ready()
    return rig


def weights(rig: Rig) -> list[int]:
    """What the blue side of each way in has."""
    return [
        weight for shares in rig.cloud.weights.values() for group, weight in shares.items() if "blue" in group
    ]


def test_half_a_switch_is_taken_back() -> None:
    """The first way in moved, the second can not: the first moves back before anything else is done."""
    rig = two_routes()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    rig.machine.run(until="Switch")
    rig.traffic.fail("switch", StepFailed(Reason.TRAFFIC_UNCLEAR, what="the second listener"), skip=1)
    rig.machine.step()
    assert weights(rig) == [0, 100], "the first has moved"
    rig.machine.run()
    assert weights(rig) == [100, 100]
    assert rig.environment().live_deployment == ""
    rig.back_to_old(State.FAILED)


def test_hosts_that_can_not_ask_their_clients_back_end_all_the_same() -> None:
    """Deregistration moves them; the outcome is still what people decided."""
    rig = Rig()
    rig.kept()
    rig.say("rollback cameras production")
    rig.cloud.failing["Pointsman-Drain", "i-0006"] = "no such process"
    rig.decide("confirm", Kind.ROLLBACK)
    rig.back_to_old(State.ROLLED_BACK)
