"""S3 with the releases of frontends: copied between folders, many requests at a time, and listed to see that they are.

A copy takes headers along (S3 API reference, "CopyObject", MetadataDirective). Two objects are taken for the same by
size and ETag; an ETag of a multipart upload, or of an object that KMS encrypts, says nothing about content (S3 API
reference, "Object"), so there the size alone counts: what was pushed was verified by its SHA-256.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from chalicelib.domain.errors import StepFailed, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import (
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
MOST_LISTED = 10_000
"""Keys that are listed where a thousand are looked for."""


class Stored(NamedTuple):
    """What a listing says of an object."""

    size: int
    etag: str

    def like(self, other: "Stored") -> bool:
        """Whether both can be the same content."""
        tells = "-" not in self.etag and "-" not in other.etag
        return self.size == other.size and (self.etag == other.etag or not tells)


class S3Releases:
    """The port Bucket on S3; `open_bucket` opens one by its name."""

    def __init__(
        self,
        open_bucket: Callable[[str], S3Store],
        threads: int = THREADS,
        most_listed: int = MOST_LISTED,
    ) -> None:
        self._store = cache(open_bucket)
        self._threads, self._most_listed = threads, most_listed

    def manifest(self, bucket: str, tag: str) -> Manifest:
        """One GetObject."""
        broken = Reason.RELEASE_BROKEN
        try:
            with _errors("GetObject"):
                found = decode(bytes(obstore.get(self._store(bucket), manifest_key(tag)).bytes()))
        except FileNotFoundError:
            raise StepFailed(Reason.RELEASE_MISSING, tag=tag) from None
        except BadManifest as error:
            raise StepFailed(broken, tag=tag, what=str(error)) from error
        if found.tag != tag:
            raise StepFailed(broken, tag=tag, what=f"its manifest is that of {found.tag}")
        return found

    def place(self, bucket: str, files: Sequence[File], folder: str) -> None:
        """One CopyObject a file."""
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

    def folder(self, bucket: str, folder: str, after: str = "", until: str = "") -> frozenset[str]:
        """A ListObjectsV2 for each thousand."""
        found = (name for name, _ in _listed(self._store(bucket), live_key(folder, ""), after))
        return frozenset(takewhile(lambda name: not until or name <= until, found))

    def wrong(self, bucket: str, files: Sequence[File], folder: str) -> list[str]:
        """What the folder has and what was pushed, compared with the manifest and with each other."""
        names = {each.path: each.object for each in files}
        with ThreadPoolExecutor(2) as pool:
            served = pool.submit(self._found, bucket, live_key(folder, ""), names)
            objects = pool.submit(self._found, bucket, OBJECTS, set(names.values()))
            there, pushed = served.result(), objects.result()
        return [
            each.path
            for each in files
            if not _right(each, there.get(each.path), pushed.get(names[each.path]))
        ]

    def _copied(self, bucket: str, copies: Iterable[tuple[str, str]]) -> list[str]:
        """Copy each; the sources that are not there."""
        store = self._store(bucket)

        def one(names: tuple[str, str]) -> str:
            source, target = names
            try:
                with _errors("CopyObject"):
                    obstore.copy(store, source, target)
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
                with _errors("HeadObject"):
                    return name, _stored(obstore.head(store, f"{prefix}{name}"))
            except FileNotFoundError:
                return None

        return found | dict(filter(None, _side_by_side(one, missing, self._threads)))


def _listed(store: S3Store, prefix: str, after: str = "") -> Iterator[tuple[str, Stored]]:
    """Every object below a prefix, named without it, in order; only those after one where that is given."""
    offset = f"{prefix}{after}" if after else None
    with _errors("ListObjectsV2"):
        for page in obstore.list(store, prefix, offset=offset, chunk_size=1_000):
            for each in page:
                yield each["path"].removeprefix(prefix), _stored(each)


def _stored(found: "ObjectMeta") -> Stored:
    return Stored(found["size"], (found["e_tag"] or "").strip('"'))


@contextmanager
def _errors(step: str) -> Iterator[None]:
    """What is not there stays a FileNotFoundError; a refusal does not pass by itself, all else may."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise StepFailed(Reason.INTERNAL, step=step, what=_first_line(error)) from error
    except (BaseError, OSError, ValueError) as error:
        raise Unavailable(f"{step}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """What obstore says goes on for a page."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


def _right(file: File, there: Stored | None, pushed: Stored | None) -> bool:
    return there is not None and pushed is not None and there.size == file.size and there.like(pushed)


def _side_by_side(work: Callable[[T], R], items: Iterable[T], threads: int) -> list[R]:
    """The results in order; the first error ends it, after what is under way."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work, each) for each in items]
        try:
            return [each.result() for each in futures]
        except BaseException:  # whatever it is goes on; no thread may
            pool.shutdown(wait=True, cancel_futures=True)
            raise
