"""What the cleaner needs of boto3's client for S3, over the objects of the bucket that a push writes to."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from tests.fakes.bucket import FakeBucket, Object


class FakeS3Client:
    """Pages of `size` keys; `turn` is asked before each request, `deletion` entered for one that deletes."""

    class exceptions:  # noqa: N801  # boto3's name
        """Errors of S3."""

        class NoSuchKey(Exception):
            """There is no such object."""

    def __init__(
        self,
        bucket: FakeBucket,
        turn: Callable[[], None],
        deletion: Callable[[], AbstractContextManager[None]],
        size: int = 3,
    ) -> None:
        self._bucket = bucket
        self._turn = turn
        self._deletion = deletion
        self._size = size

    def get_paginator(self, _name: str) -> "FakeS3Client":
        """Only list_objects_v2."""
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803, ARG002  # boto3's names
        """Each page is what is there when it is asked for."""
        after = ""
        while True:
            self._turn()
            keys = [
                each for each in sorted(self._bucket.objects_) if each.startswith(Prefix) and each > after
            ]
            rows = [self._row(each, self._bucket.objects_.get(each)) for each in keys[: self._size]]
            yield {"Contents": [each for each in rows if each]}
            if len(keys) <= self._size:
                return
            after = keys[self._size - 1]

    def _row(self, key: str, found: Object | None) -> dict[str, Any] | None:
        if found is None:
            return None
        at = datetime.fromtimestamp(found.at, UTC)
        return {"Key": key, "Size": len(found.content), "ETag": '"1"', "LastModified": at}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803, ARG002  # boto3's names
        """Its bytes."""
        self._turn()
        if Key not in self._bucket.objects_:
            raise self.exceptions.NoSuchKey
        return {"Body": io.BytesIO(self._bucket.objects_[Key].content)}

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803, ARG002  # the same
        """All at once."""
        with self._deletion():
            for each in Delete["Objects"]:
                self._bucket.objects_.pop(each["Key"], None)
        return {}
