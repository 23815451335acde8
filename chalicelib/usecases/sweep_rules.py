"""What the sweeper decides, from facts alone: repairs that are safe, and findings for people.

Each has a reason code. A healthy deployment, whatever its state, gives an empty list.
"""

from collections.abc import Iterable, Iterator

from chalicelib.domain.approval import GRACE_SECONDS, Kind, Question
from chalicelib.domain.coupling import Standing, standing, stays
from chalicelib.domain.deployment import BEFORE_SWITCH, CLOSING, Deployment, State
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
    Repair,
    Report,
    Resume,
    SendBack,
    Settle,
    Start,
    Subject,
    Wake,
    Why,
)

PATIENCE = 60.0
"""Seconds that whoever began something has to finish it."""
PLAN_SECONDS = 600.0
"""A plan that is not there by then is given up."""
ORPHAN_SECONDS = 600.0
"""How long ago a deployment has ended before what it left is taken for forgotten."""
MOST_RUNS = 3
"""A deployment whose state machine ends without an end is taken up by itself until this run."""
MOST_CLEAN_UPS = 9
"""No run beyond this one is begun to end what a deployment has left."""


def decide(facts: Facts) -> list[Repair | Report]:
    """Everything that is to be done about an environment."""
    found: list[Repair | Report] = [*_slots(facts)]
    for subject in facts.subjects:
        found += _subject(facts, subject)
        found += _together(facts, subject)
    found += _orphans(facts)
    return found


def _slots(facts: Facts) -> Iterator[Repair]:
    """A slot whose holder is no more keeps everybody out for ever (docs/safety.md, I8)."""
    for slot in facts.slots:
        subject = facts.subject(slot.deployment)
        if subject is None:
            yield Release(slot, Why.HOLDER_GONE)
        elif subject.deployment.ended and subject.deployment.state is not State.STUCK:
            yield Release(slot, Why.HOLDER_ENDED)


def _subject(facts: Facts, subject: Subject) -> list[Repair | Report]:
    deployment = subject.deployment
    if deployment.state is State.STUCK and facts.holds(deployment):
        return [Report(Trouble.STUCK, deployment.id, deployment.detail)]
    if deployment.ended:
        return [Settle(each) for each in subject.questions if each.answer is None]
    if deployment.plan_only:
        return [*_plan(facts, subject)]
    if not facts.holds(deployment):
        return [*_without_a_lock(facts, subject)]
    return [*_execution(facts, subject), *_readiness(facts, deployment)]


def _execution(facts: Facts, subject: Subject) -> Iterator[Repair]:
    """A deployment that holds its environment, by how its execution is."""
    deployment = subject.deployment
    match subject.execution:
        case Execution.RUNNING:
            yield from _waits(facts, subject)
        case Execution.MISSING:
            if deployment.run > 1:
                yield Start(deployment)
            elif deployment.state is not State.ACCEPTED:
                yield _taken_up(deployment)
            elif facts.now - deployment.requested_at > PATIENCE:
                yield Start(deployment)
        case Execution.ABORTED:
            yield _stopped(deployment)
        case Execution.SUCCEEDED | Execution.FAILED | Execution.TIMED_OUT:
            yield _taken_up(deployment)


def _taken_up(deployment: Deployment) -> Repair:
    if deployment.run < MOST_RUNS:
        return Resume(deployment, Why.RUN_ENDED)
    return GiveUp(deployment, Reason.RUN_ENDED, Why.TOO_MANY_RUNS)


def _stopped(deployment: Deployment) -> Repair:
    """Before the switch nothing is lost by going back; after it a person's word is needed for every move."""
    if deployment.state in BEFORE_SWITCH and deployment.reason != Reason.STOPPED:
        return Resume(deployment, Why.STOPPED_BY_HAND, stopped=True)
    return GiveUp(deployment, Reason.STOPPED, Why.STOPPED_BY_HAND)


_WAITS: dict[Kind, State] = {
    Kind.START: State.ASKING_START,
    Kind.BUILD: State.PREPARING,
    Kind.RETRY: State.ASKING_RETRY,
    Kind.READY: State.READY,
    Kind.FINISH: State.ASKING_FINISH,
    Kind.KEEP: State.KEEPING,
    Kind.ROLLBACK: State.ASKING_ROLLBACK,
    Kind.END: State.ASKING_END,
}
"""The state in which the machine may still wait with a question of a kind."""


def _waits(facts: Facts, subject: Subject) -> Iterator[Repair]:
    """The machine waits although the question is decided, or its time is over."""
    newest: dict[Kind, Question] = {}
    for question in sorted(subject.questions, key=lambda each: each.asked_at):
        newest[question.kind] = question
    for question in newest.values():
        if _WAITS[question.kind] is not subject.deployment.state:
            continue
        if question.answer is None and facts.now > question.deadline + GRACE_SECONDS + PATIENCE:
            yield Wake(question, Why.OVERDUE)
        elif question.answer is not None and facts.now > question.answered_at + PATIENCE:
            yield Wake(question, Why.NOT_WOKEN)


def _without_a_lock(facts: Facts, subject: Subject) -> Iterator[Repair]:
    """It can write nothing any more, and what it made is still there: somebody has to look."""
    if subject.execution not in {None, Execution.RUNNING}:
        age = facts.now - subject.deployment.requested_at
        if age > PATIENCE:
            yield GiveUp(subject.deployment, Reason.LOST_LOCK, Why.LOCK_LOST)


def _plan(facts: Facts, subject: Subject) -> Iterator[Repair]:
    """A plan holds nothing and changes nothing: it is started again, and given up after a while."""
    deployment, age = subject.deployment, facts.now - subject.deployment.requested_at
    if subject.execution is Execution.ABORTED:
        yield FailPlan(deployment, Reason.STOPPED, Why.STOPPED_BY_HAND)
    elif age > PLAN_SECONDS:
        yield FailPlan(deployment, Reason.TIMED_OUT, Why.PLAN_NEVER_ENDED)
    elif subject.execution is Execution.MISSING and age > PATIENCE:
        yield Start(deployment)
    elif subject.execution in {Execution.SUCCEEDED, Execution.FAILED, Execution.TIMED_OUT}:
        if deployment.run < MOST_RUNS:
            yield Resume(deployment, Why.RUN_ENDED)
        else:
            yield FailPlan(deployment, Reason.RUN_ENDED, Why.TOO_MANY_RUNS)


_KEEPS_A_WAY_BACK = frozenset({State.KEEPING, State.ASKING_END, State.ASKING_ROLLBACK})


def _readiness(facts: Facts, deployment: Deployment) -> Iterator[Report]:
    """Whether a rollback would find its whole fleet. EC2 shows a new label after a moment only."""
    if deployment.state not in _KEEPS_A_WAY_BACK or deployment.plan is None:
        return
    if facts.now - deployment.switched_at <= PATIENCE:
        return
    there = {each.id: each for each in facts.instances}
    ill = {
        host.id: _ill(there.get(host.id))
        for host in deployment.plan.old
        if host.id not in there or _ill(there[host.id])
    }
    if ill:
        said = "; ".join(f"{id_} {what}" for id_, what in sorted(ill.items()))
        yield Report(Trouble.STANDBY_ILL, deployment.id, said)


def _ill(instance: Instance | None) -> str:
    if instance is None:
        return "is gone, or is not labeled standby any more"
    if instance.state is not HostState.STANDBY:
        return f"is labeled {instance.state}"
    return "" if instance.status == "running" else f"is {instance.status}"


# --- two that go together -----------------------------------------------------------------------------------------


def _together(facts: Facts, subject: Subject) -> Iterator[Repair | Report]:
    """One is live and the other did not stay: while it can, it goes back too; after that people have to look."""
    made, other = subject.deployment, subject.partner
    if other is None or not _did_not_stay(made, other) or facts.now - other.phases[-1].at <= PATIENCE:
        return
    if made.state is State.KEEPING and made.outcome is None:
        if facts.environment.active is None:
            yield SendBack(made, other)
    elif made.state is State.SUCCEEDED and facts.environment.live_deployment == made.id:
        yield Report(Trouble.PARTED, made.id, f"{other.id} is {other.state.value.replace('_', ' ')}")


def _did_not_stay(made: Deployment, other: Deployment) -> bool:
    """A first release stays without its server, since there is none before it."""
    return standing(other) is Standing.LEFT and not (made.follows and stays(made))


# --- instances that nobody answers for --------------------------------------------------------------------------


def _orphans(facts: Facts) -> Iterator[Repair | Report]:
    """Instances that no running deployment has, by the deployment that should have ended them (docs/safety.md, I11)."""
    left: dict[str, list[Instance]] = {}
    known = {each.id: each for each in (*facts.creators, *(each.deployment for each in facts.subjects))}
    busy = [each for each in known.values() if not each.ended or facts.holds(each)]
    for instance in facts.instances:
        if any(_belongs(instance, each) for each in busy):
            continue
        owner = _owner(instance, known.values())
        if not _rests(facts, instance, owner):
            left.setdefault(owner.id if owner else "", []).append(instance)
    for identifier, instances in sorted(left.items()):
        yield from _left_behind(facts, known.get(identifier), instances)


def _belongs(instance: Instance, deployment: Deployment) -> bool:
    old = deployment.plan.old if deployment.plan else ()
    return instance.deployment == deployment.id or instance.id in {
        host.id for host in (*old, *deployment.new)
    }


def _owner(instance: Instance, known: Iterable[Deployment]) -> Deployment | None:
    """Who should have ended it: the deployment that replaced it, else the one that made it."""
    replaced = [
        each
        for each in known
        if each.switched_at
        and each.state in {State.SUCCEEDED, State.STUCK}
        and each.plan is not None
        and instance.id in {host.id for host in each.plan.old}
    ]
    made = [each for each in known if each.id == instance.deployment]
    return max(replaced, key=lambda each: each.switched_at, default=made[0] if made else None)


def _rests(facts: Facts, instance: Instance, owner: Deployment | None) -> bool:
    """A retired fleet that is stopped and kept, because the settings say so."""
    at_rest = instance.state is HostState.RETIRED and instance.status in {"stopping", "stopped"}
    return at_rest and bool(facts.stopping & {"", owner.id if owner else ""})


def _left_behind(
    facts: Facts, owner: Deployment | None, instances: list[Instance]
) -> Iterator[Repair | Report]:
    ids = ", ".join(sorted(each.id for each in instances))
    if owner is None:
        yield Report(Trouble.ORPHANS, "", f"{ids}: no record knows them")
        return
    if facts.now - owner.phases[-1].at < ORPHAN_SECONDS:
        return
    if owner.state is State.STUCK:
        yield Report(Trouble.ORPHANS, owner.id, f"{ids}: it got stuck and was released")
    elif not _may_clean_up(facts, owner, instances):
        yield Report(
            Trouble.ORPHANS, owner.id, f"{ids}: traffic has moved since, or they are not its own to end"
        )
    elif not facts.slots:
        yield CleanUp(owner, len(instances))


def _may_clean_up(facts: Facts, owner: Deployment, instances: list[Instance]) -> bool:
    """Whether its own steps would still end just these: they are in its record, and nobody has switched since."""
    if owner.run >= MOST_CLEAN_UPS or owner.state not in CLOSING:
        return False
    if owner.state is State.SUCCEEDED:
        old = {host.id for host in owner.plan.old} if owner.plan else set()
        return facts.environment.live_deployment == owner.id and old >= {each.id for each in instances}
    own = all(each.deployment == owner.id for each in instances)
    return facts.environment.live_deployment == owner.replaced and own
