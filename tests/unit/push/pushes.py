"""Pushes into a bucket in memory, and what stands in it afterwards."""

from dataclasses import replace
from pathlib import Path

from chalicelib.domain.release import (
    Manifest,
    object_key,
)
from chalicelib.domain.release_rules import Rules
from cli.push.pushing import Clock, Plan, Wanted, plan, push
from cli.push.scan import scan
from tests.fakes.bucket import FakeBucket

NOON = 1_795_356_300.0
TAG = "web_2026-11-22_14-05"
WANTED = Wanted("web", at=NOON, version="7", commit="abc1234")


class Silent:
    """A watcher that only counts."""

    def __init__(self) -> None:
        self.count = 0

    def begin(self, plan: Plan) -> None:
        """Nothing is shown."""

    def done(self, file: object) -> None:  # noqa: ARG002  # the port
        """One more."""
        self.count += 1

    def waits(self, seconds: float) -> None:
        """Nothing is shown."""


def still(at: float) -> Clock:
    """A clock that stands, and an end of the test where somebody waits."""

    def sleep(_seconds: float) -> None:
        raise AssertionError("nothing is to be waited for")

    return Clock(lambda: at, sleep)


def pushed(
    bucket: FakeBucket, web: Path, minutes: int = 0, clock: Clock | None = None, **wanted: str
) -> tuple[Manifest, Plan]:
    """A whole push some minutes after noon."""
    found = scan(web, Rules())
    bucket.at = NOON + 60 * minutes
    planned = plan(bucket, found, replace(WANTED, at=NOON + 60 * minutes, **wanted))
    return push(bucket, found, planned, Silent(), clock or still(NOON + 60 * minutes)), planned


def served(bucket: FakeBucket, made: Manifest) -> dict[str, bytes]:
    """What the release has, by path."""
    return {each.path: bucket.objects_[object_key(each)].content for each in made.files}


def of(made: Manifest, path: str) -> str:
    """The key of a file's object."""
    return object_key(next(each for each in made.files if each.path == path))


def on_disk(web: Path) -> dict[str, bytes]:
    """The same as the directory has it."""
    return {each.relative_to(web).as_posix(): each.read_bytes() for each in web.rglob("*") if each.is_file()}


def writes(bucket: FakeBucket, what: str) -> list[str]:
    """Keys of the calls of one kind."""
    return [at for kind, at in bucket.calls if kind == what]
