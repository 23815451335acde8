"""Roles: who holds which, by the team's configuration and by what admins granted in chat.

The configuration is the base. What was granted in chat stands in one record with one revision, so that of two changes
at once the slower one is decided again and two revocations can not remove the last admin together.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.people import Actor

TEAM, ROLES = "@team", "roles"
"""Where the history of roles and its questions are kept, beside those of environments; no service has such a name."""


class Role(StrEnum):
    """What a person may do; each role may also look."""

    VIEWER = "viewer"
    DEPLOYER = "deployer"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that was granted in chat, for one service or, where none is named, for all."""

    user: str
    role: Role
    service: str = ""
    by: Actor | None = None
    at: float = 0.0

    def same(self, other: "Grant") -> bool:
        """Whether it gives the same person the same role for the same services."""
        return (self.user, self.role, self.service) == (other.user, other.role, other.service)


SECOND_PERSON_ROLES = frozenset({Role.APPROVER, Role.ADMIN})
"""Whoever could give themselves one of these through a second account would need no second person any more."""


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A role to be granted, or (`revoke`) taken away."""

    grant: Grant
    revoke: bool = False

    @property
    def loud(self) -> bool:
        """Whether it touches a role that decides about what others ask for."""
        return self.grant.role in SECOND_PERSON_ROLES


@dataclass(frozen=True, slots=True)
class Grants:
    """Everything that was granted in chat."""

    given: tuple[Grant, ...] = ()
    revision: int = 0

    def people(self, role: str, service: str = "") -> frozenset[str]:
        """User ids that were granted a role for all services, or for the one that is named."""
        return frozenset(
            each.user for each in self.given if each.role == role and each.service in {"", service}
        )

    def has(self, grant: Grant) -> bool:
        """Whether just this was granted."""
        return any(each.same(grant) for each in self.given)

    def with_(self, grant: Grant) -> "Grants":
        """The record with one more grant; what was granted before stays as it was."""
        return self if self.has(grant) else replace(self, given=(*self.given, grant))

    def without(self, grant: Grant) -> "Grants":
        """The record without a grant."""
        return replace(self, given=tuple(each for each in self.given if not each.same(grant)))
