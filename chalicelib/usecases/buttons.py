"""Which buttons a message has: in each state those that would do something, and none once that is decided."""

from collections.abc import Sequence

from chalicelib.domain.approval import SECOND_PERSON, Question
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.usecases.chat_ports import Action
from chalicelib.usecases.words import words_of

ASKING = frozenset({State.ASKING_START, State.ASKING_FINISH, State.ASKING_ROLLBACK, State.ASKING_END})


def buttons(deployment: Deployment, questions: Sequence[Question]) -> tuple[Action, ...]:
    """The buttons of a deployment's message; an open question's own come first."""
    if deployment.state in ASKING:
        asked = [each for each in questions if each.kind in SECOND_PERSON]
        return (*(button for each in asked for button in confirm_or_reject(each)), *_cancel(deployment))
    return (*_going_on(deployment), *_cancel(deployment))


def confirm_or_reject(question: Question) -> tuple[Action, ...]:
    """The two answers of a second person. Reject asks for a reason first, wherever a form can be opened (edge.py)."""
    return (
        Action("confirm", "Confirm", question.code, "primary"),
        Action("reject", "Reject", question.code, "danger"),
    )


def _going_on(deployment: Deployment) -> tuple[Action, ...]:
    value, words = f"{deployment.service} {deployment.environment}", words_of(deployment).buttons
    back = (
        ()
        if deployment.first_release
        else (Action("rollback", "Roll back", value, "danger", words.rollback),)
    )
    keep = () if deployment.first_release else (Action("keep", words.keep, f"{value} +2h"),)
    name = f"{deployment.service}@{deployment.version} to {deployment.environment}"
    retry = Action("retry", "Retry", value, "primary")
    of_state: dict[State, tuple[Action, ...]] = {
        State.ASKING_RETRY: () if deployment.wanted else (retry,),
        State.READY: (Action("finish", "Finish: switch traffic", value, "primary"),),
        State.BAKING: back,
        State.KEEPING: (*back, *keep, Action("keep", words.end, f"{value} end", "", words.sure_to_end)),
        State.STUCK: () if deployment.wanted == "release" else (retry,),
        State.PLANNED: (Action("deploy", "Deploy this", name, "primary"),),
    }
    return of_state.get(deployment.state, ())


def _cancel(deployment: Deployment) -> tuple[Action, ...]:
    """What canceling is called and what it does there; none where it is under way or can not be done."""
    value, words = f"{deployment.service} {deployment.environment}", words_of(deployment).buttons
    if deployment.state is State.STUCK and deployment.wanted != "release":
        return (Action("cancel", "Release", value, "", words.release),)
    if deployment.state not in BEFORE_SWITCH or deployment.wanted or deployment.plan_only:
        return ()
    label = "Give up" if deployment.state is State.ASKING_RETRY else "Cancel"
    return (Action("cancel", label, value, "", words.cancel),)
