"""The bucket of releases in memory, and one whose calls fail as they are told to."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from chalicelib.domain.release import ROOT, File
from cli.push.bucket import Listed, Unreachable


@dataclass(frozen=True, slots=True)
class Object:
    """An object with the headers that matter, and when it was written."""

    content: bytes
    at: float = 0.0
    headers: tuple[str, str, str] = ("application/json", "no-store", "")


@dataclass(slots=True)
class FakeBucket:
    """The port Bucket; `calls` has each with its key, and `fail` is asked before and after the effect of each."""

    objects_: dict[str, Object] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    fail_at: int = -1
    after_effect: bool = False
    at: float = 0.0
    """When it is now, in seconds since 1970."""
    turn: Callable[[], None] = lambda: None
    """Asked before each call."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tags(self, prefix: str) -> list[str]:
        """The folders under `releases/`."""
        self._called("tags", prefix)
        names = {each.split("/")[1] for each in self.objects_ if each.startswith(ROOT)}
        return sorted(each for each in names if each.startswith(prefix))

    def read(self, key: str) -> bytes | None:
        """An object's bytes."""
        self._called("read", key)
        found = self.objects_.get(key)
        return found.content if found else None

    def create(self, key: str, content: bytes) -> bool:
        """Only where nothing is."""
        return self._write("create", key, Object(content, self.at), create=True)

    def put(self, key: str, file: File, content: bytes) -> None:
        """Whatever is there."""
        self._write("put", key, Object(content, self.at, _headers(file)))

    def put_parts(self, key: str, file: File, parts: Iterator[bytes]) -> None:
        """Nothing is there until the last part was got."""
        self._write("put_parts", key, Object(b"".join(parts), self.at, _headers(file)))

    def objects(self, prefix: str, after: str = "", until: str = "") -> Iterator[Listed]:
        """In the order of keys."""
        self._called("objects", prefix)
        for key, found in sorted(self.objects_.items()):
            if key.startswith(prefix) and key > after and (not until or key <= until):
                yield Listed(key, len(found.content), found.at)

    def _write(self, what: str, key: str, content: Object, *, create: bool = False) -> bool:
        number = self._called(what, key)
        if create and key in self.objects_:
            return False
        self.objects_[key] = content
        if self.after_effect and number == self.fail_at:
            raise Unreachable("the reply was lost")
        return True

    def _called(self, what: str, key: str) -> int:
        self.turn()
        with self._lock:
            self.calls.append((what, key))
            number = len(self.calls) - 1
        reads = what in {"tags", "read", "objects"}
        if number == self.fail_at and (reads or not self.after_effect):
            raise Unreachable("no answer")
        return number


def _headers(file: File) -> tuple[str, str, str]:
    return file.content_type, file.cache, file.encoding
