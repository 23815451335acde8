"""What the channel shows, worked out from the records alone, so that it can be rendered again at any time."""

from collections.abc import Sequence

from chalicelib.domain.approval import SAID, SECOND_PERSON, Answer, Kind, Question
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, State
from chalicelib.domain.history import Head
from chalicelib.domain.people import Actor
from chalicelib.domain.plan import Plan, Route
from chalicelib.usecases.brief_texts import files, fleet, planned, told
from chalicelib.usecases.buttons import ASKING, buttons, confirm_or_reject
from chalicelib.usecases.chat_ports import Action, Message
from chalicelib.usecases.cost import cost, left_over
from chalicelib.usecases.overriding import warnings
from chalicelib.usecases.questions import how, outcome, person, progress
from chalicelib.usecases.release_texts import untold
from chalicelib.usecases.texts import along, plain, together, worded
from chalicelib.usecases.timeline import came_to_an_end, timeline, who_acted
from chalicelib.usecases.words import state_name, step_name, words_of

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
_GOES_BACK = {State.DISCARDING, State.SWITCHING_BACK}
_SAYS_WHY = {State.ASKING_RETRY, *_GOES_BACK}


def deployment_message(
    deployment: Deployment, questions: Sequence[Question], now: float, recorded: Head | None = None
) -> Message:
    """The one message of a deployment: what, who, how far, what happens next and who must act; once it has ended, how
    far history had got, so that history can not be rewritten without rewriting chat."""
    heading = f"{words_of(deployment).name(deployment)} to {deployment.environment}"
    state = state_name(deployment)
    open_questions = [each for each in questions if each.open_at(now)]
    picture = timeline(deployment, questions)
    acted = f"Who acted: {who_acted(deployment, questions)}" if came_to_an_end(deployment) else ""
    return Message(
        summary=f"{heading}: {state}",
        title=f"{_mark(deployment)} {heading}: {state}",
        fields=tuple(_fields(deployment, questions)),
        lines=tuple(
            line
            for line in (
                *warnings(deployment),
                *untold(deployment),
                *planned(deployment),
                _steps(deployment),
                _last_no(deployment, questions),
                *_next(deployment, questions, open_questions),
                acted,
            )
            if line
        ),
        actions=_buttons(deployment, questions, open_questions),
        notes=(_note(deployment, recorded),),
        picture=picture,
    )


def question_message(question: Question, deployment: Deployment, now: float) -> Message:
    """A question to the team, and, once it is decided, who decided and when; a decided one has no buttons."""
    asked = words_of(deployment).questions.asked[question.kind]
    name = words_of(deployment).name(deployment)
    what = f"{asked} *{name}* in *{deployment.environment}*"
    if not question.open_at(now):
        by = f"Asked by {{person:{question.requester}}}."
        return Message(
            summary=f"{asked} {outcome(question)}",
            lines=(what, *warnings(deployment), f"{by} {outcome(question)}"),
        )
    return Message(
        summary=f"{asked} {name} in {deployment.environment}",
        lines=(
            f"{{team}} {what}{_closing(question, deployment)}",
            *filter(None, [along(deployment, question.kind)]),
            *warnings(deployment),
            f"Asked by {{person:{question.requester}}}{_by_when(question)}",
            *told(question, deployment),
        ),
        actions=confirm_or_reject(question),
        notes=(how(question),),
    )


def _buttons(
    deployment: Deployment, questions: Sequence[Question], open_questions: Sequence[Question]
) -> tuple[Action, ...]:
    """None for the moment after a no, or after nobody answered: what can be done comes with the next state."""
    if _canceled(deployment):
        return ()
    waits = any(each.kind in SECOND_PERSON for each in open_questions)
    over = None if waits or deployment.state not in ASKING else _asked_here(deployment, questions)
    return buttons(deployment, open_questions) if over is None or over.answer is Answer.CONFIRM else ()


def _by_when(question: Question) -> str:
    if question.needed > 1:
        return f". {progress(question)} Else it expires."
    return f"; somebody else answers by {{time:{question.deadline:.0f}}}, else it expires."


def _closing(question: Question, deployment: Deployment) -> str:
    """What a yes also means: an earlier deployment gives up its way back."""
    if question.kind is not Kind.START or not deployment.closes:
        return ""
    return f". It closes the rollback window of {_closed(deployment)}"


def _closed(deployment: Deployment) -> str:
    """Whose way back ends by it: of two that go together both."""
    too = deployment.closes_too
    also = f" and of *{too.deployment}*, which goes with it" if too is not None else ""
    return f"*{deployment.closes}*{also}"


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
        fields += _costs(deployment, plan)
        if plan.routes and deployment.state in BEFORE_SWITCH | {State.PLANNED}:
            fields.append(("Traffic will move", "; ".join(_way(route) for route in plan.routes)))
    if plan is not None and plan.files is not None:
        fields.append(("Files", files(plan.files)))
    if with_ := together(deployment):
        fields.append(("Together with", with_))
    if deployment.package is not None and deployment.package.commit:
        origin = f"`{deployment.package.commit[:12]}` {plain(deployment.package.author)}".strip()
        fields.append(("Built from", origin))
    return fields


def _costs(deployment: Deployment, plan: Plan) -> list[tuple[str, str]]:
    """What the second fleet costs while it is there, and in the end what it has cost."""
    if came_to_an_end(deployment):
        spent = cost(deployment)
        return [("What it cost", spent)] if spent else []
    return [] if deployment.left else [("Second fleet costs", _price(plan))]


def _version(deployment: Deployment) -> str:
    """Before there is a plan nobody has looked what is live."""
    if deployment.plan is None:
        return f"*{plain(deployment.version)}*"
    before = plain(deployment.plan.old_version) or words_of(deployment).questions.nothing
    return f"{before} → *{plain(deployment.version)}*"


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
    ended = deployment.ended and deployment.state is not State.SUCCEEDED
    if ended or deployment.plan_only or deployment.state in _GOES_BACK:
        return ""
    entered = {phase.state for phase in deployment.phases}
    steps = words_of(deployment).steps
    last = max((index for index, (state, _) in enumerate(steps) if state in entered), default=-1)
    parts = []
    for index, (state, usual) in enumerate(steps):
        label = step_name(deployment, state, usual)
        done = index < last or (index == last and deployment.state is State.SUCCEEDED)
        parts.append(f"✓ {label}" if done else f"▸ *{label}*" if index == last else f"· {label}")
    return "  ".join(parts)


def _next(
    deployment: Deployment, questions: Sequence[Question], open_questions: Sequence[Question]
) -> list[str]:
    """What happens next, by itself or by whom; and what there is to see."""
    lines = [plain(deployment.progress)] if deployment.progress else []
    if deployment.left and not deployment.ended:
        said = left_over(deployment.left)
        lines.append(f"{said[0].upper()}{said[1:]}; I clean {'it' if deployment.left == 1 else 'them'} up.")
    if deployment.state in {State.TESTING, State.READY, State.ASKING_FINISH} and deployment.new:
        lines.append(
            "Try it by hand: " + ", ".join(f"`{host.address}` ({host.role})" for host in deployment.new[:12])
        )
    if deployment.detail and (deployment.ended or deployment.state in _SAYS_WHY):
        lines.append(worded(deployment.detail))
    lines.append(_what_next(deployment, questions, open_questions))
    if deployment.closes and deployment.state in {State.ACCEPTED, State.ASKING_START, State.PLANNED}:
        lines.append(
            f"Going on closes the rollback window of {_closed(deployment)}{words_of(deployment).closes}"
        )
    return lines


def _last_no(deployment: Deployment, questions: Sequence[Question]) -> str:
    """Why it is back where it waits: what was asked last was refused, or nobody answered."""
    gone_back = words_of(deployment).questions.gone_back
    asked = [
        each for each in questions if each.kind in gone_back and each.asked_at >= _entered_before(deployment)
    ]
    if deployment.state not in {State.READY, State.BAKING, State.KEEPING} or not asked:
        return ""
    last = max(asked, key=lambda each: each.asked_at)
    if last.answer not in {Answer.REJECT, Answer.EXPIRED}:
        return ""
    return f"{gone_back[last.kind]}: {outcome(last)}"


def _entered_before(deployment: Deployment) -> float:
    """When the state before this one was entered."""
    return deployment.phases[-2].at if len(deployment.phases) > 1 else 0.0


def _what_next(
    deployment: Deployment, questions: Sequence[Question], open_questions: Sequence[Question]
) -> str:
    wished = _wished(deployment)
    if wished:
        return wished
    asked = next((each for each in open_questions if each.kind in SECOND_PERSON), None)
    if asked is not None and deployment.state in ASKING:
        answering = f"the buttons or `/deploy confirm {asked.code}`."
        if asked.needed > 1:
            return f"{progress(asked)} Use {answering}"
        return f"*Somebody else has to confirm* by {{time:{asked.deadline:.0f}}}: use {answering}"
    if deployment.state in ASKING:
        return _over(deployment, _asked_here(deployment, questions))
    words = words_of(deployment)
    return words.next(deployment, open_questions).get(deployment.state) or words.ended(deployment)


def _wished(deployment: Deployment) -> str:
    """What somebody wants of it, until the machine comes to it; empty where nobody does."""
    who, words = person(deployment.wanted_by), words_of(deployment)
    if deployment.state is State.STUCK and deployment.wanted == "release":
        return f"Released by {who}: {words.let_go}."
    if _canceled(deployment):
        return f"Canceled by {who}: {words.why.canceling}."
    if deployment.wanted == "rollback" and deployment.state is State.BAKING:
        return f"{who} asked to roll back: it begins at the next step."
    return ""


def _canceled(deployment: Deployment) -> bool:
    """Whether somebody canceled it, and the machine has not come to it yet."""
    return deployment.wanted == "cancel" and deployment.state in BEFORE_SWITCH


def _asked_here(deployment: Deployment, questions: Sequence[Question]) -> Question | None:
    """What a second person was asked last in the state in which it is; none where it is still to be asked."""
    entered = deployment.phases[-1].at if deployment.phases else 0.0
    asked = [each for each in questions if each.kind in SECOND_PERSON and each.asked_at >= entered]
    last = max(asked, key=lambda each: each.asked_at, default=None)
    return None if last is not None and last.answer is Answer.SUPERSEDED else last


def _over(deployment: Deployment, asked: Question | None) -> str:
    """What is said for the moment between an answer, or the deadline, and what comes of it."""
    if asked is None:
        return "Next: somebody else is asked to confirm it."
    if asked.answer is Answer.CONFIRM:
        return "Decided; going on."
    said = (
        "Nobody answered in time"
        if asked.answer in {None, Answer.EXPIRED}
        else SAID[asked.answer].capitalize()
    )
    if asked.kind is Kind.START or asked.answer is Answer.CANCEL:
        return f"{said}; this ends here."
    return f"{said}. {words_of(deployment).questions.after_no[asked.kind]}"


def _note(deployment: Deployment, recorded: Head | None) -> str:
    words = [deployment.id, f"asked for {{when:{deployment.requested_at:.0f}}}"]
    if deployment.reason:
        words.append(f"reason code {deployment.reason}")
    if recorded is not None:
        words.append(f"history {recorded}")
    return " · ".join(words)
