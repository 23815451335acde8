"""The sweeper and executions: what died is taken up or closed, what a person stopped stays as it is."""

import pytest

from chalicelib.domain.approval import GRACE_SECONDS, Answer, Kind
from chalicelib.domain.deployment import BEFORE_SWITCH, State
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.findings import Trouble
from chalicelib.domain.plan import HostState
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Execution
from tests.builders import LEAD
from tests.machine.rig import FIRST, NEW, NEW_CONTROLS, OLD, Rig
from tests.machine.sweeping import died, done, findings, sweep
from tests.machine.test_resume import TASKS, go_on, until

pytestmark = pytest.mark.usefixtures("unwatched")


STOPPABLE = [task for task in TASKS if task != "ReadKeep"]


@pytest.mark.parametrize("task", STOPPABLE)
def test_a_run_that_was_stopped_by_hand_is_closed_before_the_switch_and_left_after_it(task: str) -> None:
    """Before: canceled, with its new fleet gone and the old one as it was. After: stuck, and nothing is moved."""
    rig = until(task)
    before, hosts, taking = rig.deployment(), rig.there(), rig.taking()
    rig.machine.abort(FIRST)
    sweep(rig, 3)
    if before.state in BEFORE_SWITCH:
        assert rig.deployment().reason == Reason.STOPPED
        assert "Stopped by hand in the console" in rig.deployment().detail
        rig.machine.let(120)
        assert rig.deployment().state is State.CANCELED
        assert rig.there() == rig.there(HostState.LIVE) == OLD
        assert done(rig) == ["stopped_by_hand"]
        rig.over(run=2)
        assert findings(rig) == {}
        return
    assert rig.deployment().state is State.STUCK
    assert rig.deployment().reason == Reason.STOPPED
    assert (rig.there(), rig.taking()) == (hosts, taking)
    assert rig.deployment().run == 1
    assert findings(rig)[Trouble.STUCK].deployment == FIRST
    assert rig.open() == []


@pytest.mark.parametrize("task", STOPPABLE)
def test_what_was_stopped_goes_on_when_somebody_says_so(task: str) -> None:
    """A retry ends well from every state after the switch, and the finding is resolved."""
    rig = until(task)
    if rig.deployment().state in BEFORE_SWITCH:
        return
    rig.machine.abort(FIRST)
    sweep(rig)
    rig.say("retry cameras production", LEAD)
    go_on(rig)
    rig.sweeper.sweep()
    assert rig.deployment().state is State.SUCCEEDED, rig.deployment().detail
    assert rig.taking() == NEW_CONTROLS
    assert findings(rig) == {}
    rig.over(run=2)


def test_a_discard_that_was_stopped_is_left_too() -> None:
    """Somebody does not want the fleet to end, whatever the reason."""
    rig = Rig()
    rig.ready()
    rig.say("cancel cameras production", run=False)
    rig.machine.run(until="Terminate")
    rig.machine.abort(FIRST)
    sweep(rig)
    assert rig.deployment().state is State.STUCK
    assert len(rig.there()) == 10


def test_stopping_it_again_on_the_way_out_is_a_word_too() -> None:
    """The run that closes it is stopped as well before it has begun to: it is not begun for ever."""
    rig = until("AwaitFinish")
    rig.machine.abort(FIRST)
    rig.machine.let(60)
    rig.sweeper.sweep()
    rig.machine.run(until="Discard")
    rig.machine.abort(f"{FIRST}-r2")
    sweep(rig, 2)
    assert rig.deployment().state is State.STUCK
    assert rig.deployment().run == 2


# --- died ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [Execution.FAILED, Execution.TIMED_OUT])
@pytest.mark.parametrize("task", STOPPABLE)
def test_a_run_that_died_anywhere_is_taken_up(task: str, how: Execution) -> None:
    """The deployment ends as if nothing had been, at most a minute later."""
    rig = until(task)
    rig.machine.abort(FIRST)
    rig.workflow.ended[FIRST] = how
    rig.machine.fibers[0].aborted = False  # it was nobody's hand
    rig.workflow.ended[FIRST] = how
    rig.clock.advance(30)
    rig.sweeper.sweep()
    assert done(rig) == ["run_ended"]
    go_on(rig)
    assert rig.deployment().state is State.SUCCEEDED, rig.deployment().detail
    assert rig.there() == rig.there(HostState.LIVE) == NEW
    rig.over(run=2)


def test_a_deployment_that_dies_again_and_again_is_given_up() -> None:
    """Three runs, then a person."""
    rig = Rig()
    rig.ready()
    for name in (FIRST, f"{FIRST}-r2", f"{FIRST}-r3"):
        assert rig.deployment().state is State.READY
        died(rig, name)
        rig.sweeper.sweep()
        rig.machine.run()
    assert done(rig) == ["run_ended", "run_ended", "too_many_runs"]
    assert (rig.deployment().state, rig.deployment().reason) == (State.STUCK, Reason.RUN_ENDED)
    assert findings(rig) == {}, "said by the next sweep"
    rig.sweeper.sweep()
    assert "ended 3 times" in findings(rig)[Trouble.STUCK].detail
    rig.say("retry cameras production")
    assert rig.deployment().state is State.READY


def test_an_execution_that_never_began_is_begun() -> None:
    """The edge died between the record and the start; a minute later the sweeper does it."""
    rig = Rig()
    rig.workflow.fail("start", Unavailable("no answer"))
    with pytest.raises(Unavailable):
        rig.say("cameras@142 to production")
    rig.clock.advance(30)
    rig.sweeper.sweep()
    assert rig.workflow.runs == [], "its beginner may still be at it"
    rig.clock.advance(31)
    rig.sweeper.sweep()
    rig.machine.run()
    assert rig.deployment().state is State.ASKING_START
    assert done(rig) == ["never_started"]


def test_a_next_run_that_never_began_is_begun() -> None:
    """The sweeper itself died between the record and the start."""
    rig = Rig()
    rig.ready()
    died(rig)
    rig.workflow.fail("start", Unavailable("no answer"))
    with pytest.raises(Unavailable):
        rig.sweeper.sweep()
    assert rig.deployment().run == 2
    rig.sweeper.sweep()
    rig.machine.run()
    assert [each.kind for each in rig.open()] == [Kind.READY]
    assert rig.machine.execution(f"{FIRST}-r2").status == "RUNNING"


def test_an_answer_whose_wake_up_was_lost_arrives() -> None:
    """The table has it; the machine would wait for the deadline."""
    rig = Rig()
    rig.say("cameras@142 to production")
    rig.workflow.fail("wake", Unavailable("no answer"))
    with pytest.raises(Unavailable):
        rig.decide("confirm", Kind.START)
    rig.clock.advance(59)
    rig.sweeper.sweep()
    assert done(rig) == []
    rig.clock.advance(2)
    rig.sweeper.sweep()
    rig.machine.run()
    assert rig.deployment().state is State.READY
    assert done(rig) == ["not_woken"]


def test_a_question_that_nobody_closed_is_settled_as_expired() -> None:
    """The token's own timeout did not come: a minute after it the sweeper wakes the machine."""
    rig = Rig()
    rig.say("cameras@142 to production")
    question = rig.asked(Kind.START)
    rig.clock.advance(300 + GRACE_SECONDS + 59)
    rig.sweeper.sweep()
    assert question.token in rig.workflow.waiting
    rig.clock.advance(2)
    rig.sweeper.sweep()
    assert question.token not in rig.workflow.waiting
    rig.machine.run()
    assert rig.store.question(question.code).answer is Answer.EXPIRED  # type: ignore[union-attr] # it is there
    rig.back_to_old(State.EXPIRED)


def test_a_plan_that_was_never_started_is_and_one_that_never_comes_is_given_up() -> None:
    """It holds nothing, so that nobody else would notice."""
    rig = Rig()
    rig.workflow.fail("start", Unavailable("no answer"), times=20)
    with pytest.raises(Unavailable):
        rig.say("plan cameras@142 to production")
    rig.clock.advance(61)
    with pytest.raises(Unavailable):
        rig.sweeper.sweep()
    rig.clock.advance(600)
    rig.sweeper.sweep()
    assert (rig.deployment().state, rig.deployment().reason) == (State.FAILED, Reason.TIMED_OUT)
    other = Rig()
    other.workflow.fail("start", Unavailable("no answer"))
    with pytest.raises(Unavailable):
        other.say("plan cameras@142 to production")
    sweep(other, 2)
    assert other.deployment().state is State.PLANNED
