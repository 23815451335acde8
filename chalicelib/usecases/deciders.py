"""Who may decide a question, in words: by name where they are few."""

from collections.abc import Iterable

from chalicelib.domain.approval import Question, missing
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holders, holders_of_all, holds, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import RoleChange
from chalicelib.domain.settings import Team

_FEW = 4
"""So many people are named; more are told by their role."""


def may_confirm(team: Team, question: Question) -> str:
    """Whose yes still counts: not that of who asked, of who said yes already, nor, about roles, of whom it is about."""
    said = {question.requester.user, *(each.by.user for each in question.confirmations)}
    services = question.services if question.change is None else (question.change.grant.service,)
    return people(team, Role.APPROVER, *services, besides=said | concerned(team, question))


def may_say_yes(team: Team, question: Question, who: Actor) -> bool:
    """Whether theirs still counts; not about roles."""
    counted = any(each.by == who for each in question.confirmations)
    approves = all(holds(team, who, Role.APPROVER, each) for each in question.services)
    return approves and question.requester != who and not counted


def may_say_no(team: Team, question: Question, who: Actor) -> bool:
    """One of the services is enough, and whoever asked may take it back; not about roles."""
    return question.requester == who or any(
        holds(team, who, Role.APPROVER, each) for each in question.services
    )


def concerned(team: Team, question: Question) -> frozenset[str]:
    """User ids of those who could answer a question about roles, were it not about their own."""
    change = question.change
    if change is None:
        return frozenset()
    may = deciders(team, change, question.requester)
    return holders(team, Role.APPROVER, change.grant.service) - may - {question.requester.user}


def refuse_own_yes(team: Team, question: Question, by: Actor) -> None:
    """Refused where somebody confirms what they asked for, or a second time: with those whose yes still counts."""
    facts = {"who": may_confirm(team, question), "code": question.code}
    if by == question.requester:
        raise Refused(Reason.SAME_PERSON, **facts)
    if any(each.by == by for each in question.confirmations):
        raise Refused(Reason.CONFIRMED_BEFORE, **facts, missing=missing(question.missing))


def refuse_revoked(team: Team, question: Question, role: Role, *services: str) -> None:
    """Refused where who asked may not ask for it any more: both have to be allowed at the moment of the decision.
    Where no service is named, for all of them."""
    try:
        for each in services or ("",):
            require(team, question.requester, role, "", each)
    except Refused as refused:
        who = f"{{person:{question.requester}}}"
        raise Refused(Reason.REQUESTER_NOT_ALLOWED, who=who, code=question.code) from refused


def deciders(team: Team, change: RoleChange, requester: Actor) -> frozenset[str]:
    """User ids of those who may decide a change of roles: who may confirm for the service, but not who asked, nor whose
    role it is, as long as there is anybody else."""
    others = holders(team, Role.APPROVER, change.grant.service) - {requester.user}
    return others - {change.grant.user} or others


def people(team: Team, role: Role, *services: str, besides: Iterable[str] = ()) -> str:
    """Those who hold a role for all of the services, without some."""
    left_out = sorted(besides)
    found = sorted(holders_of_all(team, role, services) - set(left_out))
    named = ", ".join(f"{{person:{team.workspace}/{each}}}" for each in left_out)
    but = f", not {named}" if named else ""
    if "*" in found:
        return f"everybody{but}"
    if not found:
        return f"nobody else holds the role *{role}*"
    if len(found) > _FEW:
        return f"{len(found)} people with the role *{role}*{but}"
    return f"{', '.join(f'{{person:{team.workspace}/{each}}}' for each in found)} (role *{role}*)"
