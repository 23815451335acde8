"""Who looked at their home lately: the only people for whom it is kept up to date."""

from dataclasses import dataclass

from chalicelib.domain.people import Actor

LATELY = 8 * 3_600.0
"""Seconds: a working day. Who opens theirs later sees it brought up to date then."""
MOST = 30
"""How many homes are kept up to date, the latest visitors first."""
AGAIN = 60.0
"""Seconds: who comes back within them was noted already."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody opened their home (seconds since the epoch)."""

    who: Actor
    at: float
    revision: int = 0
