"""A server and a frontend that were asked for as one: the frontend follows the server, and both go back if either does.

The server's deployment leads. It starts the frontend's execution once its own traffic has switched, or when it has
ended, so that the frontend ends too. Where the frontend does not stay, the server goes back, without another question:
that both do is what people confirmed (docs/adr/0018).
"""

from dataclasses import replace

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.people import SERVICE
from chalicelib.domain.plan import Plan
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Save, Workflow
from chalicelib.usecases.steps.work import Work

_BEFORE = frozenset({Kind.START, Kind.BUILD, Kind.RETRY, Kind.READY, Kind.FINISH})
_BUSY = frozenset({State.KEEPING, State.ASKING_ROLLBACK, State.ASKING_END})
"""Where the server may still go back, also where the next question is not there yet."""


def bound(work: Work, made: Plan) -> Plan:
    """The server's plan with the very release that follows it, so that a confirmation covers both."""
    other = work.partner()
    if other is None or work.deployment.follows:
        return made
    release = work.store.release(other.service, other.version)
    digest = release.manifest if release is not None else ""
    return replace(made, together=f"{other.version} {digest}")


def start_follower(work: Work, workflow: Workflow) -> None:
    """The frontend's execution begins; again is no different from once."""
    other = None if work.deployment.follows else work.partner()
    if other is not None and not other.ended:
        workflow.start(other.ref, other.run, other.machine)


def lead_of(work: Work) -> Deployment:
    """The server that this frontend follows. StepFailed where it went back or never got there, NotReady where its
    traffic has not switched yet."""
    lead = work.partner()
    if lead is None or lead.ended or lead.outcome is not None:
        state = lead.state.value.replace("_", " ") if lead is not None else "gone"
        name = work.deployment.partner.deployment if work.deployment.partner else ""
        raise StepFailed(Reason.PARTNER_ENDED, partner=name, state=state)
    if lead.state not in _BUSY:
        raise NotReady(f"{lead.id} has not switched its traffic yet")
    return lead


def let_go_of_lead(work: Work, workflow: Workflow) -> None:
    """The frontend did not stay, so the server does not either: what it waits for is answered, and it is woken."""
    lead = work.partner() if work.deployment.follows else None
    if lead is None or lead.ended or lead.outcome is not None:
        return
    before = lead.state in BEFORE_SWITCH
    kinds = _BEFORE if before else {Kind.KEEP}
    questions = [each for each in work.store.questions(lead.ref) if each.kind in kinds]
    open_ones = [each for each in questions if each.open_at(work.now)]
    told = any(each.answered_by == SERVICE for each in questions)
    if not before and lead.state in _BUSY and not open_ones and not told:
        raise NotReady(f"{lead.id} is being asked something; then it goes back")
    answer = Answer.CANCEL if before else Answer.ROLLBACK
    answered = [_answered(work, each, answer) for each in open_ones]
    wanted = replace(lead, wanted="cancel" if before else "rollback", wanted_by=SERVICE)
    if lead.wanted_by != SERVICE or answered:
        work.store.commit(Save(wanted), *(Save(each) for each in answered))
    for each in questions:
        if each.answered_by in {None, SERVICE}:
            workflow.wake(each.token)


def _answered(work: Work, question: Question, answer: Answer) -> Question:
    return question.answered(
        answer, SERVICE, work.now, reason=f"{work.deployment.id} did not stay, and the two go together"
    )
