"""The sentences people read in answers. Each says what happens next and who must act."""

import re
from collections.abc import Sequence

from chalicelib.domain.approval import Answer, Kind, Question, people
from chalicelib.domain.deployment import Deployment, Ref, State
from chalicelib.usecases.ports import Overview

STATE_NAMES: dict[State, str] = {
    State.ACCEPTED: "starting",
    State.ASKING_START: "waiting for a second person to confirm the start",
    State.PREPARING: "preparing the new fleet",
    State.TESTING: "testing the new fleet",
    State.ASKING_RETRY: "a step failed, waiting for a retry",
    State.READY: "ready to finish",
    State.ASKING_FINISH: "waiting for a second person to confirm the switch",
    State.SWITCHING: "switching traffic",
    State.BAKING: "live, being watched",
    State.KEEPING: "live, the old fleet stands by",
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

DOING = {
    "finish": "Finishing a deployment",
    "cancel": "Canceling a deployment",
    "retry": "Retrying a failed step",
    "rollback": "Rolling back",
    "end": "Ending the old fleet",
}

DONE_BEFORE = "I did this already; nothing was done twice."

_HARMLESS = str.maketrans("{}`*~", "()'·-")
_EDGE_OF_ITALICS = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""Underscores inside a word are text to Slack, at its edges they begin and end italics."""


def plain(text: str) -> str:
    """Text from outside with everything that could become markup made harmless."""
    return _EDGE_OF_ITALICS.sub("-", text.translate(_HARMLESS))


def state_name(deployment: Deployment | None) -> str:
    """The state in words."""
    return STATE_NAMES[deployment.state] if deployment else "starting"


def duration(seconds: float) -> str:
    """A length of time as people say it: `2 h`, `1 h 30 min`, `45 s`."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if not hours and whole < 120:
        return f"{whole} s"
    parts = [
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
        f"{rest} s" if rest and not hours else "",
    ]
    return " ".join(part for part in parts if part)


def size(count: int) -> str:
    """A number of bytes as people say it."""
    for unit, one in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if count >= one:
            return f"{count / one:.1f} {unit}"
    return f"{count} bytes"


def accepted(ref: Ref) -> str:
    """A deployment was accepted."""
    return f"Started *{ref.deployment}*. I work out the plan and show it in the channel."


def planning(ref: Ref) -> str:
    """A plan was asked for."""
    return f"Working out a plan (*{ref.deployment}*). I show it in the channel; nothing is changed."


def decided(question: Question, answer: Answer) -> str:
    """A question was decided by the one who reads this."""
    if answer is Answer.REJECT:
        return f"Rejected. *{question.deployment}* {_AFTER_NO[question.kind]}."
    if question.answer is None:
        waits = f"*{question.deployment}* waits for {people(question.missing)} to confirm"
        return f"Confirmed. {waits}; the question in the channel says so."
    return f"Confirmed. *{question.deployment}* {_AFTER_YES[question.kind]}."


_AFTER_YES = {
    Kind.START: "starts now",
    Kind.FINISH: "switches traffic now",
    Kind.ROLLBACK: "goes back now",
    Kind.END: "ends its old fleet now",
}
_AFTER_NO = {
    Kind.START: "ends here; nothing was changed",
    Kind.FINISH: "stays ready; traffic stays where it is",
    Kind.ROLLBACK: "stays live",
    Kind.END: "keeps its old fleet",
}


def finishing(deployment: Deployment) -> str:
    """Finish was accepted."""
    if deployment.protected:
        return f"Asked the team to confirm the switch of *{deployment.id}*. The channel says by when."
    return f"*{deployment.id}* switches traffic now."


def canceling(deployment: Deployment) -> str:
    """Cancel was accepted."""
    return f"*{deployment.id}* stops at its next step and its new fleet is removed. Traffic stays as it is."


def released(deployment: Deployment) -> str:
    """The environment of a stuck deployment was released."""
    return (
        f"*{deployment.environment}* is free again. Hosts and traffic stay as *{deployment.id}* left them; "
        "the next deployment refuses where it can not tell them apart."
    )


def retrying(deployment: Deployment) -> str:
    """A retry was accepted."""
    return f"*{deployment.id}* goes on from where it failed. What went well before is not done again."


def rolling_back(deployment: Deployment) -> str:
    """Rollback was accepted."""
    if deployment.protected:
        return f"Asked the team to confirm the rollback of *{deployment.id}*. The channel says by when."
    return f"*{deployment.id}* goes back to the old fleet now."


def ending(deployment: Deployment) -> str:
    """Ending the old fleet early was accepted."""
    if deployment.protected:
        return f"Asked the team to confirm ending the old fleet of *{deployment.id}*. After that there is no way back."
    return f"The old fleet of *{deployment.id}* ends now."


def extended(deployment: Deployment, until: float) -> str:
    """The window was extended."""
    return f"The old fleet of *{deployment.id}* stands by until {{when:{until:.0f}}}."


def status(overviews: Sequence[Overview], now: float) -> str:
    """What is where, one environment a paragraph."""
    return "\n".join(_environment(each, now) for each in overviews) or "Nothing is configured."


def _environment(overview: Overview, now: float) -> str:
    environment = overview.environment
    live = (
        f"`{environment.live_version}` is live"
        if environment.live_version
        else "nothing was deployed by me yet"
    )
    if environment.live_since:
        live += f" since {{when:{environment.live_since:.0f}}}"
    lines = [f"*{environment.service}* in *{environment.name}*: {live}."]
    held = {slot.deployment for slot in (environment.active, environment.keeping) if slot is not None}
    lines.extend(
        f"• {each.id} (`{each.version}`): {state_name(each)}{_more(each, now)}"
        for each in overview.deployments
        if each.id in held
    )
    lines.extend(
        f"• `/deploy confirm {each.code}` or `reject`: {{person:{each.requester}}} waits for an answer, "
        f"{duration(each.deadline - now)} left"
        for each in overview.questions
        if each.kind in _AFTER_YES and each.open_at(now)
    )
    return "\n".join(lines)


def _more(deployment: Deployment, now: float) -> str:
    """What a second fleet costs and when it ends."""
    price = deployment.plan.usd_per_hour if deployment.plan else None
    parts = []
    if deployment.progress:
        parts.append(deployment.progress)
    if deployment.new and price is not None:
        parts.append(f"the second fleet costs {price:.2f} USD an hour")
    if deployment.state is State.KEEPING:
        parts.append(f"the old fleet ends in {duration(deployment.keep_until - now)}")
    return f" ({'; '.join(parts)})" if parts else ""
