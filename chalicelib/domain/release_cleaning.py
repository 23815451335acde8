"""What of a bucket with releases may be deleted, and why no order of requests ever deletes what somebody needs.

**Manifests.** Those beyond the newest `keep` go, unless an environment shows the release, brings it or may go back to
it. They go first, and what only they named in a later look: whoever takes an old release up in between finds no
manifest, or is seen as somebody who needs it.

**Objects.** Cleaning up lists them, then reads all manifests, then all drafts, and then deletes, until
CLEANING_SECONDS are over. A push writes its draft and then looks. So an object that it saw stays where a manifest named
it after the draft was there (cleaning up saw one of them), where it is young, or where it is there still when the draft
is older than CLEANING_SECONDS. What is younger than a day is left alone, since a push may rely on it.

**What is served.** Only a deployment writes below `live/`, and only while it has the slot of its environment. Cleaning
up asks the table which releases the environments need, and what it deletes then it deletes within CLEANING_SECONDS.
A deployment that was accepted before it asked is seen: its release, and the one it may go back to, are kept. One that
was accepted later brings no file before WAIT_SECONDS are over or the cleaning has ended, whichever is first
(`steps/cleaning.py`): a deletion that did not see it comes before its copies, never after them. That needs no guess
about how long S3 takes, nor about when the release was pushed. Files that were placed less than a day ago stay all the
same: somebody may have put them there by hand.

**Pages that are open** load their parts late, and edge locations hear late of a switch. Where a way back is closed
early, the release that was shown before is kept for an hour; the next cleaning up takes it.

**In doubt nothing goes.** A manifest that vanishes while it is looked for was deleted by somebody who cleans up at the
same time, and nobody needs it. One that can not be read may name anything: then no object is deleted, and nothing that
is served where it is of the same service.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.domain.pushed import TAG
from chalicelib.domain.release import newest_first

YOUNG_SECONDS = 86_400
"""A push that stops may be gone on with for so long."""
PUSH_SECONDS = 82_800
"""The longest push, from its draft to its manifest: an hour less, in which clocks may differ."""
CLEANING_SECONDS = 120
"""From the first look at the table to the end of the deletion that follows from it. The function runs no longer than
ten seconds more (`.chalice/config.json`)."""
WAIT_SECONDS = CLEANING_SECONDS + 30
"""How long a deployment brings no files while somebody cleans up who may not have seen it; clocks may differ."""

OPEN_SECONDS = 3_600
"""How long a page may be open, without being loaded anew, and still find its files."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays of a service: its newest `keep` releases and those in `live`, which environments need, as the table
    said at `since`; and as long as they are there those in `spare`, which lie where the next release goes or were shown
    lately. `folders` are those below `live/` that environments are served from."""

    service: str
    keep: int
    live: frozenset[str]
    folders: tuple[str, ...]
    since: float
    spare: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What one look at a bucket came to: how many keys were deleted, whether there is more to delete, which releases of
    the service are complete now, and what could not be decided."""

    deleted: int
    more: bool
    complete: frozenset[str]
    doubts: tuple[str, ...] = ()


@dataclass(slots=True)
class Needs:
    """What the manifests of a bucket need, gathered while one after the other is read: `objects` begins as all that are
    old and ends as those that nothing names, `paths` are those of the service's releases."""

    objects: set[str]
    paths: set[str] = field(default_factory=set)


def surplus(tags: Iterable[str], service: str, keep: int, live: Collection[str]) -> list[str]:
    """The complete releases of a service that are neither among the newest `keep` nor in `live`."""
    return [tag for tag in newest_first(tags, service)[keep:] if tag not in live]


def given_up(drafts: Mapping[str, float], complete: Collection[str], now: float) -> list[str]:
    """The tags of pushes that never ended, by when their drafts were written (seconds since 1970)."""
    return sorted(tag for tag, at in drafts.items() if tag not in complete and not young(at, now))


def looked_into(names: Iterable[str], service: str, folders: Collection[str]) -> list[str]:
    """The folders below `live/` that are the service's: of its environments, and of its releases. What stands in
    others is somebody else's."""
    return sorted(name for name in names if name in folders or service_of(name) == service)


def unneeded_paths(
    served: Iterable[tuple[str, float]], paths: Collection[str], *, known: bool, now: float
) -> list[str]:
    """The paths in one folder that no page of a kept release can lead to, by when each was placed: all that `paths`
    does not have, and every one where the folder is that of a release which is not `known` any more."""
    return [path for path, at in served if not young(at, now) and not (known and path in paths)]


def service_of(tag: str) -> str:
    """The service whose release has this tag; empty for what is no tag."""
    found = TAG.fullmatch(tag)
    return found[1] if found else ""


def young(at: float, now: float) -> bool:
    """Whether it is left alone whoever needs it."""
    return now - at < YOUNG_SECONDS
