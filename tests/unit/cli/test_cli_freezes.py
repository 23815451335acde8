"""Freeze windows and lock lengths in a configuration: what is wrong with them is said where it stands."""

from collections.abc import Callable

import pytest

FREEZE = """        freezes:
          - {{from: {begin}, to: {end}, zone: {zone}, reason: The weekend.}}
"""
PLACE = "        bake: {time: 30s}\n"
WRONG = {
    "a zone that does not exist": ("Fri 16:00", "Mon 08:00", "Europe/Berln", "there is no time zone"),
    "a folder of zones": ("Fri 16:00", "Mon 08:00", "Europe", "there is no time zone"),
    "a way out of the zones": ("Fri 16:00", "Mon 08:00", "../../etc/passwd", "there is no time zone"),
    "a day that does not exist": ("2026-02-30 08:00", "2026-03-02 08:00", "UTC", "there is no day"),
    "an end before its beginning": ("2026-03-02 08:00", "2026-03-01 08:00", "UTC", "not after its beginning"),
    "no length": ("Fri 16:00", "Fri 16:00", "UTC", "not after its beginning"),
    "one end weekly, one dated": ("Fri 16:00", "2026-03-01 08:00", "UTC", "write both the same way"),
    "no moment": ("Friday", "Mon 08:00", "UTC", "`Fri 16:00`"),
}


@pytest.mark.parametrize(("begin", "end", "zone", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_window(
    begin: str, end: str, zone: str, says: str, broken: Callable[[str, str], list[str]]
) -> None:
    """A window that could never be in force, or not when people think."""
    found = broken(PLACE, PLACE + FREEZE.format(begin=begin, end=end, zone=zone))
    assert any(says in each for each in found), found


@pytest.mark.parametrize(
    ("begin", "end"), [("Fri 16:00", "Mon 08:00"), ("2026-12-23 12:00", "2027-01-04 08:00")]
)
def test_what_is_right_is_not_complained_about(
    begin: str, end: str, broken: Callable[[str, str], list[str]]
) -> None:
    """Weekly and dated."""
    assert broken(PLACE, PLACE + FREEZE.format(begin=begin, end=end, zone="Europe/Berlin")) == []


def test_a_lock_is_not_longer_than_the_longest(broken: Callable[[str, str], list[str]]) -> None:
    """Else nobody could lock without saying for how long."""
    (found,) = broken("ask: 5m, keep_old: 2h", "lock: 2d, most_lock: 1d")
    assert "lock (2d) is longer than most_lock (1d)" in found
