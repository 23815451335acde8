"""The devices' figures for the page, from what the swarm reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MIN_INTERVAL = 0.8  # real seconds between two readings that a rate is worked out from


@dataclass
class DeviceFigures:
    """Turns reports into figures; remembers a little, because rates need two reports."""

    _at: float = 0.0
    _before: tuple[int, int] | None = None
    _rates: tuple[int | None, int | None] = (None, None)

    def read(self, stats: dict[str, Any], now: float) -> dict[str, Any]:
        """What the page shows; `now` is real time that never goes back."""
        devices, requests = stats["devices"], stats["http"]
        messages_per_second, requests_per_second = self._pace(
            (devices["messages_sent"], requests["requests"]), now
        )
        return {
            "count": devices["count"],
            "connected": stats["connected"],
            "messages": devices["messages_sent"],
            "messages_per_second": messages_per_second,
            "reconnects_per_second": stats["reconnects_per_second"],
            "most_reconnects": devices["most_reconnects"],
            "lost": devices["messages_lost"],
            "requests": requests["requests"],
            "requests_per_second": requests_per_second,
            "http_failures": requests["failures"],
        }

    def _pace(self, sent: tuple[int, int], now: float) -> tuple[int | None, int | None]:
        """Messages and requests a second since the last reading that is old enough."""
        passed = now - self._at
        if self._before is None or passed >= MIN_INTERVAL:
            if self._before is not None:
                messages, requests = (new - old for new, old in zip(sent, self._before, strict=True))
                self._rates = (round(messages / passed), round(requests / passed))
            self._at, self._before = now, sent
        return self._rates


def devices_at(stats: dict[str, Any] | None) -> dict[str, int]:
    """Address -> devices that are connected to that host."""
    return {address: int(host["devices"]) for address, host in ((stats or {}).get("by_host") or {}).items()}
