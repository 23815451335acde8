"""Updates of the service itself: asked for in chat by an admin and confirmed, or begun by a push to its repository.

A pipeline builds and deploys the new version (docs/adr/0020); here stands how far each of the latest updates is. All of
them are one record with one revision, so that of two that are asked for at once the slower one is refused.
"""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum

from chalicelib.domain.people import Actor

UPDATES = "updates"
"""Where the history of updates and their questions are kept, of the team as those about roles."""
SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
"""What may be named to be updated to: a commit, a tag or a branch, without anything that a command line reads."""
MOST = 10
"""So many updates are remembered here; the history has all."""
HEARD_SECONDS = 3_600.0
"""An update of which nothing was heard for so long is given up: its pipeline ends itself long before."""
_SHORT = 10


class Stage(StrEnum):
    """How far an update is."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    BUILDING = "building"
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"


_UNDER_WAY = frozenset({Stage.CONFIRMED, Stage.BUILDING})
_ENDED = frozenset({Stage.DONE, Stage.FAILED})


@dataclass(frozen=True, slots=True)
class Update:
    """One update. `wanted` is the revision that was named, nothing for the newest of the branch that is followed;
    `before` ran when it was asked for, `after` runs since it is done. `build` is the pipeline's id for it."""

    id: str
    requester: Actor
    at: float
    stage: Stage
    changed_at: float
    deadline: float = 0.0
    wanted: str = ""
    before: str = ""
    after: str = ""
    build: str = ""
    log: str = ""
    why: str = ""

    def at_stage(self, stage: Stage, now: float) -> "Update":
        """The update, so far now."""
        return replace(self, stage=stage, changed_at=now)

    @property
    def under_way(self) -> bool:
        """Whether it was confirmed, or begun by a push, and has not ended."""
        return self.stage in _UNDER_WAY

    @property
    def ended(self) -> bool:
        """Whether it came to its end, well or not."""
        return self.stage in _ENDED

    def waits(self, now: float) -> bool:
        """Whether somebody may still confirm it."""
        return self.stage is Stage.ASKED and now <= self.deadline

    def unheard_of(self, now: float) -> bool:
        """Whether it is under way and nothing was heard of it for too long."""
        return self.under_way and now > self.changed_at + HEARD_SECONDS


@dataclass(frozen=True, slots=True)
class Updates:
    """The latest updates, newest first."""

    latest: tuple[Update, ...] = field(default=())
    revision: int = 0

    def find(self, identifier: str) -> Update | None:
        """The update of an id."""
        return next((each for each in self.latest if each.id == identifier), None)

    def of_build(self, build: str) -> Update | None:
        """The update that a build of the pipeline belongs to."""
        return next((each for each in self.latest if each.build == build), None)

    def in_the_way(self, now: float) -> Update | None:
        """The update that another one has to wait for."""
        return next((each for each in self.latest if each.under_way or each.waits(now)), None)

    def with_(self, update: Update) -> "Updates":
        """The record with an update as it is now; one that is new comes first."""
        if self.find(update.id) is not None:
            return replace(
                self, latest=tuple(update if each.id == update.id else each for each in self.latest)
            )
        return replace(self, latest=(update, *self.latest)[:MOST])


def short(revision: str) -> str:
    """A revision as people read it: the beginning of a commit, anything else whole."""
    return revision[:_SHORT] if re.fullmatch(r"[0-9a-f]{40}", revision) else revision
