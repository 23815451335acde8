"""What people ask to see: nothing is written here, and nothing but the table is read.

Each answer is a bounded number of reads, said with it: chat waits a few seconds, whatever a team has.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reading import Audit, Locks, Past, Reading, Stats, Status, Versions, Where, Why
from chalicelib.domain.roles import TEAM
from chalicelib.domain.settings import Team
from chalicelib.usecases import auditing
from chalicelib.usecases.chat_ports import Reply
from chalicelib.usecases.holding import holding
from chalicelib.usecases.listing import locks
from chalicelib.usecases.paging import page
from chalicelib.usecases.past import past
from chalicelib.usecases.ports import Store
from chalicelib.usecases.stats import stats
from chalicelib.usecases.status import status
from chalicelib.usecases.versions import versions
from chalicelib.usecases.where import where
from chalicelib.usecases.why import why

SIZE = 8
"""Environments of a page of the status: seven reads for each at most."""

_Answer = Callable[[Store, Team, Any, float], Reply]

_DOING: dict[type, str] = {
    Locks: "Looking at locks",
    Status: "Looking at the status",
    Where: "Looking at what is live",
    Why: "Looking at an environment",
    Past: "Looking at the history",
    Versions: "Looking at versions",
    Stats: "Looking at the key metrics",
    Audit: "Auditing the history",
}


def look(store: Store, team: Team, command: Reading, by: Actor, now: float) -> Reply:
    """The answer to whoever may look; Refused for others, and where service or environment is unknown."""
    require(team, by, Role.VIEWER, _DOING[type(command)], command.service)
    if isinstance(command, Why):
        return why(store, team, command, by, now)
    return _ANSWERS[type(command)](store, team, command, now)


def _audit(store: Store, team: Team, command: Audit, _now: float) -> Reply:
    """Whether the newest thousand lines are whole. Reads: one query and the head, at most three times."""
    if command.service != TEAM:
        team.environment(command.service, command.environment)
    found = auditing.audit(store, command.service, command.environment, most=auditing.MOST_IN_CHAT)
    return Reply(auditing.said(found))


def _status(store: Store, team: Team, command: Status, now: float) -> Reply:
    """What is where; Refused where the service or the environment is unknown."""
    if command.service:
        known = team.services().get(command.service)
        environments = (command.environment,) if command.environment else known
        if environments is None or command.environment:
            team.environment(command.service, command.environment or "")
        pairs = [(command.service, each) for each in environments or ()]
    else:
        pairs = [(service, each) for service, names in sorted(team.services().items()) for each in names]
    some = page(pairs, command.page, SIZE, "status", command.service)
    overviews = [store.overview(*pair, deployments=1) for pair in some.shown]
    said = [
        line
        for each in overviews
        for line in (status(each, now), *(f"• {kept}" for kept in holding(each.environment, now)))
    ]
    return Reply("\n".join([*said, *some.notes]) or "Nothing is configured.", some.actions)


_ANSWERS: dict[type, _Answer] = {
    Locks: locks,
    Status: _status,
    Where: where,
    Past: past,
    Versions: versions,
    Stats: stats,
    Audit: _audit,
}
