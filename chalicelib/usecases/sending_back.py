"""A deployment that is kept goes back by the service itself, since what it goes with did (docs/adr/0018)."""

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import Deployment
from chalicelib.domain.history import History
from chalicelib.domain.people import SERVICE
from chalicelib.usecases.ports import Save, Store, Workflow


def send_back(store: Store, workflow: Workflow, now: float, made: Deployment, reason: str) -> bool:
    """Answer what it waits for, as people would, and wake it; again only wakes it. Nothing where it waits for something
    else or where another deployment holds its environment: the sweeper comes again. Whether it was answered now."""
    active = store.environment(made.service, made.environment).active
    if active is not None and active.deployment != made.id:
        return False
    asked = [each for each in store.questions(made.ref) if each.kind is Kind.KEEP]
    newest = max(asked, key=lambda each: each.asked_at, default=None)
    if newest is None:
        return False
    opened = newest.open_at(now)
    if opened:
        answered = newest.answered(Answer.ROLLBACK, SERVICE, now, reason=reason)
        line = History(made.service, made.environment, made.id, now, SERVICE, "rollback_keep", reason)
        store.commit(Save(answered), line)
    if opened or newest.answered_by == SERVICE:
        workflow.wake(newest.token)
    return opened


def because(other: Deployment) -> str:
    """Why the one goes back that could have stayed."""
    return f"{other.id} did not stay, and the two go together"
