"""Troubles of the chat service that stories and tests switch on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECONDS_PER_MESSAGE = 1.0


@dataclass
class Faults:
    """All off by default.

    down         every call of the Web API and of response_url gets a 503
    lose_reply   calls take effect, but the connection ends before the answer
    slow         real seconds that every call takes
    error        every call is answered with this error code
    rate_limit   one message a second and channel (virtual time), as
                 https://docs.slack.dev/apis/web-api/rate-limits#posting-messages says
    """

    down: bool = False
    lose_reply: bool = False
    slow: float = 0.0
    error: str = ""
    rate_limit: bool = False

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Set the named switches. Raises ValueError for one that does not exist or has another type."""
        types = {f.name: type(f.default) for f in fields(self)}
        for name, value in wanted.items():
            kind = types.get(name)
            if kind is None:
                raise ValueError(f"no such switch: {name} (there are {', '.join(types)})")
            if not isinstance(value, (kind, int) if kind is float else kind):
                raise ValueError(f"{name} must be a {kind.__name__}")  # noqa: TRY004 - all refusals alike
        for name, value in wanted.items():
            setattr(self, name, value)


@dataclass
class Pace:
    """Slack's rate limit on messages, per channel."""

    now: Callable[[], float]
    _last: dict[str, float] = field(default_factory=dict)

    def retry_after(self, channel: str) -> int | None:
        """Whole seconds to wait as `Retry-After` gives them, or None (and the message counts)."""
        now = self.now()
        wait = self._last.get(channel, -math.inf) + SECONDS_PER_MESSAGE - now
        if wait > 0:
            return math.ceil(wait)
        self._last[channel] = now
        return None
