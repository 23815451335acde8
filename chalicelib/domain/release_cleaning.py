"""What of a bucket with releases may be deleted: nothing that a kept release, or one that is being pushed, names.

A manifest goes first, and what only it named in a later look: whoever takes an old release up in between finds no
manifest, or is seen as somebody who needs it. What is younger than a day is left alone, since a push may rely on it.

Cleaning up reads all manifests, then all drafts, and then deletes, for CLEANING_SECONDS at most. A push writes its
draft and then looks. So an object that it saw stays where a manifest named it after the draft was there (cleaning up
saw one of them), where it is young, or where it is there still when the draft is older than CLEANING_SECONDS.
"""

from collections.abc import Collection, Iterable, Mapping

from chalicelib.domain.pushed import TAG
from chalicelib.domain.release import LIVE, Manifest, newest_first

YOUNG_SECONDS = 86_400
"""A push that stops may be gone on with for so long."""
PUSH_SECONDS = 82_800
"""The longest push, from its draft to its manifest: an hour less, in which clocks may differ."""
CLEANING_SECONDS = 120
"""From the first look at manifests to the end of the deletion that follows from it."""


def surplus(tags: Iterable[str], service: str, keep: int, live: Collection[str]) -> list[str]:
    """The complete releases of a service that are neither among the newest `keep` nor in `live`."""
    return [tag for tag in newest_first(tags, service)[keep:] if tag not in live]


def given_up(drafts: Mapping[str, float], complete: Collection[str], now: float) -> list[str]:
    """The tags of pushes that never ended, by when their drafts were written (seconds since 1970)."""
    return sorted(tag for tag, at in drafts.items() if tag not in complete and not _young(at, now))


def unneeded_paths(
    keys: Iterable[str], service: str, folders: Collection[str], kept: Iterable[Manifest]
) -> list[str]:
    """Keys below `live/` that no page of a kept release can lead to: of the environments' `folders`, and of folders
    that are named by releases of the service. What stands in other folders is somebody else's."""
    releases = list(kept)
    tags = {each.tag for each in releases}
    paths = {file.path for each in releases for file in each.files}
    found = []
    for key in keys:
        folder, _, path = key.removeprefix(LIVE).partition("/")
        own = folder in folders or folder in tags
        if (own and path not in paths) or (not own and _of(folder, service)):
            found.append(key)
    return found


def unneeded_objects(objects: Mapping[str, float], named: Iterable[Manifest], now: float) -> list[str]:
    """The names below `objects/` that no manifest and no draft names, by when each was written."""
    needed = {file.object for each in named for file in each.files}
    return sorted(name for name, at in objects.items() if name not in needed and not _young(at, now))


def _of(folder: str, service: str) -> bool:
    tag = TAG.fullmatch(folder)
    return tag is not None and tag[1] == service


def _young(at: float, now: float) -> bool:
    return now - at < YOUNG_SECONDS
