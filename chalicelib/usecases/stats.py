"""The four key metrics in chat: this period beside the one before, a bar for each week, and what each number means."""

import time
from collections.abc import Iterator

from chalicelib.domain.deployment import Deployment
from chalicelib.domain.metrics import DAY, Metrics, changes, metrics, weeks
from chalicelib.domain.reading import PERIODS, Stats
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


def stats(store: Store, team: Team, asked: Stats, now: float) -> Reply:
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
    found = changes((each for some in made for each in some), reported)
    start = now - asked.days * DAY
    current, before = metrics(found, start, now), metrics(found, start - asked.days * DAY, start)
    lines = [
        f"*Key metrics* of {_of(asked)}: the last {asked.days} days, and the {asked.days} before",
        *_numbers(current, before),
        _bars(weeks(found, start, now)),
        *_notes(made, share, start - asked.days * DAY, left_out),
        *_DEFINITIONS,
    ]
    others = (each for each in PERIODS if each != asked.days)
    value = f"{asked.service} {asked.environment}".strip()
    return Reply(
        "\n".join(line for line in lines if line),
        tuple(Action("stats", f"Last {each} days", f"{value} {each}d".strip()) for each in others),
    )


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


def _of(asked: Stats) -> str:
    if asked.environment:
        return f"*{asked.service}* in *{asked.environment}*"
    what = f"*{asked.service}*" if asked.service else "all services"
    return f"{what} (protected environments)"


def _numbers(now: Metrics, before: Metrics) -> list[str]:
    few = "too little data"
    return [
        f"• Deployment frequency: *{_per_week(now)}* (before: {_per_week(before)})",
        f"• Lead time for changes: *{_long(now.lead, now.leads)}* (before: {_long(before.lead, before.leads)})",
        f"• Change failure rate: *{_rate(now) or few}* (before: {_rate(before) or few})",
        f"• Time to restore: *{_long(now.restore, now.restored)}* (before: {_long(before.restore, before.restored)})",
    ]


def _per_week(found: Metrics) -> str:
    return f"{found.per_week:.1f} a week, {found.changes} in all" if found.changes else "none"


def _long(seconds: float | None, count: int) -> str:
    if seconds is not None:
        return _rounded(seconds)
    return f"too little data ({count} value{'' if count == 1 else 's'})" if count else "no data"


def _rounded(seconds: float) -> str:
    """Days where it is long: nobody reads hours of a week."""
    return f"{seconds / DAY:.1f} days" if seconds >= 2 * DAY else duration(seconds)


def _rate(found: Metrics) -> str:
    return "" if found.rate is None else f"{found.rate:.0%}, {found.failed} of {found.changes}"


def _bars(rows: list[tuple[float, int, int]]) -> str:
    """A bar for each week in monospace: full blocks stayed live, hollow ones were taken back; numbers say it too."""
    most = max((good + bad for _, good, bad in rows), default=0)
    if not most:
        return ""
    scale = min(4.0, _WIDTH / most)
    lines = [_bar(row, scale) for row in rows]
    return "\n".join(["```", "week from (UTC)   █ stayed live  ░ taken back", *lines, "```"])


def _bar(row: tuple[float, int, int], scale: float) -> str:
    since, good, bad = row
    bar = "█" * _cells(good, scale) + "░" * _cells(bad, scale)
    said = f"{good + bad}" + (f", {bad} taken back" if bad else "")
    return f"{time.strftime('%d %b', time.gmtime(since))}  {bar}{' ' if bar else ''}{said}"


def _cells(count: int, scale: float) -> int:
    """What there is shows, however small it is."""
    return max(1, round(count * scale)) if count else 0


def _notes(made: list[tuple[Deployment, ...]], share: int, start: float, left_out: int) -> list[str]:
    """Where not everything was counted."""
    short = [some[-1].requested_at for some in made if len(some) == share and some[-1].requested_at > start]
    said = []
    if short:
        said.append(
            f"⚠ Only the newest {share} deployments of an environment were counted, which go back to "
            f"{{when:{max(short):.0f}}}; name one environment for more."
        )
    if left_out > 0:
        said.append(f"⚠ {left_out} more environments were not counted: name a service.")
    return said
