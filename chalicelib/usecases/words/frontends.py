"""Frontends: a release is copied and checked, then visitors see it, and the earlier release stays ready."""

from collections.abc import Mapping, Sequence

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.brief import Risk
from chalicelib.domain.deployment import Deployment, State
from chalicelib.domain.reasons import FRONTEND
from chalicelib.usecases.chat_ports import BarKind
from chalicelib.usecases.texts import lasted, plain
from chalicelib.usecases.words.shape import Answers, Buttons, Questions, Timeline, Whys, Words

_AS_BEFORE = "Visitors see what they saw before."

_STATES: dict[State, str] = {
    State.ACCEPTED: "starting",
    State.ASKING_START: "waiting for a second person to confirm it",
    State.PREPARING: "copying files",
    State.TESTING: "checking files",
    State.ASKING_RETRY: "waiting for a retry of a step that failed",
    State.SWITCHING: "being enabled",
    State.BAKING: "enabled, being verified",
    State.KEEPING: "enabled",
    State.ASKING_ROLLBACK: "waiting for a second person to confirm the rollback",
    State.ASKING_END: "waiting for a second person to confirm cleaning up now",
    State.SWITCHING_BACK: "going back to the earlier release",
    State.DISCARDING: "ending",
    State.RETIRING: "cleaning up",
    State.PLANNED: "planned only",
    State.SUCCEEDED: "done",
    State.ROLLED_BACK: "rolled back",
    State.REJECTED: "rejected",
    State.EXPIRED: "expired",
    State.CANCELED: "canceled",
    State.FAILED: "failed",
    State.STUCK: "stuck: a person has to look",
}
"""A frontend has no READY and no ASKING_FINISH: nothing waits that costs money."""

_STEPS: tuple[tuple[State, str], ...] = (
    (State.PREPARING, "Copy"),
    (State.TESTING, "Check"),
    (State.SWITCHING, "Enable"),
    (State.BAKING, "Verify"),
    (State.KEEPING, "Can be rolled back"),
    (State.RETIRING, "Clean up"),
)


def _before(deployment: Deployment) -> str:
    """The release that was live, as text; empty where none was that could be gone back to."""
    if deployment.plan is None or deployment.first_release:
        return ""
    return plain(deployment.plan.old_version)


def _next(deployment: Deployment, questions: Sequence[Question]) -> Mapping[State, str]:
    where = f"{deployment.service} {deployment.environment}"
    before, name = _before(deployment), f"`{plain(deployment.version)}`"
    retry = next((each for each in questions if each.kind is Kind.RETRY), None)
    closes = f"{{when:{deployment.keep_until:.0f}}}"
    ready = f"The earlier release `{before}` stays ready to go back to"
    return {
        State.ACCEPTED: f"Next: it begins when *{deployment.partner.deployment}* has switched its traffic."
        if deployment.follows and deployment.partner is not None
        else "Next: the release is compared with what is live.",
        State.PREPARING: "Next: every file is checked. Visitors see nothing of it yet, and nothing has to be done now.",
        State.TESTING: "Next: visitors see the release. Nothing has to be done now.",
        State.ASKING_RETRY: (
            f"*{_AS_BEFORE}* Mend what is wrong, then `/deploy retry {where}` goes on from there; "
            + (
                f"without it this ends at {{time:{retry.deadline:.0f}}}{_taking_along(deployment)}."
                if retry
                else "one moment."
            )
        ),
        State.SWITCHING: "Next: I look at the site as a visitor does.",
        State.BAKING: f"Next: {_lower(ready)}. If there is trouble, I go back by myself."
        if before
        else "Next: this stays enabled. There is no earlier release to go back to.",
        State.KEEPING: f"{ready} until {closes}, then I clean up by myself. `/deploy rollback {where}` goes back."
        if before
        else f"There is no earlier release to go back to. After {closes} I clean up by myself.",
        State.SWITCHING_BACK: f"Next: visitors see `{before}` again, and this ends."
        if before
        else "Next: this ends.",
        State.DISCARDING: f"Next: this ends. {_seen(deployment)}",
        State.RETIRING: (
            "Next: files that no kept release needs are deleted, and this ends. There is no rollback any more."
        ),
        State.SUCCEEDED: f"{name} is live. {_cleaned(deployment)} {lasted(deployment)}",
        State.ROLLED_BACK: (
            f"`{before}` is live again. {name} stays in the bucket and can be enabled later. {lasted(deployment)}"
        ),
        State.PLANNED: f"Only a plan: nothing was changed. `/deploy {deployment.service}@{deployment.version} to "
        f"{deployment.environment}` does it.",
        State.STUCK: "I do nothing more by myself: what visitors see stays as it is until somebody has looked. "
        f"Then `/deploy retry {where}` goes on from where I stopped, or `/deploy cancel {where}` leaves everything as "
        "it is and frees the environment for the next deployment.",
    }


def _taking_along(deployment: Deployment) -> str:
    """What its end means for the server that it follows."""
    other = deployment.partner if deployment.follows else None
    return f", and *{other.deployment}* goes back" if other is not None else ""


def _cleaned(deployment: Deployment) -> str:
    return plain(deployment.uncleaned) or "Files that no kept release needs were deleted."


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def _seen(deployment: Deployment) -> str:
    """What visitors see of a release that did not stay."""
    if not deployment.switched_at:
        return _AS_BEFORE
    before = _before(deployment)
    if before:
        return f"`{before}` is live again."
    return (
        f"Visitors still see `{plain(deployment.version)}`: there is no earlier release to go back to. "
        "Push a mended one and enable it."
    )


# --- notices ----------------------------------------------------------------------------------------------------------


def _name(deployment: Deployment) -> str:
    """A tag begins with the service."""
    return plain(deployment.version) or deployment.service


def _asking_retry(deployment: Deployment) -> str:
    return (
        f"{{person:{deployment.requester}}} A step of *{_name(deployment)}* failed in *{deployment.environment}*. "
        f"{_AS_BEFORE} Mend what is wrong and retry, or give up."
    )


def _failed(deployment: Deployment) -> str:
    """A failure after it was enabled was seen by visitors, so everybody is told."""
    if deployment.switched_at:
        return (
            f"{{team}} *{_name(deployment)}* failed in *{deployment.environment}* after it was enabled. "
            f"{_seen(deployment)}"
        )
    return f"{{person:{deployment.requester}}} *{_name(deployment)}* failed in *{deployment.environment}*. {_AS_BEFORE}"


# --- answers ----------------------------------------------------------------------------------------------------------


def _rolling_back(deployment: Deployment) -> str:
    if deployment.protected:
        return f"Asked the team to confirm the rollback of *{deployment.id}*. The channel says by when."
    return f"*{deployment.id}* goes back to `{_before(deployment)}` now."


def _ending(deployment: Deployment) -> str:
    if deployment.protected:
        return f"Asked the team to confirm that *{deployment.id}* is cleaned up now. After that there is no rollback."
    return f"*{deployment.id}* is cleaned up now. There is no rollback any more."


_ANSWERS = Answers(
    yes={Kind.START: "starts now", Kind.ROLLBACK: "goes back now", Kind.END: "is cleaned up now"},
    no={
        Kind.START: "ends here; nothing was changed",
        Kind.ROLLBACK: "stays enabled",
        Kind.END: "can still be rolled back",
    },
    finishing=lambda made: f"*{made.id}* goes on by itself.",
    canceling=lambda made: f"*{made.id}* stops at its next step. {_AS_BEFORE}",
    released=lambda made: (
        f"*{made.environment}* is free again. What visitors see stays as *{made.id}* left it."
    ),
    rolling_back=_rolling_back,
    ending=_ending,
    extended=lambda made: f"*{made.id}* can be rolled back until",
    doing={
        State.ACCEPTED: "Comparing the release with what is live",
        "finish": "Finishing a deployment",
        "cancel": "Canceling a deployment",
        "retry": "Retrying a failed step",
        "rollback": "Rolling back",
        "end": "Cleaning up",
        "keep": "Keeping the way back longer",
    },
)

_QUESTIONS = Questions(
    asked={
        Kind.START: "May this release be enabled?",
        Kind.ROLLBACK: "May the earlier release be enabled again?",
        Kind.END: "May I clean up now? After that there is no rollback.",
    },
    lasting={
        Kind.START: "Visitors see it only when every file is there.",
        Kind.ROLLBACK: "The newer release stays in the bucket and can be enabled later.",
        Kind.END: "This can not be undone. The earlier release can still be enabled for as long as it is kept.",
    },
    after_no={
        Kind.START: f"Nothing was changed. {_AS_BEFORE}",
        Kind.ROLLBACK: "The release stays enabled.",
        Kind.END: "It can be rolled back for the rest of its time.",
        Kind.ROLE: "Roles stay as they are.",
        Kind.UPDATE: "I stay as I am.",
    },
    gone_back={Kind.ROLLBACK: "Going back", Kind.END: "Cleaning up now"},
    risks={
        Risk.CLOSES: "it closes the rollback window of the deployment before",
        Risk.OLDER: "it goes back to an older release",
    },
    unknown="What is between these releases is not known: they were not both reported.",
    nothing="nothing",
)

_TIMELINE = Timeline(
    rows={
        State.ACCEPTED: ("Plan", BarKind.WORK),
        State.ASKING_START: ("Wait: start", BarKind.WAIT),
        State.PREPARING: ("Copy", BarKind.WORK),
        State.TESTING: ("Check", BarKind.WORK),
        State.ASKING_RETRY: ("Wait: retry", BarKind.WAIT),
        State.SWITCHING: ("Enable", BarKind.WORK),
        State.BAKING: ("Verify", BarKind.LIVE),
        State.KEEPING: ("Can be rolled back", BarKind.LIVE),
        State.ASKING_ROLLBACK: ("Wait: rollback", BarKind.WAIT),
        State.ASKING_END: ("Wait: clean up", BarKind.WAIT),
        State.SWITCHING_BACK: ("Go back", BarKind.BACK),
        State.DISCARDING: ("End", BarKind.BACK),
        State.RETIRING: ("Clean up", BarKind.WORK),
        State.STUCK: ("Stuck: wait", BarKind.WAIT),
    },
    nouns={Kind.START: "start", Kind.ROLLBACK: "rollback", Kind.END: "cleaning up"},
    did={
        Answer.CANCEL: "canceled",
        Answer.ROLLBACK: "asked to roll back",
        Answer.EXTEND: "kept the way back longer",
        Answer.END: "asked to clean up",
        Answer.RETRY: "retried",
    },
)

_HISTORY: dict[str, str] = {
    "begin": "files are being copied",
    "test": "files are being checked",
    "publish": "visitors are being shown the release",
    "bake": "enabled, being verified",
    "keep": "enabled and verified",
    "extend_keep": "kept the way back longer",
    "end_keep": "asked to clean up now",
    "superseded_keep": "gave up its way back for the next deployment",
    "expired_keep": "the time to go back is over",
    "asked_end": "a second person is asked to confirm cleaning up",
    "confirm_end": "confirmed cleaning up",
    "reject_end": "kept the way back",
    "expired_end": "nobody confirmed cleaning up in time",
    "switch_back": "the earlier release is being enabled again",
    "went_back": "the earlier release is live again",
    "stays": "visitors still see it: there is no earlier release",
    "untold": "the CDN could not be told to forget what changed",
    "discard": "it is being ended",
    "retire": "files that no kept release needs are being deleted",
    "left_files": "left files to the next cleaning up",
}


def _acts(made: Deployment) -> Mapping[State, str]:
    back = bool(_before(made))
    acts = {
        State.ASKING_RETRY: "retry or give up",
        State.KEEPING: "roll back, keep the way back longer or clean up" if back else "clean up",
        State.STUCK: "retry or release",
    }
    return {**acts, State.BAKING: "roll back"} if back else acts


_WHY = Whys(
    waits={
        State.ASKING_RETRY: "somebody to mend what failed and have it tried again",
        State.STUCK: "somebody to look, then to retry or release it",
    },
    wishes={Kind.START: "enable it", Kind.ROLLBACK: "roll back", Kind.END: "clean up now"},
    acts=_acts,
    after={
        State.ACCEPTED: "the release is compared with what is live next",
        State.PREPARING: "its files are checked as soon as they are copied",
        State.TESTING: "visitors see it as soon as every file is found to be there",
        State.SWITCHING: "it is live as soon as every page is there",
        State.BAKING: "if there is trouble, I go back by myself; else it stays enabled",
        State.SWITCHING_BACK: "it ends as soon as the earlier release is live again",
        State.DISCARDING: "it ends as soon as everything is as it was",
        State.RETIRING: "it ends as soon as nothing is left to delete",
        State.STUCK: "nothing: what visitors see stays as it is",
    },
    expires={
        Kind.START: "it ends and nothing is changed",
        Kind.ROLLBACK: "it stays enabled",
        Kind.END: "it can be rolled back for the rest of its time",
        Kind.RETRY: "it ends and visitors see what they saw before",
        Kind.KEEP: "the time to go back ends",
    },
    canceling="it stops at its next step and visitors see what they saw before",
    possible=lambda made, until, old: (
        f"`{plain(old)}` stays ready{until} (`/deploy rollback {made.service} {made.environment}`)"
    ),
    ill="the earlier release is not whole",
    none_stands_by="the time to go back is over",
    enabling="enabling a release",
    live_with=State.BAKING,
)

FRONTENDS = Words(
    kind=FRONTEND,
    name=_name,
    states=_STATES,
    steps=_STEPS,
    first={State.KEEPING: "Stays enabled"},
    next=_next,
    ended=_seen,
    closes=".",
    let_go="what visitors see stayed as it was",
    ends="the time to go back ends",
    doing={
        State.ACCEPTED: "Comparing the release with what is live",
        State.PREPARING: "Copying",
        State.TESTING: "Checking",
        State.SWITCHING: "Enabling",
        State.BAKING: "Looking at the site",
        State.SWITCHING_BACK: "Going back",
        State.RETIRING: "Cleaning up",
    },
    late={State.BAKING: "The site did not show the new release in time"},
    still_keeps="still has its way back",
    notices={State.ASKING_RETRY: _asking_retry, State.FAILED: _failed},
    history=_HISTORY,
    buttons=Buttons(
        cancel=_AS_BEFORE,
        rollback="Visitors see the earlier release again.",
        release="What visitors see stays as it is; the next deployment may start.",
        keep="Keep the way back 2 h longer",
        end="Clean up now",
        sure_to_end="There is no rollback after that.",
        keep_it="Keep the way back",
    ),
    answers=_ANSWERS,
    questions=_QUESTIONS,
    timeline=_TIMELINE,
    why=_WHY,
)
