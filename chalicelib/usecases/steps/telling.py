"""What a question or a plan tells, how many have to confirm it, and which services it is about: worked out when it is
asked."""

from dataclasses import replace

from chalicelib.domain.approval import Kind
from chalicelib.domain.brief import Brief
from chalicelib.domain.briefing import Made, brief, needed, of_build, of_release
from chalicelib.domain.deployment import Deployment, Machine
from chalicelib.domain.plan import released
from chalicelib.domain.release import newest_first
from chalicelib.usecases.steps.coupled import follower, other_settings
from chalicelib.usecases.steps.work import Work

MOST_BUILDS = 40
"""So many reports are looked through for what is between the live version and the new one."""


def needed_of(work: Work, kind: Kind, told: Brief) -> int:
    """How many have to confirm: of two that go together, the one that wants more decides."""
    own, other = work.settings, other_settings(work)
    return max(needed(each.approvals, kind, told.risks) for each in (own, other) if each is not None)


def also_of(work: Work) -> tuple[str, ...]:
    """Other services that it is about: what goes with it, and what loses its way back by it."""
    found = (work.deployment.partner, work.deployment.closes_too)
    also = (each.service for each in found if each is not None and each.service != work.deployment.service)
    return tuple(dict.fromkeys(also))


def brief_of(work: Work, kind: Kind) -> Brief:
    """From what was reported last, with the two that it is about however old they are; with the risks of what goes
    along."""
    told, other = _told(work, work.deployment, kind), follower(work)
    if other is None:
        return told
    live = work.store.environment(other.service, other.environment).live_version
    along = _told(work, replace(other, plan=other.plan or released(other.version, live)), kind)
    return replace(told, risks=tuple(dict.fromkeys((*told.risks, *along.risks))))


def _told(work: Work, deployment: Deployment, kind: Kind) -> Brief:
    made = _releases if deployment.machine is Machine.RELEASE else _builds
    return brief(deployment, kind, made(work, deployment))


def _builds(work: Work, of: Deployment) -> list[Made]:
    store, service = work.store, of.service
    builds = list(store.builds(service, limit=MOST_BUILDS))
    missing = _versions(of) - {each.version for each in builds}
    builds += [found for version in sorted(missing) if (found := store.build(service, version))]
    return [of_build(each) for each in sorted(builds, key=lambda each: each.reported_at, reverse=True)]


def _releases(work: Work, of: Deployment) -> list[Made]:
    store, service = work.store, of.service
    known = {each.tag: each for each in store.releases(service, limit=MOST_BUILDS)}
    missing = _versions(of) - set(known)
    known |= {tag: found for tag in sorted(missing) if (found := store.release(service, tag))}
    return [of_release(known[tag]) for tag in newest_first(known, service)]


def _versions(deployment: Deployment) -> set[str]:
    """The two that a question is about."""
    return {deployment.version, deployment.plan.old_version if deployment.plan else ""} - {""}
