"""The timeline of a deployment that has ended: its phases against time, what waited for people, and who acted where."""

from collections.abc import Sequence

from chalicelib.domain.approval import Answer, Kind, Question
from chalicelib.domain.deployment import Deployment, State
from chalicelib.usecases.chat_ports import Bar, BarKind, Mark, Picture
from chalicelib.usecases.texts import duration

LONGEST_ALT = 1_000
"""Slack refuses a longer description of a file (files.getUploadURLExternal, `alt_txt_too_large`)."""
_MOST_MARKS = 12
_SHORTEST = 1.0
"""Seconds: what took less is not drawn."""
_TIMELESS = frozenset({State.PLANNED, State.STUCK})
"""Ends that are none: nothing happened, or it may yet go on."""

_ROWS: dict[State, tuple[str, BarKind]] = {
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
}
_WHAT: dict[Kind, str] = {
    Kind.START: "start",
    Kind.FINISH: "switch",
    Kind.ROLLBACK: "rollback",
    Kind.END: "end of the old fleet",
}
_DID: dict[Answer, str] = {
    Answer.FINISH: "asked to switch",
    Answer.CANCEL: "canceled",
    Answer.ROLLBACK: "asked to roll back",
    Answer.EXTEND: "kept the old fleet longer",
    Answer.END: "asked to end the old fleet",
    Answer.REPORTED: "reported the build",
    Answer.RETRY: "retried",
}


def timeline(deployment: Deployment, questions: Sequence[Question]) -> Picture | None:
    """The picture; None where nothing lasted, or it has not come to an end."""
    if not deployment.ended or deployment.state in _TIMELESS:
        return None
    bars = tuple(_bars(deployment))
    if len({bar.label for bar in bars}) < 2:
        return None
    title = f"{deployment.service}@{deployment.version} to {deployment.environment}"
    acts = _acts(deployment, questions)
    marks = tuple(Mark(at, what) for at, _, what in acts)
    return Picture(title, _alt(title, bars, marks), bars, marks)


def who_acted(deployment: Deployment, questions: Sequence[Question]) -> str:
    """The people behind the numbers of the picture, in the same order."""
    acts = _acts(deployment, questions)
    return " · ".join(f"{number} {who} {what}" for number, (_, who, what) in enumerate(acts, 1))


def _bars(deployment: Deployment) -> list[Bar]:
    pairs = zip(deployment.phases, deployment.phases[1:], strict=False)
    return [
        Bar(phase.at, following.at, *_ROWS[phase.state])
        for phase, following in pairs
        if phase.state in _ROWS and following.at - phase.at >= _SHORTEST
    ]


def _acts(deployment: Deployment, questions: Sequence[Question]) -> list[tuple[float, str, str]]:
    """When somebody acted, who, and what they did; the newest where they are very many."""
    acts = [(deployment.requested_at, f"{{person:{deployment.requester}}}", "asked for it")]
    for each in questions:
        what = _did(each)
        acts += [
            (yes.at, f"{{person:{yes.by}}}", f"confirmed the {_WHAT.get(each.kind, each.kind)}")
            for yes in each.confirmations
        ]
        said = each.answer is Answer.CONFIRM and each.confirmations  # the last yes is the answer
        if what and each.answered_by is not None and not said:
            acts.append((each.answered_at, f"{{person:{each.answered_by}}}", what))
    return sorted(acts)[-_MOST_MARKS:]


def _did(question: Question) -> str:
    if question.answer is Answer.CONFIRM:
        return f"confirmed the {_WHAT.get(question.kind, question.kind)}"
    if question.answer is Answer.REJECT:
        return f"rejected the {_WHAT.get(question.kind, question.kind)}"
    return _DID.get(question.answer, "") if question.answer is not None else ""


def _alt(title: str, bars: Sequence[Bar], marks: Sequence[Mark]) -> str:
    """The same in words."""
    start, end = bars[0].start, bars[-1].end
    phases = "; ".join(f"{bar.label} {duration(bar.end - bar.start)}" for bar in bars)
    people = "; ".join(
        f"{number} {mark.label} after {duration(mark.at - start)}" for number, mark in enumerate(marks, 1)
    )
    said = f"Timeline of {title}, {duration(end - start)} in all. {phases}. People: {people}."
    return said if len(said) <= LONGEST_ALT else said[: LONGEST_ALT - 1] + "…"
