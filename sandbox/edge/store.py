"""A key-value store whose edge locations hear of a write one after another, and each in the order of the writes.

Amazon CloudFront Developer Guide, "Amazon CloudFront KeyValueStore": what is written reaches every location within
seconds. So for a while two locations lead to two releases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Conflict(Exception):
    """The ETag is not the store's."""


@dataclass(frozen=True, slots=True)
class _Version:
    values: Mapping[str, str]
    heard: tuple[float, ...]


@dataclass
class Delays:
    """Seconds until each location hears; who is first changes from one write to the next."""

    seconds: Sequence[float]
    _written: int = 0

    def next(self, now: float) -> tuple[float, ...]:
        """When each location hears of what is written now."""
        self._written += 1
        turn = self._written % len(self.seconds)
        return tuple(now + each for each in [*self.seconds[turn:], *self.seconds[:turn]])


@dataclass
class KeyValueStore:
    """One store; `now` is the sandbox's time."""

    arn: str
    now: Callable[[], float]
    delays: Delays
    _versions: list[_Version] = field(default_factory=list)
    _number: int = 1

    def __post_init__(self) -> None:
        """An empty store, of which every location knows."""
        self._versions = [_Version({}, tuple(0.0 for _ in self.delays.seconds))]

    @property
    def etag(self) -> str:
        """Changes with every write."""
        return f"KV{self._number:012}"

    @property
    def values(self) -> Mapping[str, str]:
        """What was written last."""
        return self._versions[-1].values

    def at(self, location: int) -> Mapping[str, str]:
        """What one location knows."""
        now = self.now()
        return next(each.values for each in reversed(self._versions) if each.heard[location] <= now)

    def change(self, if_match: str, puts: Mapping[str, str], deletes: Sequence[str] = ()) -> None:
        """Write, where nobody has written since. Raises Conflict."""
        if if_match != self.etag:
            raise Conflict(f"the ETag is {self.etag}")
        self._number += 1
        values = {key: value for key, value in ({**self.values, **puts}).items() if key not in deletes}
        before = self._versions[-1].heard
        heard = tuple(map(max, before, self.delays.next(self.now())))
        self._versions = [*self._versions[-99:], _Version(values, heard)]
