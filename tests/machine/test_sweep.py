"""The sweeper over whole deployments: what died is taken up or closed, what a person stopped stays as it is."""

import pytest

from chalicelib.domain.approval import GRACE_SECONDS, Answer, Kind
from chalicelib.domain.deployment import BEFORE_SWITCH, Ref, State
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.people import SERVICE
from chalicelib.domain.plan import HostState
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Execution
from chalicelib.usecases.resume import resume
from chalicelib.usecases.sweep import Sweeper, from_elsewhere
from tests.builders import LEAD
from tests.fakes.workflow import FakeWorkflow
from tests.machine.bystander import Bystander
from tests.machine.rig import FIRST, NEW, NEW_CONTROLS, OLD, SECOND, Rig
from tests.machine.test_resume import TASKS, go_on, until


@pytest.fixture(autouse=True)
def alone() -> None:
    """Here the sweeper itself acts; the bystander would tell of every trouble that is made."""
    Bystander.watching = False


def sweep(rig: Rig, minutes: int = 1) -> None:
    """Some minutes go by, with a sweep at the end of each."""
    for _ in range(minutes):
        rig.machine.let(60)
        rig.sweeper.sweep()
        rig.machine.run()


def findings(rig: Rig) -> dict[Trouble, Finding]:
    """What is found and not resolved."""
    return {each.trouble: each for each in rig.store.findings("cameras", rig.name) if each.open}


def done(rig: Rig) -> list[str]:
    """Every event that the sweeper put into the history, oldest first."""
    lines = rig.store.history("cameras", rig.name)
    ours = {"run_ended", "stopped_by_hand", "fleet_left", "never_started", "not_woken", "overdue", "left_open",
            "holder_gone", "holder_ended", "too_many_runs", "lock_lost", "plan_never_ended"}  # fmt: skip
    assert all(line.actor == SERVICE for line in lines if line.event in ours)
    return [line.event for line in reversed(lines) if line.event in ours]


# --- stopped by hand ----------------------------------------------------------------------------------------------

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


def died(rig: Rig, name: str = FIRST) -> None:
    """An execution ends as failed, with nothing written about it."""
    rig.machine.abort(name)
    rig.machine.execution(name).aborted = False
    rig.workflow.ended[name] = Execution.FAILED


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


# --- instances ----------------------------------------------------------------------------------------------------


def left_over(
    rig: Rig, count: int = 2, state: HostState = HostState.BUILDING, owner: str = FIRST
) -> list[str]:
    """Hosts that appear although their deployment has ended."""
    return rig.cloud.add_hosts("control", count, state=state, deployment=owner)


def canceled() -> Rig:
    """A deployment that was canceled when it was ready, eleven minutes ago."""
    rig = Rig()
    rig.ready()
    rig.say("cancel cameras production")
    rig.back_to_old(State.CANCELED)
    return rig


def test_what_an_ended_deployment_left_is_ended_by_its_own_steps() -> None:
    """Marked and ended under a new fencing number, and the deployment ends as it had ended."""
    rig = canceled()
    left = left_over(rig)
    sweep(rig, 9)
    assert set(left) <= rig.there(), "a launch may still be on its way"
    sweep(rig, 3)
    assert rig.there() == OLD
    assert done(rig) == ["fleet_left"]
    assert rig.environment().fence == rig.deployment().fence == 2
    assert rig.deployment().state is State.CANCELED
    assert findings(rig) == {}
    rig.over(run=2)


def test_an_old_fleet_that_was_not_ended_is_ended() -> None:
    """A host of the old fleet came back with its label of standby."""
    rig = Rig()
    rig.kept()
    rig.machine.let(7_400)
    assert rig.deployment().state is State.SUCCEEDED
    rig.cloud.hosts["i-0001"].status, rig.cloud.hosts["i-0001"].state = "running", HostState.STANDBY
    sweep(rig, 12)
    assert rig.there() == rig.there(HostState.LIVE) == NEW
    assert rig.deployment().state is State.SUCCEEDED
    rig.over(run=2)


def test_nothing_is_cleaned_up_while_somebody_deploys() -> None:
    """It waits until the environment is free; nothing is said either, since it will be repaired."""
    rig = canceled()
    left = left_over(rig)
    rig.say("cameras@143 to production")
    rig.decide("confirm", Kind.START)
    sweep(rig, 15)
    assert set(left) <= rig.there()
    assert findings(rig) == {}
    rig.say("cancel cameras production")
    sweep(rig, 2)
    assert rig.there() == OLD


def test_after_another_switch_it_is_reported_only() -> None:
    """The routes in the record are of yesterday: its own steps would refuse, and keep the environment for that."""
    rig = canceled()
    rig.say("cameras@143 to production")
    rig.decide("confirm", Kind.START)
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    rig.machine.let(7_400)
    assert rig.deployment(SECOND).state is State.SUCCEEDED
    left = left_over(rig, 1)
    sweep(rig, 12)
    assert set(left) <= rig.there()
    assert left[0] in findings(rig)[Trouble.ORPHANS].detail
    assert rig.environment().active is None


def test_hosts_that_no_record_knows_are_reported_once_and_resolved() -> None:
    """Nobody may end what nobody made; when somebody has, the finding says so."""
    rig = Rig()
    left = left_over(rig, owner="somebody-else-7")
    before = len(rig.store.called("commit"))
    sweep(rig, 3)
    assert len(rig.store.called("commit")) == before + 1, "once, not every minute"
    found = findings(rig)[Trouble.ORPHANS]
    assert (found.deployment, all(each in found.detail for each in left)) == ("", True)
    for each in left:
        rig.cloud.hosts[each].status = "terminated"
    sweep(rig)
    assert findings(rig) == {}
    assert [line.event for line in rig.store.history("cameras", "production")[:2]] == [
        "resolved_orphans",
        "found_orphans",
    ]


def test_what_a_released_deployment_left_is_a_persons_business() -> None:
    """It got stuck and was released: hosts and traffic stay as they are, and chat says what is left."""
    rig = Rig()
    rig.kept()
    rig.reaper.fail("end", Unavailable("EC2 is away"), times=100)
    rig.machine.let(7_300)
    assert rig.deployment().state is State.STUCK
    sweep(rig)
    assert set(findings(rig)) == {Trouble.STUCK}
    rig.say("cancel cameras production", LEAD)
    sweep(rig, 11)
    assert set(findings(rig)) == {Trouble.ORPHANS}
    assert "got stuck and was released" in findings(rig)[Trouble.ORPHANS].detail
    assert rig.there() == OLD | NEW


def test_a_fleet_that_is_kept_stopped_is_no_orphan() -> None:
    """The settings say `stop`: it rests for as long as the team wants, whatever is deployed meanwhile."""
    rig = Rig(old_fleet="stop")
    rig.kept()
    rig.machine.let(7_400)
    assert rig.deployment().state is State.SUCCEEDED
    assert {rig.cloud.hosts[each].status for each in OLD} == {"stopped"}
    sweep(rig, 15)
    assert done(rig) == []
    assert findings(rig) == {}


def test_a_switch_of_settings_ends_no_fleet_that_was_kept() -> None:
    """It was stopped under other settings than today's; those it was stopped under count."""
    rig = Rig(old_fleet="stop")
    rig.kept()
    rig.machine.let(7_400)
    raw = rig.store.team().raw
    raw["services"]["cameras"]["environments"]["production"]["old_fleet"] = "terminate"
    rig.store.publish(raw)
    sweep(rig, 15)
    assert done(rig) == []
    assert findings(rig) == {}


@pytest.mark.parametrize("status", ["stopped", "terminated"])
def test_an_ill_host_of_the_fleet_that_stands_by_is_told(status: str) -> None:
    """Within a minute, with the way out; when it runs again that is told too."""
    rig = Rig()
    rig.kept()
    rig.machine.let(120)
    rig.cloud.hosts["i-0002"].status = status
    sweep(rig)
    found = findings(rig)[Trouble.STANDBY_ILL]
    assert found.deployment == FIRST
    assert "i-0002" in found.detail
    rig.cloud.hosts["i-0002"].status = "running"
    sweep(rig)
    assert findings(rig) == {}


# --- all at once --------------------------------------------------------------------------------------------------


def test_one_environment_s_trouble_keeps_no_other_from_being_swept() -> None:
    """Staging is swept although production can not be read; and the function fails, so that an alarm goes off."""
    rig = Rig(environment="staging")
    rig.workflow.fail("start", Unavailable("no answer"))
    with pytest.raises(Unavailable):
        rig.say("cameras@142 to staging")
    rig.clock.advance(61)
    rig.fleet.fail("instances", ValueError("an answer nobody expected"))
    with pytest.raises(Unavailable, match="cameras in production"):
        rig.sweeper.sweep()
    assert rig.workflow.runs == [(Ref("cameras", "staging", "cameras-staging-1"), 1)]


def test_two_sweeps_at_once_make_one_repair() -> None:
    """EventBridge may deliver twice: the second finds the first one's write."""
    rig = Rig()
    rig.ready()
    died(rig)
    facts = rig.sweeper.look(rig.store.team(), "cameras", "production")
    rig.sweeper.sweep()
    rig.sweeper.act(facts)
    assert rig.deployment().run == 2
    assert done(rig) == ["run_ended"]


class Racing(FakeWorkflow):
    """Somebody takes the deployment up between the look at its execution and the look at its record."""

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self._rig = rig

    def status(self, ref: Ref, run: int) -> Execution:
        """As it was a moment ago."""
        found = self._rig.workflow.status(ref, run)
        resume(self._rig.store, self._rig.workflow, self._rig.clock, self._rig.deployment(), LEAD)
        return found


def test_a_run_that_began_meanwhile_is_not_taken_for_the_one_that_died() -> None:
    """How the last execution ended says nothing about the next."""
    rig = Rig()
    rig.ready()
    died(rig)
    Sweeper(rig.store, Racing(rig), rig.fleet, rig.clock).sweep()
    assert rig.deployment().run == 2
    assert done(rig) == []


def test_before_anything_is_published_nothing_is_swept() -> None:
    """A new installation is quiet."""
    rig = Rig()
    rig.store.table.configurations.clear()
    assert rig.sweeper.sweep() == {"environments": 0, "found": 0, "left": 0}


def test_with_too_little_time_left_no_other_environment_is_begun() -> None:
    """A function that is killed at its limit would have told nobody what it did; the rest is counted."""
    rig = Rig()
    rig.ready()
    left = iter([60.0, 1.0])
    assert rig.sweeper.sweep(lambda: next(left)) == {"environments": 1, "found": 0, "left": 1}


@pytest.mark.parametrize("environments", [1, 2, 101, 200])
def test_every_environment_is_at_some_time_the_first(environments: int) -> None:
    """What one sweep leaves, a later one begins with; each looks at all where it has the time."""
    pairs = [(f"s{number}", "production") for number in range(environments)]
    orders = [from_elsewhere(pairs, 60.0 * minute) for minute in range(environments)]
    assert {order[0] for order in orders} == set(pairs)
    assert all(sorted(order) == sorted(pairs) for order in orders)
