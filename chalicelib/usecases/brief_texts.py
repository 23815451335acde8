"""What is being approved, in the words of the question."""

from collections import Counter

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.brief import Brief, Counts, Risk, Step
from chalicelib.domain.deployment import Deployment
from chalicelib.domain.plan import Files, Plan
from chalicelib.usecases.release_texts import changes
from chalicelib.usecases.texts import plain, size
from chalicelib.usecases.words import words_of
from chalicelib.usecases.words.shape import Questions


def told(question: Question, deployment: Deployment) -> tuple[str, ...]:
    """The lines about what is being approved; none where a question was asked before there were any."""
    brief = question.brief
    if brief is None:
        return ()
    words = words_of(deployment).questions
    lines = [_versions(brief, deployment, words)]
    if question.kind is not Kind.END:
        lines.append(_steps(brief, question.kind, words))
    lines += [
        tested(brief.tests),
        _fleet(question.kind, deployment.plan),
        _files(question.kind, deployment.plan),
    ]
    lines += [_why_more(question.kind, brief, words), words.lasting[question.kind]]
    return tuple(line for line in lines if line)


def planned(deployment: Deployment) -> tuple[str, ...]:
    """The same of a plan, as far as the fields of its message do not say it."""
    brief, words = deployment.brief, words_of(deployment).questions
    if brief is None:
        return ()
    lines = (_steps(brief, Kind.START, words), tested(brief.tests), _why_more(Kind.START, brief, words))
    return tuple(line for line in lines if line)


def _versions(brief: Brief, deployment: Deployment, words: Questions) -> str:
    before = f"`{plain(brief.before)}`" if brief.before else words.nothing
    after = f"`{plain(brief.after)}`" if brief.after else words.nothing
    return f"*{deployment.service}* in *{deployment.environment}*: {before} → {after}"


def _steps(brief: Brief, kind: Kind, words: Questions) -> str:
    if not brief.known or not brief.steps:
        return "" if brief.known else words.unknown
    out = kind is Kind.ROLLBACK or Risk.OLDER in brief.risks
    lines = ["*Taken out:*" if out else "*What is new:*", *(f"• {_step(each)}" for each in brief.steps)]
    if brief.more:
        lines.append(f"• and {brief.more} more")
    return "\n".join(lines)


def _step(step: Step) -> str:
    commit = f" `{plain(step.commit[:12])}`" if step.commit else ""
    author = f" by {plain(step.author)}" if step.author else ""
    message = f": {plain(step.message)}" if step.message else ""
    return f"`{plain(step.version)}`{commit}{author}{message}"


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


def _files(kind: Kind, plan: Plan | None) -> str:
    """What visitors get that they did not have; on the way back and at its end nothing new comes."""
    if plan is None or plan.files is None or kind is not Kind.START:
        return ""
    return f"Files: {files(plan.files)}"


def files(changed: Files) -> str:
    """How many files are different, and how much of it is new."""
    pages = f", {changed.pages} of them page{'' if changed.pages == 1 else 's'}" if changed.pages else ""
    unread = (
        ". The manifest of what is live can not be read any more: every file is copied, and there is no way back"
        if changed.unread
        else ""
    )
    return f"{changes(changed.added, changed.changed, changed.gone)}{pages}; {size(changed.size)} to copy{unread}"


def fleet(plan: Plan) -> str:
    """How many hosts of which role and type."""
    counts = Counter[tuple[str, str]]()
    for group in plan.groups:
        counts[group.role, group.spec.instance_type] += group.count
    return ", ".join(f"{count} {role} ({kind})" for (role, kind), count in counts.items())


def _why_more(kind: Kind, brief: Brief, words: Questions) -> str:
    """At the start, which window it closes is said already."""
    risks = [each for each in brief.risks if each is not Risk.CLOSES or kind is not Kind.START]
    return "⚠️ Look closely: " + "; ".join(words.risks[each] for each in risks) + "." if risks else ""
