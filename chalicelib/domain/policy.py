"""Who may do what. Asked at the moment of every decision, of the configuration as it is then."""

from enum import StrEnum

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team


class Role(StrEnum):
    """What a person may do; each role may do what stands before it."""

    VIEWER = "viewer"
    DEPLOYER = "deployer"
    APPROVER = "approver"
    ADMIN = "admin"


_HOLDERS: dict[Role, tuple[Role, ...]] = {
    Role.VIEWER: (Role.VIEWER, Role.DEPLOYER, Role.APPROVER, Role.ADMIN),
    Role.DEPLOYER: (Role.DEPLOYER, Role.ADMIN),
    Role.APPROVER: (Role.APPROVER, Role.ADMIN),
    Role.ADMIN: (Role.ADMIN,),
}


def require(team: Team, actor: Actor, role: Role, action: str) -> None:
    """Refused unless the actor is of the team's workspace and holds the role, or one that includes it."""
    if actor.workspace != team.workspace:
        raise Refused(Reason.WRONG_WORKSPACE)
    if not any(actor.user in team.people(holder) or "*" in team.people(holder) for holder in _HOLDERS[role]):
        raise Refused(Reason.NOT_ALLOWED, action=action, role=role.value)
