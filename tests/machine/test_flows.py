"""Whole flows through the machine's own definition: what people say goes in; record, cloud and questions come out."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import StepFailed
from chalicelib.domain.plan import HostState
from chalicelib.domain.reasons import Reason
from chalicelib.usecases import ci
from chalicelib.usecases.steps.fleet import FleetSteps
from chalicelib.usecases.steps.work import StepEvent, run
from tests.builders import APPROVER, LEAD, build
from tests.machine.rig import CONTROLS, FIRST, GREEN, NEW, NEW_CONTROLS, OLD, Rig


def test_a_deployment_from_the_command_to_the_end_of_the_old_fleet() -> None:
    """Everything that people and time do, in order."""
    rig = Rig()
    rig.kept()
    assert rig.deployment().state is State.KEEPING
    assert (rig.there(HostState.LIVE), rig.there(HostState.STANDBY)) == (NEW, OLD)
    assert rig.taking() == NEW_CONTROLS
    assert rig.environment().active is None
    rig.machine.let(7_300)
    assert rig.deployment().state is State.SUCCEEDED
    assert rig.there() == rig.there(HostState.LIVE) == NEW
    assert rig.environment().live_version == "142"
    assert len(rig.fleet.called("launch")) == 2, "one launch for each group of like hosts"
    rig.over()


def test_a_plan_changes_nothing() -> None:
    """Plan only: a record with the plan, and no lock, no question, no instance."""
    rig = Rig()
    rig.say("plan cameras@142 to production")
    assert rig.deployment().state is State.PLANNED
    assert rig.deployment().plan is not None
    assert rig.there() == OLD
    rig.over()


def test_a_plan_that_is_refused_says_why() -> None:
    """Nothing to mirror: the record ends with the reason, and holds nothing."""
    rig = Rig()
    rig.cloud.hosts["i-0004"].state = rig.cloud.hosts["i-0005"].state = HostState.RETIRED
    rig.say("plan cameras@142 to production")
    assert (rig.deployment().state, rig.deployment().reason) == (State.FAILED, Reason.NO_INSTANCES)
    assert rig.environment().active is None


def test_a_deployment_whose_plan_is_refused_releases_its_environment() -> None:
    """Nothing to mirror: it ends as failed with a text that says what is missing."""
    rig = Rig()
    rig.cloud.hosts["i-0004"].managed = rig.cloud.hosts["i-0005"].managed = False
    rig.say("cameras@142 to production")
    made = rig.deployment()
    assert (made.state, made.reason) == (State.FAILED, Reason.NO_INSTANCES)
    assert "recorder" in made.detail
    rig.over()


def test_a_rejected_start_changes_nothing() -> None:
    """No instance was made; the reason is kept without its markup."""
    rig = Rig()
    rig.say("cameras@142 to production")
    rig.say(f"reject {rig.asked(Kind.START).code} because {{person:T0/U0LEAD}}", APPROVER)
    assert "{person:T0/U0LEAD}" not in rig.deployment().detail
    assert "because (person:T0/U0LEAD)" in rig.deployment().detail
    assert rig.fleet.called("launch") == []
    rig.back_to_old(State.REJECTED)


def test_a_start_that_nobody_answers_expires() -> None:
    """Five minutes and a grace later it is over."""
    rig = Rig()
    rig.say("cameras@142 to production")
    rig.machine.let(330)
    rig.back_to_old(State.EXPIRED)


def test_a_fleet_that_nobody_finishes_is_removed() -> None:
    """A day later the new fleet is gone."""
    rig = Rig()
    rig.ready()
    assert rig.deployment().state is State.READY
    rig.machine.let(86_500)
    rig.back_to_old(State.EXPIRED)


@pytest.mark.parametrize(
    "task",
    [
        "Plan", "AskToStart", "Launch", "AwaitRunning", "AwaitConfigured", "AwaitInstalled", "ClearStandby", "Attach",
        "AwaitHealthy", "SmokeTest", "AwaitSmokeTest", "AwaitFinish",
    ],
)  # fmt: skip
def test_cancel_before_any_task_leaves_nothing(task: str) -> None:
    """Whatever was about to run, the new fleet goes and the old one is untouched."""
    rig = Rig()
    rig.say("cameras@142 to production", run=False)
    if task in {"Plan", "AskToStart"}:
        rig.machine.run(until=task)
    else:
        rig.machine.run()
        rig.decide("confirm", Kind.START, run=False)
        rig.machine.run(until=task)
    rig.say("cancel cameras production", LEAD)
    rig.back_to_old(State.CANCELED)


@pytest.mark.parametrize("kind", [Kind.START, Kind.READY, Kind.FINISH])
def test_cancel_while_a_question_is_open(kind: Kind) -> None:
    """The question is closed with the deployment."""
    rig = Rig()
    rig.say("cameras@142 to production")
    if kind is not Kind.START:
        rig.decide("confirm", Kind.START)
    if kind is Kind.FINISH:
        rig.say("finish cameras production")
    assert rig.asked(kind)
    rig.say("cancel cameras production", LEAD)
    rig.back_to_old(State.CANCELED)


def waiting_for_a_build() -> Rig:
    """The new fleet is made, and CI has not reported the package yet."""
    rig = Rig()
    running = build("144", BuildStatus.RUNNING, sha256="", artifact="", reported_at=rig.clock.now())
    rig.store.put(running)
    rig.say("cameras@144 to production")
    rig.decide("confirm", Kind.START)
    assert rig.asked(Kind.BUILD)
    return rig


def report(rig: Rig, status: BuildStatus, *, go_on: bool = True) -> None:
    """CI reports build 144."""
    made = build("144", status, reported_at=rig.clock.now())
    ci.report(rig.store, rig.workflow, rig.clock, source="jenkins", event=f"ci-{status}", build=made)
    if go_on:
        rig.machine.run()


def test_cancel_while_a_build_is_awaited() -> None:
    """The hosts that were made meanwhile go too."""
    rig = waiting_for_a_build()
    assert len(rig.there()) == 10
    rig.say("cancel cameras production")
    rig.back_to_old(State.CANCELED)


def test_a_build_that_passes_while_hosts_are_configured() -> None:
    """CI's report answers the wait, and the package is installed."""
    rig = waiting_for_a_build()
    report(rig, BuildStatus.PASSED)
    assert rig.deployment().state is State.READY
    assert rig.deployment().package is not None


def test_the_second_confirmation_covers_the_package_of_a_build_that_was_running_at_the_first() -> None:
    """The plan, and with it the digest that a confirmation is bound to, names the checksum from then on."""
    rig = waiting_for_a_build()
    report(rig, BuildStatus.PASSED)
    rig.say("finish cameras production")
    made, asked = rig.deployment(), rig.asked(Kind.FINISH)
    assert made.plan is not None
    assert made.package is not None
    assert made.plan.sha256 == made.package.sha256
    assert asked.digest == made.plan.digest
    (first,) = [each for each in rig.store.questions(made.ref) if each.kind is Kind.START]
    assert first.digest != asked.digest


def test_a_build_that_fails_ends_the_deployment() -> None:
    """The hosts that were made meanwhile go."""
    rig = waiting_for_a_build()
    report(rig, BuildStatus.FAILED)
    assert rig.deployment().reason == Reason.BUILD_FAILED
    rig.back_to_old(State.FAILED)


def test_a_build_that_is_never_reported_ends_the_deployment() -> None:
    """Half an hour, and another for people to do something about it."""
    rig = waiting_for_a_build()
    rig.machine.let(1_900)
    assert rig.deployment().state is State.ASKING_RETRY
    rig.machine.let(1_900)
    assert rig.deployment().reason == Reason.BUILD_TIMED_OUT
    rig.back_to_old(State.FAILED)


def test_a_rejected_finish_can_be_finished_again() -> None:
    """It stays ready, and the second confirmation switches."""
    rig = Rig()
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("reject", Kind.FINISH, LEAD)
    assert rig.deployment().state is State.READY
    assert [each.kind for each in rig.open()] == [Kind.READY]
    rig.say("finish cameras production")
    rig.machine.let(330)
    assert rig.deployment().state is State.READY, "nobody answered"
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    assert rig.deployment().state is State.KEEPING
    assert rig.taking() == NEW_CONTROLS


def test_a_host_without_traffic_that_stopped_is_not_switched_to() -> None:
    """No target group watches the recorders; the last look before the switch does."""
    rig = Rig()
    rig.ready()
    rig.cloud.hosts["i-0009"].status = "stopped"
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    assert rig.deployment().reason == Reason.UNHEALTHY
    rig.back_to_old(State.FAILED)


def test_a_new_host_that_turned_ill_before_the_switch_is_not_switched_to() -> None:
    """It was healthy when the switch was asked for and confirmed; the last look finds it ill, and nothing moves."""
    rig = Rig()
    rig.ready()
    rig.say("finish cameras production")
    rig.cloud.ill.add("i-0006")
    rig.cloud.advance(GREEN)  # its health check has noticed
    rig.decide("confirm", Kind.FINISH, LEAD)
    assert rig.deployment().reason == Reason.UNHEALTHY
    assert rig.traffic.called("switch") == []
    rig.back_to_old(State.FAILED)


def test_a_fleet_that_changed_since_it_was_approved_is_not_switched_to() -> None:
    """A live host left between the plan and the switch: refused, and everything goes back to how it was."""
    rig = Rig()
    rig.ready()
    rig.cloud.hosts["i-0005"].managed = False
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    assert (rig.deployment().state, rig.deployment().reason) == (State.FAILED, Reason.FLEET_CHANGED)
    assert rig.there() == OLD
    assert rig.taking() == CONTROLS
    rig.over()


def test_cancel_just_before_the_switch() -> None:
    """Confirmed already, and somebody thinks better of it: nothing is switched."""
    rig = Rig()
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    rig.machine.run(until="Switch")
    rig.say("cancel cameras production")
    assert rig.traffic.called("switch") == []
    rig.back_to_old(State.CANCELED)


def test_a_new_host_that_falls_ill_while_it_waits_is_not_switched_to() -> None:
    """Green turned unhealthy between the check and the switch."""
    rig = Rig()
    rig.ready()
    rig.cloud.ill.add("i-0006")
    rig.cloud.groups["arn:fake:targetgroup/cameras-green"] |= {}
    rig.cloud.advance("arn:fake:targetgroup/cameras-green")
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    assert rig.deployment().reason == Reason.UNHEALTHY
    rig.back_to_old(State.FAILED)


FAILING = {
    "launch": ("fleet", "launch", StepFailed(Reason.LAUNCH_FAILED, what="no capacity")),
    "configure": ("hosts", "send", StepFailed(Reason.INTERNAL, step="x", what="y")),
    "attach": ("traffic", "attach", StepFailed(Reason.UNHEALTHY, what="x")),
}


@pytest.mark.parametrize("what", sorted(FAILING))
def test_a_failure_before_the_switch_removes_the_new_fleet(what: str) -> None:
    """Everything that fails goes through Discard."""
    rig = Rig()
    port, method, error = FAILING[what]
    getattr(rig, port).fail(method, error)
    rig.ready()
    assert rig.deployment().reason == error.reason
    rig.give_up()
    rig.back_to_old(State.FAILED)


def test_failing_tests_end_the_deployment_with_what_was_printed() -> None:
    """The environment's own check fails on one host."""
    rig = Rig()
    rig.cloud.failing["Pointsman-Check", "i-0007"] = "no route to recorder"
    rig.ready()
    assert rig.deployment().reason == Reason.COMMAND_FAILED
    assert "no route to recorder" in rig.deployment().output
    rig.give_up()
    rig.back_to_old(State.FAILED)


def test_hosts_that_never_get_healthy_end_the_deployment() -> None:
    """The wait is bounded."""
    rig = Rig()
    rig.cloud.ill.add("i-0006")
    rig.ready()
    assert rig.deployment().reason == Reason.TIMED_OUT
    rig.give_up()
    rig.back_to_old(State.FAILED)


def test_an_answer_that_came_before_the_question_was_asked_again_is_found() -> None:
    """The asking step's reply is lost, somebody answers, and the retry brings a new token: nobody waits for a day."""
    rig = Rig()
    rig.say("cameras@142 to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until="AwaitFinish")
    rig.machine.lost.append("AwaitFinish")
    rig.machine.step()
    rig.say("finish cameras production")
    assert rig.deployment().state is State.ASKING_FINISH


def test_what_a_stopped_branch_still_launches_is_removed_too() -> None:
    """The build fails while RunInstances is on its way: stopping the branch does not stop the function."""
    rig = Rig()
    rig.store.put(build("144", BuildStatus.RUNNING, sha256="", artifact=""))
    rig.say("cameras@144 to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until="Launch")
    begun = rig.deployment()
    rig.store.put(replace(begun, launching=rig.clock.now() + 50))
    report(rig, BuildStatus.FAILED, go_on=False)
    rig.machine.run(until="Discard")
    rig.machine.step()
    assert begun.plan is not None
    for group in begun.plan.groups:
        rig.fleet.launch(group, service="cameras", environment="production", deployment=FIRST)
    rig.machine.run()
    assert rig.deployment().reason == Reason.BUILD_FAILED
    rig.back_to_old(State.FAILED)


def test_a_launch_that_comes_after_the_deployment_moved_on_makes_nothing() -> None:
    """A function that was called before its branch was stopped, and runs after it."""
    rig = Rig()
    rig.say("cameras@142 to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until="Launch")
    late = rig.store.deployment(rig.deployment().ref)
    assert late is not None
    rig.store.put(replace(late, state=State.DISCARDING))
    with pytest.raises(StepFailed):
        run(FleetSteps(rig.fleet, rig.hosts), rig.store, rig.clock, StepEvent("Launch", late.ref))
    assert rig.fleet.called("launch") == []
