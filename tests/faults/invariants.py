"""The invariants of docs/safety.md that are checked at every change of the account; `afterwards.py` has the others.

I13 is about frontends: `releases.py` has it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chalicelib.adapters.dynamodb_values import from_item
from chalicelib.domain.approval import Answer, Question
from chalicelib.domain.deployment import Deployment, State
from chalicelib.domain.plan import of_role
from tests.builders import APPROVER, LEAD, WORKSPACE
from tests.faults.memory.account import OLD_DEPLOYMENT, MemoryAccount
from tests.faults.memory.dynamodb import Item, Written
from tests.faults.memory.ec2 import MemoryInstance

APPROVERS = {APPROVER.user, LEAD.user}


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
        """A write is the owner's: it held one of the environment's slots under its fencing number just before, or takes
        the free lock by this very write."""
        before = change.before or {}
        if before.get("plan_only", {}).get("BOOL"):
            return
        state = self._state_before(change.key[0], changes)
        slots = [state.get(name, {}).get("M", {}) for name in ("active", "keeping")]
        owner = _identifier(before), before.get("fence")
        takes = any(
            each.key[1] == "STATE" and not _slot(each.before or {}) and _slot(each.after) == owner[0]
            for each in changes
        )
        if not takes and owner not in [
            (_identifier(slot, "deployment"), slot.get("fence")) for slot in slots
        ]:
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
