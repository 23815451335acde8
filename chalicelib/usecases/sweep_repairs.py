"""How each repair of the sweeper is made: one conditional write, or a call that may be repeated."""

from dataclasses import replace
from typing import Any

from chalicelib.domain.deployment import Deployment, Environment, Phase, Ref, State, Trigger
from chalicelib.domain.errors import Conflict, LostLock
from chalicelib.domain.history import History
from chalicelib.domain.people import SERVICE
from chalicelib.domain.reasons import Reason, text
from chalicelib.telemetry import log, log_error
from chalicelib.usecases import sweep_facts as rules
from chalicelib.usecases.ports import Clock, Hold, Save, Store, Workflow
from chalicelib.usecases.resume import resume
from chalicelib.usecases.sending_back import because, send_back
from chalicelib.usecases.sweep_facts import Facts
from chalicelib.usecases.turning import freed
from chalicelib.usecases.words import state_name

_SetsGoing = rules.Start | rules.Wake | rules.Resume | rules.CleanUp | rules.SendBack


class Repairer:
    """Makes repairs, each with its line of history."""

    def __init__(self, store: Store, workflow: Workflow, clock: Clock) -> None:
        self._store = store
        self._workflow = workflow
        self._clock = clock

    def repair(self, facts: Facts, repair: rules.Repair) -> None:
        """Make it, unless somebody was faster: the next sweep sees what that one did."""
        where = {
            "service": facts.environment.service,
            "environment": facts.environment.name,
            "deployment": _of(repair),
        }
        try:
            if isinstance(repair, _SetsGoing):
                self._set_going(facts, repair)
            else:
                self._write(facts, repair)
        except (Conflict, LostLock) as error:
            log_error("somebody was faster than the sweeper", error, why=repair.why.value, **where)
        else:
            log("warning", "repaired", why=repair.why.value, **where)

    def _set_going(self, facts: Facts, repair: _SetsGoing) -> None:
        match repair:
            case rules.Start(deployment, why):
                self._workflow.start(deployment.ref, deployment.run, deployment.machine)
                self._store.commit(self._line(deployment.ref, why))
            case rules.Wake(question, why):
                if self._workflow.wake(question.token):
                    self._store.commit(self._line(question.ref, why, question.kind))
            case rules.Resume(deployment, why, stopped):
                changes = (
                    {"outcome": State.CANCELED, **_because(deployment, Reason.STOPPED)} if stopped else {}
                )
                resume(self._store, self._workflow, self._clock, deployment, SERVICE, event=why, **changes)
            case rules.SendBack(deployment, partner, why):
                if send_back(self._store, self._workflow, facts.now, deployment, because(partner)):
                    self._store.commit(self._line(deployment.ref, why))
            case rules.CleanUp():
                self._clean_up(facts.environment, repair)

    def _write(
        self, facts: Facts, repair: rules.Release | rules.GiveUp | rules.Settle | rules.FailPlan
    ) -> None:
        match repair:
            case rules.Release(slot, why):
                free = facts.environment.released(slot.deployment)
                ref = Ref(free.service, free.name, slot.deployment)
                turn = freed(self._store, free, self._clock.now())
                self._store.commit(self._line(ref, why), *turn)
            case rules.GiveUp(deployment, reason, why):
                self._give_up(deployment, reason, why, held=facts.holds(deployment))
            case rules.Settle(question, why):
                settled = question.settled(facts.now)
                self._store.commit(Save(settled), self._line(question.ref, why, question.kind))
            case rules.FailPlan(deployment, reason, why):
                because = _because(deployment, reason)
                failed = deployment.move(Trigger.FAIL, facts.now, outcome=State.FAILED, **because)
                self._store.commit(Save(failed), self._line(deployment.ref, why, reason))

    def _give_up(self, deployment: Deployment, reason: Reason, why: rules.Why, *, held: bool) -> None:
        """Stuck, with its questions closed. What was known before stays, and this comes after it."""
        now, because = self._clock.now(), _because(deployment, reason)
        if deployment.reason:
            because = {"detail": f"{deployment.detail} Then I got stuck: {because['detail']}"}
        if not held:
            because["wanted"] = "release"
        stuck = deployment.move(Trigger.GET_STUCK, now, **because)
        asked = self._store.questions(deployment.ref)
        closed = (Save(each.superseded(SERVICE, now)) for each in asked if each.answer is None)
        hold = (Hold(deployment.ref, deployment.fence),) if held else ()
        self._store.commit(Save(stuck), *hold, *closed, self._line(deployment.ref, why, reason))

    def _clean_up(self, environment: Environment, repair: rules.CleanUp) -> None:
        """The lock under a new fencing number and the state in which fleets are ended, in one write, then a new run.

        The machine's own steps do the rest, and refuse where the fleet takes traffic.
        """
        now, deployment = self._clock.now(), repair.deployment
        taken = environment.acquire(deployment.id, now)
        state = State.RETIRING if deployment.state is State.SUCCEEDED else State.DISCARDING
        phases = (*deployment.phases, Phase(state, now))
        changes: dict[str, Any] = {
            "fence": taken.fence,
            "state": state,
            "phases": phases,
            "left": repair.hosts,
        }
        released = replace(deployment, fence=0)  # the fence it had guards nothing any more
        resume(
            self._store,
            self._workflow,
            self._clock,
            released,
            SERVICE,
            Save(taken),
            event=repair.why,
            **changes,
        )

    def _line(self, ref: Ref, event: str, detail: str = "") -> History:
        at = self._clock.now()
        return History(ref.service, ref.environment, ref.deployment, at, SERVICE, event, detail)


def _of(repair: rules.Repair) -> str:
    """The id of the deployment that it is about."""
    match repair:
        case rules.Release(slot, _):
            return slot.deployment
        case rules.Wake(question, _) | rules.Settle(question, _):
            return question.deployment
        case _:
            return repair.deployment.id


def _because(deployment: Deployment, reason: Reason) -> dict[str, Any]:
    facts = {
        "state": state_name(deployment),
        "runs": str(deployment.run),
        "what": "Working out the plan took longer than it may",
    }
    return {"reason": reason.value, "detail": text(reason, facts)}
