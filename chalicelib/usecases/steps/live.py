"""What is live: how the environment's record follows the switch, and what the watching after it leads to."""

from dataclasses import replace

from chalicelib.domain.approval import GRACE_SECONDS
from chalicelib.domain.deployment import Environment, State
from chalicelib.domain.errors import NotReady
from chalicelib.domain.people import SERVICE
from chalicelib.usecases.ports import Save
from chalicelib.usecases.steps.work import Result, Work

SPREAD_SECONDS = 120
"""From a write of the pointer until no edge location leads to the folder that it left: they hear within seconds
(AWS News Blog, "Introducing Amazon CloudFront KeyValueStore"), and a function that still copies has ended
(`frontend.LONGEST`)."""


def went_live(work: Work) -> Environment:
    """The environment once the new version is live."""
    plan = work.plan
    live = _live(work, plan.folder, plan.old_folder, plan.old_version)
    return replace(live, live_version=work.deployment.version, live_deployment=work.deployment.id)


def went_back(work: Work) -> Environment:
    """The environment once the version before is live again."""
    plan = work.plan
    live = _live(work, plan.old_folder, plan.folder, plan.version)
    return replace(live, live_version=plan.old_version, live_deployment=work.deployment.replaced)


def take_turn(work: Work) -> None:
    """The folder that is not live is going to be written to, where folders take turns. NotReady while an edge location
    may still lead there. What lies there is known again when all of a release does."""
    environment = work.environment()
    left = environment.live_since + SPREAD_SECONDS - work.now
    if not work.plan.folder:
        return
    if left > 0:
        work.note(progress=f"Edges may still show the release before; this goes on in {left:.0f} s")
        raise NotReady(f"the pointer moved less than {SPREAD_SECONDS} s ago")
    if environment.spare_version:
        work.save(work.deployment, Save(replace(environment, spare_version="")))


def keep(work: Work) -> Result:
    """The watching has ended well: the window to go back begins."""
    return {"is": "keep", "seconds": _window(work)}


def wanted_back(work: Work) -> Result:
    """Where the watching leads when somebody wants to go back meanwhile; None where nobody does."""
    deployment = work.deployment
    if deployment.wanted != "rollback":
        return None
    if deployment.protected and deployment.wanted_by != SERVICE:
        return {"is": "ask_rollback", "seconds": _window(work)}
    work.note(outcome=State.ROLLED_BACK, rollback_by=deployment.wanted_by)
    return {"is": "rollback", "seconds": _window(work)}


def _window(work: Work) -> int:
    return work.settings.timeouts.keep_old + GRACE_SECONDS


def _live(work: Work, folder: str, left: str, left_version: str) -> Environment:
    """They change together: since when something is live, and where folders take turns in which, and what lies where
    the next one goes, if that is what was left just now."""
    site = work.settings.site
    spare = left_version if site is not None and folder and site.turn(folder) == left else ""
    return replace(work.environment(), live_since=work.now, live_folder=folder, spare_version=spare)
