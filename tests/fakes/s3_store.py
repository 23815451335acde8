"""What the cleaner and what enables need of obstore's S3Store, over the objects of the bucket that is pushed to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from tests.fakes.bucket import FakeBucket, Object


@dataclass(frozen=True, slots=True)
class Body:
    """What was got."""

    content: bytes

    def bytes(self) -> bytes:
        """All of it."""
        return self.content


class FakeS3Store:
    """Pages of `size` keys; `turn` is asked before each request, `deletion` entered for one that deletes."""

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

    def list(
        self, prefix: str, *, chunk_size: int, offset: str | None = None
    ) -> Iterator[list[dict[str, Any]]]:
        """Each page is what is there when it is asked for."""
        assert chunk_size >= self._size
        after = offset or ""
        while True:
            self._turn()
            keys = [
                each for each in sorted(self._bucket.objects_) if each.startswith(prefix) and each > after
            ]
            rows = [self._row(each, self._bucket.objects_.get(each)) for each in keys[: self._size]]
            yield [each for each in rows if each]
            if len(keys) <= self._size:
                return
            after = keys[self._size - 1]

    def list_with_delimiter(self, prefix: str) -> dict[str, Sequence[str]]:
        """The folders below a prefix."""
        self._turn()
        names = {
            each.removeprefix(prefix).partition("/")[0]
            for each in self._bucket.objects_
            if each.startswith(prefix)
        }
        return {"common_prefixes": sorted(f"{prefix}{each}" for each in names)}

    def get(self, key: str) -> Body:
        """Its bytes."""
        self._turn()
        found = self._bucket.objects_.get(key)
        if found is None:
            raise FileNotFoundError(key)
        return Body(found.content)

    def head(self, key: str) -> dict[str, Any]:
        """What a listing says of it."""
        self._turn()
        found = self._row(key, self._bucket.objects_.get(key))
        if found is None:
            raise FileNotFoundError(key)
        return found

    def copy(self, source: str, target: str) -> None:
        """With its headers, as new."""
        self._turn()
        found = self._bucket.objects_.get(source)
        if found is None:
            raise FileNotFoundError(source)
        self._bucket.objects_[target] = replace(found, at=self._bucket.at)

    def delete(self, keys: Sequence[str]) -> None:
        """All at once."""
        with self._deletion():
            for each in keys:
                self._bucket.objects_.pop(each, None)

    def _row(self, key: str, found: Object | None) -> dict[str, Any] | None:
        if found is None:
            return None
        etag = hashlib.md5(found.content, usedforsecurity=False).hexdigest()
        at = datetime.fromtimestamp(found.at, UTC)
        return {"path": key, "size": len(found.content), "e_tag": f'"{etag}"', "last_modified": at}
