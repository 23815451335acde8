"""The CDN forgets what changed under the same name. Where it can not be told, people are: a release that is whole does
not go back for that, since pages are asked about anyway, and the way back would have to tell it as much."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain.deployment import UNTOLD, State
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.usecases.release_ports import Bucket, Cdn
from chalicelib.usecases.steps.placing import Placing, site_of
from chalicelib.usecases.steps.work import Work

LIVE, BACK = "live", "back"
"""The two ways; an invalidation is made once for each."""


def forget(work: Work, bucket: Bucket, cdn: Cdn, way: str) -> None:
    """Make the invalidation. NotReady where the CDN is busy with earlier ones, unless somebody wants to go back."""
    stale = _stale(work, bucket)
    if not stale or work.deployment.command(way):
        return
    reference = f"{work.deployment.id}-{work.deployment.run}-{way}"
    try:
        made = cdn.invalidate(site_of(work).distribution, stale, reference)
    except StepFailed as failed:
        _say_untold(work, way, failed.text)
    except NotReady:
        if not _hurried(work, way):
            work.note(progress="The CDN is busy with what it was told before")
            raise
    else:
        work.note(commands=(*work.deployment.commands, (way, made)))


def await_forgotten(work: Work, bucket: Bucket, cdn: Cdn, way: str) -> None:
    """NotReady until every edge location has heard, unless somebody wants to go back."""
    made = work.deployment.command(way)
    if not made and _stale(work, bucket):
        _say_untold(work, way, "it was busy or did not answer")
    for each in () if _hurried(work, way) else made:
        if not cdn.invalidated(site_of(work).distribution, each):
            work.note(progress="The CDN is being told what changed")
            raise NotReady(f"invalidation {each} is in progress")


def _stale(work: Work, bucket: Bucket) -> Sequence[str]:
    """What it has to forget: nothing where nothing was brought."""
    began = any(phase.state is State.PREPARING for phase in work.deployment.phases)
    return Placing.of(work, bucket).stale() if began and site_of(work).distribution else ()


def _hurried(work: Work, way: str) -> bool:
    return way == LIVE and work.deployment.wanted == "rollback"


def _say_untold(work: Work, way: str, why: str) -> None:
    deployment = work.deployment
    if way not in deployment.command(UNTOLD):
        told = replace(deployment, commands=(*deployment.commands, (UNTOLD, way)), progress="")
        work.save(told, work.history("untold", detail=why))
