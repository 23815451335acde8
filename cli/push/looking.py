"""What the bucket has: a service's releases, and every object."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chalicelib.domain.release import (
    OBJECTS,
    ROOT,
    BadManifest,
    Manifest,
    decode,
    draft_key,
    manifest_key,
    newest_first,
)
from cli.push.bucket import Bucket, Listed, PushError

_LISTINGS = 4
"""Side by side: names are hashes, so equal ranges of names hold about equally many."""
_WIDTH = 4
_FEW = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """What the bucket has: a service's tags, newest first, its newest complete release, the drafts of those that were
    begun later, and every object by its name."""

    tags: tuple[str, ...]
    newest: Manifest | None
    drafts: Mapping[str, Manifest]
    objects: Mapping[str, Listed]


def look(bucket: Bucket, service: str) -> Kept:
    """Listings of objects side by side, and manifests from the newest on until one is complete."""
    with ThreadPoolExecutor(_LISTINGS) as pool:
        listing = _listing(bucket, pool)
        tags = tuple(newest_first(bucket.tags(f"{service}_"), service))
        newest: Manifest | None = None
        drafts: dict[str, Manifest] = {}
        for tag in tags:
            newest = release(bucket, tag)
            if newest is not None:
                break
            draft = _draft(bucket, tag)
            if draft is not None:
                drafts[tag] = draft
        return Kept(tags, newest, drafts, listing())


def objects(bucket: Bucket) -> dict[str, Listed]:
    """Every object by its name."""
    with ThreadPoolExecutor(_LISTINGS) as pool:
        return _listing(bucket, pool)()


def _listing(bucket: Bucket, pool: ThreadPoolExecutor) -> Callable[[], dict[str, Listed]]:
    """Begun at once; call what is returned for the result."""
    ends = [f"{OBJECTS}{16**_WIDTH * number // _LISTINGS:0{_WIDTH}x}" for number in range(1, _LISTINGS)]
    begun = [
        pool.submit(_range, bucket, after, until)
        for after, until in zip(["", *ends], [*ends, ""], strict=True)
    ]
    return lambda: _named(each for some in begun for each in some.result())


def _range(bucket: Bucket, after: str, until: str) -> list[Listed]:
    return list(bucket.objects(OBJECTS, after, until))


def _named(found: Iterable[Listed]) -> dict[str, Listed]:
    return {each.key.removeprefix(OBJECTS): each for each in found}


def releases(bucket: Bucket, service: str) -> list[Manifest]:
    """All complete ones that are there now."""
    tags = newest_first(bucket.tags(f"{service}_"), service)
    with ThreadPoolExecutor(_FEW) as pool:
        return [each for each in pool.map(lambda tag: release(bucket, tag), tags) if each is not None]


def is_complete(bucket: Bucket, tag: str) -> bool:
    """Whether the manifest is there, without reading it."""
    return any(each.key == manifest_key(tag) for each in bucket.objects(f"{ROOT}{tag}/"))


def release(bucket: Bucket, tag: str) -> Manifest | None:
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
