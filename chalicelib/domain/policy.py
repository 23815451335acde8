"""Who may do what. Asked at the moment of every decision, of configuration and grants as they are then."""

from collections.abc import Iterable

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import Role
from chalicelib.domain.settings import Team

__all__ = ["Role", "holders", "holders_of_all", "holds", "require"]

_HOLDERS: dict[Role, tuple[Role, ...]] = {
    Role.VIEWER: (Role.VIEWER, Role.DEPLOYER, Role.APPROVER, Role.ADMIN),
    Role.DEPLOYER: (Role.DEPLOYER, Role.ADMIN),
    Role.APPROVER: (Role.APPROVER, Role.ADMIN),
    Role.ADMIN: (Role.ADMIN,),
}


def require(team: Team, actor: Actor, role: Role, action: str, service: str = "") -> None:
    """Refused unless the actor is of the team's workspace and holds the role, or one that includes it, for the service
    that is named; where none is named, for all services."""
    if actor.workspace != team.workspace:
        raise Refused(Reason.WRONG_WORKSPACE)
    if not holds(team, actor, role, service):
        raise Refused(Reason.NOT_ALLOWED, action=action, role=role.value)


def holds(team: Team, actor: Actor, role: Role, service: str = "") -> bool:
    """Whether somebody holds a role, or one that includes it, for a service, or, where none is named, for all."""
    held = holders(team, role, service)
    return actor.workspace == team.workspace and bool(held & {actor.user, "*"})


def holders(team: Team, role: Role, service: str = "") -> frozenset[str]:
    """User ids of all who hold a role or one that includes it; `*` stands for everybody of the workspace."""
    return frozenset().union(*(team.people(each, service) for each in _HOLDERS[role]))


def holders_of_all(team: Team, role: Role, services: Iterable[str]) -> frozenset[str]:
    """User ids of all who hold a role for each of the services; `*` where everybody does."""
    found = [holders(team, role, each) for each in services]
    named = frozenset().union(*found)
    return frozenset(each for each in named if all(held & {each, "*"} for held in found))
