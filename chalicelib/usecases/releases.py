"""What `pointsman push` reports: a release is kept, and chat announces it. Nobody is asked and nothing is enabled."""

from chalicelib.domain.errors import Conflict, Duplicate, Refused, Unavailable
from chalicelib.domain.pushed import Release
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Clock, Save, Seen, Store

_TRIES = 4


def report_release(store: Store, clock: Clock, *, source: str, event: str, release: Release) -> str:
    """Take a release's report; returns `accepted` or `duplicate`. Refused where the source may not report the
    service, where the service is no frontend, and where the tag has another manifest already."""
    team = store.team()
    if release.service not in team.ci_services(source):
        raise Refused(Reason.UNKNOWN_SOURCE, source=f"{source} (for {release.service})")
    if team.frontend(release.service) is None:
        raise _bad(f"{release.service} is no frontend")
    if not set(release.environments) <= set(team.services()[release.service]):
        raise _bad(f"{release.service} has no environment of this name")
    for _ in range(_TRIES):
        before = store.release(release.service, release.tag)
        if before is not None and before.manifest != release.manifest:
            raise _bad(f"{release.tag} has another manifest already")
        after = before.updated(release) if before is not None else release
        try:
            store.commit(Seen(event, clock.now()), Save(after))
        except Duplicate:
            return "duplicate"
        except Conflict:
            continue
        return "accepted"
    raise Unavailable("the release changed while it was being written")


def _bad(problem: str) -> Refused:
    return Refused(Reason.BAD_BODY, problem=problem)
