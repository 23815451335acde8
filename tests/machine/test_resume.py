"""A failed step is tried again where it failed; a run that stopped anywhere is taken up by the next one."""

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import LostLock, Refused, Unavailable
from chalicelib.domain.people import SERVICE
from chalicelib.domain.plan import HostState
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Health
from chalicelib.usecases.resume import resume
from chalicelib.usecases.steps.ledger import LedgerSteps
from chalicelib.usecases.steps.work import StepEvent, run
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD
from tests.machine.rig import FIRST, NEW, NEW_CONTROLS, OLD, Rig

TASKS = (
    "Plan", "AskToStart", "ReadStart", "Launch", "AwaitRunning", "Configure", "AwaitConfigured", "FindPackage",
    "Install", "AwaitInstalled", "ClearStandby", "Attach", "AwaitHealthy", "SmokeTest", "AwaitSmokeTest",
    "AwaitFinish", "ReadFinish", "AskToFinish", "ReadFinishAnswer", "Switch", "Promote", "Drain", "AwaitDrain",
    "Bake", "KeepOld", "ReadKeep", "Retire", "Deregister", "AwaitDeregistered", "Terminate", "Close",
)  # fmt: skip
"""Every task on the way of a deployment that ends well."""


def failed_tests() -> Rig:
    """A deployment whose tests failed on one host."""
    rig = Rig()
    rig.cloud.failing["Pointsman-Check", "i-0007"] = "no route to recorder"
    rig.ready()
    assert rig.deployment().state is State.ASKING_RETRY
    return rig


def documents(rig: Rig) -> list[str]:
    """The documents that were sent to hosts, in order."""
    return [command.sent.document for command in rig.cloud.commands.values()]


def go_on(rig: Rig) -> None:
    """Everything that people have to do from here to the end, whatever is asked."""
    for _ in range(6):
        rig.machine.run()
        asked = {question.kind for question in rig.open()}
        if Kind.READY in asked:
            rig.say("finish cameras production")
        elif asked & {Kind.START, Kind.FINISH}:
            rig.decide("confirm", (asked & {Kind.START, Kind.FINISH}).pop(), APPROVER)
    rig.machine.let(7_400)


def test_failed_tests_are_run_again_and_nothing_else_is() -> None:
    """The same fleet, configured and installed once; only the check comes again."""
    rig = failed_tests()
    before = documents(rig)
    rig.cloud.failing.clear()
    said = rig.say("retry cameras production", LEAD)
    assert "goes on from where it stopped" in said
    assert rig.deployment().state is State.READY
    assert (rig.deployment().reason, rig.deployment().detail, rig.deployment().output) == ("", "", "")
    assert set(documents(rig)[len(before) :]) == {"Pointsman-Check"}
    assert rig.there(HostState.BUILDING) == NEW
    go_on(rig)
    assert rig.deployment().state is State.SUCCEEDED
    rig.over()


def test_it_can_fail_again_and_be_retried_again() -> None:
    """The second try fails, the third goes well."""
    rig = failed_tests()
    rig.say("retry cameras production")
    assert rig.deployment().state is State.ASKING_RETRY
    rig.cloud.failing.clear()
    rig.say("retry cameras production")
    assert rig.deployment().state is State.READY


def test_a_failed_configuration_is_sent_again() -> None:
    """Not the launch: the hosts are there."""
    rig = Rig()
    rig.cloud.failing["Pointsman-Configure", "*"] = "a mirror is down"
    rig.ready()
    rig.cloud.failing.clear()
    rig.say("retry cameras production")
    assert rig.deployment().state is State.READY
    assert rig.there(HostState.BUILDING) == NEW


def test_a_launch_without_capacity_is_tried_again() -> None:
    """EC2 has none of the kind, and half an hour later it has."""
    rig = Rig()
    rig.cloud.capacity = 0
    rig.ready()
    assert (rig.deployment().state, rig.deployment().reason) == (State.ASKING_RETRY, Reason.LAUNCH_FAILED)
    rig.cloud.capacity = None
    rig.say("retry cameras production")
    assert rig.deployment().state is State.READY


def test_nobody_retries_and_the_new_fleet_goes() -> None:
    """It fails with what was wrong at first."""
    rig = failed_tests()
    rig.machine.let(1_900)
    assert rig.deployment().reason == Reason.COMMAND_FAILED
    assert "no route to recorder" in rig.deployment().output
    rig.back_to_old(State.FAILED)


def test_giving_up_ends_it_as_failed() -> None:
    """A cancel is not why it ended."""
    rig = failed_tests()
    rig.say("cancel cameras production", LEAD)
    assert rig.deployment().reason == Reason.COMMAND_FAILED
    rig.back_to_old(State.FAILED)


def test_a_team_that_wants_no_wait_has_none() -> None:
    """`timeouts.retry: 0s`."""
    rig = Rig(timeouts={"retry": 0})
    rig.cloud.failing["Pointsman-Check", "i-0007"] = "no route to recorder"
    rig.ready()
    rig.back_to_old(State.FAILED)


def test_a_stranger_retries_nothing() -> None:
    """It needs the role of one who deploys."""
    rig = failed_tests()
    with pytest.raises(Refused) as refused:
        rig.say("retry cameras production", GUEST)
    assert refused.value.reason is Reason.NOT_ALLOWED


def test_what_has_not_failed_is_not_retried() -> None:
    """It says what the deployment does instead."""
    rig = Rig()
    rig.ready()
    with pytest.raises(Refused) as refused:
        rig.say("retry cameras production")
    assert refused.value.reason is Reason.NOTHING_TO_RETRY
    assert "ready to finish" in refused.value.text


def test_a_fleet_that_changed_is_not_tried_again() -> None:
    """Another try of the same plan would meet the same change."""
    rig = Rig()
    rig.cloud.add_route(rig.spec, ["i-0001", "i-0002", "i-0003"])
    strangers = rig.cloud.add_hosts("control", 1, state=HostState.STANDBY, deployment="cameras-140")
    rig.cloud.groups["arn:fake:targetgroup/cameras-green"] = {strangers[0]: Health.HEALTHY}
    rig.ready()
    assert (rig.deployment().state, rig.deployment().reason) == (State.FAILED, Reason.FLEET_CHANGED)


def until(task: str) -> Rig:
    """A deployment that is about to run a task."""
    rig = Rig()
    rig.say("cameras@142 to production", run=False)
    later = TASKS.index(task)
    if later > TASKS.index("ReadKeep"):
        rig.machine.run()
        rig.decide("confirm", Kind.START)
        rig.say("finish cameras production")
        rig.decide("confirm", Kind.FINISH, LEAD)
        rig.store.put(rig.deployment())
        rig.clock.advance(7_400)
        rig.workflow.wake(rig.asked(Kind.KEEP).token)
    elif later > TASKS.index("AskToFinish"):
        rig.machine.run()
        rig.decide("confirm", Kind.START)
        rig.say("finish cameras production")
        rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    elif later > TASKS.index("AwaitFinish"):
        rig.machine.run()
        rig.decide("confirm", Kind.START)
        rig.say("finish cameras production", run=False)
    elif later > TASKS.index("AskToStart"):
        rig.machine.run()
        rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until=task)
    return rig


@pytest.mark.parametrize("task", [each for each in TASKS if each != "ReadKeep"])
def test_a_run_that_stopped_anywhere_is_taken_up_by_the_next(task: str) -> None:
    """Nothing is launched, switched or asked in vain; the deployment ends as if nothing had been."""
    rig = until(task)
    rig.machine.abort(FIRST)
    resume(rig.store, rig.workflow, rig.clock, rig.deployment(), SERVICE)
    go_on(rig)
    assert rig.deployment().state is State.SUCCEEDED, rig.deployment().detail
    assert rig.there() == rig.there(HostState.LIVE) == NEW
    assert rig.taking() == NEW_CONTROLS
    rig.over(run=2)


def test_a_step_of_an_older_run_is_refused() -> None:
    """A function that was called before its execution stopped, and runs after the next one began."""
    rig = Rig()
    rig.ready()
    rig.machine.abort(FIRST)
    resume(rig.store, rig.workflow, rig.clock, rig.deployment(), SERVICE)
    late = StepEvent("AwaitFinish", rig.deployment().ref, run=1, token="late", entered="x")
    before = rig.store.snapshot()
    with pytest.raises(LostLock):
        run(LedgerSteps(rig.workflow), rig.store, rig.clock, late)
    assert rig.store.snapshot() == before


def test_what_got_stuck_goes_on_after_a_retry() -> None:
    """The old fleet could not be ended; somebody mended that, and it ends."""
    rig = Rig()
    rig.kept()
    rig.reaper.fail("end", Unavailable("EC2 is away"), times=100)
    rig.machine.let(7_300)
    assert rig.deployment().state is State.STUCK
    rig.reaper.recover()
    rig.say("retry cameras production", LEAD)
    assert rig.deployment().state is State.SUCCEEDED
    assert rig.there() == NEW
    rig.over(run=2)


def test_a_way_back_that_got_stuck_keeps_why_it_went_back() -> None:
    """Unhealthy after the switch, then the old side could not be reached: both are known, and a retry goes on."""
    rig = Rig()
    rig.ready()
    rig.say("finish cameras production")
    rig.fleet.fail("relabel", Unavailable("EC2 is away"), times=100)
    rig.decide("confirm", Kind.FINISH, LEAD)
    assert rig.deployment().state is State.STUCK
    rig.fleet.recover()
    rig.say("retry cameras production", DEPLOYER)
    assert rig.deployment().state is State.FAILED
    assert rig.there() == rig.there(HostState.LIVE) == OLD
    rig.over(run=2)


def test_a_release_takes_the_buttons_away() -> None:
    """Once it is free, a retry of what got stuck is refused: the next deployment may be there."""
    rig = Rig()
    rig.kept()
    rig.reaper.fail("end", Unavailable("EC2 is away"), times=100)
    rig.machine.let(7_300)
    rig.say("cancel cameras production", LEAD)
    assert rig.deployment().wanted == "release"
    with pytest.raises(Refused) as refused:
        rig.say("retry cameras production", LEAD)
    assert refused.value.reason is Reason.NOTHING_ACTIVE


def test_a_failed_step_whose_reason_could_not_be_kept_is_not_passed_for_done() -> None:
    """Why it failed and that its commands are forgotten is one write: without it the step is judged again."""
    rig = Rig()
    rig.cloud.failing["Pointsman-Check", "*"] = "no route to recorder"
    rig.say("cameras@142 to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until="AwaitSmokeTest")
    rig.machine.step()  # the commands still run
    rig.store.fail("commit", Unavailable("the table is away"), skip=1)
    rig.machine.run()
    assert (rig.deployment().state, rig.deployment().reason) == (State.ASKING_RETRY, Reason.COMMAND_FAILED)


def test_a_failed_step_that_runs_again_after_its_commands_were_forgotten_fails_again() -> None:
    """The reply of the try that forgot them was lost."""
    rig = Rig()
    rig.cloud.failing["Pointsman-Check", "*"] = "no route to recorder"
    rig.say("cameras@142 to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until="AwaitSmokeTest")
    rig.machine.step()  # the commands still run
    rig.store.fail("commit", Unavailable("the reply was lost"), after=True)
    rig.machine.run()
    assert (rig.deployment().state, rig.deployment().reason) == (State.ASKING_RETRY, Reason.COMMAND_FAILED)
    assert "no route to recorder" in rig.deployment().output
