"""What can be chosen about the platform process; times in real seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Defaults are what the demo uses; tests make things faster."""

    account: str = "123456789012"
    region: str = "us-east-1"
    network: str = "127.20"  # hosts are NETWORK.y.z, balancers NETWORK.0.z
    boot_seconds: float = 1.5  # from RunInstances to `running`
    stop_seconds: float = 0.5  # from `shutting-down` to the end of the host
    health_pace: float = (
        10.0  # checks come this much more often than configured: the API accepts no less than 5 s
    )
    at_a_time: int = 0  # functions that may run at once, the others wait; 0: as many as are asked
