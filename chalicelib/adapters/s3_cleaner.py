"""S3 for the one function that deletes. What may go, and why, is in domain/release_cleaning.py.

A look at the bucket is made to bear 50,000 files in each of ten releases: manifests are read one after the other and
only what they need is remembered, folders are listed side by side, and what one call has no time for is the next
one's (`benchmarks/cleaning.py` measures it). Listings and deletions are obstore's: boto3 takes twenty times as much of
the processor for a listing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from obstore.store import S3Store

from chalicelib.adapters.object_store import errors
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.release import (
    LIVE,
    OBJECTS,
    ROOT,
    BadManifest,
    Manifest,
    decode,
    draft_key,
    live_key,
    manifest_key,
)
from chalicelib.domain.release_cleaning import (
    CLEANING_SECONDS,
    Cleaned,
    Kept,
    Needs,
    given_up,
    looked_into,
    service_of,
    surplus,
    unneeded_paths,
    young,
)
from chalicelib.usecases.ports import Clock

CALL_SECONDS = 20
"""The patience of one request; a deletion is over after twice that, with its retries."""
_LONGEST_DELETION = 2 * CALL_SECONDS + 5
_PAGE = 1_000
"""S3 API reference, "DeleteObjects" and "ListObjectsV2"."""
_FOLDERS = 8
"""Listed side by side, and then deleted from."""
_RANGES = 8
"""Of objects, listed side by side."""


@dataclass(frozen=True, slots=True)
class _Releases:
    """What stands below `releases/`: the tags of complete releases, and of drafts with when they were written."""

    complete: frozenset[str]
    drafts: dict[str, float]


class S3Cleaner:
    """The port Cleaner on S3; `open_bucket` opens one by its name."""

    def __init__(self, open_bucket: Callable[[str], S3Store], clock: Clock) -> None:
        self._open = open_bucket
        self._clock = clock

    def clean(self, bucket: str, kept: Kept) -> Cleaned:
        """Manifests in a call of their own; what only they named when it is called again."""
        store = self._open(bucket)
        deletion = _Deletion(store, self._clock, kept.since + CLEANING_SECONDS - _LONGEST_DELETION)
        found = _releases(store)
        gone = set(surplus(found.complete, kept.service, kept.keep, kept.live | kept.spare))
        ended = given_up(found.drafts, found.complete, kept.since)
        ended = [tag for tag in ended if service_of(tag) == kept.service]
        if gone or ended:
            drafts = [draft_key(tag) for tag in (*gone, *ended) if tag in found.drafts]
            deletion.of([*map(manifest_key, sorted(gone)), *drafts])
            return deletion.result(_own(found, kept) - gone, more=True)
        return self._look(store, kept, deletion)

    def _look(self, store: S3Store, kept: Kept, deletion: "_Deletion") -> Cleaned:
        """Old objects first, then who needs them, then the deletion: what a push says in between is seen, or waits."""
        needs = Needs(_old_objects(store, kept.since))
        found = _releases(store)
        own = _own(found, kept)
        unknown = sorted(kept.live - found.complete)
        if unknown:
            return deletion.result(own, doubts=[f"the manifest of {unknown[0]}, which is needed, is gone"])
        doubts = _read(store, {tag: manifest_key(tag) for tag in sorted(found.complete)}, needs, kept)
        doubted = {service_of(tag) for tag in doubts}
        # A listing of its own, after the manifests: a draft that it does not have was written after it, and so whoever
        # wrote it found no manifest that was missing above.
        begun = sorted(_releases(store).drafts.keys() - found.complete)
        doubts |= _read(store, {tag: draft_key(tag) for tag in begun}, needs)
        if kept.service not in doubted:
            _clean_folders(store, kept, own, needs.paths, deletion)
        if not doubts:
            deletion.of([OBJECTS + name for name in sorted(needs.objects)])
        return deletion.result(own, doubts=doubts.values())


class _Deletion:
    """Deletes for as long as there is time, and counts."""

    def __init__(self, store: S3Store, clock: Clock, until: float) -> None:
        self._store = store
        self._clock = clock
        self._until = until
        self._count = 0
        self.late = False

    def of(self, keys: Sequence[str]) -> None:
        """These keys, as many as there is time for."""
        for start in range(0, len(keys), _PAGE):
            self.late = self.late or self._clock.now() > self._until
            if self.late:
                return
            part = keys[start : start + _PAGE]
            with errors("DeleteObjects"):
                self._store.delete(part)
            self._count += len(part)

    def result(self, complete: frozenset[str], *, more: bool = False, doubts: Iterable[str] = ()) -> Cleaned:
        """What was done. Unavailable where there was time for nothing."""
        if self.late and not self._count:
            raise Unavailable("looking took so long that what nobody needed may be needed by now")
        return Cleaned(self._count, more or self.late, complete, tuple(doubts))


def _clean_folders(
    store: S3Store, kept: Kept, own: frozenset[str], paths: set[str], deletion: _Deletion
) -> None:
    """What is served: a few folders at a time, so that what is found fits into memory however much it is."""
    known = own | set(kept.folders)
    with errors("ListObjectsV2"):
        prefixes = store.list_with_delimiter(LIVE)["common_prefixes"]
    names = (each.strip("/").rpartition("/")[2] for each in prefixes)
    folders = looked_into(names, kept.service, kept.folders)
    with ThreadPoolExecutor(_FOLDERS) as pool:
        for start in range(0, len(folders), _FOLDERS):
            look = partial(_unneeded, store, known=known, paths=paths, now=kept.since)
            unneeded = pool.map(look, folders[start : start + _FOLDERS])
            deletion.of([key for keys in unneeded for key in keys])
            if deletion.late:
                return


def _unneeded(
    store: S3Store, folder: str, *, known: frozenset[str], paths: set[str], now: float
) -> list[str]:
    served = _listed(store, live_key(folder, ""))
    found = unneeded_paths(served, paths, known=folder in known, now=now)
    return [live_key(folder, path) for path in found]


def _read(store: S3Store, keys: dict[str, str], needs: Needs, kept: Kept | None = None) -> dict[str, str]:
    """Let each manifest say what it needs, one after the other; those that can not be read, by their tags. One that
    vanished was deleted by somebody else who cleans up."""
    doubts = {}
    for tag, key in keys.items():
        try:
            made = _manifest(store, tag, key)
        except FileNotFoundError:
            if kept is not None and tag in kept.live:
                doubts[tag] = f"the manifest of {tag}, which is needed, is gone"
        except BadManifest as error:
            doubts[tag] = f"{key} can not be read ({error})"
        else:
            needs.objects.difference_update(file.object for file in made.files)
            if kept is not None and made.service == kept.service:
                needs.paths.update(file.path for file in made.files)
    return doubts


def _manifest(store: S3Store, tag: str, key: str) -> Manifest:
    with errors("GetObject"):
        found = decode(bytes(store.get(key).bytes()))
    if found.tag != tag:
        raise BadManifest(f"it is that of {found.tag}")
    return found


def _old_objects(store: S3Store, now: float) -> set[str]:
    """Names are hashes, so equal ranges of them, listed side by side, hold about equally many."""
    ends = [f"{256 * number // _RANGES:02x}" for number in range(1, _RANGES)]
    found: set[str] = set()

    def look(after: str, until: str) -> None:
        listed = takewhile(lambda each: not until or each[0] <= until, _listed(store, OBJECTS, after))
        found.update(name for name, at in listed if not young(at, now))

    with ThreadPoolExecutor(_RANGES) as pool:
        list(pool.map(look, ["", *ends], [*ends, ""]))
    return found


def _releases(store: S3Store) -> _Releases:
    written = dict(_listed(store, ROOT))
    tags = {name.partition("/")[0] for name in written}

    def of(key: Callable[[str], str]) -> dict[str, float]:
        names = {tag: key(tag).removeprefix(ROOT) for tag in tags}
        return {tag: written[name] for tag, name in names.items() if name in written}

    return _Releases(frozenset(of(manifest_key)), of(draft_key))


def _own(found: _Releases, kept: Kept) -> frozenset[str]:
    return frozenset(tag for tag in found.complete if service_of(tag) == kept.service)


def _listed(store: S3Store, prefix: str, after: str = "") -> Iterator[tuple[str, float]]:
    """Every object below a prefix, or those after one, named without the prefix, and when it was written."""
    with errors("ListObjectsV2"):
        for page in store.list(prefix, offset=f"{prefix}{after}" if after else None, chunk_size=_PAGE):
            for each in page:
                yield each["path"].removeprefix(prefix), each["last_modified"].timestamp()
