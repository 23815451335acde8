"""What the sweeper decides: each rule, and its neighbor where it must do nothing."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.approval import GRACE_SECONDS, OF_THE_TEAM, Answer, Kind
from chalicelib.domain.deployment import ENDS, Deployment, Environment, Phase, Slot, State
from chalicelib.domain.findings import Trouble
from chalicelib.domain.plan import HostState, Instance
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Execution
from chalicelib.usecases.sweep_facts import (
    CleanUp,
    Facts,
    FailPlan,
    GiveUp,
    Release,
    Report,
    Resume,
    Settle,
    Start,
    Subject,
    Wake,
    Why,
)
from chalicelib.usecases.sweep_rules import decide
from tests.builders import APPROVER, NOW, deployment, instance, plan, question

ID = deployment().id
FREE = Environment("cameras", "production", live_deployment="cameras-production-0")
SLOT = Slot(ID, 1, NOW)
HELD = replace(FREE, fence=1, active=SLOT)
LATER = NOW + 4_000.0


def holder(state: State, execution: Execution | None, **changes: Any) -> Facts:
    """A deployment that holds its environment, a good hour after it was asked for."""
    made = deployment(state, **{"phases": (Phase(state, NOW),), **changes})
    return Facts(LATER, HELD, (Subject(made, execution),))


def asking(state: State, kind: Kind, **changes: Any) -> Facts:
    """A running deployment with one question."""
    facts = holder(state, Execution.RUNNING)
    (subject,) = facts.subjects
    asked = question(kind, asked_at=LATER - 1_000, deadline=LATER - 400, **changes)
    return replace(facts, subjects=(replace(subject, questions=(asked,)),))


def ended(state: State, **changes: Any) -> Deployment:
    """A deployment that ended an hour ago."""
    phases = (Phase(State.ACCEPTED, NOW), Phase(state, NOW + 400))
    return deployment(state, phases=phases, plan=plan(), replaced="cameras-production-0", **changes)


def left(state: HostState = HostState.BUILDING, **changes: Any) -> Instance:
    """An instance of that deployment."""
    return instance(9, **{"state": state, "deployment": ID, **changes})


# --- healthy ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [each for each in State if each not in ENDS])
def test_a_deployment_whose_execution_runs_is_left_alone(state: State) -> None:
    """In every state, however long it takes."""
    assert decide(holder(state, Execution.RUNNING)) == []


@pytest.mark.parametrize("state", [each for each in State if each not in ENDS])
def test_a_record_that_moved_on_meanwhile_is_left_alone(state: State) -> None:
    """Its execution was asked for under another run: the next sweep sees it whole."""
    assert decide(holder(state, None)) == []


@pytest.mark.parametrize("state", sorted(ENDS))
def test_what_has_ended_and_holds_nothing_is_left_alone(state: State) -> None:
    """Also what got stuck and was released."""
    assert decide(Facts(LATER, FREE, (Subject(ended(state)),))) == []


# --- slots --------------------------------------------------------------------------------------------------------


def test_a_slot_without_a_record_is_freed() -> None:
    """Its holder is in no table."""
    assert decide(Facts(LATER, HELD)) == [Release(SLOT, Why.HOLDER_GONE)]


@pytest.mark.parametrize("state", sorted(ENDS - {State.STUCK}))
def test_a_slot_whose_holder_has_ended_is_freed(state: State) -> None:
    """The window's slot just as the active one."""
    kept = replace(FREE, keeping=SLOT)
    for environment in (HELD, kept):
        facts = Facts(LATER, environment, (Subject(ended(state)),))
        assert decide(facts) == [Release(SLOT, Why.HOLDER_ENDED)]


def test_what_is_stuck_keeps_its_slot_and_is_reported() -> None:
    """A person has to look."""
    stuck = ended(State.STUCK, detail="It takes traffic.")
    assert decide(Facts(LATER, HELD, (Subject(stuck),))) == [Report(Trouble.STUCK, ID, "It takes traffic.")]


def test_who_has_lost_the_lock_is_given_up_once_its_execution_is_over() -> None:
    """It can write nothing; while its execution runs, that may still say so itself."""
    lost = deployment(State.PREPARING)
    for execution, expected in (
        (Execution.FAILED, [GiveUp(lost, Reason.LOST_LOCK, Why.LOCK_LOST)]),
        (Execution.RUNNING, []),
    ):
        assert decide(Facts(LATER, FREE, (Subject(lost, execution),))) == expected
    assert decide(Facts(NOW + 30, FREE, (Subject(lost, Execution.MISSING),))) == []


# --- executions ---------------------------------------------------------------------------------------------------


def test_a_missing_execution_is_started_after_a_minute() -> None:
    """Before that its beginner may still be at it; a later run, or a later state, has no beginner left."""
    facts = holder(State.ACCEPTED, Execution.MISSING)
    (subject,) = facts.subjects
    assert decide(replace(facts, now=NOW + 60)) == []
    assert decide(replace(facts, now=NOW + 61)) == [Start(subject.deployment)]
    again = holder(State.READY, Execution.MISSING, run=2)
    assert decide(again) == [Start(again.subjects[0].deployment)]
    lost = holder(State.READY, Execution.MISSING)
    assert decide(lost) == [Resume(lost.subjects[0].deployment, Why.RUN_ENDED)]


@pytest.mark.parametrize("execution", [Execution.FAILED, Execution.TIMED_OUT, Execution.SUCCEEDED])
@pytest.mark.parametrize("state", [each for each in State if each not in ENDS])
def test_a_run_that_ended_is_followed_by_two_more_and_then_by_a_person(
    state: State, execution: Execution
) -> None:
    """Whatever the state: each step bears being run again."""
    for run in (1, 2):
        facts = holder(state, execution, run=run)
        assert decide(facts) == [Resume(facts.subjects[0].deployment, Why.RUN_ENDED)]
    last = holder(state, execution, run=3)
    assert decide(last) == [GiveUp(last.subjects[0].deployment, Reason.RUN_ENDED, Why.TOO_MANY_RUNS)]


@pytest.mark.parametrize(
    ("state", "closes"),
    [
        (State.ACCEPTED, True),
        (State.ASKING_START, True),
        (State.PREPARING, True),
        (State.TESTING, True),
        (State.ASKING_RETRY, True),
        (State.READY, True),
        (State.ASKING_FINISH, True),
        (State.SWITCHING, False),
        (State.BAKING, False),
        (State.KEEPING, False),
        (State.ASKING_ROLLBACK, False),
        (State.ASKING_END, False),
        (State.SWITCHING_BACK, False),
        (State.DISCARDING, False),
        (State.RETIRING, False),
    ],
)
def test_what_a_person_stopped_is_closed_before_the_switch_only(state: State, closes: bool) -> None:
    """After it nothing is moved without a person's word."""
    facts = holder(state, Execution.ABORTED)
    made = facts.subjects[0].deployment
    expected = Resume(made, Why.STOPPED_BY_HAND, stopped=True)
    stuck = GiveUp(made, Reason.STOPPED, Why.STOPPED_BY_HAND)
    assert decide(facts) == [expected if closes else stuck]
    twice = holder(state, Execution.ABORTED, reason=Reason.STOPPED.value)
    assert isinstance(decide(twice)[0], GiveUp)


# --- questions ----------------------------------------------------------------------------------------------------

WAITS = [
    (State.ASKING_START, Kind.START),
    (State.PREPARING, Kind.BUILD),
    (State.ASKING_RETRY, Kind.RETRY),
    (State.READY, Kind.READY),
    (State.ASKING_FINISH, Kind.FINISH),
    (State.KEEPING, Kind.KEEP),
    (State.ASKING_ROLLBACK, Kind.ROLLBACK),
    (State.ASKING_END, Kind.END),
]


def test_every_kind_of_question_is_waited_for() -> None:
    """A new kind needs a row; only with the team's own questions no machine waits."""
    assert {kind for _, kind in WAITS} == set(Kind) - OF_THE_TEAM


@pytest.mark.parametrize(("state", "kind"), WAITS)
def test_an_answer_that_did_not_arrive_is_brought_again(state: State, kind: Kind) -> None:
    """A minute after it was given, while the deployment still is in the state that waits for it."""
    for ago, expected in ((60, 0), (61, 1)):
        facts = asking(state, kind, answer=Answer.CONFIRM, answered_by=APPROVER, answered_at=LATER - ago)
        assert [each.why for each in decide(facts) if isinstance(each, Wake)] == [Why.NOT_WOKEN] * expected
    elsewhere = State.TESTING
    moved = asking(elsewhere, kind, answer=Answer.CONFIRM, answered_by=APPROVER, answered_at=LATER - 100)
    assert decide(moved) == []


@pytest.mark.parametrize(("state", "kind"), WAITS)
def test_a_wait_that_outlived_its_question_is_ended(state: State, kind: Kind) -> None:
    """A minute after the machine's own timeout, which comes a little after the deadline."""
    facts = asking(state, kind)
    asked = facts.subjects[0].questions[0]
    over = asked.deadline + GRACE_SECONDS + 60
    assert decide(replace(facts, now=over)) == []
    assert decide(replace(facts, now=over + 1)) == [Wake(asked, Why.OVERDUE)]


def test_only_the_newest_of_a_kind_counts() -> None:
    """A window that was extended has an earlier question, decided long ago."""
    facts = asking(State.KEEPING, Kind.KEEP, answer=Answer.EXTEND, answered_by=APPROVER, answered_at=NOW)
    (subject,) = facts.subjects
    newer = question(Kind.KEEP, code="NEWER", asked_at=LATER - 10, deadline=LATER + 10)
    both = replace(subject, questions=(newer, *subject.questions))
    assert decide(replace(facts, subjects=(both,))) == []


def test_a_question_that_an_ended_deployment_left_open_is_settled() -> None:
    """And a decided one is left as it is (docs/safety.md, I6)."""
    open_one, decided = question(), question(code="OTHER", answer=Answer.CONFIRM, answered_by=APPROVER)
    facts = Facts(LATER, FREE, (Subject(ended(State.SUCCEEDED), None, (open_one, decided)),))
    assert decide(facts) == [Settle(open_one)]


# --- plans --------------------------------------------------------------------------------------------------------


def planned(execution: Execution, after: float, **changes: Any) -> list[object]:
    """What is decided about a plan some seconds after it was asked for."""
    made = deployment(plan_only=True, fence=0, **changes)
    return [*decide(Facts(NOW + after, FREE, (Subject(made, execution),)))]


def test_a_plan_is_started_again_and_then_given_up() -> None:
    """It is in nobody's way, so there is time; but it never stays."""
    made = deployment(plan_only=True, fence=0)
    assert planned(Execution.MISSING, 60) == []
    assert planned(Execution.MISSING, 61) == [Start(made)]
    assert planned(Execution.RUNNING, 600) == []
    assert planned(Execution.FAILED, 61) == [Resume(made, Why.RUN_ENDED)]
    assert planned(Execution.RUNNING, 601) == [FailPlan(made, Reason.TIMED_OUT, Why.PLAN_NEVER_ENDED)]
    assert planned(Execution.ABORTED, 5) == [FailPlan(made, Reason.STOPPED, Why.STOPPED_BY_HAND)]
    third = replace(made, run=3)
    assert planned(Execution.FAILED, 61, run=3) == [FailPlan(third, Reason.RUN_ENDED, Why.TOO_MANY_RUNS)]


# --- instances ----------------------------------------------------------------------------------------------------


def orphans(owner: Deployment, *instances: Instance, **changes: Any) -> list[object]:
    """What is decided about instances of a deployment that has ended."""
    return [*decide(replace(Facts(LATER, FREE, (Subject(owner),), instances), **changes))]


@pytest.mark.parametrize(
    "state", [State.ROLLED_BACK, State.REJECTED, State.EXPIRED, State.CANCELED, State.FAILED]
)
@pytest.mark.parametrize("label", [HostState.BUILDING, HostState.STANDBY, HostState.RETIRED])
def test_a_new_fleet_that_was_left_is_ended_by_its_own_deployment(state: State, label: HostState) -> None:
    """Whatever it is labeled, ten minutes after the deployment has ended, and while nobody holds the environment."""
    owner = ended(state)
    assert orphans(owner, left(label)) == [CleanUp(owner, 1)]
    assert orphans(owner, left(label), now=NOW + 400 + 599) == []
    other = Subject(deployment(State.READY, id="cameras-production-2"), Execution.RUNNING)
    busy = replace(FREE, active=Slot("cameras-production-2", 2, NOW))
    assert orphans(owner, left(label), environment=busy, subjects=(Subject(owner), other)) == []


def test_an_old_fleet_that_was_left_is_ended_by_who_replaced_it() -> None:
    """Those in the record of the deployment that is live; a stranger beside them makes it a person's business."""
    owner = ended(State.SUCCEEDED, switched_at=NOW + 300)
    live = replace(FREE, live_deployment=ID)
    old = instance(1, state=HostState.STANDBY, deployment="cameras-production-0")
    assert orphans(owner, old, environment=live) == [CleanUp(owner, 1)]
    (report,) = orphans(owner, left(HostState.STANDBY), environment=live)
    assert isinstance(report, Report)


@pytest.mark.parametrize("owner", [ended(State.CANCELED), ended(State.SUCCEEDED, switched_at=NOW + 300)])
def test_once_traffic_has_moved_again_nothing_is_ended_by_itself(owner: Deployment) -> None:
    """The routes in the record are not those of today."""
    moved = replace(FREE, live_deployment="cameras-production-7")
    instances = (left(), instance(1, state=HostState.STANDBY))
    decided = orphans(owner, *instances, environment=moved)
    assert decided
    assert all(isinstance(each, Report) for each in decided)


def test_what_is_in_a_holders_record_is_no_orphan() -> None:
    """Its new fleet, its old fleet, and what its tag names; stuck or not."""
    for state, execution in ((State.KEEPING, Execution.RUNNING), (State.STUCK, None)):
        made = deployment(state, plan=plan(), switched_at=LATER, phases=(Phase(state, NOW),))
        old = instance(1, state=HostState.STANDBY, deployment="")
        facts = Facts(LATER, HELD, (Subject(made, execution),), (left(HostState.STANDBY), old))
        troubles = {each.trouble for each in decide(facts) if isinstance(each, Report)}
        assert Trouble.ORPHANS not in troubles


def test_a_deployment_is_not_cleaned_up_after_for_ever() -> None:
    """Where its steps end and the instances stay, a person is told."""
    owner = ended(State.CANCELED, run=9)
    (report,) = orphans(owner, left())
    assert isinstance(report, Report)


def test_a_fleet_at_rest_is_left_where_the_settings_stop_fleets() -> None:
    """Stopped and retired; one that runs is no fleet at rest, nor is one that nobody wanted to keep."""
    owner = ended(State.SUCCEEDED, switched_at=NOW + 300)
    live = replace(FREE, live_deployment=ID)
    rests = instance(1, state=HostState.RETIRED, status="stopped")
    for stopping in (frozenset({""}), frozenset({ID})):
        assert orphans(owner, rests, environment=live, stopping=stopping) == []
    assert orphans(owner, rests, environment=live) == [CleanUp(owner, 1)]
    runs = replace(rests, status="running")
    assert orphans(owner, runs, environment=live, stopping=frozenset({ID})) == [CleanUp(owner, 1)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "stopped"}, "is stopped"),
        ({"status": "stopping"}, "is stopping"),
        ({"state": HostState.RETIRED}, "is labeled retired"),
        (None, "is gone"),
    ],
)
def test_a_way_back_that_is_not_whole_is_reported(changes: dict[str, Any] | None, said: str) -> None:
    """Each host of the plan's old fleet has to run and stand by."""
    made = deployment(State.KEEPING, plan=plan(), switched_at=NOW)
    standby = [instance(number, state=HostState.STANDBY) for number in (1, 2, 3)]
    standby += [instance(number, "recorder", state=HostState.STANDBY) for number in (4, 5)]
    facts = Facts(LATER, HELD, (Subject(made, Execution.RUNNING),), tuple(standby))
    assert decide(facts) == []
    ill = [replace(standby[0], **changes)] if changes else []
    (report,) = decide(replace(facts, instances=(*ill, *standby[1:])))
    assert isinstance(report, Report)
    assert (report.trouble, said in report.detail, "i-001" in report.detail) == (
        Trouble.STANDBY_ILL,
        True,
        True,
    )
    assert decide(replace(facts, now=NOW + 60, instances=())) == [], "EC2 shows labels after a moment"
