"""Freeze windows: times in which nothing new is to be started, weekly or on dates, each in its own time zone.

A window begins when the clock on the wall there first shows its beginning and ends when that clock last shows its end.
Where a change of the clock leaves such a time out, the moment of the change takes its place.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKLY = re.compile(rf"({'|'.join(DAYS)}) ([01][0-9]|2[0-3]):([0-5][0-9])\Z")
DATED = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9] ([01][0-9]|2[0-3]):[0-5][0-9]\Z")
_WEEK = timedelta(days=7)
_MOST_CHAINED = 50


@dataclass(frozen=True, slots=True)
class Freeze:
    """`begin` and `end` are both weekly (`Fri 16:00`) or both dated (`2026-12-24 00:00`); `zone` is an IANA name."""

    begin: str
    end: str
    zone: str
    reason: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """A freeze that is in force: until when (seconds since the epoch), other windows that follow at once included."""

    until: float
    reason: str


def frozen(freezes: Iterable[Freeze], now: float) -> Frozen | None:
    """The freeze in force at a time; of several the one that lasts longest gives its reason."""
    freezes = tuple(freezes)
    found = _longest(freezes, now)
    if found is None:
        return None
    until = found.until
    for _ in range(_MOST_CHAINED):
        following = _longest(freezes, until)
        if following is None:
            break
        until = following.until
    return Frozen(until, found.reason)


def spans(freeze: Freeze, around: float) -> Iterator[tuple[float, float]]:
    """Beginnings and ends of a window near a time: of a weekly one those of three weeks."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - most environments have no freeze, and the edge starts often

    zone = ZoneInfo(freeze.zone)
    begin, end = WEEKLY.match(freeze.begin), WEEKLY.match(freeze.end)
    if begin is None or end is None:
        dates = (datetime.strptime(each, "%Y-%m-%d %H:%M") for each in (freeze.begin, freeze.end))  # noqa: DTZ007 - the wall's
        first, last = dates
        yield _instant(first, zone, last=False), _instant(last, zone, last=True)
        return
    today = datetime.fromtimestamp(around, zone).replace(
        tzinfo=None, hour=0, minute=0, second=0, microsecond=0
    )
    monday = today - timedelta(days=today.weekday())
    length = (_into_week(end) - _into_week(begin)) % _WEEK
    for weeks in (-1, 0, 1):
        start = monday + weeks * _WEEK + _into_week(begin)
        yield _instant(start, zone, last=False), _instant(start + length, zone, last=True)


def _longest(freezes: Iterable[Freeze], now: float) -> Frozen | None:
    found = [
        Frozen(end, each.reason) for each in freezes for begin, end in spans(each, now) if begin <= now < end
    ]
    return max(found, key=lambda each: each.until, default=None)


def _into_week(found: re.Match[str]) -> timedelta:
    return timedelta(days=DAYS.index(found[1]), hours=int(found[2]), minutes=int(found[3]))


def _instant(wall: datetime, zone: "ZoneInfo", *, last: bool) -> float:
    """When the clock shows a time; the first or the last moment where it does so twice (PEP 495)."""
    first = wall.replace(tzinfo=zone, fold=0).timestamp()
    second = wall.replace(tzinfo=zone, fold=1).timestamp()
    if second < first:  # never shown: the clock was put forward over it
        return _change(second, first, zone)
    return second if last else first


def _change(before: float, after: float, zone: "ZoneInfo") -> float:
    """The moment between two at which the offset changes, to the second."""
    offset = _offset(before, zone)
    low, high = int(before), int(after)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == offset else (low, middle)
    return float(high)


def _offset(at: float, zone: "ZoneInfo") -> timedelta | None:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
