"""A server and a frontend that were asked for as one: the frontend follows the server, and both go back if either does.

The server's deployment leads: people decide there for both. It starts the frontend's execution once its own traffic has
switched, or when it has ended, so that the frontend ends too. On the way back the frontend goes first, so that no page
outlives the server that it asks; their time to go back ends at once (docs/adr/0018).
"""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.coupling import Standing, leads, may_show, standing, stays, undecided
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.people import SERVICE
from chalicelib.domain.plan import Plan
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import EnvironmentSettings
from chalicelib.usecases.ports import Save, Workflow
from chalicelib.usecases.release_ports import Manifests
from chalicelib.usecases.sending_back import because, send_back
from chalicelib.usecases.steps.work import Work

LEAST_SECONDS = 60.0
"""A window that has to last longer than was said lasts at least this much longer."""


def bound(work: Work, made: Plan, manifests: Callable[[], Manifests]) -> Plan:
    """The server's plan with the very release that follows it, so that a confirmation covers both. StepFailed where
    that is not in the bucket as it was reported: then nothing is begun."""
    other, settings = follower(work), other_settings(work)
    if other is None or settings is None or settings.site is None:
        return made
    found = manifests().manifest(settings.site.bucket, other.version)
    refuse_unreported(work, other, found.digest)
    return replace(made, together=f"{other.version} {found.digest}")


def refuse_unreported(work: Work, made: Deployment, digest: str) -> None:
    """StepFailed where a release's manifest is not the one whose digest CI reported, which was signed."""
    known = work.store.release(made.service, made.version)
    if known is None or known.manifest != digest:
        what = "its manifest is not the one that was reported after the push"
        raise StepFailed(Reason.RELEASE_BROKEN, tag=made.version, what=what)


def follower(work: Work) -> Deployment | None:
    """The frontend that goes with this server."""
    return None if work.deployment.follows else work.partner()


def other_settings(work: Work) -> EnvironmentSettings | None:
    """Those of the other of two, as the two began with them."""
    other = work.partner()
    if other is None:
        return None
    return work.store.team(other.config_version).environment(other.service, other.environment)


# --- the way there ----------------------------------------------------------------------------------------------------


def start_follower(work: Work, workflow: Workflow) -> None:
    """The frontend's execution begins; again is no different from once."""
    other = follower(work)
    if other is not None and not other.ended:
        workflow.start(other.ref, other.run, other.machine)


def lead_of(work: Work) -> Deployment:
    """The server that this frontend follows. StepFailed where it went back or never got there, NotReady while its
    traffic has not switched or somebody wants it back."""
    lead = work.partner()
    if lead is None or not leads(lead):
        name = work.deployment.partner.deployment if work.deployment.partner else ""
        raise StepFailed(Reason.PARTNER_ENDED, partner=name, state=_state(lead))
    if not may_show(lead):
        raise NotReady(f"{lead.id} is not live, or may go back: {_state(lead)}")
    return lead


# --- the way back -----------------------------------------------------------------------------------------------------


def did_not_stay(work: Work, workflow: Workflow) -> bool:
    """Whether the frontend has ended without being live; then this server goes back too, without another question."""
    other = follower(work)
    if other is None or standing(other) is not Standing.LEFT:
        return False
    send_back(work.store, workflow, work.now, work.deployment, because(other))
    return True


def let_go_of_lead(work: Work, workflow: Workflow) -> None:
    """The frontend did not stay, so the server does not either. Where that is asked something just now, it looks here
    itself as soon as it keeps again; where another deployment is in its way, the sweeper sees to it."""
    lead = work.partner() if work.deployment.follows else None
    if lead is not None and leads(lead) and lead.state is State.KEEPING:
        send_back(work.store, workflow, work.now, lead, because(work.deployment))


def pages_first(work: Work, workflow: Workflow) -> None:
    """Before traffic goes back: NotReady until visitors see no page that asks this server, StepFailed where nobody
    knows what they see. A first release stays, since there is none before it."""
    other = follower(work)
    if other is None:
        return
    work.note(stays=stays(other))
    if other.state is State.STUCK and undecided(other):
        raise StepFailed(Reason.PARTNER_ENDED, partner=other.id, state=_state(other))
    if work.deployment.stays or not _shows(other):
        return
    _send_pages_back(work, workflow, other)
    work.note(progress=f"{other.id} goes back first")
    raise NotReady(f"{other.id} goes back first: {_state(other)}")


def _shows(other: Deployment) -> bool:
    """Whether it shows its page, or is on the way there. One that has not begun asks its server before it does."""
    return not other.ended and other.state not in {State.ACCEPTED, State.RETIRING}


def _send_pages_back(work: Work, workflow: Workflow, other: Deployment) -> None:
    if other.state is State.KEEPING:
        send_back(
            work.store, workflow, work.now, other, f"{work.deployment.id} goes back, and the two go together"
        )
    elif other.wanted:
        return
    elif other.state in BEFORE_SWITCH:
        asked = [each for each in work.store.questions(other.ref) if each.open_at(work.now)]
        by = work.deployment.wanted_by or SERVICE
        closed = (Save(each.answered(Answer.CANCEL, by, work.now)) for each in asked)
        work.store.commit(Save(replace(other, wanted="cancel", wanted_by=by)), *closed)
        for each in asked:
            workflow.wake(each.token)
    elif other.state in {State.SWITCHING, State.BAKING}:
        work.store.commit(Save(replace(other, wanted="rollback", wanted_by=SERVICE)))


# --- their time to go back --------------------------------------------------------------------------------------------


def window_until(work: Work) -> float:
    """Until when the way back is open at first: a frontend's as long as its server's."""
    lead = work.partner() if work.deployment.follows else None
    if lead is not None and leads(lead):
        return max(lead.keep_until, work.now + LEAST_SECONDS)
    return work.now + work.settings.timeouts.keep_old


def lasts_until(work: Work) -> float:
    """Until when the way back stays open although its time is over; 0 where it may end. The server's waits for the
    frontend to be there, or to have gone; the frontend's lasts as long as the server's."""
    if work.deployment.follows:
        lead = work.partner()
        return max(lead.keep_until, work.now + LEAST_SECONDS) if lead is not None and leads(lead) else 0.0
    stands = standing(follower(work))
    if stands is Standing.COMING:
        return work.now + max(LEAST_SECONDS, work.settings.timeouts.keep_old)
    return work.now + LEAST_SECONDS if stands is Standing.LEFT else 0.0


def close_both(work: Work, workflow: Workflow) -> None:
    """The way back ends, and the frontend's in the same write."""
    asked = _kept_with(work)
    closed = (Save(each.superseded(SERVICE, work.now)) for each in asked)
    work.save(replace(work.deployment, outcome=State.SUCCEEDED), *closed)
    for each in asked:
        workflow.wake(each.token)


def extend_both(work: Work, workflow: Workflow, until: float) -> None:
    """The way back lasts longer, and the frontend's in the same write."""
    asked = [each for each in _kept_with(work) if each.open_at(work.now)]
    longer = (
        Save(each.answered(Answer.EXTEND, SERVICE, work.now, seconds=round(until - each.deadline)))
        for each in asked
    )
    work.save(replace(work.deployment, keep_until=until), *longer)
    for each in asked:
        workflow.wake(each.token)


def _kept_with(work: Work) -> list[Question]:
    """What the frontend waits with while it is kept."""
    other = follower(work)
    asked = work.store.questions(other.ref) if standing(other) is Standing.KEPT and other is not None else ()
    return [each for each in asked if each.kind is Kind.KEEP and each.answer is None]


# --- the next deployment ----------------------------------------------------------------------------------------------


def decides(work: Work, kept: Deployment) -> Deployment:
    """Whose window has to be closed for that of a kept deployment to be: its server's, where it follows one. NotReady
    while the two are not both there, StepFailed where they go back."""
    other = work.store.deployment(kept.partner) if kept.partner is not None else None
    if other is None:
        return kept
    lead, second = (other, kept) if kept.follows else (kept, other)
    if not leads(lead):
        return kept
    if standing(second) is Standing.LEFT or lead.wanted == "rollback":
        raise StepFailed(Reason.GIVES_WAY, partner=lead.id)
    if standing(second) is Standing.COMING:
        raise NotReady(f"{second.id} is not there yet: {_state(second)}")
    return lead


def _state(deployment: Deployment | None) -> str:
    return deployment.state.value.replace("_", " ") if deployment is not None else "gone"
