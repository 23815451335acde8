"""The function `cleanup`: the only one that deletes files."""

from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import NotReady
from chalicelib.usecases.release_ports import Cleaner
from chalicelib.usecases.steps.placing import site_of
from chalicelib.usecases.steps.work import Result, Work


class CleanupSteps:
    """The task of this function, named like its state."""

    def __init__(self, cleaner: Cleaner) -> None:
        self._cleaner = cleaner

    def clean_up(self, work: Work) -> Result:
        """Delete what no kept release needs; a release that is live somewhere, or that somebody may still go back to
        in any environment, is kept however old it is."""
        site, service = site_of(work), work.deployment.service
        team = work.store.team()
        live: set[str] = set()
        folders = []
        for name in team.services().get(service, ()):
            live |= _needed(work, service, name)
            other = team.environment(service, name).site
            if other is not None and not other.pointer:
                folders.append(other.folder(""))
        removed = self._cleaner.clean(site.bucket, service, site.keep, sorted(live), folders)
        if removed:
            raise NotReady(f"{removed} keys were deleted; there may be more")
        return None


def _needed(work: Work, service: str, environment: str) -> set[str]:
    """The releases that an environment shows, brings or may go back to."""
    found = work.store.environment(service, environment)
    needed = {found.live_version}
    for slot in (found.active, found.keeping):
        held = work.store.deployment(Ref(service, environment, slot.deployment)) if slot else None
        if held is not None and held.id != work.deployment.id:
            needed |= {held.version, held.plan.old_version if held.plan else ""}
    return needed - {""}
