"""Freeze windows against the plainest thing that can be said of them: what the clock on the wall shows each minute."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.freezes import DAYS, Freeze, frozen, spans

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
CHANGES = {
    "Europe/Berlin": [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)],
    "America/New_York": [datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)],
    "UTC": [datetime(2026, 3, 29, 1, tzinfo=UTC)],
}
WEEKEND = Freeze("Fri 16:00", "Mon 08:00", "Europe/Berlin", "Nobody is there.")


def at(text: str, zone: str = "+01:00") -> float:
    """Seconds since the epoch."""
    return datetime.fromisoformat(text + zone).timestamp()


def shown(minute: float, zone: str) -> datetime:
    """What the clock on the wall shows."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - the oracle's own look

    return datetime.fromtimestamp(minute, ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def walked(wall: datetime, zone: str, around: float, *, last: bool) -> float:
    """The first or last minute at which the clock shows a time; else the first at which it is past it."""
    minutes = [around + 60.0 * each for each in range(-400, 700)]
    exact = [each for each in minutes if shown(each, zone) == wall]
    if exact:
        return exact[-1] if last else exact[0]
    return next(each for each in minutes if shown(each, zone) > wall)


@settings(max_examples=60)
@given(
    zone=st.sampled_from(ZONES),
    which=st.integers(0, 1),
    begin=st.integers(-240, 240),
    minutes=st.integers(1, 300),
)
def test_a_window_around_a_change_of_the_clock_is_what_the_wall_shows(
    zone: str, which: int, begin: int, minutes: int
) -> None:
    """Hours that come twice, hours that never come, half hours, and a zone without changes."""
    from datetime import timedelta  # noqa: PLC0415 - only here

    changes = CHANGES[zone]
    change = changes[which % len(changes)].timestamp()
    first = shown(change, zone) + timedelta(minutes=begin)
    end = first + timedelta(minutes=minutes)
    dated = Freeze(first.strftime("%Y-%m-%d %H:%M"), end.strftime("%Y-%m-%d %H:%M"), zone, "")
    weekly = Freeze(f"{DAYS[first.weekday()]} {first:%H:%M}", f"{DAYS[end.weekday()]} {end:%H:%M}", zone, "")
    expected = (walked(first, zone, change, last=False), walked(end, zone, change, last=True))
    assert list(spans(dated, change)) == [expected]
    assert expected in list(spans(weekly, change))


@pytest.mark.parametrize(
    ("when", "inside"),
    [
        ("2026-11-20T15:59:59", False),
        ("2026-11-20T16:00:00", True),
        ("2026-11-22T12:00:00", True),
        ("2026-11-23T07:59:59", True),
        ("2026-11-23T08:00:00", False),
    ],
)
def test_a_weekly_window_holds_from_its_first_minute_to_its_last(when: str, inside: bool) -> None:
    """The beginning is inside, the end is not."""
    assert (frozen([WEEKEND], at(when)) is not None) is inside


def test_it_says_until_when_and_why() -> None:
    """People are told when they can go on."""
    found = frozen([WEEKEND], at("2026-11-21T12:00:00"))
    assert found is not None
    assert (found.until, found.reason) == (at("2026-11-23T08:00:00"), "Nobody is there.")


def test_windows_that_touch_are_one_wait() -> None:
    """Nobody is sent away until Monday only to be sent away again."""
    holiday = Freeze("2026-11-23 08:00", "2026-11-25 08:00", "Europe/Berlin", "A fair.")
    found = frozen([WEEKEND, holiday], at("2026-11-21T12:00:00"))
    assert found is not None
    assert (found.until, found.reason) == (at("2026-11-25T08:00:00"), "Nobody is there.")


def test_windows_that_never_end_together_are_not_followed_for_ever() -> None:
    """Two weekly ones that cover the week: an answer comes all the same."""
    rest = Freeze("Mon 08:00", "Fri 16:00", "Europe/Berlin", "")
    assert frozen([WEEKEND, rest], at("2026-11-21T12:00:00")) is not None


def test_a_weekend_is_an_hour_longer_when_the_clock_goes_back() -> None:
    """The wall counts, not the seconds."""
    autumn = frozen([WEEKEND], at("2026-10-24T12:00:00", "+02:00"))
    assert autumn is not None
    assert autumn.until == at("2026-10-26T08:00:00", "+01:00")
