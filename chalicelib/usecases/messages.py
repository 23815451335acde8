"""What the channel shows, worked out from the records alone, so that it can be rendered again at any time."""

import re
from collections.abc import Sequence

from chalicelib.domain.approval import SECOND_PERSON, Answer, Kind, Question
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.domain.history import Head
from chalicelib.domain.people import Actor
from chalicelib.domain.plan import Plan, Route
from chalicelib.usecases.brief_texts import fleet, told
from chalicelib.usecases.buttons import ASKING, buttons, confirm_or_reject
from chalicelib.usecases.chat_ports import Action, Message
from chalicelib.usecases.cost import cost
from chalicelib.usecases.overriding import warnings
from chalicelib.usecases.questions import ASKED, how, outcome, person, progress
from chalicelib.usecases.texts import STATE_NAMES, duration, plain
from chalicelib.usecases.timeline import timeline, who_acted

_MARKS: dict[State, str] = {
    State.SUCCEEDED: "✅",
    State.ROLLED_BACK: "↩️",
    State.REJECTED: "🚫",
    State.EXPIRED: "⌛",
    State.CANCELED: "🚫",
    State.FAILED: "❌",
    State.STUCK: "🆘",
    State.ASKING_RETRY: "❌",
    State.PLANNED: "📋",
    State.READY: "🟢",
    State.KEEPING: "🟢",
}
_SAYS_WHY = {State.ASKING_RETRY, State.DISCARDING, State.SWITCHING_BACK}

_STEPS: tuple[tuple[State, str], ...] = (
    (State.PREPARING, "Prepare"),
    (State.TESTING, "Test"),
    (State.READY, "Ready"),
    (State.SWITCHING, "Switch"),
    (State.BAKING, "Watch"),
    (State.KEEPING, "Keep the old fleet"),
    (State.RETIRING, "End the old fleet"),
)


def deployment_message(
    deployment: Deployment, questions: Sequence[Question], now: float, recorded: Head | None = None
) -> Message:
    """The one message of a deployment: what, who, how far, what happens next and who must act; once it has ended, how
    far history had got, so that history can not be rewritten without rewriting chat."""
    heading = f"{deployment.service}@{deployment.version} to {deployment.environment}"
    state = STATE_NAMES[deployment.state]
    open_questions = [each for each in questions if each.open_at(now)]
    picture = timeline(deployment, questions)
    acted = f"Who acted: {who_acted(deployment, questions)}" if picture else ""
    return Message(
        summary=f"{heading}: {state}",
        title=f"{_mark(deployment)} {heading}: {state}",
        fields=tuple(_fields(deployment, questions)),
        lines=tuple(
            line
            for line in (
                *warnings(deployment),
                _steps(deployment),
                _last_no(deployment, questions),
                *_next(deployment, open_questions),
                acted,
            )
            if line
        ),
        actions=buttons(deployment, open_questions),
        notes=(_note(deployment, recorded),),
        picture=picture,
    )


def question_message(question: Question, deployment: Deployment, now: float) -> Message:
    """A question to the team, and, once it is decided, who decided and when; a decided one has no buttons."""
    what = f"{ASKED[question.kind]} *{deployment.service}@{deployment.version}* in *{deployment.environment}*"
    if not question.open_at(now):
        asked = f"Asked by {{person:{question.requester}}}."
        return Message(
            summary=f"{ASKED[question.kind]} {outcome(question)}",
            lines=(what, *warnings(deployment), f"{asked} {outcome(question)}"),
        )
    return Message(
        summary=f"{ASKED[question.kind]} {deployment.service}@{deployment.version} in {deployment.environment}",
        lines=(
            f"{{team}} {what}{_closing(question, deployment)}",
            *warnings(deployment),
            (
                f"Asked by {{person:{question.requester}}}; {_whom(question)} by "
                f"{{time:{question.deadline:.0f}}}, else it expires."
            ),
            *filter(None, [progress(question)]),
            *told(question, deployment),
        ),
        actions=confirm_or_reject(question),
        notes=(how(question),),
    )


def _whom(question: Question) -> str:
    return "somebody else answers" if question.needed < 2 else f"{question.needed} others answer"


def _closing(question: Question, deployment: Deployment) -> str:
    """What a yes also means: an earlier deployment gives up its way back."""
    if question.kind is not Kind.START or not deployment.closes:
        return ""
    return f". It closes the rollback window of *{deployment.closes}*"


def output_message(deployment: Deployment) -> Message:
    """What a failed host printed, for the thread."""
    return Message(
        summary="What the host printed", lines=(plain(deployment.detail),), output=deployment.output
    )


def build_message(build: Build, environments: Sequence[str]) -> Message:
    """A build that CI reported, with a button for each environment it can go to."""
    name = f"{build.service}@{build.version}"
    said = {
        BuildStatus.RUNNING: f"🔨 Build of *{name}* is running.",
        BuildStatus.PASSED: f"📦 Build of *{name}* passed.",
        BuildStatus.FAILED: f"❌ Build of *{name}* failed. It can not be deployed.",
    }[build.status]
    origin = ", ".join(part for part in (build.commit[:12], plain(build.author)) if part)
    deploy = tuple(Action("deploy", f"Deploy to {each}", f"{name} to {each}") for each in environments[:5])
    return Message(
        summary=said.replace("*", ""),
        lines=(said,),
        notes=(
            f"{origin} · reported by {build.reported_by.user}"
            if origin
            else f"reported by {build.reported_by.user}",
        ),
        actions=deploy if build.status is BuildStatus.PASSED else (),
    )


_PERSON = re.compile(r"(\{person:[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._-]{1,64}\})")


def _mark(deployment: Deployment) -> str:
    if deployment.state in ASKING:
        return "✋"
    return _MARKS.get(deployment.state, "🔵")


def _fields(deployment: Deployment, questions: Sequence[Question]) -> list[tuple[str, str]]:
    plan = deployment.plan
    fields = [("Version", _version(deployment))]
    fields.extend(_decisions(deployment, questions) or [("Asked for by", person(deployment.requester))])
    if plan is not None and plan.groups:
        fields.append(("New fleet", fleet(plan)))
        spent = cost(deployment)
        fields.append(("What it cost", spent) if spent else ("Second fleet costs", _price(plan)))
        if plan.routes and deployment.state in BEFORE_SWITCH | {State.PLANNED}:
            fields.append(("Traffic will move", "; ".join(_way(route) for route in plan.routes)))
    if deployment.package is not None and deployment.package.commit:
        origin = f"`{deployment.package.commit[:12]}` {plain(deployment.package.author)}".strip()
        fields.append(("Built from", origin))
    return fields


def _version(deployment: Deployment) -> str:
    """Before there is a plan nobody has looked what is live."""
    if deployment.plan is None:
        return f"*{deployment.version}*"
    return f"{deployment.plan.old_version or 'unknown'} → *{deployment.version}*"


def _decisions(deployment: Deployment, questions: Sequence[Question]) -> list[tuple[str, str]]:
    """Who asked and who confirmed, for each decision that was confirmed."""
    decisions = (
        ("Start", Kind.START, deployment.requester, deployment.confirmed_by),
        ("Switch", Kind.FINISH, deployment.finished_by, deployment.finish_confirmed_by),
        ("Rollback", Kind.ROLLBACK, deployment.rollback_by, deployment.rollback_confirmed_by),
    )
    return [
        (what, f"asked by {person(asked)}, confirmed by {_confirmers(questions, kind, confirmed)}")
        for what, kind, asked, confirmed in decisions
        if confirmed is not None
    ]


def _confirmers(questions: Sequence[Question], kind: Kind, last: Actor) -> str:
    """All whom it needed; the record itself has the one who decided it."""
    asked = (each for each in questions if each.kind is kind and each.answer is Answer.CONFIRM)
    found = next((each.confirmations for each in asked if each.answered_by == last), ())
    return " and ".join(person(each.by) for each in found) or person(last)


def _way(route: Route) -> str:
    """From where to where, by the names that the console shows."""
    if route.strategy == "dns":
        return f"{route.record} from {route.old_name} to {route.new_name}"
    if route.strategy == "targets":
        return f"{route.role}: new hosts into {_name(route.new_group)}, then the old ones out"
    return f"{route.role}: {_name(route.old_group)} → {_name(route.new_group)}"


def _name(arn: str) -> str:
    """`arn:...:targetgroup/NAME/ID` is NAME."""
    parts = arn.split("/")
    return parts[1] if len(parts) > 1 else arn


def _price(plan: Plan) -> str:
    return (
        "unknown (no price configured)"
        if plan.usd_per_hour is None
        else f"{plan.usd_per_hour:.2f} USD an hour"
    )


def _steps(deployment: Deployment) -> str:
    """The way in one line: what is done, where it is, what comes."""
    if deployment.plan_only or (deployment.ended and deployment.state is not State.SUCCEEDED):
        return ""
    entered = {phase.state for phase in deployment.phases}
    last = max((index for index, (state, _) in enumerate(_STEPS) if state in entered), default=-1)
    parts = []
    for index, (_, label) in enumerate(_STEPS):
        done = index < last or (index == last and deployment.state is State.SUCCEEDED)
        parts.append(f"✓ {label}" if done else f"▸ *{label}*" if index == last else f"· {label}")
    return "  ".join(parts)


def _next(deployment: Deployment, questions: Sequence[Question]) -> list[str]:
    """What happens next, by itself or by whom; and what there is to see."""
    lines = [plain(deployment.progress)] if deployment.progress else []
    if deployment.state in {State.TESTING, State.READY, State.ASKING_FINISH} and deployment.new:
        lines.append(
            "Try it by hand: " + ", ".join(f"`{host.address}` ({host.role})" for host in deployment.new[:12])
        )
    if deployment.detail and (deployment.ended or deployment.state in _SAYS_WHY):
        lines.append(_keep_people(deployment.detail))
    lines.append(_what_next(deployment, questions))
    if deployment.closes and deployment.state in {State.ACCEPTED, State.ASKING_START}:
        lines.append(f"Going on closes the rollback window of *{deployment.closes}*: its old fleet ends.")
    return lines


def _keep_people(detail: str) -> str:
    """A detail that the product worded itself: people stay people, all else is made harmless."""
    parts = _PERSON.split(detail)
    return "".join(part if _PERSON.fullmatch(part) else plain(part) for part in parts)


def _last_no(deployment: Deployment, questions: Sequence[Question]) -> str:
    """Why it is back where it waits: what was asked last was refused, or nobody answered."""
    asked = [
        each for each in questions if each.kind in _GONE_BACK and each.asked_at >= _entered_before(deployment)
    ]
    if deployment.state not in {State.READY, State.BAKING, State.KEEPING} or not asked:
        return ""
    last = max(asked, key=lambda each: each.asked_at)
    if last.answer not in {Answer.REJECT, Answer.EXPIRED}:
        return ""
    return f"{_GONE_BACK[last.kind]}: {outcome(last)}"


_GONE_BACK = {Kind.FINISH: "The switch", Kind.ROLLBACK: "Going back", Kind.END: "Ending the old fleet"}


def _entered_before(deployment: Deployment) -> float:
    """When the state before this one was entered."""
    return deployment.phases[-2].at if len(deployment.phases) > 1 else 0.0


def _what_next(deployment: Deployment, questions: Sequence[Question]) -> str:
    if deployment.state is State.STUCK and deployment.wanted == "release":
        return f"Released by {person(deployment.wanted_by)}: hosts and traffic stayed as they were."
    asked = next((each for each in questions if each.kind in SECOND_PERSON), None)
    if asked is not None and deployment.state in ASKING:
        confirmed, by = progress(asked), f"by {{time:{asked.deadline:.0f}}}"
        whom = f"{confirmed} The rest {by}" if confirmed else f"*Somebody else has to confirm* {by}"
        return f"{whom}: use the buttons or `/deploy confirm {asked.code}`."
    where = f"{deployment.service} {deployment.environment}"
    ready = next((each for each in questions if each.kind is Kind.READY), None)
    retry = next((each for each in questions if each.kind is Kind.RETRY), None)
    texts: dict[State, str] = {
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
        State.BAKING: "Next: the old fleet stands by. Trouble goes back by itself.",
        State.KEEPING: (
            f"The old fleet stands by until {{when:{deployment.keep_until:.0f}}}, "
            f"then ends by itself. `/deploy rollback {where}` goes back."
        ),
        State.SWITCHING_BACK: "Next: the new fleet is removed.",
        State.DISCARDING: "Next: this ends. The old fleet keeps its traffic.",
        State.RETIRING: "Next: this ends. There is no way back to the old fleet any more.",
        State.SUCCEEDED: f"`{deployment.version}` is live. The old fleet has ended. {_lasted(deployment)}",
        State.ROLLED_BACK: f"Traffic is back on the old fleet, the new one is gone. {_lasted(deployment)}",
        State.PLANNED: f"Only a plan: nothing was changed. `/deploy {deployment.service}@{deployment.version} to "
        f"{deployment.environment}` does it.",
        State.STUCK: "I do nothing more by myself: hosts and traffic stay as they are until somebody has looked. "
        f"Then `/deploy retry {where}` goes on from where I stopped, or `/deploy cancel {where}` leaves everything as "
        "it is and frees the environment for the next deployment.",
    }
    if deployment.state in ASKING:
        return "That is decided. Nothing has to be done now."
    return texts.get(deployment.state, "Nothing is live that was not live before.")


def _lasted(deployment: Deployment) -> str:
    if not deployment.phases:
        return ""
    return f"It took {duration(deployment.phases[-1].at - deployment.requested_at)} in all."


def _note(deployment: Deployment, recorded: Head | None) -> str:
    words = [deployment.id, f"asked for {{when:{deployment.requested_at:.0f}}}"]
    if deployment.reason:
        words.append(f"reason code {deployment.reason}")
    if recorded is not None:
        words.append(f"history {recorded}")
    return " · ".join(words)
