"""Environments as time has made them: locks that have expired are ended and turns given, by whoever comes next."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from chalicelib.domain.deployment import Environment
from chalicelib.domain.errors import Refused
from chalicelib.domain.freezes import frozen
from chalicelib.domain.history import History
from chalicelib.domain.locks import Lock, Over, Place, Ticket, TicketKey
from chalicelib.domain.people import SERVICE, Actor
from chalicelib.domain.policy import Role, holds
from chalicelib.domain.settings import EnvironmentSettings, Team
from chalicelib.domain.turns import Rules, Stand, advance
from chalicelib.usecases.ports import Change, Save, Store

_Ticket = TypeVar("_Ticket", Lock, Place)


def rules(team: Team, settings: EnvironmentSettings, now: float) -> Rules:
    """What turns go by now."""
    return Rules(
        turn_seconds=settings.timeouts.turn,
        frozen=frozen(settings.freezes, now) is not None,
        may=lambda actor: holds(team, actor, Role.DEPLOYER, settings.service),
    )


def standing(
    store: Store, team: Team, settings: EnvironmentSettings, now: float, found: Environment | None = None
) -> Stand:
    """The environment after what the time has brought; what that is, is written with whatever is decided on it.
    `found`: as it was read last."""
    if found is None:
        found = store.environment(settings.service, settings.name)
    if found.lock is None and not found.queue:
        return Stand(found)
    return advance(Stand(found), now, rules(team, settings, now))


def pass_on(store: Store, team: Team, settings: EnvironmentSettings, now: float, found: Environment) -> None:
    """Write what the time has brought, if anything; raises Conflict where somebody else was faster."""
    stand = standing(store, team, settings, now, found)
    if stand.touched:
        store.commit(*saves(stand), *lines(stand, SERVICE, now))


def freed(store: Store, environment: Environment, now: float) -> tuple[Change, ...]:
    """The writes of an environment that was just let go of: the turn of the first in the queue comes by the same write.
    Where configuration does not know the environment any more there are no rules for turns; the queue stays."""
    if not environment.queue:
        return (Save(environment),)
    try:
        team = store.team()
        settings = team.environment(environment.service, environment.name)
    except Refused:
        return (Save(environment),)
    stand = standing(store, team, settings, now, environment)
    return (*saves(stand), *lines(stand, SERVICE, now))


def saves(stand: Stand) -> tuple[Change, ...]:
    """The writes of an environment and its tickets, for one transaction."""
    return (Save(_with_copies(stand)), *(Save(each) for each in stand.touched))


def lines(stand: Stand, by: Actor, now: float) -> Iterator[History]:
    """A line of history for each ticket that changed; what nobody did was done by the service."""
    for each in stand.touched:
        event, actor, detail = _line(each, by)
        yield History(each.service, each.environment, "", now, actor, event, detail)


def _with_copies(stand: Stand) -> Environment:
    """The environment with its tickets under the revisions that their copies are about to get."""
    written = {each.key for each in stand.touched}
    environment = stand.environment
    lock = environment.lock
    return replace(
        environment,
        lock=_next(lock, written) if lock is not None else None,
        queue=tuple(_next(each, written) for each in environment.queue),
    )


def _next(ticket: _Ticket, written: set[TicketKey]) -> _Ticket:
    return replace(ticket, revision=ticket.revision + 1) if ticket.key in written else ticket


def _line(ticket: Ticket, by: Actor) -> tuple[str, Actor, str]:
    """Event, actor and detail."""
    if isinstance(ticket, Lock):
        if ticket.over is None:
            return "locked", by, ticket.reason
        if ticket.over is Over.EXPIRED or ticket.over_by is None:
            return "lock_expired", SERVICE, ticket.reason
        return "unlocked", ticket.over_by, ticket.over_reason
    who = f"{{person:{ticket.actor}}}"
    if ticket.over is not None:
        own = ticket.over_by == ticket.actor
        return (
            f"queue_{ticket.over}",
            ticket.over_by or SERVICE,
            ticket.wanted if own else f"{ticket.wanted}, {who}",
        )
    if ticket.offered_at:
        return "turn_came", SERVICE, f"{ticket.wanted}, {who}"
    return ("turn_withdrawn", SERVICE, who) if ticket.offers else ("queued", by, ticket.wanted)
