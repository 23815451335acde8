"""Fake of the port Clock: time stands still until a test moves it."""

from tests.builders import NOW


class FakeClock:
    """Starts at the time of the builders' records."""

    def __init__(self, at: float = NOW) -> None:
        self._at = at

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._at

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._at += seconds
