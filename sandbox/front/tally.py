"""How often the app called the chat service: by method, and how fast in each channel."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

POSTS = {"chat.postMessage", "chat.postEphemeral"}
RATE_LIMITED = 429


class Tally:
    """Counts of one workspace; seconds are those of its clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._began = now()
        self._methods: Counter[str] = Counter()
        self._limited: Counter[str] = Counter()
        self._posts: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._calls: defaultdict[str, Counter[int]] = defaultdict(Counter)

    def note(self, method: str, channel: str, status: int) -> None:
        """One call was answered."""
        self._methods[method] += 1
        if status == RATE_LIMITED:
            self._limited[method] += 1
            return
        second = int(self._now() - self._began)
        self._calls[channel][second] += 1
        if method in POSTS:
            self._posts[channel][second] += 1

    def report(self) -> dict[str, Any]:
        """What was counted. The most in one second is that of the busiest channel."""
        return {
            "calls": dict(self._methods),
            "rate_limited": dict(self._limited),
            "channels": len(self._calls),
            "most_posts_in_a_second": _most(self._posts),
            "most_calls_in_a_second": _most(self._calls),
        }


def _most(by_channel: dict[str, Counter[int]]) -> int:
    return max((count for seconds in by_channel.values() for count in seconds.values()), default=0)
