"""S3 with the releases of frontends: copied between folders, many requests at a time, and listed to see that they are.

A copy takes headers and checksum along (S3 API reference, "CopyObject", MetadataDirective and ChecksumAlgorithm). Two
objects are the same where size and ETag are. An ETag of a multipart upload, or of an object that KMS encrypts, says
nothing about content (S3 API reference, "Object"): then the SHA-256 that S3 keeps of what is served is compared with
the manifest's, a request for each file. Where S3 keeps none, the size has to do for what came in parts.
"""

import base64
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from obstore.store import S3Store

from chalicelib.adapters.object_store import errors
from chalicelib.domain.errors import StepFailed
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import (
    MOST_COPIED,
    OBJECTS,
    BadManifest,
    File,
    Manifest,
    decode,
    live_key,
    manifest_key,
    object_key,
)

if TYPE_CHECKING:
    from obstore import ObjectMeta

T = TypeVar("T")
R = TypeVar("R")
THREADS = 128
"""Requests under way at once: what they cost is waiting for answers (ADR 0015)."""
CALL_SECONDS = 25
"""The patience of one request: a file of MOST_COPIED takes some ten seconds, and two tries fit into the function's
minute."""
MOST_LISTED = 10_000
"""Keys that are listed where a thousand are looked for."""
_HEADS = 10
"""Checksums asked for at once: as many as boto3 keeps connections."""


class Stored(NamedTuple):
    """What a listing says of an object."""

    size: int
    etag: str

    @property
    def in_parts(self) -> bool:
        """Whether it came by a multipart upload."""
        return "-" in self.etag


class S3Releases:
    """The port Bucket on S3; `open_bucket` opens one by its name."""

    def __init__(
        self,
        open_bucket: Callable[[str], S3Store],
        checksum: Callable[[str, str], str],
        threads: int = THREADS,
        most_listed: int = MOST_LISTED,
    ) -> None:
        self._store = cache(open_bucket)
        self._checksum = checksum
        self._threads, self._most_listed = threads, most_listed

    def manifest(self, bucket: str, tag: str) -> Manifest:
        """One GetObject."""
        broken = Reason.RELEASE_BROKEN
        try:
            with errors("GetObject"):
                found = decode(bytes(self._store(bucket).get(manifest_key(tag)).bytes()))
        except FileNotFoundError:
            raise StepFailed(Reason.RELEASE_MISSING, tag=tag) from None
        except BadManifest as error:
            raise StepFailed(broken, tag=tag, what=str(error)) from error
        if found.tag != tag:
            raise StepFailed(broken, tag=tag, what=f"its manifest is that of {found.tag}")
        return found

    def manifests(
        self, bucket: str, tag: str, others: Sequence[str]
    ) -> tuple[Manifest, list[Manifest | None]]:
        """One GetObject each, side by side."""
        with ThreadPoolExecutor(1 + len(others)) as pool:
            beside = [pool.submit(self._if_readable, bucket, each) for each in others]
            return self.manifest(bucket, tag), [each.result() for each in beside]

    def _if_readable(self, bucket: str, tag: str) -> Manifest | None:
        try:
            return self.manifest(bucket, tag) if tag else None
        except StepFailed as failed:
            if failed.reason in {Reason.RELEASE_MISSING, Reason.RELEASE_BROKEN}:
                return None  # somebody deleted or changed it: no reason to refuse every release that follows
            raise

    def place(self, bucket: str, files: Sequence[File], folder: str) -> None:
        """One CopyObject a file."""
        _refuse_large(files, folder)
        gone = self._copied(bucket, [(object_key(each), live_key(folder, each.path)) for each in files])
        if gone:
            named = next(each.path for each in files if object_key(each) == gone[0])
            raise StepFailed(
                Reason.RELEASE_BROKEN,
                tag=folder,
                what=f"{len(gone)} of its objects are gone, such as that of {named}",
            )

    def carry(self, bucket: str, paths: Sequence[str], source: str, target: str) -> None:
        """One CopyObject a file; what left the source meanwhile is nobody's any more."""
        self._copied(bucket, [(live_key(source, path), live_key(target, path)) for path in paths])

    def contents(
        self, bucket: str, folders: Sequence[str], after: str = "", until: str = ""
    ) -> list[Mapping[str, str]]:
        """A ListObjectsV2 for each thousand, the folders side by side."""
        store = self._store(bucket)

        def one(folder: str) -> Mapping[str, str]:
            found = _listed(store, live_key(folder, ""), after)
            inside = takewhile(lambda each: not until or each[0] <= until, found)
            return {name: f"{stored.size} {stored.etag}" for name, stored in inside}

        return _side_by_side(one, folders, len(folders))

    def wrong(self, bucket: str, files: Sequence[File], folder: str) -> list[str]:
        """What the folder has and what was pushed, compared with the manifest and with each other; where listings do
        not tell, checksums."""
        names = {each.path: each.object for each in files}
        with ThreadPoolExecutor(2) as pool:
            served = pool.submit(self._found, bucket, live_key(folder, ""), names)
            objects = pool.submit(self._found, bucket, OBJECTS, set(names.values()))
            there, pushed = served.result(), objects.result()
        same = {each.path: _same(each, there.get(each.path), pushed.get(names[each.path])) for each in files}
        doubtful = [each for each in files if same[each.path] is None]
        keys = [live_key(folder, each.path) for each in doubtful]
        kept = _side_by_side(partial(self._checksum, bucket), keys, _HEADS)
        for each, sha256 in zip(doubtful, kept, strict=True):
            in_parts = there[each.path].in_parts or pushed[names[each.path]].in_parts
            same[each.path] = base64.b64decode(sha256).hex() == each.sha256 if sha256 else in_parts
        return [path for path, right in same.items() if not right]

    def _copied(self, bucket: str, copies: Iterable[tuple[str, str]]) -> list[str]:
        """Copy each; the sources that are not there."""
        store = self._store(bucket)

        def one(names: tuple[str, str]) -> str:
            source, target = names
            try:
                with errors("CopyObject"):
                    store.copy(source, target)
            except FileNotFoundError:
                return source
            return ""

        return [source for source in _side_by_side(one, copies, self._threads) if source]

    def _found(self, bucket: str, prefix: str, names: Collection[str]) -> dict[str, Stored]:
        """What there is of these names: listed from the first of them on, as long as that is short, then one by one. So
        it takes as much time whatever else is in the bucket."""
        store, most, last = self._store(bucket), self._most_listed, max(names, default="")
        listed = islice(_listed(store, prefix, min(names, default="")[:-1]), most) if names else ()
        found = dict(takewhile(lambda each: each[0] <= last, listed))
        end = max(found) if len(found) == most else last
        missing = [name for name in names if name > end]

        def one(name: str) -> tuple[str, Stored] | None:
            try:
                with errors("HeadObject"):
                    return name, _stored(store.head(f"{prefix}{name}"))
            except FileNotFoundError:
                return None

        return found | dict(filter(None, _side_by_side(one, missing, self._threads)))


def _listed(store: S3Store, prefix: str, after: str = "") -> Iterator[tuple[str, Stored]]:
    """Every object below a prefix, named without it, in order; only those after one where that is given."""
    offset = f"{prefix}{after}" if after else None
    with errors("ListObjectsV2"):
        for page in store.list(prefix, offset=offset, chunk_size=1_000):
            for each in page:
                yield each["path"].removeprefix(prefix), _stored(each)


def _stored(found: "ObjectMeta") -> Stored:
    return Stored(found["size"], (found["e_tag"] or "").strip('"'))


def _same(file: File, there: Stored | None, pushed: Stored | None) -> bool | None:
    """Whether a listing shows that a file is what was pushed; None where it does not tell."""
    if there is None or pushed is None or there.size != file.size or pushed.size != file.size:
        return False
    return True if there.etag == pushed.etag else None


def _refuse_large(files: Sequence[File], folder: str) -> None:
    for each in files:
        if each.size > MOST_COPIED:
            what = f"{each.path} has {each.size / 1024**3:.1f} GB, and 1 GB is the most that can be copied in time"
            raise StepFailed(Reason.RELEASE_BROKEN, tag=folder, what=what)


def _side_by_side(work: Callable[[T], R], items: Iterable[T], threads: int) -> list[R]:
    """The results in order; the first error ends it, after what is under way."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work, each) for each in items]
        try:
            return [each.result() for each in futures]
        except BaseException:  # whatever it is goes on; no thread may
            pool.shutdown(wait=True, cancel_futures=True)
            raise
