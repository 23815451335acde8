"""The invariants of docs/safety.md over fakes, looked at after every step. What a hand outside has changed is the
start of the next look, so that only our own actions are judged."""

from dataclasses import dataclass

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.deployment import ENDS, KEEPS_OLD, Deployment, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.plan import HostState, of_role
from chalicelib.domain.policy import Role, require
from chalicelib.domain.settings import Team
from tests.machine.driver import Fiber
from tests.machine.picture import Picture

TOKEN = "token-"
"""How the driver's task tokens begin."""
_LEFT_TO_PEOPLE = {State.STUCK, State.PLANNED}


@dataclass(frozen=True, slots=True)
class Change:
    """One step of ours: what was true before and after it, and whose it was (nobody's: a person's or a schedule's)."""

    before: Picture
    after: Picture
    fiber: Fiber | None
    team: Team
    whole: int
    role: str
    violations: tuple[str, ...]
    relabeled: frozenset[str]
    """Hosts whose label a hand has changed: where they belong can not be told any more, only reported."""

    @property
    def deployment(self) -> Deployment | None:
        """The deployment whose step it was, as it is now."""
        return self.after.deployments.get(self.fiber.ids["deployment"]) if self.fiber else None

    @property
    def decided(self) -> list[Question]:
        """The questions that were decided in it."""
        before = self.before.questions
        return [
            each
            for each in self.after.questions.values()
            if each.answer is not None and (each.code not in before or before[each.code].answer is None)
        ]

    @property
    def ended(self) -> list[str]:
        """The instances that were stopped or terminated in it."""
        before, after = self.before.hosts, self.after.hosts
        return [id_ for id_ in before if before[id_].status == "running" != after[id_].status]


def check(change: Change) -> None:
    """All of them."""
    for invariant in INVARIANTS:
        invariant(change)


def i1_a_whole_fleet_serves(change: Change) -> None:
    """I1: our own action never lowers what answers below a whole fleet, as large as its snapshot."""
    before, after = change.before, change.after
    plan = change.deployment.plan if change.deployment else None
    whole = min(change.whole, plan.count(change.role)) if plan else change.whole
    assert after.fullest >= min(whole, before.fullest), (
        f"I1: {sorted(before.serving)} -> {sorted(after.serving)}"
    )


def i2_nobody_registered_is_ended(change: Change) -> None:
    """I2: the cloud notes each instance that is ended while a target group lists it."""
    assert change.violations == (), f"I2: {change.violations}"


def i3_only_own_retired_ones_are_ended(change: Change) -> None:
    """I3: in the record of the deployment whose step it is, and labeled `retired` before."""
    for id_ in change.ended:
        deployment = change.deployment
        assert deployment is not None, f"I3: {id_} was ended by no step"
        leaving = (
            deployment.new
            if deployment.state is State.DISCARDING
            else deployment.plan and deployment.plan.old
        )
        assert id_ in {host.id for host in leaving or ()}, f"I3: {id_} is not of {deployment.id}"
        assert change.before.hosts[id_].state is HostState.RETIRED, f"I3: {id_} was not marked"


def i4_traffic_moves_only_to_the_healthy_and_confirmed(change: Change) -> None:
    """I4: every exact host of the new fleet was healthy, and a second person confirmed this very plan."""
    deployment = change.deployment
    came = change.after.taking - change.before.taking
    if deployment is None or deployment.plan is None or not came:
        return
    new = set(of_role(deployment.new, change.role))
    if came & new:
        assert new <= change.after.serving, f"I4: {sorted(new - change.after.serving)} do not answer"
        assert len(deployment.new) == deployment.plan.size, f"I4: {deployment.id} is not whole"
        _confirmed(change, deployment, Kind.FINISH)
    elif came & set(of_role(deployment.plan.old, change.role)) and deployment.outcome is State.ROLLED_BACK:
        _confirmed(change, deployment, Kind.ROLLBACK)


def _confirmed(change: Change, deployment: Deployment, kind: Kind) -> None:
    if not deployment.protected:
        return
    assert deployment.plan is not None
    assert any(
        question.kind is kind
        and question.answer is Answer.CONFIRM
        and question.ref == deployment.ref
        and question.digest == deployment.plan.digest
        for question in change.after.questions.values()
    ), f"I4: nobody confirmed {kind} of this plan of {deployment.id}"


def i5_two_people_who_may(change: Change) -> None:
    """I5: not the requester, both authorized at the moment of the decision."""
    for question in change.decided:
        by = question.answered_by
        if question.answer is Answer.CONFIRM:
            if question.kind is Kind.ROLE and not question.needed:
                continue  # a change of roles that asked nobody: there is none to ask, or it decides about nobody else
            assert by is not None, f"I5: {question.code} was confirmed by nobody"
            assert by != question.requester, f"I5: {by} confirmed their own request {question.code}"
            counted = {each.by for each in question.confirmations} - {question.requester}
            assert len(counted) >= question.needed, f"I5: {question.code} needed {question.needed} people"
            assert may(change.team, question, Role.APPROVER), f"I5: {by} may not confirm {question.code}"
            assert may(change.team, question, Role.DEPLOYER), f"I5: {question.requester} may not ask any more"
        if question.answer not in {Answer.EXPIRED, Answer.SUPERSEDED, Answer.REPORTED, None}:
            assert question.answered_at <= question.deadline, f"I5: {question.code} was answered late"


def may(team: Team, question: Question, role: Role) -> bool:
    """Whether the one who confirms (approver) or the one who asked (deployer) holds that role now."""
    actor = question.answered_by if role is Role.APPROVER else question.requester
    assert actor is not None
    try:
        require(team, actor, role, "")
    except Refused:
        return False
    return True


def i6_decided_once(change: Change) -> None:
    """I6: a decided question never changes again."""
    after = change.after.questions
    for code, question in change.before.questions.items():
        if question.answer is not None:
            assert after[code] == question, f"I6: {question} became {after[code]}"


def i7_one_owner(change: Change) -> None:
    """I7: who is at work holds the environment under its fencing number, which only grows."""
    before, after = change.before.environment, change.after.environment
    assert after.fence >= before.fence, "I7: the fencing number fell"
    assert after.counter >= before.counter, "I7: the counter fell"
    working = [each for each in change.after.deployments.values() if not each.ended and not each.plan_only]
    for deployment in working:
        assert after.held_by(deployment.id, deployment.fence), f"I7: {deployment.id} works and holds nothing"
    assert len([each for each in working if each.state not in KEEPS_OLD]) <= 1, "I7: two are active"


def i7_older_runs_change_nothing(change: Change) -> None:
    """I7: a run that was followed by another has no effect any more."""
    fiber = change.fiber
    if fiber is None:
        return
    before = change.before.deployments[fiber.ids["deployment"]]
    if fiber.ids["run"] < before.run:
        assert change.after.records == change.before.records, f"I7: {fiber.name} wrote"
        states = {id_: host.state for id_, host in change.after.hosts.items()}
        assert states == {id_: host.state for id_, host in change.before.hosts.items()}, (
            f"I7: {fiber.name} acted"
        )
        assert change.after.taking == change.before.taking, f"I7: {fiber.name} moved traffic"


def i10_the_way_back_stays(change: Change) -> None:
    """I10: until retirement begins the old fleet runs, and where the strategy lets it, stays registered."""
    for deployment in change.before.deployments.values():
        if deployment.plan is None or deployment.ended or deployment.plan_only:
            continue
        if change.after.deployments[deployment.id].state in {State.RETIRING, *ENDS}:
            continue
        for host in deployment.plan.old:
            then, now = change.before.hosts[host.id], change.after.hosts[host.id]
            assert (then.status, now.status).count("running") != 1, f"I10: {host.id} of the old fleet ended"
            marked = now.state is HostState.RETIRED and then.state is not HostState.RETIRED
            assert not marked, f"I10: {host.id} of the old fleet was marked while {deployment.state}"
        for route in deployment.plan.routes:
            if route.strategy != "targets":
                _still_registered(change, route.old_group, of_role(deployment.plan.old, route.role))


def _still_registered(change: Change, group: str, ids: tuple[str, ...]) -> None:
    before, after = change.before.groups[group], change.after.groups[group]
    for id_ in ids:
        if id_ in before and before[id_] != "draining":
            assert after.get(id_, "draining") != "draining", f"I10: {id_} left {group}"


def i11_the_end_leaves_nothing(change: Change) -> None:
    """I11: no question, no lock and no instance of a deployment that has ended."""
    after = change.after
    slots = {slot.deployment for slot in (after.environment.active, after.environment.keeping) if slot}
    for deployment in after.deployments.values():
        if not deployment.ended:
            continue
        open_ = [
            each.code for each in after.questions.values() if each.ref == deployment.ref and not each.answer
        ]
        assert open_ == [], f"I11: {deployment.id} {deployment.state} left {open_} open"
        if deployment.state in _LEFT_TO_PEOPLE:
            continue
        assert deployment.id not in slots, f"I11: {deployment.id} {deployment.state} holds its environment"
        was = change.before.deployments.get(deployment.id)
        if was is not None and not was.ended:
            _no_orphan(change, deployment)


def _no_orphan(change: Change, deployment: Deployment) -> None:
    hosts = change.after.hosts
    loose = [
        id_
        for id_, host in hosts.items()
        if host.deployment == deployment.id
        and id_ not in change.relabeled
        and host.status == "running"
        and (deployment.state is not State.SUCCEEDED or host.state is not HostState.LIVE)
    ]
    assert loose == [], f"I11: {deployment.id} {deployment.state} left {loose}"


def i12_history_tells_it(change: Change) -> None:
    """I12: history only grows, and every change of a deployment's state has a line with its actor."""
    before, after = change.before.history, change.after.history
    assert after[: len(before)] == before, "I12: history was rewritten"
    lines = after[len(before) :]
    assert all(line.event and line.actor.user for line in lines), "I12: a line without actor or cause"
    for id_, deployment in change.after.deployments.items():
        was = change.before.deployments.get(id_)
        if was is None or was.state is not deployment.state:
            assert any(line.deployment == id_ for line in lines), (
                f"I12: {id_} became {deployment.state} silently"
            )


def i14_nothing_secret(change: Change) -> None:
    """I14: no task token in the machine's input, in a record that is shown, or in history."""
    if change.fiber is not None:
        assert TOKEN not in repr(change.fiber.data), "I14: a token in the machine's input"
    before = change.before.records
    for place, record in change.after.records.items():
        if place[0] != "question" and record is not before.get(place):
            assert TOKEN not in repr(record), f"I14: a token in {place}"
    assert TOKEN not in repr(change.after.history[len(change.before.history) :]), "I14: a token in history"


INVARIANTS = (
    i1_a_whole_fleet_serves,
    i2_nobody_registered_is_ended,
    i3_only_own_retired_ones_are_ended,
    i4_traffic_moves_only_to_the_healthy_and_confirmed,
    i5_two_people_who_may,
    i6_decided_once,
    i7_one_owner,
    i7_older_runs_change_nothing,
    i10_the_way_back_stays,
    i11_the_end_leaves_nothing,
    i12_history_tells_it,
    i14_nothing_secret,
)
"""I8 (locks) is looked at when all is over, I9 (one event, one deployment) where events are given; see world.py."""
