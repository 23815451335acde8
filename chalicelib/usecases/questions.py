"""What chat shows of a question: the question itself, a reminder before it expires, and word of a no.

All of it is worked out from the record, so that each message is right again whatever happened in between: a decided
question has no buttons and says who decided and when.
"""

from collections.abc import Iterator

from chalicelib.domain.approval import OF_THE_TEAM, SAID, Answer, Kind, Question
from chalicelib.domain.deployment import Deployment
from chalicelib.domain.people import Actor
from chalicelib.domain.roles import RoleChange
from chalicelib.domain.settings import Team
from chalicelib.usecases import role_texts, update_texts
from chalicelib.usecases.buttons import confirm_or_reject
from chalicelib.usecases.chat_ports import Message
from chalicelib.usecases.deciders import concerned
from chalicelib.usecases.texts import plain, sentence
from chalicelib.usecases.words import words_of
from chalicelib.usecases.words.shape import Words

REMINDER = "reminder-"
REMIND_SECONDS = 60.0
"""So long before a question expires the team is reminded; one that is open for less than twice that is not."""


def person(actor: Actor | None) -> str:
    """Somebody, as chat shows people."""
    return f"{{person:{actor}}}" if actor is not None else "nobody"


def outcome(question: Question) -> str:
    """How it was decided, by whom and when; a reason is shown as it was given."""
    if question.answer in {None, Answer.EXPIRED} or question.answered_by is None:
        return f"⌛ Nobody answered in time; it expired {{when:{question.deadline:.0f}}}."
    mark, said = "✅" if question.answer is Answer.CONFIRM else "🚫", _how_decided(question)
    return f"{mark} {said[0].upper()}{said[1:]}"


def _how_decided(question: Question) -> str:
    reason = f": {plain(question.reason)}" if question.reason else ""
    said = SAID[question.answer] if question.answer is not None else "decided"
    return sentence(f"{said} by {_deciders(question)} {{when:{question.answered_at:.0f}}}{reason}")


def _deciders(question: Question) -> str:
    if question.answer is Answer.CONFIRM and question.confirmations:
        return " and ".join(person(each.by) for each in question.confirmations)
    return person(question.answered_by)


def progress(question: Question) -> str:
    """How many have to confirm by when, and who has so far; nothing where one is enough."""
    if question.needed < 2:
        return ""
    confirmed = " and ".join(person(each.by) for each in question.confirmations) or "nobody"
    return (
        f"*{question.needed} people have to confirm* by {{time:{question.deadline:.0f}}}; so far {confirmed}."
    )


def remind_at(question: Question) -> float:
    """When to remind; 0 where the question is too short for that."""
    at = question.deadline - REMIND_SECONDS
    return at if question.deadline - question.asked_at >= 2 * REMIND_SECONDS else 0.0


def reminder(question: Question, what: str, now: float, team: Team | None = None) -> Message:
    """For the thread and the channel, a little before the question expires; decided, it says how."""
    if not question.open_at(now):
        return Message(summary=f"Decided: {what}", lines=(f"{what} {outcome(question)}",))
    missing = f" {question.missing} missing." if question.needed > 1 else ""
    return Message(
        summary=f"Still open: {what}",
        lines=(
            f"⏳ {{team}} Still open: {what} It expires at {{time:{question.deadline:.0f}}}.{missing}",
            f"{who_may(question, team)} may answer.",
        ),
        actions=confirm_or_reject(question),
        notes=(how(question),),
    )


def how(question: Question) -> str:
    """How to answer without a button."""
    return f"Or type /deploy confirm {question.code} or /deploy reject {question.code}"


def who_may(question: Question, team: Team | None = None) -> str:
    """Who may act on a question, in words. `team`: for what is about a role, whose own word does not count."""
    others = [each.by for each in question.confirmations]
    if team is not None:
        others += [Actor(team.workspace, each) for each in sorted(concerned(team, question))]
    confirmed = "".join(f", {person(each)}" for each in others)
    where = _service(question)
    return f"Any approver or admin{where} other than {person(question.requester)}{confirmed}"


def _service(question: Question) -> str:
    services = question.services if question.kind not in OF_THE_TEAM else ()
    if question.change is not None:
        services = (question.change.grant.service,)
    return f" of {' and '.join(f'`{each}`' for each in services)}" if any(services) else ""


def alert(question: Question, about: str, words: Words, now: float) -> Message | None:
    """Word to the team that a question was rejected or has expired; None where it was not."""
    rejected = question.answer is Answer.REJECT
    if not rejected and not expired(question, now):
        return None
    if rejected:
        summary, said = f"Rejected: the {about}", f"🚫 The {about} was {_how_decided(question)}"
    else:
        summary = f"Expired: the {about}"
        said = f"⌛ Nobody confirmed the {about} in time; it expired {{when:{question.deadline:.0f}}}."
    return Message(summary=summary, lines=(f"{{team}} {said}", words.questions.after_no[question.kind]))


def expired(question: Question, now: float) -> bool:
    """Whether it expired: the machine settles its own, the others are over with their deadline."""
    if question.kind in OF_THE_TEAM:
        return question.answer is None and now > question.deadline
    return question.answer is Answer.EXPIRED


def what_of(question: Question, deployment: Deployment | None) -> str:
    """The question in one sentence."""
    if question.kind is Kind.UPDATE:
        return update_texts.wish(question)
    if question.change is not None or deployment is None:
        return role_texts.wish(question.change, question.requester.workspace) if question.change else ""
    words = words_of(deployment)
    return f"{words.questions.asked[question.kind]} *{words.name(deployment)}* in *{question.environment}*."


def _about(question: Question, deployment: Deployment | None) -> str:
    """What the question is about, to go on from `the`."""
    if question.kind is Kind.UPDATE:
        return update_texts.request(question)
    if question.change is not None:
        return role_texts.request(question.change, question.requester.workspace)
    words = words_of(deployment)
    name = words.name(deployment) if deployment is not None else question.deployment
    return f"{words.timeline.nouns[question.kind]} of *{name}* in *{question.environment}*"


def beside(
    question: Question, deployment: Deployment | None, now: float, team: Team | None = None
) -> Iterator[tuple[str, Message]]:
    """The messages beside a question's own, each with its key: a reminder once its time has come, and word of a no."""
    words = words_of(deployment)
    what = what_of(question, deployment)
    if reminded(question, now):
        yield f"{REMINDER}{question.code}", reminder(question, what, now, team)
    said = alert(question, _about(question, deployment), words, now)
    if said is not None:
        yield f"alert-{question.code}", said


def reminded(question: Question, now: float) -> bool:
    """Whether there is, or may be, a reminder: it was still open when that was due."""
    at = remind_at(question)
    until = question.answered_at or now
    return bool(at) and at <= min(until, now)


def next_moment(question: Question, now: float) -> float:
    """When its messages have to be looked at again although nothing is written; 0 where they do not."""
    if not question.open_at(now):
        return 0.0
    at = remind_at(question)
    return at if at > now else question.deadline + 1


def role_message(question: Question, change: RoleChange, now: float, team: Team | None = None) -> Message:
    """The one message of a change of roles."""
    what = role_texts.wish(change, question.requester.workspace)
    asked = f"Asked by {person(question.requester)}."
    if question.answer is Answer.CONFIRM:
        return _changed(question, change)
    if not question.open_at(now):
        return Message(
            summary="Roles: nothing was changed", lines=(f"🔑 {what}", f"{asked} {outcome(question)}")
        )
    return Message(
        summary="Roles: a second person is asked",
        lines=(
            f"🔑 {{team}} {what}",
            f"{asked} {who_may(question, team)} answers by {{time:{question.deadline:.0f}}}, else nothing changes.",
            "In doubt, ask them in person whether it was really them, and reject.",
        ),
        actions=confirm_or_reject(question),
        notes=(how(question),),
    )


def _changed(question: Question, change: RoleChange) -> Message:
    effect = role_texts.effect(change, question.requester.workspace)
    by = f"Done by {person(question.requester)} {{when:{question.answered_at:.0f}}}."
    if question.confirmations:
        by = f"Asked by {person(question.requester)}. {outcome(question)}"
    loud = "{team} " if change.loud else ""
    return Message(summary="Roles: a role was changed", lines=(f"🔑 {loud}{effect}.", by))
