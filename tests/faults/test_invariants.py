"""Each check of the core test can fail: the bad state is made by hand, and it is named."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb_values import encode
from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import Slot, State
from chalicelib.usecases.ports import Save, Seen
from tests.builders import APPROVER, DEPLOYER, GUEST
from tests.faults.acts import flow
from tests.faults.afterwards import over
from tests.faults.flows import ASK, FLOWS, KEPT, READY
from tests.faults.memory.account import OLD_DEPLOYMENT
from tests.faults.memory.slack import Shown
from tests.faults.run import Run

DEPLOYED = next(each for each in FLOWS if each.name == "deploy").acts


def controls(run: Run) -> list[str]:
    """The live hosts that take traffic at first."""
    return [
        each.id
        for each in run.account.ec2.instances.values()
        if each.tag("deployment") == OLD_DEPLOYMENT and each.tag("role") == "control"
    ]


def deregister(run: Run) -> None:
    """One host of the old side."""
    group = next(arn for arn in run.account.elb.groups if arn.endswith("blue"))
    targets = [{"Id": controls(run)[0]}]
    run.account.elb.answer("DeregisterTargets", {"TargetGroupArn": group, "Targets": targets})


def terminate(run: Run) -> None:
    """One live host."""
    run.account.ec2.answer("TerminateInstances", {"InstanceIds": controls(run)[:1]})


def move_traffic(run: Run) -> None:
    """All the weight to the other side, by hand."""
    balancer = run.account.elb.balancers[0]
    groups = [{"TargetGroupArn": arn, "Weight": 100 - weight} for arn, weight in balancer.weights.items()]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
    given = {"ListenerArn": balancer.listener, "DefaultActions": [action]}
    run.account.elb.answer("ModifyListener", given)


def confirm_own(run: Run) -> None:
    """The requester confirms."""
    question = run.asked(Kind.START)
    assert question is not None
    now = run.clock.now()
    run.account.store.commit(
        Save(replace(question, answer=Answer.CONFIRM, answered_by=DEPLOYER, answered_at=now))
    )


def confirm_as_guest(run: Run) -> None:
    """Somebody without a role confirms."""
    question = run.asked(Kind.START)
    assert question is not None
    now = run.clock.now()
    run.account.store.commit(
        Save(replace(question, answer=Answer.CONFIRM, answered_by=GUEST, answered_at=now))
    )


def decide_again(run: Run) -> None:
    """A decided question gets another answer."""
    made = run.deployments()[0]
    question = next(each for each in run.account.store.questions(made.ref) if each.answer is Answer.CONFIRM)
    run.account.store.commit(Save(replace(question, answer=Answer.REJECT)))


def decide_late(run: Run) -> None:
    """After the deadline."""
    question = run.asked(Kind.START)
    assert question is not None
    late = question.deadline + 1
    run.account.store.commit(
        Save(replace(question, answer=Answer.REJECT, answered_by=APPROVER, answered_at=late))
    )


def show_button(run: Run) -> None:
    """A copy of a message with a decided question's button."""
    made = run.deployments()[0]
    code = run.account.store.questions(made.ref)[0].code
    button = {"type": "button", "action_id": "confirm", "value": code}
    run.account.slack.messages.append(Shown("1.1", "", "a copy", [{"elements": [button]}]))


def lower_fence(run: Run) -> None:
    """An older number."""
    environment = run.environment()
    run.account.store.commit(Save(replace(environment, fence=environment.fence - 1)))


def steal(run: Run) -> None:
    """Another takes a lock that is held."""
    run.account.store.commit(Save(run.environment().acquire("cameras-production-9", run.clock.now())))


def write_without_lock(run: Run) -> None:
    """A deployment that is over is written."""
    run.account.store.commit(Save(replace(run.deployments()[0], detail="later")))


def hold_again(run: Run) -> None:
    """The lock of one that is over."""
    slot = Slot(run.deployments()[0].id, 1, run.clock.now())
    run.account.store.commit(Save(replace(run.environment(), keeping=slot)))


def accept_again(run: Run) -> None:
    """Another event for the same deployment."""
    run.account.store.commit(Seen("another", run.clock.now(), result=run.deployments()[0].id))


def leave_host(run: Run) -> None:
    """A host of the deployment that is over."""
    host = run.account.add_hosts("control", 1)[0]
    tags = run.account.ec2.instances[host].tags
    tags |= {"pointsman:deployment": run.deployments()[0].id, "pointsman:state": "building"}


def leave_question(run: Run) -> None:
    """An open question of the deployment that is over."""
    made = run.deployments()[0]
    question = run.account.store.questions(made.ref)[0]
    again = replace(question, code="AAAAA", answer=None, answered_by=None, revision=0)
    run.account.store.commit(Save(again))


def rewrite_history(run: Run) -> None:
    """A line is written over."""
    (pk, sk), item = next(each for each in run.account.table.items() if each[0][1].startswith("HISTORY#"))
    changed = {**item, "event": encode("nothing"), "pk": encode(pk), "sk": encode(sk)}
    run.account.table.answer("PutItem", {"Item": changed})


def log_token(run: Run) -> None:
    """A task token in a line of the log."""
    run.log.write('{"token": "token-7"}')


def say_secret(run: Run) -> None:
    """The signing secret in a message."""
    run.account.slack.texts.append("signing-secret-5e7c0a91")


def say_otherwise(run: Run) -> None:
    """Chat shows something else than the record."""
    run.account.slack.messages[0].text = "All is well"


def say_twice(run: Run) -> None:
    """A message is there twice."""
    run.account.slack.messages.append(replace(run.account.slack.messages[0], ts="2.2", blocks=[]))


BAD = (
    ("I1", READY, deregister),
    ("I2", READY, terminate),
    ("I3", READY, terminate),
    ("I4", READY, move_traffic),
    ("I5", (ASK,), confirm_own),
    ("I5", (ASK,), confirm_as_guest),
    ("I6", READY, decide_again),
    ("I6", (ASK,), decide_late),
    ("I6", READY, show_button),
    ("I7", READY, lower_fence),
    ("I7", READY, steal),
    ("I7", DEPLOYED, write_without_lock),
    ("I8", DEPLOYED, hold_again),
    ("I9", DEPLOYED, accept_again),
    ("I10", KEPT, deregister),
    ("I11", DEPLOYED, leave_host),
    ("I11", DEPLOYED, leave_question),
    ("I12", READY, rewrite_history),
    ("I14", READY, log_token),
    ("I14", READY, say_secret),
    ("liveness", DEPLOYED, say_otherwise),
    ("chat", DEPLOYED, say_twice),
)


@pytest.mark.parametrize(
    ("invariant", "acts", "spoil"), BAD, ids=[f"{name}-{spoil.__name__}" for name, _, spoil in BAD]
)
def test_a_bad_state_is_named(invariant: str, acts: tuple[object, ...], spoil: Callable[[Run], None]) -> None:
    """Nothing is wrong before, and afterwards the invariant that was broken is among what is said."""
    state = State.SUCCEEDED if acts == DEPLOYED else State.KEEPING if acts == KEPT else State.READY
    ends = (State.ASKING_START,) if acts == (ASK,) else (state,)
    spoiled = flow("spoiled", *acts, ends=ends)  # type: ignore[arg-type] # acts, as the table above has them
    run = Run(**spoiled.settings)
    for act in spoiled.acts:
        act.perform(run)
    assert over(run, spoiled) == []
    spoil(run)
    assert invariant in {said.partition(":")[0] for said in over(run, spoiled)}


def test_a_flow_that_ends_otherwise_is_named() -> None:
    """Not the state that was expected."""
    wrong = flow("wrong", ASK, ends=(State.SUCCEEDED,))
    run = Run(**wrong.settings)
    for act in wrong.acts:
        act.perform(run)
    assert [said.partition(":")[0] for said in over(run, wrong)] == ["liveness"]
