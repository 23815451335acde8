"""How often something may be done: the generic cell rate algorithm, whose whole state is one time.

That time (`full`) is when whoever takes turns at the even pace would be even again; a burst may run ahead of it.
In any span of S seconds there are at most `burst + S / seconds` turns.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """One turn every `seconds`, and up to `burst` at once; `per_channel`: each channel has a limit of its own."""

    seconds: float
    burst: int = 1
    per_channel: bool = False

    def free_at(self, full: float) -> float:
        """When the next turn may be taken."""
        return full - (self.burst - 1) * self.seconds

    def taken(self, full: float, now: float) -> float:
        """The state after a turn."""
        return max(full, now) + self.seconds

    def held(self, until: float) -> float:
        """The state that lets nobody take a turn before a time."""
        return until + (self.burst - 1) * self.seconds
