"""CloudFront's invalidations: made once for each caller reference, done when every location has heard.

Amazon CloudFront Developer Guide, "What you need to know when invalidating files": a path begins with `/`, has 4,000
characters at most, `*` only at its end, and what is not ASCII or is unsafe in RFC 1738 percent-encoded. "Concurrent
invalidation request maximum": 3,000 paths in progress at a time, and 15 with a wildcard besides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.edge.store import Delays

MOST_PATHS, MOST_WILDCARDS = 3_000, 15
_PATH = re.compile(r"/(?:[A-Za-z0-9/\-_.!$&()+,;:=@?]|%[0-9A-Fa-f]{2}){0,3999}\*?", re.ASCII)
"""Neither `~` nor `'`, which CloudFront was seen to refuse (github.com: aws/aws-sdk, issue 525, and
laurilehmijoki/s3_website, issue 63)."""


class Refused(Exception):
    """The code that CloudFront answers with is the first argument."""


@dataclass
class Invalidation:
    """One request: its paths, and when each location hears."""

    id: str
    reference: str
    paths: tuple[str, ...]
    made: float
    heard: tuple[float, ...]
    done_at: set[int] = field(default_factory=set)


@dataclass
class Invalidations:
    """Those of one distribution."""

    now: Callable[[], float]
    delays: Delays
    all: dict[str, Invalidation] = field(default_factory=dict)

    def create(self, reference: str, paths: tuple[str, ...]) -> Invalidation:
        """A new one, or the one that was made under this reference. Raises Refused."""
        for each in self.all.values():
            if each.reference == reference:
                if each.paths == paths:
                    return each
                raise Refused("InvalidArgument", "Your caller reference is used for other paths.")
        if not paths or not all(_PATH.fullmatch(each) for each in paths):
            raise Refused("InvalidArgument", "Your request contains one or more invalid invalidation paths.")
        self._refuse_too_many(paths)
        number = f"I{len(self.all) + 1:013}"
        made = Invalidation(number, reference, paths, self.now(), self.delays.next(self.now()))
        self.all[number] = made
        return made

    def completed(self, each: Invalidation) -> bool:
        """Whether every location has heard."""
        return max(each.heard) <= self.now()

    def news(self, location: int) -> list[Invalidation]:
        """What a location hears now and has not heard before."""
        now = self.now()
        found = [
            each for each in self.all.values() if each.heard[location] <= now and location not in each.done_at
        ]
        for each in found:
            each.done_at.add(location)
        return found

    def _refuse_too_many(self, paths: tuple[str, ...]) -> None:
        going = [path for each in self.all.values() if not self.completed(each) for path in each.paths]
        together = [*going, *paths]
        wildcards = sum(path.endswith("*") for path in together)
        if len(together) - wildcards > MOST_PATHS or wildcards > MOST_WILDCARDS:
            raise Refused("TooManyInvalidationsInProgress", "Processing your request will exceed the quota.")
