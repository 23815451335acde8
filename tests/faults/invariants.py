"""SAFETY.md's invariants over the account's real state: some at every change, the others when a flow is over.

I13 is about frontends, which are not there yet.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.dynamodb_items import from_item
from chalicelib.domain.approval import SECOND_PERSON, Answer, Question
from chalicelib.domain.deployment import Deployment, State
from chalicelib.domain.plan import of_role
from chalicelib.usecases.messages import deployment_message
from chalicelib.wire.slack_message import text_of
from tests.builders import APPROVER, LEAD, WORKSPACE
from tests.faults.memory.account import OLD_DEPLOYMENT, MemoryAccount
from tests.faults.memory.dynamodb import Item, Written
from tests.faults.memory.ec2 import MemoryInstance

if TYPE_CHECKING:
    from tests.faults.run import Run

APPROVERS = {APPROVER.user, LEAD.user}
TOKEN = re.compile(r"\btoken-\d+\b")
"""As tests.machine.driver makes task tokens."""
OF_A_QUESTION = frozenset({"confirm", "reject"})
OF_THE_PRESENT = frozenset({"finish", "cancel", "rollback", "keep", "retry"})


class Watch:
    """Watches every change of an account. `broken` says which invariant broke and how, each once.

    `outside` are instances that something outside has made ill: our own action is not to blame for those.
    """

    def __init__(self, account: MemoryAccount) -> None:
        self._account = account
        self.broken: list[str] = []
        self.outside: set[str] = set()
        self._size = sum(
            each.tag("role") == "control" and each.tag("deployment") == OLD_DEPLOYMENT
            for each in account.ec2.instances.values()
        )
        self._took = self._taking_fleets()
        account.ec2.before_ending = self.ending
        account.elb.after_change = account.route53.after_change = self.traffic_changed
        account.table.watchers.append(self.written)

    def note(self, invariant: str, what: str) -> None:
        """An invariant is broken."""
        said = f"{invariant}: {what}"
        if said not in self.broken:
            self.broken.append(said)

    # --- servers and traffic ------------------------------------------------------------------------------------

    def traffic_changed(self) -> None:
        """I1, I4 and I10, whenever a listener, a record or a target group has changed."""
        for group in self._account.taking():
            whole = self._whole_fleets(group)
            if not whole:
                self.note("I1", f"no whole fleet is healthy behind {group.rpartition('/')[2]}")
        took, self._took = self._took, self._taking_fleets()
        for fleet in self._took - took:
            self._moved_to(fleet)
        self._old_fleet_is_intact()

    def _whole_fleets(self, group: str) -> list[str]:
        members = self._account.elb.members(group)
        serving = [id_ for id_, state in members.items() if state == "healthy" or self._excused(id_, state)]
        fleets = [self._account.ec2.instances[id_].tag("deployment") for id_ in serving]
        return [fleet for fleet in set(fleets) if fleets.count(fleet) >= self._size]

    def _excused(self, id_: str, state: str) -> bool:
        return id_ in self.outside and state in {"unhealthy", "unused"}

    def _taking_fleets(self) -> set[str]:
        return {
            self._account.ec2.instances[id_].tag("deployment")
            for group in self._account.taking()
            for id_, state in self._account.elb.members(group).items()
            if state != "draining"
        }

    def _moved_to(self, fleet: str) -> None:
        """I4: a new fleet begins to take traffic."""
        made = next((each for each in self._deployments() if each.id == fleet), None)
        if made is None:
            return  # back to the fleet that was there before
        switching_back = made.state not in {State.READY, State.ASKING_FINISH, State.SWITCHING, State.BAKING}
        if switching_back or made.plan is None:
            return
        confirmed = [each for each in self._questions(made) if each.answer is Answer.CONFIRM]
        if made.protected and not any(
            each.kind == "finish" and each.digest == made.plan.digest for each in confirmed
        ):
            self.note("I4", f"traffic moved to {fleet} without a confirmation of its plan")
        if len(made.new) != made.plan.size:
            self.note("I4", f"traffic moved to {fleet}, which has {len(made.new)} of {made.plan.size} hosts")
        for route in made.plan.routes if made.plan.routes[0].strategy != "targets" else ():
            health = self._account.elb.members(route.new_group)
            ill = [id_ for id_ in of_role(made.new, route.role) if health.get(id_) != "healthy"]
            if set(ill) - self.outside:
                self.note("I4", f"traffic moved to {fleet} while {ill} were not healthy")

    def _old_fleet_is_intact(self) -> None:
        """I10: until retirement begins the old hosts stand by where they were."""
        for made in self._deployments():
            if made.plan is None or made.state not in {State.SWITCHING, State.BAKING, State.KEEPING}:
                continue
            for route in made.plan.routes:
                if route.strategy == "targets":
                    continue
                members = self._account.elb.members(route.old_group)
                gone = [
                    each
                    for each in of_role(made.plan.old, route.role)
                    if members.get(each) in {None, "draining"}
                ]
                if gone:
                    self.note("I10", f"{gone} left the old side while {made.id} is {made.state}")

    def ending(self, instances: Iterable[MemoryInstance]) -> None:
        """I2, I3 and I10, whenever instances are about to be stopped or terminated."""
        may_end = self._may_end()
        for instance in instances:
            for group in self._account.elb.groups:
                state = self._account.elb.health(group, instance.id)
                if state:
                    self.note(
                        "I2", f"{instance.id} is ended while it is {state} in {group.rpartition('/')[2]}"
                    )
            if instance.tag("state") != "retired" or instance.tag("managed") != "true":
                self.note("I3", f"{instance.id} is ended and is {instance.tag('state')}")
            if instance.id not in may_end:
                self.note("I3", f"{instance.id} is ended and no deployment that discards or retires has it")

    def _may_end(self) -> set[str]:
        chosen: set[str] = set()
        for made in self._deployments():
            if made.state is State.DISCARDING:
                chosen |= {host.id for host in made.new}
            if made.state is State.RETIRING and made.plan is not None:
                chosen |= {host.id for host in made.plan.old}
        return chosen

    # --- the table ----------------------------------------------------------------------------------------------

    def written(self, changes: Sequence[Written]) -> None:
        """I5, I6, I7 and I12, whenever the table is written."""
        for change in changes:
            kind = change.key[1].partition("#")[0]
            if kind == "HISTORY":
                self._line(change)
            elif kind == "QUESTION":
                self._question(change)
            elif kind == "STATE":
                self._environment(change)
            elif kind == "DEPLOYMENT" and change.before is not None:
                self._deployment(change, changes)

    def _line(self, change: Written) -> None:
        if change.before is not None:
            self.note("I12", f"the line {change.key[1]} of history was written again")
        if "actor" not in change.after or not change.after.get("event", {}).get("S"):
            self.note("I12", f"the line {change.key[1]} of history has no actor or no cause")

    def _question(self, change: Written) -> None:
        after: Question = from_item(Question, change.after)
        before: Question | None = from_item(Question, change.before) if change.before else None
        if before is not None and before.answer is not None and before.answer != after.answer:
            self.note("I6", f"question {after.code} was decided twice: {before.answer}, then {after.answer}")
        if after.answer is None or (before is not None and before.answer is not None):
            return
        machine_says = after.answer in {Answer.EXPIRED, Answer.SUPERSEDED}
        if not machine_says and after.answered_at > after.deadline:
            self.note("I6", f"question {after.code} was answered after its deadline")
        if after.answer is Answer.CONFIRM:
            self._confirmed(after)

    def _confirmed(self, question: Question) -> None:
        who = question.answered_by
        if who == question.requester:
            self.note("I5", f"{who} confirmed their own question {question.code}")
        if who is None or who.workspace != WORKSPACE or who.user not in APPROVERS:
            self.note("I5", f"{who} may not confirm question {question.code}")

    def _environment(self, change: Written) -> None:
        if change.before is None:
            return
        before, after = _fence(change.before), _fence(change.after)
        if after < before:
            self.note("I7", f"the fencing number went from {before} to {after}")
        if change.before.get("active", {}).get("M") and _slot(change.after) not in {
            _slot(change.before),
            "",
        }:
            self.note("I7", f"{_slot(change.after)} took the lock of {_slot(change.before)}")

    def _deployment(self, change: Written, changes: Sequence[Written]) -> None:
        """A write is the owner's: it held one of the environment's slots under its fencing number just before."""
        before = change.before or {}
        if before.get("plan_only", {}).get("BOOL"):
            return
        state = self._state_before(change.key[0], changes)
        slots = [state.get(name, {}).get("M", {}) for name in ("active", "keeping")]
        owner = _identifier(before), before.get("fence")
        if owner not in [(_identifier(slot, "deployment"), slot.get("fence")) for slot in slots]:
            self.note("I7", f"{owner[0]} was written and does not hold its environment")

    def _state_before(self, pk: str, changes: Sequence[Written]) -> Item:
        for change in changes:
            if change.key == (pk, "STATE"):
                return change.before or {}
        return next((item for key, item in self._account.table.items() if key == (pk, "STATE")), {})

    def _deployments(self) -> Iterator[Deployment]:
        for (_, sk), item in self._account.table.items():
            if sk.startswith("DEPLOYMENT#"):
                yield from_item(Deployment, item)

    def _questions(self, deployment: Deployment) -> tuple[Question, ...]:
        return self._account.store.questions(deployment.ref)


def _fence(item: Item) -> int:
    return int(item.get("fence", {"N": "0"})["N"])


def _slot(item: Item) -> str:
    return _identifier(item.get("active", {}).get("M", {}), "deployment")


def _identifier(item: dict[str, Any], name: str = "id") -> str:
    return str(item.get(name, {}).get("S", ""))


# --- when a flow is over ------------------------------------------------------------------------------------------


def over(run: "Run", ends: Sequence[State]) -> list[str]:
    """Everything that is wrong with the account after a flow, the broken invariants of its way included."""
    made = run.deployments()
    watch = run.watch
    states = [each.state for each in made]
    if states != list(ends):
        details = [f"{each.state} ({each.reason}: {each.detail})" for each in made]
        watch.note("liveness", f"ended as {details}, not as {[str(each) for each in ends]}")
    _nothing_is_left(run, made)
    _chat_is_true(run, made)
    _nothing_secret(run)
    return list(watch.broken)


def _nothing_is_left(run: "Run", made: Sequence[Deployment]) -> None:
    """I8, I9 and I11: no lock, no question, no token, no orphan; one deployment for each that was asked for."""
    watch, environment = run.watch, run.environment()
    ended = {each.id for each in made if each.ended and each.state is not State.STUCK}
    for slot in (environment.active, environment.keeping):
        if slot is not None and slot.deployment in ended:
            watch.note("I8", f"{slot.deployment} is over and holds the environment")
        if slot is not None and slot.deployment not in {each.id for each in made}:
            watch.note("I8", f"{slot.deployment} holds the environment and does not exist")
    for question in run.open():
        if question.deployment in ended:
            watch.note("I11", f"question {question.code} ({question.kind}) of {question.deployment} is open")
    _executions(run, made)
    _orphans(run, made)
    if len({each.deployment for each in run.account.states.started}) > len(made):
        watch.note("I9", "more executions than deployments")


def _executions(run: "Run", made: Sequence[Deployment]) -> None:
    running = [each.name for each in run.machine.fibers if not each.done]
    for each in made:
        if each.ended and any(name.partition("/")[0].startswith(each.id) for name in running):
            run.watch.note("I11", f"{each.id} is over and an execution of it still waits")
    for fiber in run.machine.fibers:
        if fiber.failed is not None and "/" not in fiber.name:
            error = fiber.failed.error
            known = any(each.state is State.STUCK and fiber.name.startswith(each.id) for each in made)
            if not known:
                run.watch.note(
                    "liveness", f"execution {fiber.name} failed: {error} {fiber.failed.cause[:200]}"
                )
    if all(each.ended for each in made) and run.account.states.waiting:
        run.watch.note("I11", "a task token is still waited for")


def _orphans(run: "Run", made: Sequence[Deployment]) -> None:
    now = run.clock.now()
    there = [each for each in run.account.ec2.instances.values() if each.there(now)]
    for instance in there:
        state, owner = instance.tag("state"), instance.tag("deployment")
        over_ = next((each for each in made if each.id == owner and each.ended), None)
        if over_ is not None and over_.state is not State.STUCK and state != "live":
            run.watch.note("I11", f"{instance.id} of {owner}, which {over_.state}, is still {state}")
    live = [each for each in there if each.tag("state") == "live" and each.ending == ""]
    if all(each.ended and each.state is not State.STUCK for each in made):
        owners = {each.tag("deployment") for each in live}
        if len(owners) != 1 or any(each.tag("state") == "standby" and not each.ending for each in there):
            run.watch.note(
                "I11", f"the account has {sorted((e.tag('deployment'), e.tag('state')) for e in there)}"
            )


def _chat_is_true(run: "Run", made: Sequence[Deployment]) -> None:
    """I6, I11 and liveness: one message for each deployment, which says how it ended, and no live button anywhere."""
    watch, messages = run.watch, run.account.slack.messages
    questions = {each.code: each for one in made for each in run.account.store.questions(one.ref)}
    current = {value for each in made if not each.ended for value in (f"{each.service} {each.environment}",)}
    stuck = any(each.state is State.STUCK for each in made)
    for message in messages:
        for verb, value in message.buttons():
            question = questions.get(value)
            if verb in OF_A_QUESTION and (question is None or question.answer is not None):
                watch.note(
                    "I6", f"button {verb} {value} of a decided question is live in `{message.text[:60]}`"
                )
            if verb in OF_THE_PRESENT and not current and not stuck:
                watch.note("I11", f"button {verb} is live in `{message.text[:60]}` and nothing is under way")
    for each in made:
        asked = run.account.store.questions(each.ref)
        text = text_of(deployment_message(each, asked, run.clock.now()))
        shown = [message for message in messages if not message.thread and message.text == text]
        if len(shown) != sum(text_of(deployment_message(other, (), 0)) == text for other in made):
            watch.note("liveness", f"chat says {len(shown)} times `{text[:70]}`")
    wanted = len(made) + sum(each.kind in SECOND_PERSON for each in questions.values())
    told = [each for each in messages if "Build" not in each.text and "build" not in each.text]
    outputs = sum(bool(each.output) for each in made)
    if len(told) > wanted + outputs:
        watch.note("chat", f"{len(told)} messages for {wanted + outputs} things to say")


def _nothing_secret(run: "Run") -> None:
    """I14: no secret, token or signature in a log line, a message, an answer, or what the state machine carries."""
    from tests.faults.people import BOT_TOKEN, CI_SECRET, SIGNING  # noqa: PLC0415 - people need the run

    secrets = [SIGNING, CI_SECRET, BOT_TOKEN, *run.people.signatures]
    stream = [str(each) for each in run.account.table.stream]
    places = {
        "a log line": [run.log.getvalue()],
        "a message": run.account.slack.texts,
        "an answer": run.people.said,
        "a state's input": [*run.machine.inputs, *run.account.states.inputs.values()],
        "the stream": stream,
    }
    for place, texts in places.items():
        text = "\n".join(texts)
        if TOKEN.search(text):
            run.watch.note("I14", f"a task token is in {place}")
        for secret in secrets:
            if secret in text:
                run.watch.note("I14", f"a secret ({secret[:12]}...) is in {place}")
