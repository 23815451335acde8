"""The wall clock."""

import time


class WallClock:
    """The port Clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()
