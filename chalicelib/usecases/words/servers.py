"""Servers: a second fleet is prepared, traffic is switched to it, and the old fleet stands by."""

from collections.abc import Mapping, Sequence

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.brief import Risk
from chalicelib.domain.deployment import Deployment, State
from chalicelib.usecases.chat_ports import BarKind
from chalicelib.usecases.texts import lasted, plain
from chalicelib.usecases.words.shape import Answers, Buttons, Questions, Timeline, Whys, Words

_STATES: dict[State, str] = {
    State.ACCEPTED: "starting",
    State.ASKING_START: "waiting for a second person to confirm the start",
    State.PREPARING: "preparing the new fleet",
    State.TESTING: "testing the new fleet",
    State.ASKING_RETRY: "waiting for a retry of a step that failed",
    State.READY: "ready to finish",
    State.ASKING_FINISH: "waiting for a second person to confirm the switch",
    State.SWITCHING: "switching traffic",
    State.BAKING: "live, being watched",
    State.KEEPING: "live, with the old fleet standing by",
    State.ASKING_ROLLBACK: "waiting for a second person to confirm the rollback",
    State.ASKING_END: "waiting for a second person to confirm ending the old fleet",
    State.SWITCHING_BACK: "switching traffic back",
    State.DISCARDING: "cleaning up",
    State.RETIRING: "ending the old fleet",
    State.PLANNED: "planned only",
    State.SUCCEEDED: "done",
    State.ROLLED_BACK: "rolled back",
    State.REJECTED: "rejected",
    State.EXPIRED: "expired",
    State.CANCELED: "canceled",
    State.FAILED: "failed",
    State.STUCK: "stuck: a person has to look",
}

_STEPS: tuple[tuple[State, str], ...] = (
    (State.PREPARING, "Prepare"),
    (State.TESTING, "Test"),
    (State.READY, "Ready"),
    (State.SWITCHING, "Switch"),
    (State.BAKING, "Watch"),
    (State.KEEPING, "Keep the old fleet"),
    (State.RETIRING, "End the old fleet"),
)


def _next(deployment: Deployment, questions: Sequence[Question]) -> Mapping[State, str]:
    where = f"{deployment.service} {deployment.environment}"
    ready = next((each for each in questions if each.kind is Kind.READY), None)
    retry = next((each for each in questions if each.kind is Kind.RETRY), None)
    return {
        State.ACCEPTED: "Next: the plan is worked out from the live fleet.",
        State.PREPARING: "Next: it is tested. Nothing has to be done now.",
        State.TESTING: "Next: it waits for you to finish it. Nothing has to be done now.",
        State.ASKING_RETRY: (
            f"*The new fleet is kept.* Mend what is wrong, then `/deploy retry {where}` goes on from there; "
            + (
                f"without it everything is removed at {{time:{retry.deadline:.0f}}}."
                if retry
                else "one moment."
            )
        ),
        State.READY: (
            f"*The new fleet is ready.* `/deploy finish {where}` switches traffic; without it everything is removed"
            + (f" by {{when:{ready.deadline:.0f}}}." if ready else ".")
        ),
        State.SWITCHING: "Next: devices are asked to move, and the new fleet is watched.",
        State.BAKING: "Next: the old fleet stands by. If there is trouble, I go back by myself.",
        State.KEEPING: (
            f"The old fleet stands by until {{when:{deployment.keep_until:.0f}}}, "
            f"then ends by itself. `/deploy rollback {where}` goes back."
        ),
        State.SWITCHING_BACK: "Next: the new fleet is removed.",
        State.DISCARDING: "Next: this ends. The old fleet keeps its traffic.",
        State.RETIRING: "Next: this ends. There is no way back to the old fleet any more.",
        State.SUCCEEDED: f"`{deployment.version}` is live. The old fleet has ended. {lasted(deployment)}",
        State.ROLLED_BACK: f"Traffic is back on the old fleet, the new one is gone. {lasted(deployment)}",
        State.PLANNED: f"Only a plan: nothing was changed. `/deploy {deployment.service}@{deployment.version} to "
        f"{deployment.environment}` does it.",
        State.STUCK: "I do nothing more by myself: hosts and traffic stay as they are until somebody has looked. "
        f"Then `/deploy retry {where}` goes on from where I stopped, or `/deploy cancel {where}` leaves everything as "
        "it is and frees the environment for the next deployment.",
    }


def _stays(deployment: Deployment) -> str:
    """What is live where a deployment ended and is not."""
    before = plain(deployment.plan.old_version) if deployment.plan is not None else ""
    again = "is live again" if deployment.switched_at else "stays live"
    return f"`{before}` {again}." if before else f"What was live before {again}."


# --- notices ----------------------------------------------------------------------------------------------------------


def _name(deployment: Deployment) -> str:
    return f"{deployment.service}@{deployment.version}"


def _ready(deployment: Deployment) -> str:
    return (
        f"{{person:{deployment.requester}}} *{_name(deployment)}* is ready in *{deployment.environment}*, and no "
        "device uses it yet. Try it, then finish it or cancel it."
    )


def _asking_retry(deployment: Deployment) -> str:
    return (
        f"{{person:{deployment.requester}}} A step of *{_name(deployment)}* failed in *{deployment.environment}*; "
        "traffic stays where it is. Mend what is wrong and retry, or give up."
    )


def _failed(deployment: Deployment) -> str:
    """A failure after the switch was felt by devices, so everybody is told."""
    if deployment.switched_at:
        return (
            f"{{team}} *{_name(deployment)}* failed in *{deployment.environment}* after the switch. "
            "Traffic is back on the old fleet."
        )
    return (
        f"{{person:{deployment.requester}}} *{_name(deployment)}* failed in *{deployment.environment}*. "
        "Traffic stayed where it was, and the new fleet is gone."
    )


# --- answers ----------------------------------------------------------------------------------------------------------


def _finishing(deployment: Deployment) -> str:
    if deployment.protected:
        return f"Asked the team to confirm the switch of *{deployment.id}*. The channel says by when."
    return f"*{deployment.id}* switches traffic now."


def _rolling_back(deployment: Deployment) -> str:
    if deployment.protected:
        return f"Asked the team to confirm the rollback of *{deployment.id}*. The channel says by when."
    return f"*{deployment.id}* goes back to the old fleet now."


def _ending(deployment: Deployment) -> str:
    if deployment.protected:
        return f"Asked the team to confirm ending the old fleet of *{deployment.id}*. After that there is no way back."
    return f"The old fleet of *{deployment.id}* ends now."


_ANSWERS = Answers(
    yes={
        Kind.START: "starts now",
        Kind.FINISH: "switches traffic now",
        Kind.ROLLBACK: "goes back now",
        Kind.END: "ends its old fleet now",
    },
    no={
        Kind.START: "ends here; nothing was changed",
        Kind.FINISH: "stays ready; traffic stays where it is",
        Kind.ROLLBACK: "stays live",
        Kind.END: "keeps its old fleet",
    },
    finishing=_finishing,
    canceling=lambda made: (
        f"*{made.id}* stops at its next step and its new fleet is removed. Traffic stays as it is."
    ),
    released=lambda made: (
        f"*{made.environment}* is free again. Hosts and traffic stay as *{made.id}* left them; "
        "the next deployment refuses where it can not tell them apart."
    ),
    rolling_back=_rolling_back,
    ending=_ending,
    extended=lambda made: f"The old fleet of *{made.id}* stands by until",
    doing={
        State.ACCEPTED: "Working out the plan",
        "finish": "Finishing a deployment",
        "cancel": "Canceling a deployment",
        "retry": "Retrying a failed step",
        "rollback": "Rolling back",
        "end": "Ending the old fleet",
        "keep": "Keeping the old fleet longer",
    },
)

_QUESTIONS = Questions(
    asked={
        Kind.START: "May this deployment start?",
        Kind.FINISH: "May traffic switch to the new fleet?",
        Kind.ROLLBACK: "May traffic go back to the old fleet?",
        Kind.END: "May the old fleet end now? After that there is no way back.",
    },
    lasting={
        Kind.START: "",
        Kind.FINISH: "Devices move at once; the old fleet stands by, so this can be undone for a while.",
        Kind.ROLLBACK: "The new fleet is removed after that; going forward again means another deployment.",
        Kind.END: "This can not be undone: the old hosts end.",
    },
    after_no={
        Kind.START: "Nothing was changed.",
        Kind.FINISH: "The new fleet stays ready; traffic stays where it is.",
        Kind.ROLLBACK: "Traffic stays where it is.",
        Kind.END: "The old fleet stands by for the rest of its time.",
        Kind.ROLE: "Roles stay as they are.",
        Kind.UPDATE: "I stay as I am.",
    },
    gone_back={Kind.FINISH: "The switch", Kind.ROLLBACK: "Going back", Kind.END: "Ending the old fleet"},
    risks={
        Risk.CLOSES: "it closes the rollback window of the deployment before",
        Risk.OLDER: "it goes back to an older version",
        Risk.MIXED: "it mirrors a fleet of mixed images",
    },
    unknown="What is between these versions is not known: CI has not reported both.",
    nothing="unknown",
)

_TIMELINE = Timeline(
    rows={
        State.ACCEPTED: ("Plan", BarKind.WORK),
        State.ASKING_START: ("Wait: start", BarKind.WAIT),
        State.PREPARING: ("Prepare", BarKind.WORK),
        State.TESTING: ("Test", BarKind.WORK),
        State.ASKING_RETRY: ("Wait: retry", BarKind.WAIT),
        State.READY: ("Wait: finish", BarKind.WAIT),
        State.ASKING_FINISH: ("Wait: switch", BarKind.WAIT),
        State.SWITCHING: ("Switch", BarKind.WORK),
        State.BAKING: ("Watch", BarKind.LIVE),
        State.KEEPING: ("Old fleet stands by", BarKind.LIVE),
        State.ASKING_ROLLBACK: ("Wait: rollback", BarKind.WAIT),
        State.ASKING_END: ("Wait: end old fleet", BarKind.WAIT),
        State.SWITCHING_BACK: ("Switch back", BarKind.BACK),
        State.DISCARDING: ("Clean up", BarKind.BACK),
        State.RETIRING: ("End old fleet", BarKind.WORK),
        State.STUCK: ("Stuck: wait", BarKind.WAIT),
    },
    nouns={
        Kind.START: "start",
        Kind.FINISH: "switch",
        Kind.ROLLBACK: "rollback",
        Kind.END: "end of the old fleet",
    },
    did={
        Answer.FINISH: "asked to switch",
        Answer.CANCEL: "canceled",
        Answer.ROLLBACK: "asked to roll back",
        Answer.EXTEND: "kept the old fleet longer",
        Answer.END: "asked to end the old fleet",
        Answer.REPORTED: "reported the build",
        Answer.RETRY: "retried",
    },
)

_HISTORY: dict[str, str] = {
    "begin": "the new fleet is being prepared",
    "test": "the new fleet is being tested",
    "finish_ready": "asked to switch traffic",
    "switch": "traffic is being switched",
    "bake": "live, being watched",
    "keep": "live, with the old fleet standing by",
    "extend_keep": "kept the old fleet longer",
    "end_keep": "asked to end the old fleet",
    "superseded_keep": "gave up the old fleet for the next deployment",
    "expired_keep": "the old fleet's time is over",
    "asked_end": "a second person is asked to confirm ending the old fleet",
    "confirm_end": "confirmed ending the old fleet",
    "reject_end": "kept the old fleet",
    "expired_end": "nobody confirmed ending the old fleet in time",
    "switch_back": "traffic is being switched back",
    "went_back": "traffic is back on the old fleet",
    "discard": "the new fleet is being removed",
    "retire": "the old fleet is being ended",
}


def _possible(made: Deployment, until: str, old: str) -> str:
    go = f"`/deploy rollback {made.service} {made.environment}`"
    return (
        f"the old fleet stands by{until}, and one move puts {f'`{plain(old)}`' if old else 'it'} back ({go})"
    )


_WHY = Whys(
    waits={
        State.ASKING_RETRY: "somebody to mend what failed and have it tried again",
        State.READY: "somebody to finish it, or to cancel",
        State.STUCK: "somebody to look, then to retry or release it",
    },
    wishes={
        Kind.START: "start it",
        Kind.FINISH: "switch traffic",
        Kind.ROLLBACK: "roll back",
        Kind.END: "end the old fleet",
    },
    acts=lambda _made: {
        State.READY: "finish or cancel",
        State.ASKING_RETRY: "retry or give up",
        State.BAKING: "roll back",
        State.KEEPING: "roll back, keep the old fleet longer or end it",
        State.STUCK: "retry or release",
    },
    after={
        State.ACCEPTED: "the plan is worked out next",
        State.PREPARING: "it is tested as soon as every host is ready",
        State.TESTING: "it becomes ready as soon as every host is healthy and the tests have passed",
        State.SWITCHING: "it is live as soon as traffic has moved",
        State.BAKING: "if there is trouble, I go back by myself; else the old fleet stands by next",
        State.SWITCHING_BACK: "the new fleet is removed as soon as traffic is back",
        State.DISCARDING: "it ends as soon as the new fleet is removed",
        State.RETIRING: "it ends as soon as the old fleet is gone",
        State.STUCK: "nothing: hosts and traffic stay as they are",
    },
    expires={
        Kind.START: "it ends and nothing is changed",
        Kind.FINISH: "it is ready again and traffic stays",
        Kind.ROLLBACK: "it stays live",
        Kind.END: "the old fleet stands by for the rest of its time",
        Kind.READY: "the new fleet is removed and traffic stays",
        Kind.RETRY: "the new fleet is removed and traffic stays",
        Kind.BUILD: "it fails: the build was not reported in time",
        Kind.KEEP: "the old fleet ends",
    },
    canceling="it stops at its next step and the new fleet is removed",
    possible=_possible,
    ill="the old fleet has lost hosts",
    none_stands_by="no old fleet stands by",
    enabling="preparing a new fleet",
    live_with=State.READY,
)

SERVERS = Words(
    kind="servers",
    name=_name,
    states=_STATES,
    steps=_STEPS,
    first={},
    next=_next,
    ended=_stays,
    closes=": its old fleet ends.",
    let_go="hosts and traffic stayed as they were",
    ends="the old fleet ends",
    doing={
        State.ACCEPTED: "Working out the plan",
        State.PREPARING: "Preparing the new fleet",
        State.TESTING: "Testing the new fleet",
        State.SWITCHING: "Switching traffic",
        State.BAKING: "Watching the new fleet",
        State.SWITCHING_BACK: "Switching traffic back",
        State.DISCARDING: "Cleaning up",
        State.RETIRING: "Ending the old fleet",
    },
    late={},
    still_keeps="still keeps its old fleet on the standby side",
    notices={State.READY: _ready, State.ASKING_RETRY: _asking_retry, State.FAILED: _failed},
    history=_HISTORY,
    buttons=Buttons(
        cancel="The new fleet is removed; traffic stays where it is.",
        rollback="Traffic goes back to the old fleet.",
        release="Hosts and traffic stay as they are; the next deployment may start.",
        keep="Keep 2 h longer",
        end="End the old fleet now",
        sure_to_end="There is no way back after that.",
        keep_it="Keep the old fleet",
    ),
    answers=_ANSWERS,
    questions=_QUESTIONS,
    timeline=_TIMELINE,
    why=_WHY,
)
