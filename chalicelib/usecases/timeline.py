"""The timeline of a deployment that has ended: its phases against time, what waited for people, and who acted where."""

from collections.abc import Sequence

from chalicelib.domain.approval import Answer, Question
from chalicelib.domain.deployment import Deployment, State
from chalicelib.usecases.chat_ports import Bar, Mark, Timeline
from chalicelib.usecases.texts import duration
from chalicelib.usecases.words import shape, step_name, words_of

_MOST_MARKS = 12
_SHORTEST = 1.0
"""Seconds: what took less is not drawn."""
_TIMELESS = frozenset({State.PLANNED, State.STUCK})
"""Ends that are none: nothing happened, or it may yet go on."""


def timeline(deployment: Deployment, questions: Sequence[Question]) -> Timeline | None:
    """The picture; None where nothing lasted, or it has not come to an end."""
    if not came_to_an_end(deployment):
        return None
    bars = tuple(_bars(deployment))
    if len({bar.label for bar in bars}) < 2:
        return None
    title = f"{words_of(deployment).name(deployment)} to {deployment.environment}"
    acts = _acts(deployment, questions)
    marks = tuple(Mark(at, what) for at, _, what in acts)
    return Timeline(title, _alt(title, bars, marks), bars, marks)


def came_to_an_end(deployment: Deployment) -> bool:
    """Whether something happened, and nothing more will."""
    return deployment.ended and deployment.state not in _TIMELESS


def who_acted(deployment: Deployment, questions: Sequence[Question]) -> str:
    """The people behind the numbers of the picture, in the same order."""
    acts = _acts(deployment, questions)
    return " · ".join(f"{number} {who} {what}" for number, (_, who, what) in enumerate(acts, 1))


def _bars(deployment: Deployment) -> list[Bar]:
    rows = {
        state: (step_name(deployment, state, label), kind)
        for state, (label, kind) in words_of(deployment).timeline.rows.items()
    }
    pairs = zip(deployment.phases, deployment.phases[1:], strict=False)
    return [
        Bar(phase.at, following.at, *rows[phase.state])
        for phase, following in pairs
        if phase.state in rows and following.at - phase.at >= _SHORTEST
    ]


def _acts(deployment: Deployment, questions: Sequence[Question]) -> list[tuple[float, str, str]]:
    """When somebody acted, who, and what they did; the newest where they are very many."""
    words = words_of(deployment).timeline
    acts = [(deployment.requested_at, f"{{person:{deployment.requester}}}", "asked for it")]
    for each in questions:
        what = _did(each, words)
        acts += [
            (yes.at, f"{{person:{yes.by}}}", f"confirmed the {words.nouns.get(each.kind, each.kind)}")
            for yes in each.confirmations
        ]
        said = each.answer is Answer.CONFIRM and each.confirmations  # the last yes is the answer
        if what and each.answered_by is not None and not said:
            acts.append((each.answered_at, f"{{person:{each.answered_by}}}", what))
    return sorted(acts)[-_MOST_MARKS:]


def _did(question: Question, words: shape.Timeline) -> str:
    if question.answer is Answer.CONFIRM:
        return f"confirmed the {words.nouns.get(question.kind, question.kind)}"
    if question.answer is Answer.REJECT:
        return f"rejected the {words.nouns.get(question.kind, question.kind)}"
    return words.did.get(question.answer, "") if question.answer is not None else ""


def _alt(title: str, bars: Sequence[Bar], marks: Sequence[Mark]) -> str:
    """The same in words."""
    start, end = bars[0].start, bars[-1].end
    phases = "; ".join(f"{bar.label} {duration(bar.end - bar.start)}" for bar in bars)
    people = "; ".join(
        f"{number} {mark.label} after {duration(mark.at - start)}" for number, mark in enumerate(marks, 1)
    )
    return f"Timeline of {title}, {duration(end - start)} in all. {phases}. People: {people}."
