"""What the random sequences and the races have found, each as the shortest story that shows it."""

import pytest

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import LostLock
from chalicelib.domain.people import SERVICE
from chalicelib.usecases.ports import Health
from chalicelib.usecases.resume import resume
from chalicelib.usecases.steps.asking import settle
from chalicelib.usecases.steps.work import StepEvent, Work
from tests.builders import LEAD
from tests.machine.rig import CONTROLS, FIRST, NEW_CONTROLS, Rig


def test_a_question_that_the_next_run_closed_is_no_answer_for_the_one_before() -> None:
    """A step that was under way when its run was followed by another has lost its lock; it failed with a KeyError."""
    rig = Rig()
    rig.say("cameras@142 to production")
    work = Work(rig.store, rig.clock, StepEvent("ReadStart", rig.deployment().ref))
    resume(rig.store, rig.workflow, rig.clock, rig.deployment(), SERVICE)
    (asked,) = rig.store.questions(rig.deployment().ref)
    assert asked.answer is Answer.SUPERSEDED
    with pytest.raises(LostLock):
        settle(work, Kind.START)


def test_the_sweeper_frees_no_lock_whose_holder_is_older_than_many_plans() -> None:
    """Plans take numbers too: a holder behind them was not looked at, and taken for gone."""
    rig = Rig()
    rig.say("cameras@142 to production")
    for _ in range(4):
        rig.say("plan cameras@143 to production")
    rig.sweeper.sweep()
    held = rig.environment().active
    assert held is not None
    assert held.deployment == FIRST


def test_a_rollback_does_not_move_from_an_ill_fleet_to_a_worse_one() -> None:
    """One new host is ill and every old one: traffic stays, and chat says that a person has to look."""
    rig = Rig()
    rig.kept()
    rig.cloud.ill |= {*CONTROLS, min(NEW_CONTROLS)}
    for members in rig.cloud.groups.values():
        members |= {id_: Health.UNHEALTHY for id_ in members if id_ in rig.cloud.ill}
    rig.machine.after_each_step = lambda: (
        None
    )  # the fleet that takes traffic is not whole, by no action of ours
    rig.say("rollback cameras production")
    rig.decide("confirm", Kind.ROLLBACK, LEAD)
    assert rig.taking() == NEW_CONTROLS
    assert rig.deployment().state is State.STUCK
    assert "worse off" in rig.deployment().detail


def test_hosts_are_not_attached_where_they_would_take_traffic_at_once() -> None:
    """Somebody gave the idle side a weight by hand after the plan was made: nobody has confirmed that move."""
    rig = Rig()
    rig.say("cameras@142 to production")
    for weights in rig.cloud.weights.values():
        weights.update(dict.fromkeys(weights, 50))
    rig.decide("confirm", Kind.START)
    assert rig.deployment().state is State.STUCK, "which side may be emptied can not be told either"
    assert "takes traffic already" in rig.deployment().detail
    assert rig.taking() == CONTROLS
