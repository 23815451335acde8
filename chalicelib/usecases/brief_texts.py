"""What is being approved, in the words of the question."""

from collections import Counter

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.brief import Brief, Counts, Risk, Step
from chalicelib.domain.deployment import Deployment
from chalicelib.domain.plan import Plan
from chalicelib.usecases.texts import plain

_RISKS = {
    Risk.CLOSES: "it closes the rollback window of the deployment before",
    Risk.OLDER: "it goes back to an older version",
    Risk.MIXED: "it mirrors a fleet of mixed images",
}

_LASTING = {
    Kind.START: "",
    Kind.FINISH: "Devices move at once; the old fleet stands by, so this can be undone for a while.",
    Kind.ROLLBACK: "The new fleet is removed after that; going forward again means another deployment.",
    Kind.END: "This can not be undone: the old hosts end.",
}


def told(question: Question, deployment: Deployment) -> tuple[str, ...]:
    """The lines about what is being approved; none where a question was asked before there were any."""
    brief = question.brief
    if brief is None:
        return ()
    lines = [_versions(brief, deployment)]
    if question.kind is not Kind.END:
        lines.append(_steps(brief, question.kind))
    lines += [tested(brief.tests), _fleet(question.kind, deployment.plan), _why_more(question, brief)]
    return tuple(line for line in (*lines, _LASTING[question.kind]) if line)


def _versions(brief: Brief, deployment: Deployment) -> str:
    before = f"`{brief.before}`" if brief.before else "unknown"
    after = f"`{brief.after}`" if brief.after else "unknown"
    return f"*{deployment.service}* in *{deployment.environment}*: {before} → {after}"


def _steps(brief: Brief, kind: Kind) -> str:
    if not brief.known or not brief.steps:
        return "" if brief.known else "What is between these versions is not known: CI has not reported both."
    out = kind is Kind.ROLLBACK or Risk.OLDER in brief.risks
    lines = ["*Taken out:*" if out else "*What is new:*", *(f"• {_step(each)}" for each in brief.steps)]
    if brief.more:
        lines.append(f"• and {brief.more} more")
    return "\n".join(lines)


def _step(step: Step) -> str:
    commit = f" `{step.commit[:12]}`" if step.commit else ""
    author = f" by {plain(step.author)}" if step.author else ""
    message = f": {plain(step.message)}" if step.message else ""
    return f"`{step.version}`{commit}{author}{message}"


def tested(tests: Counts | None) -> str:
    """How a build was tested, as CI said it."""
    if tests is None:
        return ""
    failed = f", *{tests.failed} failed*" if tests.failed else ""
    return f"Tests: {tests.passed} passed{failed}"


def _fleet(kind: Kind, plan: Plan | None) -> str:
    """How large the second fleet is and what it costs while there are two."""
    if plan is None or not plan.groups or kind in {Kind.ROLLBACK, Kind.END}:
        return ""
    price = (
        "at an unknown price"
        if plan.usd_per_hour is None
        else f"for {plan.usd_per_hour:.2f} USD an hour more"
    )
    return f"Second fleet: {fleet(plan)}, {price} while there are two"


def fleet(plan: Plan) -> str:
    """How many hosts of which role and type."""
    counts = Counter[tuple[str, str]]()
    for group in plan.groups:
        counts[group.role, group.spec.instance_type] += group.count
    return ", ".join(f"{count} {role} ({kind})" for (role, kind), count in counts.items())


def _why_more(question: Question, brief: Brief) -> str:
    """The first line of the question at the start says already which window it closes."""
    risks = [each for each in brief.risks if each is not Risk.CLOSES or question.kind is not Kind.START]
    return "⚠️ Look closely: " + "; ".join(_RISKS[each] for each in risks) + "." if risks else ""
