"""What people ask to see: nothing is written here, and nothing but the table is read."""

from chalicelib.domain.commands import Status
from chalicelib.domain.settings import Team
from chalicelib.usecases import texts
from chalicelib.usecases.ports import Store


def status(store: Store, team: Team, command: Status, now: float) -> str:
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
