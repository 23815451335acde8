"""S3 with the releases of frontends: copied between folders, many requests at a time, and listed to see that they are.

A copy takes headers along (S3 API reference, "CopyObject", MetadataDirective). Two objects are taken for the same by
size and ETag; an ETag of a multipart upload, or of an object that KMS encrypts, says nothing about content (S3 API
reference, "Object"), so there the size alone counts: what was pushed was verified by its SHA-256.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.adapters.boto_errors import aws
from chalicelib.domain.errors import StepFailed
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
    from mypy_boto3_s3.client import S3Client

THREADS = 32
"""Copies under way at once: each waits for S3 most of its time. The client's pool of connections has to be as large."""


class Stored(NamedTuple):
    """What a listing says of an object; `at` is in seconds since 1970."""

    size: int
    etag: str
    at: float

    def like(self, other: "Stored") -> bool:
        """Whether both can be the same content."""
        tells = "-" not in self.etag and "-" not in other.etag
        return self.size == other.size and (self.etag == other.etag or not tells)


class S3Releases:
    """The port Bucket on S3."""

    def __init__(self, client: "S3Client", threads: int = THREADS) -> None:
        self._client = client
        self._threads = threads

    def manifest(self, bucket: str, tag: str) -> Manifest:
        """One GetObject."""
        broken = Reason.RELEASE_BROKEN
        try:
            found = decode(self._read(bucket, tag))
        except BadManifest as error:
            raise StepFailed(broken, tag=tag, what=str(error)) from error
        if found.tag != tag:
            raise StepFailed(broken, tag=tag, what=f"its manifest is that of {found.tag}")
        return found

    def _read(self, bucket: str, tag: str) -> bytes:
        with aws("GetObject"):
            try:
                return self._client.get_object(Bucket=bucket, Key=manifest_key(tag))["Body"].read()
            except self._client.exceptions.NoSuchKey:
                raise StepFailed(Reason.RELEASE_MISSING, tag=tag) from None

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
        """What the target has is left alone; what left the source meanwhile is nobody's any more."""
        there = self.folder(bucket, target) if paths else frozenset()
        missing = [path for path in paths if path not in there]
        self._copied(bucket, [(live_key(source, path), live_key(target, path)) for path in missing])

    def folder(self, bucket: str, folder: str) -> frozenset[str]:
        """A ListObjectsV2 for each thousand."""
        return frozenset(self._listed(bucket, live_key(folder, "")))

    def wrong(self, bucket: str, files: Sequence[File], folder: str) -> list[str]:
        """Two listings, compared with the manifest and with each other."""
        if not files:
            return []
        there = self._listed(bucket, live_key(folder, ""))
        pushed = self._listed(bucket, OBJECTS)
        return [
            each.path for each in files if not _right(each, there.get(each.path), pushed.get(each.object))
        ]

    def _copied(self, bucket: str, copies: Iterable[tuple[str, str]]) -> list[str]:
        """Copy each; the sources that are not there."""

        def one(names: tuple[str, str]) -> str:
            source, target = names
            try:
                with aws("CopyObject"):
                    self._copy(bucket, source, target)
            except _Gone:
                return source
            return ""

        return [source for source in _side_by_side(one, copies, self._threads) if source]

    def _copy(self, bucket: str, source: str, target: str) -> None:
        try:
            self._client.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source})
        except self._client.exceptions.NoSuchKey as error:
            raise _Gone from error

    def _listed(self, bucket: str, prefix: str) -> dict[str, Stored]:
        return dict(listed(self._client, bucket, prefix))


class _Gone(Exception):
    """The object to copy is not there."""


def listed(client: "S3Client", bucket: str, prefix: str) -> Iterator[tuple[str, Stored]]:
    """Every object below a prefix, named without it."""
    with aws("ListObjectsV2"):
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", ()):
                yield (
                    each["Key"].removeprefix(prefix),
                    Stored(each["Size"], each["ETag"].strip('"'), each["LastModified"].timestamp()),
                )


def _right(file: File, there: Stored | None, pushed: Stored | None) -> bool:
    return there is not None and pushed is not None and there.size == file.size and there.like(pushed)


def _side_by_side(
    work: Callable[[tuple[str, str]], str], items: Iterable[tuple[str, str]], threads: int
) -> list[str]:
    """The results in order; the first error ends it, after what is under way."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work, each) for each in items]
        try:
            return [each.result() for each in futures]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
