"""The push itself: what the bucket has, what is missing, and the manifest last, so that an unfinished release never
counts. Pushing the same again goes on where it stopped, and mends what somebody took away.

Somebody may clean up at the same time (chalicelib/domain/release_cleaning.py says what that never takes). So a draft
is written that names all files, before anything is relied upon that was there already.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.release import (
    Difference,
    File,
    Manifest,
    difference,
    draft_key,
    manifest,
    manifest_key,
    new_tag,
    pack,
)
from chalicelib.domain.release_cleaning import CLEANING_SECONDS, PUSH_SECONDS
from cli.push.bucket import Bucket, Listed, PushError
from cli.push.looking import Kept, is_complete, look, objects, release, releases
from cli.push.scan import Scan
from cli.push.sending import Sender

GOES_ON_SECONDS = 20 * 3_600
"""How long an unfinished release may be gone on with, and an object that no manifest names is counted on: cleaning up
leaves both alone for a day."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, in seconds since 1970, and waiting for it."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push is going to do: `to_do` has one file for each object that is missing, `old` those that are there for
    so long that they may be cleaned up if no manifest names them, `begun` when an earlier try began."""

    manifest: Manifest
    before: Manifest | None
    to_do: tuple[File, ...]
    new: bool
    old: tuple[File, ...] = ()
    begun: float | None = None

    @property
    def difference(self) -> Difference:
        """From the newest release before it."""
        return difference(self.before, self.manifest)


class Watcher(Protocol):
    """Who shows how far it is."""

    def begin(self, plan: Plan) -> None:
        """What is going to happen."""

    def done(self, file: File) -> None:
        """One more file is there."""

    def waits(self, seconds: float) -> None:
        """For somebody who may be cleaning up."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the release is to say of itself."""

    service: str
    at: float
    version: str = ""
    commit: str = ""


def plan(bucket: Bucket, scan: Scan, wanted: Wanted, has: Kept | None = None) -> Plan:
    """What is to be done, given what the bucket has; nothing is written."""
    has = has or look(bucket, wanted.service)
    bodies = {each.object: each for each in scan.files}
    made = _manifest(scan, wanted, new_tag(wanted.service, wanted.at, has.tags))
    to_do = tuple(_missing(bodies, has.objects))
    if has.newest is not None and _answers(has.newest, made):
        older = (release(bucket, tag) for tag in has.tags[has.tags.index(has.newest.tag) + 1 :])
        return Plan(has.newest, next(filter(None, older), None), to_do, new=False)
    begun = next((draft for draft in has.drafts.values() if _same(draft, made)), None)
    if begun is not None:
        made = _manifest(scan, wanted, begun.tag)
    old = tuple(each for name, each in bodies.items() if _is_old(has.objects.get(name), wanted.at))
    return Plan(made, has.newest, to_do, new=True, old=old, begun=begun.made_at if begun else None)


def _manifest(scan: Scan, wanted: Wanted, tag: str) -> Manifest:
    return manifest(
        wanted.service, tag, scan.files, int(wanted.at), version=wanted.version, commit=wanted.commit
    )


def _answers(newest: Manifest, made: Manifest) -> bool:
    """Whether there is nothing to push. Another version of the same files is a release of its own, since people ask
    for it by its version; nobody asks for a commit, and each release takes one of the places that `keep` gives."""
    return newest.files == made.files and made.version in {"", newest.version}


def _same(draft: Manifest, made: Manifest) -> bool:
    alike = (draft.files, draft.version) == (made.files, made.version)
    return alike and made.made_at - draft.made_at < GOES_ON_SECONDS


def _missing(bodies: Mapping[str, File], there: Mapping[str, Listed]) -> Iterable[File]:
    """One file for each object that is not there in its full size."""
    return (each for name, each in bodies.items() if name not in there or there[name].size != each.size)


def _is_old(there: Listed | None, now: float) -> bool:
    return there is not None and now - there.at >= GOES_ON_SECONDS


def push(bucket: Bucket, scan: Scan, planned: Plan, watcher: Watcher, clock: Clock | None = None) -> Manifest:
    """Do it, and return the manifest that is in the bucket. Raises PushError; then the same push may be repeated.

    What is sent is checked by S3 with each write, so that the manifest can follow at once.
    """
    clock = clock or Clock()
    made = planned.manifest
    if planned.new and planned.begun is None:
        made = _begin(bucket, made)
    begun = clock.now() if planned.begun is None else planned.begun
    watcher.begin(planned)
    with ThreadPoolExecutor(1) as beside:
        looked = beside.submit(_doubtful, bucket, planned)
        Sender(bucket, scan.local, watcher.done).send(planned.to_do)
        doubtful = looked.result()
    if not planned.new:
        return made
    if doubtful:
        # Whoever cleans up without having seen our draft has ended then.
        left = max(0.0, begun + CLEANING_SECONDS - clock.now())
        watcher.waits(left)
        clock.sleep(left)
        gone = _missing(doubtful, objects(bucket))
        Sender(bucket, scan.local, lambda _file: None).send(gone)
    if clock.now() - begun > PUSH_SECONDS:
        raise PushError("it took so long that what was sent first may be cleaned up already")
    if bucket.create(manifest_key(made.tag), pack(made)):
        return made
    return _others(bucket, made)


def _begin(bucket: Bucket, made: Manifest) -> Manifest:
    """Take the tag, or the next one where somebody else took it in the same minute."""
    taken: list[str] = []
    while not bucket.create(draft_key(made.tag), packed := pack(made)):
        if bucket.read(draft_key(made.tag)) == packed:
            return made  # the reply to our own write was lost, or the same is being pushed twice
        taken.append(made.tag)
        tag = new_tag(made.service, made.made_at, taken)
        made = manifest(made.service, tag, made.files, made.made_at, version=made.version, commit=made.commit)
    return made


def _doubtful(bucket: Bucket, planned: Plan) -> dict[str, File]:
    """Old objects that no manifest names, now that the draft is there: somebody who began to clean up before may be
    about to delete them."""
    old = {each.object: each for each in planned.old}
    if old and planned.before and is_complete(bucket, planned.before.tag):
        old = _without(old, [planned.before])
    return _without(old, releases(bucket, planned.manifest.service)) if old else {}


def _without(old: Mapping[str, File], named_by: Iterable[Manifest]) -> dict[str, File]:
    named = {each.object for made in named_by for each in made.files}
    return {name: each for name, each in old.items() if name not in named}


def _others(bucket: Bucket, made: Manifest) -> Manifest:
    """Somebody pushed the same at the same time and was faster; their release is this one."""
    theirs = release(bucket, made.tag)
    if theirs is None or theirs.files != made.files:
        raise PushError(f"{made.tag} was written by somebody else meanwhile; push again")
    return theirs
