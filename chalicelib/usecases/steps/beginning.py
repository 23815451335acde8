"""What a state machine does first with a deployment: ask, begin, or go on where an earlier run has brought it."""

from dataclasses import replace

from chalicelib.domain.approval import GRACE_SECONDS, Kind
from chalicelib.domain.coupling import leads
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, Ref, State, Trigger
from chalicelib.domain.people import Actor
from chalicelib.usecases.steps.telling import brief_of
from chalicelib.usecases.steps.work import Result, Work


def begin(work: Work, confirmed_by: Actor | None = None) -> Result:
    """What the machine does next with a new deployment; nobody is asked where somebody has confirmed it already."""
    if work.deployment.closes:
        work.note(closes_too=_closes_too(work))
    if work.deployment.plan_only:
        work.move(Trigger.PLAN_ONLY, brief=brief_of(work, Kind.START))
        return _next("over", work)
    if work.deployment.protected and confirmed_by is None:
        return _next("ask", work)
    work.move(Trigger.BEGIN, confirmed_by=confirmed_by)
    return _next("begin", work)


def _closes_too(work: Work) -> Ref | None:
    """What goes with the deployment whose window this one closes, where it loses its way back by that."""
    closed = work.store.deployment(replace(work.deployment.ref, deployment=work.deployment.closes))
    if closed is None or closed.partner is None:
        return None
    lead = work.store.deployment(closed.partner) if closed.follows else closed
    return closed.partner if leads(lead) else None


_GO_ON: dict[State, str] = {
    State.ASKING_START: "ask",
    State.PREPARING: "begin",
    State.ASKING_RETRY: "hold",
    State.READY: "ready",
    State.ASKING_FINISH: "ready",
    State.SWITCHING: "switch",
    State.BAKING: "promote",
    State.KEEPING: "keep",
    State.ASKING_ROLLBACK: "ask_rollback",
    State.ASKING_END: "ask_end",
    State.SWITCHING_BACK: "switch_back",
    State.DISCARDING: "discard",
    State.RETIRING: "retire",
}
"""Where the machine goes on with a deployment that an earlier run has brought to a state; each step may run again."""


def go_on(work: Work) -> Result:
    """Where the machine goes on with a deployment that it did not begin."""
    deployment = work.deployment
    if deployment.state in BEFORE_SWITCH and deployment.outcome is not None and not _held(deployment):
        return _next("discard", work)
    return _next(_GO_ON.get(deployment.state, "over"), work)


def _held(deployment: Deployment) -> bool:
    """Whether it waits for a retry; what was stopped from outside does not."""
    return deployment.state is State.ASKING_RETRY and deployment.outcome in {None, State.FAILED}


def _next(where: str, work: Work) -> Result:
    """Where to, and how long the waits on the way last, each a little longer than people are told."""
    timeouts = work.settings.timeouts
    waits = {"ask": timeouts.ask, "ready": timeouts.ready, "build": timeouts.build, "seconds": _window(work)}
    return {"next": where, **{name: seconds + GRACE_SECONDS for name, seconds in waits.items()}}


def _window(work: Work) -> int:
    """Seconds for the wait that a run may begin with: for a retry, or what is left of the old fleet's window."""
    if _held(work.deployment):
        return work.settings.timeouts.retry
    return max(1, int(work.deployment.keep_until - work.now))
