"""The bucket of releases as pushing sees it.

PushError                 what ends a push; the message says what to do
  Unreachable             the bucket did not answer, or refused
  Changed                 a file changed while it was being pushed
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.release import File


class PushError(Exception):
    """A push that did not end; what was sent is kept, and pushing again goes on from there."""


class Unreachable(PushError):
    """The bucket did not answer, or refused."""


class Changed(PushError):
    """A file changed while it was being pushed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing shows it; `at` is when it was written, in seconds since 1970."""

    key: str
    size: int
    at: float


class Bucket(Protocol):
    """S3, as far as pushing needs it. Each call may raise Unreachable."""

    def tags(self, prefix: str) -> list[str]:
        """The folders under `releases/` whose names start so."""

    def read(self, key: str) -> bytes | None:
        """A small object; None where there is none."""

    def create(self, key: str, content: bytes) -> bool:
        """Write a packed JSON document where nothing is yet; False, and nothing written, where something is."""

    def put(self, key: str, file: File, content: bytes) -> None:
        """Write an object with its headers; S3 checks a SHA-256 of what arrived."""

    def put_parts(self, key: str, file: File, parts: Iterator[bytes]) -> None:
        """The same in parts; where getting a part raises an error, nothing is written and the error is raised."""

    def objects(self, prefix: str, after: str = "", until: str = "") -> Iterator[Listed]:
        """Everything under a prefix whose key is above `after`, up to and with `until`."""
