"""What people ask to see: nothing is written here, and nothing but the table is read."""

from chalicelib.domain.commands import Audit, Status
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, require
from chalicelib.domain.settings import Team
from chalicelib.usecases import auditing, texts
from chalicelib.usecases.ports import Store


def look(store: Store, team: Team, command: Status | Audit, by: Actor, now: float) -> str:
    """The answer to whoever may look; Refused for others, and where service or environment is unknown."""
    if isinstance(command, Audit):
        require(team, by, Role.VIEWER, "Auditing the history", command.service)
        team.environment(command.service, command.environment)
        found = auditing.audit(store, command.service, command.environment, most=auditing.MOST_IN_CHAT)
        return auditing.said(found)
    require(team, by, Role.VIEWER, "Looking at the status", command.service)
    return _status(store, team, command, now)


def _status(store: Store, team: Team, command: Status, now: float) -> str:
    """What is where; Refused where the service or the environment is unknown."""
    if command.service:
        known = team.services().get(command.service)
        environments = (command.environment,) if command.environment else known
        if environments is None or command.environment:
            team.environment(command.service, command.environment or "")
        pairs = [(command.service, each) for each in environments or ()]
    else:
        pairs = [(service, each) for service, names in sorted(team.services().items()) for each in names]
    overviews = [store.overview(*pair, deployments=3) for pair in pairs]
    return texts.status(overviews, now)
