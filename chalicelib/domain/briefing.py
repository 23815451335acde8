"""Work out what a question tells, and how many people it needs."""

from collections.abc import Sequence

from chalicelib.domain.approval import Kind
from chalicelib.domain.brief import Brief, Risk, Step
from chalicelib.domain.builds import Build
from chalicelib.domain.deployment import Deployment
from chalicelib.domain.plan import Plan
from chalicelib.domain.settings import Approvals

MOST_CHANGES = 5
"""So many changes are shown; of the rest only how many they are."""


def brief(deployment: Deployment, kind: Kind, builds: Sequence[Build]) -> Brief:
    """For one question about a deployment; `builds` come newest first."""
    new, live = deployment.version, deployment.plan.old_version if deployment.plan else ""
    order = [build.version for build in builds]
    known = new in order and live in order
    between = _between(builds, order.index(new), order.index(live)) if known else []
    steps = [Step(each.version, each.commit, each.author, each.message) for each in between]
    back = kind is Kind.ROLLBACK
    return Brief(
        before=new if back else live,
        after=live if back else new,
        steps=tuple(steps[:MOST_CHANGES]),
        more=max(0, len(steps) - MOST_CHANGES),
        known=known,
        tests=next((each.tests for each in builds if each.version == (live if back else new)), None),
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


def _between(builds: Sequence[Build], new: int, live: int) -> list[Build]:
    """After the older of the two, up to the newer one."""
    return list(builds[min(new, live) : max(new, live)])


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
