"""One run of one step: the deployment's record, its settings, and the one way to write it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, Environment, Ref, Trigger
from chalicelib.domain.errors import Conflict, LostLock, Refused, StepFailed
from chalicelib.domain.history import History
from chalicelib.domain.people import SERVICE, Actor
from chalicelib.domain.plan import Plan
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import EnvironmentSettings
from chalicelib.usecases.ports import Change, Clock, Hold, Save, Store

OUTPUT_LIMIT = 2_500
"""SSM keeps this many characters of a command's output (SendCommand, "Output"); the record keeps no more either."""


@dataclass(frozen=True, slots=True)
class StepEvent:
    """What the state machine sends: the step's name, whose step it is, and for waits a task token."""

    step: str
    ref: Ref
    run: int = 1
    token: str = ""
    entered: str = ""
    error: Mapping[str, str] | None = None
    part: int = 0
    """Which part of a Map's items, counted from 0."""


class Work:
    """A step at work. `deployment` is always the record as last read or written."""

    def __init__(self, store: Store, clock: Clock, event: StepEvent) -> None:
        self.store = store
        self.clock = clock
        self.event = event
        self.deployment = self._load(event.ref)
        if event.run != self.deployment.run:
            raise LostLock(f"{event.ref.deployment}: run {event.run} was followed by {self.deployment.run}")

    @cached_property
    def settings(self) -> EnvironmentSettings:
        """The settings that the deployment started with, whatever was published since."""
        team = self.store.team(self.deployment.config_version)
        return team.environment(self.deployment.service, self.deployment.environment)

    @property
    def plan(self) -> Plan:
        """The plan that was made and approved; StepFailed where there is none yet."""
        if self.deployment.plan is None:
            raise StepFailed(Reason.INTERNAL, step="Reading the plan", what="it was never made")
        return self.deployment.plan

    @property
    def now(self) -> float:
        """Seconds since the epoch."""
        return self.clock.now()

    def environment(self) -> Environment:
        """The environment as it is now."""
        return self.store.environment(self.deployment.service, self.deployment.environment)

    def guard(self) -> None:
        """Stop where a person canceled or another deployment took over; called before anything is changed outside."""
        deployment = self.deployment
        self._refuse_alone()
        if deployment.wanted == "cancel" and deployment.state in BEFORE_SWITCH:
            raise StepFailed(Reason.CANCELED, who=f"{{person:{deployment.wanted_by}}}")
        if not self.environment().held_by(deployment.id, deployment.fence):
            raise LostLock(deployment.id)

    def partner(self) -> Deployment | None:
        """The other of two that go together, where the deployment is one of two."""
        return self.store.deployment(self.deployment.partner) if self.deployment.partner is not None else None

    def _refuse_alone(self) -> None:
        """StepFailed where the frontend of two has ended before the server's traffic has switched."""
        leads = self.deployment.partner is not None and not self.deployment.follows
        other = self.partner() if leads and self.deployment.state in BEFORE_SWITCH else None
        if other is not None and other.ended:
            raise StepFailed(
                Reason.PARTNER_ENDED, partner=other.id, state=other.state.value.replace("_", " ")
            )

    def move(
        self,
        trigger: Trigger,
        *others: Change,
        actor: Actor = SERVICE,
        detail: str = "",
        **changes: Any,
    ) -> Deployment:
        """Move the deployment and write it, with its line of history and whatever belongs to the same decision.

        A trigger that repeats, with nothing else to write, writes nothing.
        """
        moved = self.deployment.move(trigger, self.now, **changes)
        if moved == self.deployment and not others:
            return moved
        return self.save(moved, self.history(trigger, actor, detail), *others)

    def save(self, deployment: Deployment, *others: Change) -> Deployment:
        """Write the record under its revision and, while it holds its environment, under its fencing number.

        Raises Conflict where somebody else wrote first and LostLock where the environment is another's.
        """
        hold = (Hold(deployment.ref, deployment.fence),) if deployment.fence else ()
        self.store.commit(Save(deployment), *hold, *others)
        self.deployment = replace(deployment, revision=deployment.revision + 1)
        return self.deployment

    def note(self, **changes: Any) -> None:
        """Write fields of the record where they differ from what it says."""
        changed = replace(self.deployment, **changes)
        if changed != self.deployment:
            self.save(changed)

    def history(self, event: str, actor: Actor = SERVICE, detail: str = "") -> History:
        """A line of history about this deployment, now."""
        ref = self.deployment.ref
        return History(ref.service, ref.environment, ref.deployment, self.now, actor, event, detail)

    def record(self, error: Refused | StepFailed, **changes: Any) -> None:
        """Keep why a step failed, the first reason winning, and what else that changes, in one write; where a race is
        lost the record is read again, three tries in all."""
        output = error.output[-OUTPUT_LIMIT:] if isinstance(error, StepFailed) else ""
        for _ in range(3):
            why = {"reason": error.reason.value, "detail": error.text, "output": output}
            try:
                self.note(**({} if self.deployment.reason else why), **changes)
            except Conflict:
                self.deployment = self._load(self.deployment.ref)
            except LostLock:
                return
            else:
                return

    def overtaken(self) -> bool:
        """Whether somebody else has moved the deployment since this worker read or wrote it."""
        return self._load(self.deployment.ref).phases != self.deployment.phases

    def _load(self, ref: Ref) -> Deployment:
        found = self.store.deployment(ref)
        if found is None:
            raise StepFailed(Reason.INTERNAL, step="Reading the record", what=f"there is no {ref.deployment}")
        return found


Result = dict[str, Any] | None


def method(step: str) -> str:
    """The name of the function for a state: `AwaitRunning` is `await_running`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", step).lower()


def run(
    steps: object, store: Store, clock: Clock, event: StepEvent, *, keep_reason: bool = True
) -> dict[str, Any]:
    """Run the step that an event names and return what the state machine reads.

    Why a step failed is recorded here, so that nothing of it travels through the state machine's input; not by a
    function whose role may only read the table (`keep_reason` false). Lambda may run a function twice at once: a
    worker that was overtaken may have judged what the other changed, so it raises Conflict and the step runs again.
    """
    step: Callable[[Work], Result] = getattr(steps, method(event.step))
    work = Work(store, clock, event)
    try:
        return step(work) or {}
    except (Refused, StepFailed) as error:
        if work.overtaken():
            raise Conflict(
                f"{event.step}: another worker was faster, and this one saw its effects"
            ) from error
        if keep_reason:
            work.record(error)
        raise


def cause_text(error: Mapping[str, str] | None) -> str:
    """The message inside a Lambda error's `Cause` (a JSON object with `errorMessage`), or what there is of it."""
    cause = (error or {}).get("Cause", "")
    try:
        parsed = json.loads(cause)
    except ValueError:
        return cause[:300]
    return str(parsed.get("errorMessage", ""))[:300] if isinstance(parsed, dict) else cause[:300]
