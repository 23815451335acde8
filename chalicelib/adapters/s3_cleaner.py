"""S3 for the one function that deletes: what may go is decided in domain/release_cleaning.py, a part at a time."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.boto_errors import aws
from chalicelib.domain.errors import StepFailed, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import (
    LIVE,
    OBJECTS,
    ROOT,
    BadManifest,
    Manifest,
    decode,
    draft_key,
    manifest_key,
)
from chalicelib.domain.release_cleaning import (
    CLEANING_SECONDS,
    given_up,
    surplus,
    unneeded_objects,
    unneeded_paths,
)
from chalicelib.usecases.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MOST_DELETED = 10_000
"""Keys in one call: seconds of a function's time."""
_PAGE = 1_000
"""S3 API reference, "DeleteObjects"."""
_LONGEST_CALL = 45
"""Seconds until one deletion is over, with the client's retries."""
_PASSING = frozenset({"InternalError", "SlowDown"})


class S3Cleaner:
    """The port Cleaner on S3."""

    def __init__(self, client: "S3Client", clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def clean(self, bucket: str, service: str, keep: int, live: Sequence[str], folders: Sequence[str]) -> int:
        """Manifests in a call of their own; what only they named when it is called again."""
        now = self._clock.now()
        written = self._releases(bucket)
        complete = _tags(written, manifest_key)
        drafts = {tag: written[_below(draft_key(tag))] for tag in _tags(written, draft_key)}
        ended = [tag for tag in given_up(drafts, complete, now) if tag.startswith(f"{service}_")]
        gone = [*surplus(complete, service, keep, live), *ended]
        if gone:
            keys = [
                key for tag in gone for key in (manifest_key(tag), draft_key(tag)) if _below(key) in written
            ]
            return self._delete(bucket, keys)
        if not complete.issuperset(live):  # what is shown somewhere can not be told from what nothing needs
            return 0
        named = [self._manifest(bucket, manifest_key(tag)) for tag in sorted(complete)]
        kept = [each for each in named if each.service == service]
        served = (LIVE + name for name, _ in self._listed(bucket, LIVE))
        keys = unneeded_paths(served, service, folders, kept)
        if keys:
            return self._delete(bucket, keys[:MOST_DELETED])
        return self._clean_objects(bucket, live)

    def _clean_objects(self, bucket: str, live: Collection[str]) -> int:
        """Old ones first, then who needs them, then the deletion: what a push says in between is seen, or waits."""
        objects = dict(self._listed(bucket, OBJECTS))
        begun = self._clock.now()
        complete = _tags(self._releases(bucket), manifest_key)
        if not complete.issuperset(live):
            return 0
        named = [self._manifest(bucket, manifest_key(tag)) for tag in sorted(complete)]
        # A listing of its own, after the manifests: a draft that it does not have was written after it, and so whoever
        # wrote it found no manifest that was missing above.
        drafts = _tags(self._releases(bucket), draft_key) - complete
        named += [self._manifest(bucket, draft_key(tag)) for tag in sorted(drafts)]
        keys = [OBJECTS + name for name in unneeded_objects(objects, named, begun)]
        return self._delete(bucket, keys[:MOST_DELETED], until=begun + CLEANING_SECONDS - _LONGEST_CALL)

    def _releases(self, bucket: str) -> dict[str, float]:
        return dict(self._listed(bucket, ROOT))

    def _listed(self, bucket: str, prefix: str) -> Iterator[tuple[str, float]]:
        """Every object below a prefix, named without it, and when it was written."""
        with aws("ListObjectsV2"):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for each in page.get("Contents", ()):
                    yield each["Key"].removeprefix(prefix), each["LastModified"].timestamp()

    def _manifest(self, bucket: str, key: str) -> Manifest:
        """A release, or what one that is being pushed will be."""
        tag = key.split("/")[1]
        try:
            with aws("GetObject"):
                return decode(self._client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except BadManifest as error:
            raise StepFailed(Reason.RELEASE_BROKEN, tag=tag, what=str(error)) from error

    def _delete(self, bucket: str, keys: Sequence[str], until: float | None = None) -> int:
        """How many were deleted before `until`. Unavailable where S3 kept some, or there was no time for any."""
        for start in range(0, len(keys), _PAGE):
            if until is not None and self._clock.now() > until:
                if start:
                    return start
                raise Unavailable("DeleteObjects: looking took so long that a push may need something by now")
            part = keys[start : start + _PAGE]
            with aws("DeleteObjects", passing=_PASSING):
                answer = self._client.delete_objects(
                    Bucket=bucket, Delete={"Objects": [{"Key": key} for key in part], "Quiet": True}
                )
            if errors := answer.get("Errors"):
                raise Unavailable(f"DeleteObjects: {errors[0].get('Code', 'unknown')}")
        return len(keys)


def _below(key: str) -> str:
    return key.removeprefix(ROOT)


def _tags(written: Collection[str], of: Callable[[str], str]) -> set[str]:
    """The tags whose manifest (or draft) is among the keys below `releases/`."""
    found = {name.partition("/")[0] for name in written}
    return {tag for tag in found if _below(of(tag)) in written}
