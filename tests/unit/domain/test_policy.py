"""Who may do what, by configuration and by what was granted in chat."""

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holders, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import Grant, Grants
from chalicelib.domain.settings import Team

PEOPLE = {"viewer": [], "deployer": ["U1"], "approver": ["U2"], "admin": ["U3"]}


def team(*given: Grant, people: dict[str, list[str]] = PEOPLE) -> Team:
    """A team of three, with grants."""
    return Team(1, {"workspace": "T1", "people": people}, Grants(given))


def may(team: Team, user: str, role: Role, service: str = "") -> bool:
    """Whether a person of the workspace may do something."""
    try:
        require(team, Actor("T1", user), role, "Trying", service)
    except Refused:
        return False
    return True


def test_a_role_of_the_configuration_holds_for_every_service() -> None:
    """Named in pointsman.yaml: for all services, whether one is asked about or not."""
    assert may(team(), "U1", Role.DEPLOYER)
    assert may(team(), "U1", Role.DEPLOYER, "cameras")
    assert not may(team(), "U1", Role.APPROVER, "cameras")


def test_who_may_not_is_told_which_role_it_takes() -> None:
    """The refusal has its reason and names the role."""
    with pytest.raises(Refused) as refused:
        require(team(), Actor("T1", "U1"), Role.APPROVER, "Trying")
    assert (refused.value.reason, refused.value.facts["role"]) == (Reason.NOT_ALLOWED, "approver")


def test_an_admin_holds_every_role() -> None:
    """Admin includes all others; approver and deployer do not include each other."""
    assert all(may(team(), "U3", role) for role in Role)
    assert not may(team(), "U2", Role.DEPLOYER)


def test_a_grant_for_one_service_is_for_that_service_only() -> None:
    """`on cameras` gives nothing elsewhere, and nothing where no service is named."""
    granted = team(Grant("U9", Role.APPROVER, "cameras"))
    assert may(granted, "U9", Role.APPROVER, "cameras")
    assert may(granted, "U9", Role.VIEWER, "cameras")
    assert not may(granted, "U9", Role.APPROVER, "doors")
    assert not may(granted, "U9", Role.APPROVER)
    assert not may(granted, "U9", Role.VIEWER)


def test_a_grant_for_all_services_is_for_each() -> None:
    """Without a service the grant is as wide as the configuration."""
    granted = team(Grant("U9", Role.DEPLOYER))
    assert may(granted, "U9", Role.DEPLOYER)
    assert may(granted, "U9", Role.DEPLOYER, "doors")


def test_nobody_of_another_workspace_holds_anything() -> None:
    """The same user id elsewhere is somebody else, also where everybody may look."""
    everybody = team(people={**PEOPLE, "viewer": ["*"]})
    assert may(everybody, "U8", Role.VIEWER)
    with pytest.raises(Refused) as refused:
        require(everybody, Actor("T2", "U3"), Role.VIEWER, "Looking")
    assert refused.value.reason is Reason.WRONG_WORKSPACE


def test_holders_are_named_by_configuration_and_grants_together() -> None:
    """Whoever may confirm for a service: approvers and admins, wherever they were named."""
    granted = team(Grant("U9", Role.APPROVER, "cameras"), Grant("U8", Role.ADMIN))
    assert holders(granted, Role.APPROVER, "cameras") == {"U2", "U3", "U8", "U9"}
    assert holders(granted, Role.APPROVER) == {"U2", "U3", "U8"}


def test_a_grant_is_given_once_and_taken_whole() -> None:
    """The same grant again changes nothing; another service's grant of the same role stays when one is taken."""
    one, other = Grant("U9", Role.APPROVER, "cameras"), Grant("U9", Role.APPROVER)
    both = Grants().with_(one).with_(other).with_(Grant("U9", Role.APPROVER, "cameras", at=7.0))
    assert both.given == (one, other)
    assert both.without(one).given == (other,)
