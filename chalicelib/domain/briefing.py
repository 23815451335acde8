"""Work out what a question tells, and how many people it needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.approval import Kind
from chalicelib.domain.brief import Brief, Counts, Risk, Step
from chalicelib.domain.builds import Build
from chalicelib.domain.deployment import Deployment
from chalicelib.domain.plan import Plan
from chalicelib.domain.pushed import Release
from chalicelib.domain.settings import Approvals

MOST_CHANGES = 5
"""So many changes are shown; of the rest only how many they are."""


@dataclass(frozen=True, slots=True)
class Made:
    """A build of servers, or a release of a frontend, as it was reported."""

    step: Step
    tests: Counts | None = None


def of_build(build: Build) -> Made:
    """As its CI described it."""
    return Made(Step(build.version, build.commit, build.author, build.message), build.tests)


def of_release(release: Release) -> Made:
    """As `pointsman push` described it."""
    return Made(Step(release.tag, release.commit))


def brief(deployment: Deployment, kind: Kind, made: Sequence[Made]) -> Brief:
    """For one question about a deployment; what was made comes newest first."""
    new, live = deployment.version, deployment.plan.old_version if deployment.plan else ""
    order = [each.step.version for each in made]
    known = new in order and live in order
    between = made[_span(order.index(new), order.index(live))] if known else []
    steps = [each.step for each in between]
    back = kind is Kind.ROLLBACK
    return Brief(
        before=new if back else live,
        after=live if back else new,
        steps=tuple(steps[:MOST_CHANGES]),
        more=max(0, len(steps) - MOST_CHANGES),
        known=known or deployment.first_release,
        tests=next((each.tests for each in made if each.step.version == (live if back else new)), None),
        risks=() if kind in {Kind.ROLLBACK, Kind.END} else tuple(_risks(deployment, order)),
    )


def needed(approvals: Approvals, kind: Kind, risks: Sequence[Risk]) -> int:
    """How many different people have to confirm."""
    wanted = {
        Kind.START: approvals.start,
        Kind.FINISH: approvals.finish,
        Kind.ROLLBACK: approvals.rollback,
        Kind.END: approvals.end,
    }[kind]
    return wanted + (approvals.risky if risks else 0)


def _span(new: int, live: int) -> slice:
    """After the older of the two, up to the newer one."""
    return slice(min(new, live), max(new, live))


def _risks(deployment: Deployment, order: Sequence[str]) -> list[Risk]:
    plan = deployment.plan
    found = []
    if deployment.closes:
        found.append(Risk.CLOSES)
    if plan is not None:
        known = deployment.version in order and plan.old_version in order
        if known and order.index(deployment.version) > order.index(plan.old_version):
            found.append(Risk.OLDER)
        if _mixed(plan):
            found.append(Risk.MIXED)
    return found


def _mixed(plan: Plan) -> bool:
    """Whether a role is mirrored with different images."""
    images = {(group.role, group.spec.image) for group in plan.groups}
    return len(images) > len(plan.roles)
