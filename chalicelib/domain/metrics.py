"""The four key metrics, from deployments and builds alone.

Definitions: DORA, "Software delivery performance" (dora.dev/research). Where the records know less than DORA
asks for, the nearest that they do know is counted, and `stats` says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.deployment import Deployment, State

DAY = 86_400
WEEK = 7 * DAY
ENOUGH = 3
"""Fewer values than this make no median, and fewer changes no rate."""


@dataclass(frozen=True, slots=True)
class Change:
    """One deployment that went live: when, how long after its build, and when it was taken back (0: it was not)."""

    at: float
    lead: float | None = None
    back: float = 0.0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Metrics:
    """Of one period. None: too little to say."""

    changes: int
    per_week: float
    lead: float | None = None
    leads: int = 0
    failed: int = 0
    rate: float | None = None
    restore: float | None = None
    restored: int = 0


@dataclass(frozen=True, slots=True)
class Week:
    """When it begins, how many changes went live in it and stayed, and how many were taken back."""

    since: float
    stayed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """The metrics of a period beside those of as many days before, as they were at one moment, and what of the records
    is not in them."""

    days: int
    at: float
    current: Metrics
    before: Metrics
    weeks: tuple[Week, ...] = ()
    newest: int = 0
    """Only so many deployments of an environment were counted, where that is not 0; they go back to `reaches`."""
    reaches: float = 0.0
    left_out: int = 0
    """Environments that were not counted."""


def changes(made: Iterable[Deployment], built: Mapping[tuple[str, str], float]) -> list[Change]:
    """Every deployment that went live, oldest first; `built` is when its (service, version) was reported."""
    found = []
    for each in made:
        live = _entered(each, State.BAKING)
        if live is None:
            continue
        reported = built.get((each.service, each.version))
        lead = live - reported if reported is not None and reported <= live else None
        failed = each.outcome is State.ROLLED_BACK or _entered(each, State.SWITCHING_BACK, live) is not None
        back = _entered(each, State.DISCARDING, live) if failed else None
        found.append(Change(live, lead, back or 0.0, failed))
    return sorted(found, key=lambda change: change.at)


def metrics(found: Iterable[Change], start: float, end: float) -> Metrics:
    """Of the changes that went live from `start` up to, not including, `end`."""
    inside = [each for each in found if start <= each.at < end]
    leads = [each.lead for each in inside if each.lead is not None]
    failed = [each for each in inside if each.failed]
    restores = [each.back - each.at for each in failed if each.back]
    return Metrics(
        changes=len(inside),
        per_week=len(inside) * WEEK / (end - start),
        lead=median(leads),
        leads=len(leads),
        failed=len(failed),
        rate=len(failed) / len(inside) if len(inside) >= ENOUGH else None,
        restore=median(restores),
        restored=len(restores),
    )


def figures(found: Sequence[Change], days: int, now: float) -> Figures:
    """Of the days up to now."""
    start = now - days * DAY
    current, before = metrics(found, start, now), metrics(found, start - days * DAY, start)
    return Figures(days, now, current, before, tuple(weeks(found, start, now)))


def weeks(found: Iterable[Change], start: float, end: float) -> list[Week]:
    """Each week that ends with `end` or a whole number of weeks before it, oldest first. The first may be shorter."""
    known = list(found)
    rows = []
    until = end
    while until > start:
        since = max(start, until - WEEK)
        inside = [each for each in known if since <= each.at < until]
        failed = sum(each.failed for each in inside)
        rows.append(Week(since, len(inside) - failed, failed))
        until = since
    return rows[::-1]


def median(values: Sequence[float]) -> float | None:
    """The middle value, or the mean of the two in the middle; None where there are too few."""
    if len(values) < ENOUGH:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _entered(made: Deployment, state: State, after: float = 0.0) -> float | None:
    """When a state was first entered, not before `after`."""
    return next((phase.at for phase in made.phases if phase.state is state and phase.at >= after), None)
