"""Which buttons a message has: in each state those that would do something, and none once that is decided.

Each names its deployment, so that one that was left standing somewhere never acts on the next.
"""

from collections.abc import Sequence

from chalicelib.domain.approval import SECOND_PERSON, Kind, Question
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_ports import Action
from chalicelib.usecases.words import words_of

ASKING = frozenset({State.ASKING_START, State.ASKING_FINISH, State.ASKING_ROLLBACK, State.ASKING_END})
_WAITS = {State.READY: Kind.READY, State.ASKING_RETRY: Kind.RETRY, State.KEEPING: Kind.KEEP}
"""States in which people may act only while the question behind them is open."""
_ANOTHER_PLAN = frozenset({Reason.FLEET_CHANGED.value, Reason.RELEASE_CHANGED.value})
"""Why a deployment ends where what was confirmed is not what would be done."""


def buttons(deployment: Deployment, questions: Sequence[Question]) -> tuple[Action, ...]:
    """The buttons of a deployment's message. `questions`: those of it that are open; their own buttons come first."""
    if deployment.state in ASKING:
        asked = [each for each in questions if each.kind in SECOND_PERSON]
        return (*(button for each in asked for button in confirm_or_reject(each)), *_cancel(deployment))
    waits_for = _WAITS.get(deployment.state)
    if waits_for is not None and all(each.kind is not waits_for for each in questions):
        return ()
    return (*_going_on(deployment), *_cancel(deployment))


def ask_holder(service: str, environment: str) -> Action:
    """For whoever may do nothing there."""
    return Action("ask", "Ask the holder", f"{service} {environment}")


def confirm_or_reject(question: Question) -> tuple[Action, ...]:
    """The two answers of a second person. Reject asks for a reason first, wherever a form can be opened (edge.py)."""
    return (
        Action("confirm", "Confirm", question.code, "primary"),
        Action("reject", "Reject", question.code, "danger"),
    )


def _going_on(deployment: Deployment) -> tuple[Action, ...]:
    words = words_of(deployment).buttons
    where = f"{deployment.service} {deployment.environment}"
    value, new = (
        f"{where} {deployment.id}",
        f"{deployment.service}@{deployment.version} to {deployment.environment}",
    )
    back = Action("rollback", "Roll back", value, "danger", f"{words.rollback}{_goes_along(deployment)}")
    keep = Action("keep", words.keep, f"{where} +2h {deployment.id}")
    partner = deployment.partner
    nor = f" Nor is there for {partner.service}." if partner is not None else ""
    end = Action("keep", words.end, f"{where} end {deployment.id}", "", f"{words.sure_to_end}{nor}")
    retry = Action("retry", "Retry", value, "primary")
    of_state: dict[State, tuple[Action, ...]] = {
        State.ASKING_RETRY: () if deployment.wanted else (retry,),
        State.READY: (Action("finish", "Finish: switch traffic", value, "primary"),),
        State.BAKING: () if deployment.first_release or deployment.wanted == "rollback" else (back,),
        State.KEEPING: (end,) if deployment.first_release else (back, keep, end),
        State.STUCK: () if deployment.wanted == "release" else (retry,),
        State.PLANNED: (Action("deploy", "Deploy this", new, "primary"),),
        State.FAILED: (Action("plan", "Show the new plan", new),)
        if deployment.reason in _ANOTHER_PLAN
        else (),
    }
    return of_state.get(deployment.state, ())


def _goes_along(deployment: Deployment) -> str:
    """What a rollback of one of two does to the other one."""
    if deployment.partner is None:
        return ""
    if deployment.follows:
        return f" Then {deployment.partner.service} goes back to its old fleet."
    return f" Before that {deployment.partner.service} goes back, where there is a release before it."


def _cancel(deployment: Deployment) -> tuple[Action, ...]:
    """What canceling is called and what it does there; none where it is under way or can not be done."""
    words = words_of(deployment).buttons
    value = f"{deployment.service} {deployment.environment} {deployment.id}"
    if deployment.state is State.STUCK and deployment.wanted != "release":
        return (Action("cancel", "Release", value, "", words.release),)
    if deployment.state not in BEFORE_SWITCH or deployment.wanted or deployment.plan_only:
        return ()
    label = "Give up" if deployment.state is State.ASKING_RETRY else "Cancel"
    return (Action("cancel", label, value, "", words.cancel),)
