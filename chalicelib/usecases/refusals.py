"""Why something can not be done to a deployment in the state that it is in, with what whoever asked can do instead."""

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases.answering import Answers
from chalicelib.usecases.deciders import may_confirm
from chalicelib.usecases.words import state_name, words_of

S = State
_BEFORE = dict.fromkeys(BEFORE_SWITCH, Reason.NOT_SWITCHED)
_GOING_ON = {
    S.ASKING_ROLLBACK: Reason.ASKED_ALREADY,
    S.SWITCHING_BACK: Reason.GOING_BACK,
    S.DISCARDING: Reason.ENDING,
}
_AFTER = {S.SWITCHING, S.BAKING, S.KEEPING, S.ASKING_ROLLBACK, S.ASKING_END, S.RETIRING}
_KEEP = {
    **_BEFORE,
    **_GOING_ON,
    S.SWITCHING: Reason.NOT_KEPT_YET,
    S.BAKING: Reason.NOT_KEPT_YET,
    S.KEEPING: Reason.BUSY,
    S.ASKING_END: Reason.END_ASKED,
}
_BECAUSE: dict[str, dict[State, Reason]] = {
    "finish": {
        **dict.fromkeys(_AFTER, Reason.ALREADY_FINISHED),
        **_GOING_ON,
        S.READY: Reason.BUSY,
        S.ASKING_FINISH: Reason.ASKED_ALREADY,
        S.ASKING_ROLLBACK: Reason.ALREADY_FINISHED,
    },
    "cancel": {**_GOING_ON, S.RETIRING: Reason.ENDING},
    "retry": {S.ASKING_RETRY: Reason.BUSY},
    "rollback": {**_KEEP, S.SWITCHING: Reason.BUSY, S.BAKING: Reason.BUSY},
    "keep": _KEEP,
    "end": _KEEP,
}
"""What is in the way, by what was asked for and the state. BUSY: it could be done, were it not decided already."""
_ELSE = {
    "finish": Reason.NOT_READY,
    "cancel": Reason.TOO_LATE_TO_CANCEL,
    "retry": Reason.NOTHING_TO_RETRY,
    "rollback": Reason.WINDOW_CLOSED,
    "keep": Reason.WINDOW_CLOSED,
    "end": Reason.WINDOW_CLOSED,
}
_WAITS = {"finish": Kind.READY, "retry": Kind.RETRY}
_ASKS = {S.ASKING_FINISH: Kind.FINISH, S.ASKING_ROLLBACK: Kind.ROLLBACK, S.ASKING_END: Kind.END}


def refused(reason: Reason, deployment: Deployment, **more: str) -> Refused:
    """A refusal that says where the deployment is and what it deploys."""
    return Refused(
        reason,
        deployment=deployment.id,
        state=state_name(deployment),
        service=deployment.service,
        environment=deployment.environment,
        kind=words_of(deployment).kind,
        retry=failed(deployment),
        **more,
    )


def failed(deployment: Deployment | None) -> str:
    """The id of a deployment with a step that can be tried again; empty where there is none."""
    waits = deployment is not None and deployment.state is S.ASKING_RETRY and not deployment.wanted
    return deployment.id if deployment is not None and waits else ""


def refuse_first(deployment: Deployment) -> None:
    """Refused where a frontend showed nothing before."""
    if deployment.first_release and deployment.state in _AFTER:
        raise refused(Reason.NO_WAY_BACK, deployment)


class Refusals:
    """Looks at what is asked right now, too: a question has its code and those who may answer it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def of(self, team: Team, act: str, deployment: Deployment) -> Refused:
        """Why not. Whoever answered last may have died before the wake-up: whoever comes next wakes the machine."""
        self._answers.wake_again(deployment.ref)
        if deployment.state is S.STUCK:
            return refused(Reason.STUCK, deployment)
        reason = _BECAUSE[act].get(deployment.state, _ELSE[act])
        if reason in {Reason.ASKED_ALREADY, Reason.END_ASKED}:
            return self._asked(team, reason, deployment)
        return self._decided(act, deployment) if reason is Reason.BUSY else refused(reason, deployment)

    def _asked(self, team: Team, reason: Reason, deployment: Deployment) -> Refused:
        question = self._answers.open(deployment.ref, _ASKS[deployment.state])
        if question is None:  # it was decided, and the machine has not read that yet
            return refused(Reason.BUSY, deployment)
        return refused(
            reason,
            deployment,
            code=question.code,
            wish=words_of(deployment).why.wishes[question.kind],
            who=may_confirm(team, question),
            when=f"{{time:{question.deadline:.0f}}}",
        )

    def _decided(self, act: str, deployment: Deployment) -> Refused:
        """By whom and when, or that its time is over. Between an answer and the next question of the same window there
        is a moment without one."""
        if deployment.state is S.KEEPING:
            moves_on = self._answers.clock.now() < deployment.keep_until
            return refused(Reason.BUSY if moves_on else Reason.WINDOW_CLOSED, deployment)
        newest = self._newest(act, deployment)
        if newest is not None and newest.asked_at >= deployment.phases[-1].at:
            try:
                newest.refuse_late(self._answers.clock.now())
            except Refused as late:
                return late
        return refused(Reason.BUSY, deployment)

    def _newest(self, act: str, deployment: Deployment) -> Question | None:
        asked = (
            each for each in self._answers.store.questions(deployment.ref) if each.kind is _WAITS.get(act)
        )
        return max(asked, key=lambda each: each.asked_at, default=None)
