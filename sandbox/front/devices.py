"""The devices' figures for the page, from what the swarm reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MIN_INTERVAL = 0.8  # real seconds between two readings that a rate is worked out from


@dataclass
class DeviceFigures:
    """Turns reports into figures; remembers a little, because rates need two reports."""

    _at: float = 0.0
    _sent: int | None = None
    _rate: float | None = None

    def read(self, stats: dict[str, Any], now: float) -> dict[str, Any]:
        """What the page shows; `now` is real time that never goes back."""
        devices, requests = stats["devices"], stats["http"]
        self._pace(devices["messages_sent"], now)
        return {
            "count": devices["count"],
            "connected": stats["connected"],
            "messages_per_second": self._rate,
            "reconnects_per_second": stats["reconnects_per_second"],
            "most_reconnects": devices["most_reconnects"],
            "lost": devices["messages_lost"],
            "http_failures": requests["failures"],
        }

    def _pace(self, sent: int, now: float) -> None:
        if self._sent is not None and now - self._at < MIN_INTERVAL:
            return
        if self._sent is not None:
            self._rate = round((sent - self._sent) / (now - self._at))
        self._at, self._sent = now, sent


def devices_at(stats: dict[str, Any] | None) -> dict[str, int]:
    """Address -> devices that are connected to that host."""
    return {address: int(host["devices"]) for address, host in ((stats or {}).get("by_host") or {}).items()}
