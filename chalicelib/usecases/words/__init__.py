"""What people read of a deployment, in the words of what it deploys: servers or a frontend. One home for each."""

from chalicelib.domain.deployment import Deployment, Machine, State
from chalicelib.domain.settings import Team
from chalicelib.usecases.words.frontends import FRONTENDS
from chalicelib.usecases.words.servers import SERVERS
from chalicelib.usecases.words.shape import Words

OF: dict[Machine, Words] = {Machine.DEPLOY: SERVERS, Machine.RELEASE: FRONTENDS}


def words_of(deployment: Deployment | None) -> Words:
    """The words of a deployment; of one that is not known, those of servers."""
    return OF[deployment.machine] if deployment is not None else SERVERS


def words_for(team: Team, service: str) -> Words:
    """The words of a service."""
    return FRONTENDS if team.frontend(service) is not None else SERVERS


def step_name(deployment: Deployment, state: State, usual: str) -> str:
    """What a step of this very deployment is called."""
    return words_of(deployment).first.get(state, usual) if deployment.first_release else usual


def state_name(deployment: Deployment | None) -> str:
    """The state in words."""
    return words_of(deployment).states[deployment.state] if deployment else "starting"
