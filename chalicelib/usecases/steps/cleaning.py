"""The function `cleanup`: the only one that deletes files; and what a deployment does while somebody cleans up."""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.domain.deployment import Deployment, Environment, Ref, State
from chalicelib.domain.errors import NotReady
from chalicelib.domain.pushed import MOST
from chalicelib.domain.release_cleaning import OPEN_SECONDS, WAIT_SECONDS, Cleaned, Kept
from chalicelib.usecases.ports import Save
from chalicelib.usecases.release_ports import Cleaner
from chalicelib.usecases.steps.placing import site_of
from chalicelib.usecases.steps.work import Result, Work

_MARKED = 20
"""Releases that are marked in one write: DynamoDB takes a hundred."""
_LOOKED_AT = 20
"""The newest deployments of an environment, of which some may have moved it a moment ago."""
_MOVES = frozenset({State.SWITCHING, State.BAKING, State.SWITCHING_BACK, State.DISCARDING})
"""The states in which what visitors are shown may change."""


class CleanupSteps:
    """The task of this function, named like its state."""

    def __init__(self, cleaner: Cleaner) -> None:
        self._cleaner = cleaner

    def clean_up(self, work: Work) -> Result:
        """Delete what no kept release needs; a release that is live in any environment, that somebody may still go back
        to or has a page open of, is kept however old it is."""
        kept = _kept(work)
        known = work.store.releases(work.deployment.service, limit=MOST)
        cleaned = self._cleaner.clean(site_of(work).bucket, kept)
        # The table was read first: a release that it knew was complete, and one that is not now was deleted.
        gone = [each for each in known if not each.gone and each.tag not in cleaned.complete]
        for start in range(0, len(gone), _MARKED):
            some = gone[start : start + _MARKED]
            work.store.commit(*(Save(replace(each, cleaned_at=work.now)) for each in some))
        if cleaned.more and not _awaited(work):
            raise NotReady(f"{cleaned.deleted} keys were deleted; there may be more")
        leave(work, _left(cleaned))
        return None


def leave(work: Work, what: str) -> None:
    """Say once what is left to the next cleaning up."""
    if what and work.deployment.uncleaned != what:
        said = replace(work.deployment, uncleaned=what)
        work.save(said, work.history("left_files", detail=what))


def let_cleaning_end(work: Work) -> None:
    """Wait where somebody cleans up who may not know of this deployment, because it was accepted meanwhile: what they
    delete has to be gone before anything is brought (domain/release_cleaning.py says why that is enough)."""
    left = work.deployment.requested_at + WAIT_SECONDS - work.now
    for each in _others(work) if left > 0 else ():
        if each.state is State.RETIRING:
            work.note(progress=f"{each.id} cleans up; this goes on when it has ended, or in {left:.0f} s")
            raise NotReady(f"{each.id} cleans up")


def _kept(work: Work) -> Kept:
    service, since = work.deployment.service, work.now
    team = work.store.team()
    live, spare = set[str](), set[str]()
    folders: list[str] = []
    for name in team.services().get(service, ()):
        found = work.store.environment(service, name)
        others = [each for each in _holders(work, found) if each.id != work.deployment.id]
        live |= {found.live_version, *(each.version for each in others)}
        live |= {each.plan.old_version for each in others if each.plan}
        spare |= {found.spare_version, *(each.plan.spare for each in others if each.plan)}
        spare |= _shown_lately(work, service, name)
        other = team.environment(service, name).site
        folders += other.folders if other is not None else ()
    return Kept(
        service, site_of(work).keep, frozenset(live - {""}), tuple(folders), since, frozenset(spare - {""})
    )


def _shown_lately(work: Work, service: str, environment: str) -> set[str]:
    """The releases of which somebody may have a page open: those between which an environment has moved lately."""
    since = work.now - OPEN_SECONDS
    newest = work.store.overview(service, environment, deployments=_LOOKED_AT).deployments
    moved = [each for each in newest if any(one.state in _MOVES and one.at > since for one in each.phases)]
    return {tag for each in moved if each.plan for tag in (each.version, each.plan.old_version)}


def _holders(work: Work, environment: Environment) -> Iterator[Deployment]:
    for slot in (environment.active, environment.keeping):
        ref = Ref(environment.service, environment.name, slot.deployment) if slot else None
        held = work.store.deployment(ref) if ref else None
        if held is not None:
            yield held


def _others(work: Work) -> Iterator[Deployment]:
    """Those that hold another environment of the service; its own is given up before anything is brought."""
    service = work.deployment.service
    for name in work.store.team().services().get(service, ()):
        if name != work.deployment.environment:
            yield from _holders(work, work.store.environment(service, name))


def _awaited(work: Work) -> bool:
    """Whether the next deployment waits for this one to end; it cleans up in its turn."""
    active = work.environment().active
    return active is not None and active.deployment != work.deployment.id


def _left(cleaned: Cleaned) -> str:
    if cleaned.doubts:
        more = f", and {len(cleaned.doubts) - 1} more" if len(cleaned.doubts) > 1 else ""
        return (
            f"Not everything could be cleaned up: {cleaned.doubts[0]}{more}. Nothing goes that it may need."
        )
    return (
        "Files that nobody needs are left: the next deployment waits, and cleans up too."
        if cleaned.more
        else ""
    )
