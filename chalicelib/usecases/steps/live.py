"""What is live: how the environment's record follows the switch, and what the watching after it leads to."""

from dataclasses import replace

from chalicelib.domain.approval import GRACE_SECONDS
from chalicelib.domain.deployment import Environment, State
from chalicelib.domain.people import SERVICE
from chalicelib.usecases.steps.work import Result, Work


def went_live(work: Work) -> Environment:
    """The environment once the new version is live."""
    return _live(work, work.deployment.version, work.deployment.id)


def went_back(work: Work) -> Environment:
    """The environment once the version before is live again."""
    return _live(work, work.plan.old_version, work.deployment.replaced)


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


def _live(work: Work, version: str, deployment: str) -> Environment:
    """The three change together: what is live, who brought it, and since when."""
    return replace(work.environment(), live_version=version, live_deployment=deployment, live_since=work.now)
