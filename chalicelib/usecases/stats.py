"""The four key metrics in chat: this period beside the one before, a bar for each week, and what each number means."""

import time
from collections.abc import Iterator
from dataclasses import replace

from chalicelib.domain.deployment import Deployment
from chalicelib.domain.metrics import DAY, Figures, Metrics, Week, changes, figures
from chalicelib.domain.reading import PERIODS, SHARED, Stats
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Action, Reply
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import duration

MOST = 400
"""Deployments, and builds, that one answer looks at, shared among environments and services."""
_LEAST = 5
_ENVIRONMENTS = 50
_WIDTH = 24

_DEFINITIONS = (
    "_What is counted, after DORA's definitions (dora.dev):_",
    "• *Deployment frequency*: how often a change went live.",
    "• *Lead time*: from the report of build or release to live, the median; commits' own times are not known here.",
    "• *Change failure rate*: changes that went live and were then taken back, of all that went live.",
    "• *Time to restore*: from a failed change going live until it was undone, the median.",
)


Pair = tuple[str, str]
"""A number in words, and what it was made of."""


def stats(store: Store, team: Team, asked: Stats, now: float) -> Reply:
    """The answer to the one who asked; Refused where service or environment is unknown."""
    counted = count(store, team, asked, now)
    period = f"the last {asked.days} days, and the {asked.days} before"
    lines = [
        f"*Key metrics* of {of(asked.service, asked.environment)}: {period}",
        *(f"• {name}: *{said(now)}* (before: {said(before)})" for name, now, before in rows(counted)),
        _bars(counted.weeks),
        *notes(counted),
        *_DEFINITIONS,
    ]
    value = f"{asked.service} {asked.environment}".strip()
    others = (each for each in PERIODS if each != asked.days)
    return Reply(
        "\n".join(line for line in lines if line),
        (
            *(Action("stats", f"Last {each} days", f"{value} {each}d".strip()) for each in others),
            Action("stats", "Show the team", f"{value} {asked.days}d {SHARED}".strip()),
        ),
    )


def count(store: Store, team: Team, asked: Stats, now: float) -> Figures:
    """The metrics of a service, an environment, or (where none is named) of all protected environments. Reads: one
    query for each of fifty environments and their services at most, four hundred deployments and builds together;
    Refused where service or environment is unknown."""
    pairs = _pairs(team, asked)
    known, left_out = pairs[:_ENVIRONMENTS], len(pairs) - _ENVIRONMENTS
    share = max(_LEAST, MOST // max(1, len(known)))
    made = [store.past(*pair, limit=share) for pair in known]
    services = sorted({service for service, _ in known})
    most = max(_LEAST, MOST // max(1, len(services)))
    reported = {what: at for each in services for what, at in _reported(store, team, each, most)}
    found = figures(changes((each for some in made for each in some), reported), asked.days, now)
    reaches = _reaches(made, share, now - 2 * asked.days * DAY)
    return replace(found, newest=share if reaches else 0, reaches=reaches, left_out=max(0, left_out))


def _reaches(made: list[tuple[Deployment, ...]], share: int, start: float) -> float:
    """Where the counting begins that does not reach back to the start; 0 where all of it does."""
    oldest = [some[-1].requested_at for some in made if len(some) == share]
    return max((at for at in oldest if at > start), default=0.0)


def _reported(store: Store, team: Team, service: str, most: int) -> Iterator[tuple[tuple[str, str], float]]:
    """When each build of servers, or each release of a frontend, was reported."""
    if team.frontend(service) is not None:
        yield from (((service, each.tag), each.reported_at) for each in store.releases(service, limit=most))
        return
    yield from (((service, each.version), each.reported_at) for each in store.builds(service, limit=most))


def _pairs(team: Team, asked: Stats) -> list[tuple[str, str]]:
    """Which environments count: those that are named, else those where a change reaches people."""
    known = team.services()
    if asked.environment or (asked.service and asked.service not in known):
        team.environment(asked.service, asked.environment)
        return [(asked.service, asked.environment)]
    services = [asked.service] if asked.service else sorted(known)
    pairs = [(service, name) for service in services for name in known[service]]
    return [pair for pair in pairs if team.environment(*pair).protected] or pairs


def of(service: str, environment: str) -> str:
    """Whose metrics they are."""
    if environment:
        return f"*{service}* in *{environment}*"
    what = f"*{service}*" if service else "all services"
    return f"{what} (protected environments)"


def rows(counted: Figures) -> list[tuple[str, Pair, Pair]]:
    """Each metric by name, as it is and as it was before."""
    now, before = counted.current, counted.before
    return [
        ("Deployment frequency", _per_week(now), _per_week(before)),
        ("Lead time for changes", _long(now.lead, now.leads), _long(before.lead, before.leads)),
        ("Change failure rate", _rate(now), _rate(before)),
        ("Time to restore", _long(now.restore, now.restored), _long(before.restore, before.restored)),
    ]


def said(number: Pair) -> str:
    """A number with what it was made of."""
    return ", ".join(each for each in number if each)


def _per_week(found: Metrics) -> Pair:
    return (f"{found.per_week:.1f} a week", f"{found.changes} in all") if found.changes else ("none", "")


def _long(seconds: float | None, count: int) -> Pair:
    if seconds is not None:
        return _rounded(seconds), f"the median of {count}"
    return ("too little data", f"{count} value{'' if count == 1 else 's'}") if count else ("no data", "")


def _rounded(seconds: float) -> str:
    """Days where it is long: nobody reads hours of a week."""
    return f"{seconds / DAY:.1f} days" if seconds >= 2 * DAY else duration(seconds)


def _rate(found: Metrics) -> Pair:
    if found.rate is None:
        return ("too little data", f"{found.failed} of {found.changes}") if found.changes else ("no data", "")
    return f"{found.rate:.0%}", f"{found.failed} of {found.changes}"


def day(moment: float) -> str:
    """Of the year, short enough to stand at a bar."""
    return time.strftime("%d %b", time.gmtime(moment))


def _bars(weeks: tuple[Week, ...]) -> str:
    """A bar for each week in monospace: full blocks stayed live, hollow ones were taken back; numbers say it too."""
    most = max((each.stayed + each.failed for each in weeks), default=0)
    if not most:
        return ""
    scale = min(4.0, _WIDTH / most)
    lines = [_bar(each, scale) for each in weeks]
    return "\n".join(["```", "week from (UTC)   █ stayed live  ░ taken back", *lines, "```"])


def _bar(week: Week, scale: float) -> str:
    bar = "█" * _cells(week.stayed, scale) + "░" * _cells(week.failed, scale)
    return f"{day(week.since)}  {bar}{' ' if bar else ''}{in_week(week)}"


def in_week(week: Week) -> str:
    """How many changes went live in it, and how many of them did not stay."""
    return f"{week.stayed + week.failed}" + (f", {week.failed} taken back" if week.failed else "")


def _cells(count: int, scale: float) -> int:
    """What there is shows, however small it is."""
    return max(1, round(count * scale)) if count else 0


def notes(counted: Figures) -> list[str]:
    """Where not everything was counted."""
    said = []
    if counted.reaches:
        said.append(
            f"⚠ Only the newest {counted.newest} deployments of an environment were counted, which go back to "
            f"{{when:{counted.reaches:.0f}}}; name one environment for more."
        )
    if counted.left_out:
        said.append(f"⚠ {counted.left_out} more environments were not counted: name a service.")
    return said
