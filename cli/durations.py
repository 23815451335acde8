"""Durations as people write them: `90s`, `5m`, `2h`, or whole seconds."""

import re

PATTERN = re.compile(r"([0-9]{1,6})(s|m|h|d)\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(value: object) -> int | None:
    """Whole seconds; None for what is not a duration."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = PATTERN.match(value) if isinstance(value, str) else None
    return int(found[1]) * _SECONDS[found[2]] if found else None


def words(value: int) -> str:
    """The shortest way to write a number of seconds."""
    for unit in ("d", "h", "m"):
        if value and value % _SECONDS[unit] == 0:
            return f"{value // _SECONDS[unit]}{unit}"
    return f"{value}s"
