"""The push itself: what the bucket has, what is missing, and the manifest last, so that an unfinished release never
counts. Pushing the same again goes on where it stopped, and mends what somebody took away."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.release import (
    OBJECTS,
    BadManifest,
    Difference,
    File,
    Manifest,
    decode,
    difference,
    draft_key,
    manifest,
    manifest_key,
    new_tag,
    newest_first,
)
from cli.push.bucket import Bucket, Listed, PushError
from cli.push.scan import Scan
from cli.push.sending import Sender

GOES_ON_SECONDS = 20 * 3_600
"""How long an unfinished release may be gone on with, and an object that no manifest names is counted on: cleaning up
leaves both alone for a day (chalicelib/domain/release_cleaning.py)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the bucket has: a service's tags, newest first, its newest complete release, the drafts of those that were
    begun later, and every object by its name."""

    tags: tuple[str, ...]
    newest: Manifest | None
    drafts: Mapping[str, Manifest]
    objects: Mapping[str, Listed]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push is going to do: `to_do` has one file for each object that is missing."""

    manifest: Manifest
    before: Manifest | None
    to_do: tuple[File, ...]
    new: bool
    begun: bool = False

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the release is to say of itself."""

    service: str
    keep: int
    at: float
    version: str = ""
    commit: str = ""


def look(bucket: Bucket, service: str) -> Kept:
    """Two listings side by side, then manifests from the newest on until one is complete."""
    with ThreadPoolExecutor(1) as pool:
        listing = pool.submit(lambda: {each.key: each for each in bucket.objects(OBJECTS)})
        tags = tuple(newest_first(bucket.tags(f"{service}_"), service))
        newest: Manifest | None = None
        drafts: dict[str, Manifest] = {}
        for tag in tags:
            newest = _release(bucket, tag)
            if newest is not None:
                break
            draft = _draft(bucket, tag)
            if draft is not None:
                drafts[tag] = draft
        objects = {key.removeprefix(OBJECTS): each for key, each in listing.result().items()}
    return Kept(tags, newest, drafts, objects)


def _release(bucket: Bucket, tag: str) -> Manifest | None:
    """A complete release. Raises PushError where its manifest is not what was written."""
    content = bucket.read(manifest_key(tag))
    try:
        found = decode(content) if content is not None else None
    except BadManifest as error:
        raise PushError(f"the manifest of {tag} can not be read: {error}") from error
    if found is not None and found.tag != tag:
        raise PushError(f"the manifest of {tag} is that of {found.tag}: somebody moved it")
    return found


def _draft(bucket: Bucket, tag: str) -> Manifest | None:
    content = bucket.read(draft_key(tag))
    try:
        return decode(content) if content is not None else None
    except BadManifest:
        return None


def plan(bucket: Bucket, scan: Scan, wanted: Wanted) -> Plan:
    """What is to be done; nothing is written."""
    has = look(bucket, wanted.service)
    made = _manifest(scan, wanted, new_tag(wanted.service, wanted.at, has.tags))
    to_do = tuple(_missing(bucket, made.files, has, wanted))
    if has.newest is not None and has.newest.content == made.content:
        older = (_release(bucket, tag) for tag in has.tags[has.tags.index(has.newest.tag) + 1 :])
        return Plan(has.newest, next(filter(None, older), None), to_do, new=False)
    begun = next((tag for tag, draft in has.drafts.items() if _same(draft, made)), "")
    if begun:
        made = _manifest(scan, wanted, begun)
    return Plan(made, has.newest, to_do, new=True, begun=bool(begun))


def _manifest(scan: Scan, wanted: Wanted, tag: str) -> Manifest:
    return manifest(
        wanted.service, tag, scan.files, int(wanted.at), version=wanted.version, commit=wanted.commit
    )


def _same(draft: Manifest, made: Manifest) -> bool:
    return draft.content == made.content and made.made_at - draft.made_at < GOES_ON_SECONDS


def _missing(bucket: Bucket, files: Iterable[File], has: Kept, wanted: Wanted) -> list[File]:
    """One file for each object that is not there in its full size. What is there for long and named by no kept release
    may be cleaned up at any moment, so it does not count."""
    bodies = {each.object: each for each in files}
    there = {
        name for name, each in bodies.items() if name in has.objects and has.objects[name].size == each.size
    }
    named = {each.object for each in has.newest.files} if has.newest else set()
    old = {name for name in there - named if wanted.at - has.objects[name].at >= GOES_ON_SECONDS}
    if old:
        with ThreadPoolExecutor(8) as pool:
            kept = pool.map(lambda tag: _release(bucket, tag), has.tags[: wanted.keep])
            old -= {each.object for release in kept if release is not None for each in release.files}
    return [each for name, each in bodies.items() if name not in there - old]


def push(bucket: Bucket, scan: Scan, planned: Plan, watcher: Watcher) -> Manifest:
    """Do it, and return the manifest that is in the bucket. Raises PushError; then the same push may be repeated.

    What is sent is checked by S3 with each write, so that the manifest can follow at once.
    """
    made = planned.manifest
    if planned.new and not planned.begun:
        made = _begin(bucket, made)
    watcher.begin(planned)
    Sender(bucket, scan.local, watcher.done).send(planned.to_do)
    if not planned.new or bucket.create(manifest_key(made.tag), made.encode()):
        return made
    return _others(bucket, made)


def _begin(bucket: Bucket, made: Manifest) -> Manifest:
    """Take the tag, or the next one where somebody else took it in the same minute."""
    taken: list[str] = []
    while not bucket.create(draft_key(made.tag), made.encode()):
        if bucket.read(draft_key(made.tag)) == made.encode():
            return made  # the reply to our own write was lost, or the same is being pushed twice
        taken.append(made.tag)
        tag = new_tag(made.service, made.made_at, taken)
        made = manifest(made.service, tag, made.files, made.made_at, version=made.version, commit=made.commit)
    return made


def _others(bucket: Bucket, made: Manifest) -> Manifest:
    """Somebody pushed the same at the same time and was faster; their release is this one."""
    theirs = _release(bucket, made.tag)
    if theirs is None or theirs.content != made.content:
        raise PushError(f"{made.tag} was written by somebody else meanwhile; push again")
    return theirs
