"""Troubles of the chat service that stories and tests switch on."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

POSTING = {"chat.postMessage", "chat.postEphemeral"}
SECONDS_PER_MESSAGE = 1.0
TIER_3 = {"chat.update", "conversations.history", "conversations.replies"}
TIER_4 = {"views.open", "views.publish", "views.update"}
TIER_3_CALLS, TIER_4_CALLS, MINUTE = 50, 100, 60.0


@dataclass
class Faults:
    """All off by default.

    down         every call of the Web API and of response_url gets a 503
    lose_reply   calls take effect, but the connection ends before the answer
    slow         real seconds that every call takes
    error        every call is answered with this error code
    rate_limit   Slack's limits in virtual time (see Pace); the sandbox's own workspace has them on
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
    """Slack's rate limits, the strict reading of https://docs.slack.dev/apis/web-api/rate-limits: one message a second
    and channel without the bursts that it tolerates, and methods of Tier 3 and 4 50 and 100 times in any minute, each
    counted alone."""

    now: Callable[[], float]
    _last: dict[str, float] = field(default_factory=dict)
    _calls: dict[str, deque[float]] = field(default_factory=dict)

    def retry_after(self, method: str, channel: str) -> int | None:
        """Whole seconds to wait as `Retry-After` gives them, or None (and the call counts)."""
        now = self.now()
        if method in POSTING:
            wait = self._last.get(channel, -math.inf) + SECONDS_PER_MESSAGE - now
            if wait <= 0:
                self._last[channel] = now
        elif method in TIER_3 | TIER_4:
            most = TIER_3_CALLS if method in TIER_3 else TIER_4_CALLS
            calls = self._calls.setdefault(method, deque(maxlen=most))
            wait = calls[0] + MINUTE - now if len(calls) == most else 0
            if wait <= 0:
                calls.append(now)
        else:
            return None
        return math.ceil(wait) if wait > 0 else None
