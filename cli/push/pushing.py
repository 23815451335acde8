"""The push itself: what the bucket has, what is missing, and the manifest last, so that an unfinished release never
counts. Pushing the same again goes on where it stopped."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.domain.release import (
    BadManifest,
    Difference,
    File,
    Manifest,
    decode,
    difference,
    draft_key,
    key,
    manifest,
    manifest_key,
    new_tag,
    newest_first,
    sources,
)
from cli.push.bucket import Bucket, Incomplete, PushError
from cli.push.scan import Scan, etag
from cli.push.sending import Sender

GOES_ON_SECONDS = 86_400
"""How long an unfinished release may be gone on with; what is older may be cleaned up at any time."""
_SPARE = 5
"""Unfinished releases among the newest, beside those that are kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the bucket has of a service: complete releases, newest first, and the drafts of those that are not."""

    tags: tuple[str, ...]
    releases: tuple[Manifest, ...]
    drafts: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push is going to do."""

    manifest: Manifest
    before: Manifest | None
    new: bool
    begun: bool = False
    there: frozenset[str] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def to_do(self) -> list[File]:
        """The files that are not under the tag yet."""
        return [each for each in self.manifest.files if self.new and each.path not in self.there]

    @property
    def to_send(self) -> list[File]:
        """Those of them that the bucket has nowhere."""
        return [each for each in self.to_do if each.path not in self.sources]

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


def kept(bucket: Bucket, service: str, keep: int) -> Kept:
    """Read the newest manifests, and drafts where there is no manifest, all at once."""
    tags = newest_first(bucket.tags(f"{service}_"), service)
    looked = tags[: keep + _SPARE]
    releases: list[Manifest] = []
    drafts: dict[str, bytes] = {}
    with ThreadPoolExecutor(max(1, len(looked))) as pool:
        for tag, (found, draft) in zip(
            looked, pool.map(lambda each: _release(bucket, each), looked), strict=True
        ):
            if found is not None:
                releases.append(_decoded(tag, found))
            elif draft is not None:
                drafts[tag] = draft
    return Kept(tuple(tags), tuple(releases[:keep]), drafts)


def _release(bucket: Bucket, tag: str) -> tuple[bytes | None, bytes | None]:
    found = bucket.read(manifest_key(tag))
    return found, bucket.read(draft_key(tag)) if found is None else None


def _decoded(tag: str, content: bytes) -> Manifest:
    try:
        found = decode(content)
    except BadManifest as error:
        raise PushError(f"the manifest of {tag} can not be read: {error}") from error
    if found.tag != tag:
        raise PushError(f"the manifest of {tag} is that of {found.tag}: somebody moved it")
    return found


def plan(bucket: Bucket, scan: Scan, wanted: Wanted) -> Plan:
    """What is to be done; nothing is written."""
    has = kept(bucket, wanted.service, wanted.keep)
    before = has.releases[0] if has.releases else None
    made = _manifest(scan, wanted, new_tag(wanted.service, wanted.at, has.tags))
    if before is not None and before.content == made.content:
        return Plan(before, has.releases[1] if len(has.releases) > 1 else None, new=False)
    begun = next((tag for tag, draft in has.drafts.items() if _same(draft, made, wanted.at)), "")
    if begun:
        made = _manifest(scan, wanted, begun)
    there = _there(bucket, scan, made) if begun else frozenset[str]()
    rest = [each for each in made.files if each.path not in there]
    return Plan(made, before, new=True, begun=bool(begun), there=there, sources=sources(rest, has.releases))


def _manifest(scan: Scan, wanted: Wanted, tag: str) -> Manifest:
    return manifest(
        wanted.service, tag, scan.files, int(wanted.at), version=wanted.version, commit=wanted.commit
    )


def _draft(made: Manifest) -> bytes:
    return json.dumps({"content": made.content, "made_at": made.made_at}).encode()


def _same(draft: bytes, made: Manifest, now: float) -> bool:
    try:
        found = json.loads(draft)
        return found["content"] == made.content and now - float(found["made_at"]) < GOES_ON_SECONDS
    except (ValueError, TypeError, KeyError):
        return False


def _there(bucket: Bucket, scan: Scan, made: Manifest) -> frozenset[str]:
    """Files that an earlier try has brought: the size and the ETag are right. Where the bucket encrypts with KMS no
    ETag tells anything, and they are sent again."""
    wanted = {key(made.tag, each.path): each for each in made.files}
    found = [each for each in bucket.objects(key(made.tag, "")) if each.key in wanted]
    try:
        return frozenset(
            wanted[each.key].path
            for each in found
            if wanted[each.key].size == each.size
            and etag(scan.local[wanted[each.key].path].path) == each.etag
        )
    except OSError as error:
        raise PushError(f"a file can not be read any more: {error}") from error


def push(bucket: Bucket, scan: Scan, planned: Plan, watcher: Watcher) -> Manifest:
    """Do it, and return the manifest that is in the bucket. Raises PushError; then the same push may be repeated."""
    if not planned.new:
        return planned.manifest
    made = planned.manifest
    if not planned.begun:
        made = _begin(bucket, made)
    watcher.begin(planned)
    Sender(bucket, made.tag, scan.local, watcher.done).send(planned.to_do, planned.sources)
    _verify(bucket, made)
    if bucket.create(manifest_key(made.tag), made.encode()):
        return made
    return _others(bucket, made)


def _begin(bucket: Bucket, made: Manifest) -> Manifest:
    """Take the tag, or the next one where somebody else took it in the same minute."""
    taken: list[str] = []
    while not bucket.create(draft_key(made.tag), _draft(made)):
        if bucket.read(draft_key(made.tag)) == _draft(made):
            return made  # the reply to our own write was lost, or the same is being pushed twice
        taken.append(made.tag)
        tag = new_tag(made.service, made.made_at, taken)
        made = manifest(made.service, tag, made.files, made.made_at, version=made.version, commit=made.commit)
    return made


def _verify(bucket: Bucket, made: Manifest) -> None:
    """Every file is there in its full size; that it arrived as it was, S3 has checked with each write."""
    sizes = {each.key: each.size for each in bucket.objects(key(made.tag, ""))}
    wrong = [each.path for each in made.files if sizes.get(key(made.tag, each.path)) != each.size]
    if wrong:
        raise Incomplete(f"{len(wrong)} files are missing under {made.tag}, such as {wrong[0]}")


def _others(bucket: Bucket, made: Manifest) -> Manifest:
    """Somebody pushed the same at the same time and was faster; their release is this one."""
    found = bucket.read(manifest_key(made.tag))
    if found is None or (theirs := _decoded(made.tag, found)).content != made.content:
        raise PushError(f"{made.tag} was written by somebody else meanwhile; push again")
    return theirs
