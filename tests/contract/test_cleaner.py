"""What is deleted of a real bucket (emulated): a part at a time, manifests first, and never what is needed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.adapters import s3_cleaner
from chalicelib.adapters.s3_cleaner import S3Cleaner
from chalicelib.domain.errors import StepFailed, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import (
    File,
    Manifest,
    draft_key,
    live_key,
    manifest,
    manifest_key,
    object_key,
)
from chalicelib.domain.release_cleaning import CLEANING_SECONDS
from tests.fakes.clock import FakeClock
from tests.fakes.releases import FakeCleaner, Website

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "frontends"


def tag(number: int, service: str = "web") -> str:
    """Newer with each number."""
    return f"{service}_2026-11-23_10-{number:02}"


def files(*bodies: str) -> list[File]:
    """Named and filled after their bodies."""
    return [
        File(f"{each}.js", hashlib.sha256(each.encode()).hexdigest(), len(each), "text/plain", "")
        for each in bodies
    ]


class Stand:
    """A bucket, and a cleaner two days later."""

    def __init__(self) -> None:
        self.s3: Any = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)
        self.clock = FakeClock()
        self.cleaner = S3Cleaner(self.s3, self.clock)

    def push(self, number: int, *bodies: str, service: str = "web", draft: bool = False) -> Manifest:
        """A release whose files are named and filled after its bodies."""
        made = manifest(service, tag(number, service), files(*bodies), 0)
        for each, body in zip(made.files, sorted(bodies), strict=True):
            self.put(object_key(each), body)
        self.put(draft_key(made.tag) if draft else manifest_key(made.tag), made.encode().decode())
        return made

    def serve(self, folder: str, *paths: str) -> None:
        """Something in a folder that is served."""
        for each in paths:
            self.put(live_key(folder, f"{each}.js"), each)

    def put(self, key: str, body: str) -> None:
        """An object; afterwards it is two days old."""
        written = self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode())
        assert written["ETag"]
        at = self.s3.head_object(Bucket=BUCKET, Key=key)["LastModified"].timestamp()
        self.clock.advance(at + 2 * 86_400 - self.clock.now())

    def there(self) -> set[str]:
        """Everything that is there."""
        return {each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())}

    def clean(self, *live: str, keep: int = 1) -> list[int]:
        """Until nothing is left to do."""
        counts: list[int] = []
        while not counts or counts[-1]:
            counts.append(self.cleaner.clean(BUCKET, "web", keep, live, ["staging"]))
            assert len(counts) < 20
        return counts


class FakeStand:
    """The same over the fake, which knows nothing of ages and leaves no half of anything."""

    def __init__(self) -> None:
        self.website = Website()
        self.cleaner = FakeCleaner(self.website)

    def push(self, number: int, *bodies: str, service: str = "web") -> Manifest:
        """As Stand does."""
        made = manifest(service, tag(number, service), files(*bodies), 0)
        self.website.push(made)
        return made

    def serve(self, folder: str, *paths: str) -> None:
        """As Stand does."""
        self.website.folders.setdefault(folder, {}).update({each.path: each for each in files(*paths)})

    def there(self) -> set[str]:
        """The keys that these would be."""
        site = self.website
        objects = {object_key(File("", *body)) for body in site.objects}
        served = {live_key(folder, path) for folder, there in site.folders.items() for path in there}
        return {manifest_key(each) for each in site.releases} | objects | served

    def clean(self, *live: str, keep: int = 1) -> None:
        """Until nothing is left to do."""
        while self.cleaner.clean(BUCKET, "web", keep, live, ["staging"]):
            pass


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    """Empty."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Stand()


@pytest.fixture(params=["s3", "fake"])
def either(request: pytest.FixtureRequest) -> Stand | FakeStand:
    """The adapter, and the fake that other tests use in its place."""
    return FakeStand() if request.param == "fake" else request.getfixturevalue("stand")


def test_what_no_kept_release_needs_is_deleted(either: Stand | FakeStand) -> None:
    """Another service keeps everything, and what nobody's release is named like is left alone."""
    either.push(1, "old", "both")
    new = either.push(2, "new", "both")
    other = either.push(1, "theirs", "old", service="shop")
    either.serve("staging", "old", "new", "both")
    either.serve(tag(1), "old", "both")
    either.serve(tag(2), "new", "both", "old")
    either.serve("by-hand", "notes")
    either.clean()
    assert either.there() == {
        manifest_key(new.tag),
        manifest_key(other.tag),
        *(object_key(each) for each in (*new.files, *other.files)),
        *(live_key(folder, f"{name}.js") for folder in ("staging", tag(2)) for name in ("new", "both")),
        live_key("by-hand", "notes.js"),
    }


def test_a_release_that_is_live_is_kept_however_old(either: Stand | FakeStand) -> None:
    """With everything that it has."""
    for each in range(1, 4):
        either.push(each, f"own{each}")
    either.serve("staging", "own1")
    either.clean(tag(1))
    assert manifest_key(tag(1)) in either.there()
    assert live_key("staging", "own1.js") in either.there()
    assert manifest_key(tag(2)) not in either.there()


def test_manifests_go_first_then_what_is_served_then_objects(stand: Stand) -> None:
    """Each in a call of its own, so that whoever takes up an old release in between is seen."""
    stand.push(1, "old", "both")
    stand.push(2, "new", "both")
    stand.serve("staging", "old", "new", "both")
    assert stand.cleaner.clean(BUCKET, "web", 1, [], ["staging"]) == 1
    assert manifest_key(tag(1)) not in stand.there()
    assert live_key("staging", "old.js") in stand.there()
    assert stand.cleaner.clean(BUCKET, "web", 1, [], ["staging"]) == 1
    assert live_key("staging", "old.js") not in stand.there()
    assert object_key(files("old")[0]) in stand.there()
    assert stand.clean() == [1, 0]
    assert object_key(files("old")[0]) not in stand.there()


def test_nothing_goes_where_what_is_live_is_not_known(either: Stand | FakeStand) -> None:
    """Its manifest is gone: which files it needs nobody can say."""
    either.push(2, "new")
    either.serve("staging", "unknown")
    before = either.there()
    either.clean(tag(1))
    assert either.there() == before


def test_what_is_being_pushed_stays(stand: Stand) -> None:
    """What its draft names for a day, and what nothing names yet for a day too."""
    stand.push(1, "live")
    coming = stand.push(2, "coming", draft=True)
    orphan = stand.push(3, "orphan")
    stand.s3.delete_object(Bucket=BUCKET, Key=manifest_key(orphan.tag))
    stand.clock.advance(-2 * 86_400)
    assert stand.clean(tag(1)) == [0]
    stand.clock.advance(2 * 86_400)
    assert stand.clean(tag(1)) == [1, 2, 0]
    assert object_key(coming.files[0]) not in stand.there()


def test_a_part_at_a_time(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more in one call than a function has the time for."""
    monkeypatch.setattr(s3_cleaner, "MOST_DELETED", 3)
    stand.push(1, "live")
    stand.serve("staging", "live", *"abcdefgh")
    assert stand.clean(tag(1)) == [3, 3, 2, 0]
    assert live_key("staging", "live.js") in stand.there()


def test_a_manifest_that_can_not_be_read_stops_it(stand: Stand) -> None:
    """Whatever it named would look like nobody's."""
    stand.push(1, "live")
    stand.put(manifest_key(tag(1, "shop")), "{}")
    stand.serve("staging", "old")
    with pytest.raises(StepFailed) as failed:
        stand.clean(tag(1))
    assert failed.value.reason == Reason.RELEASE_BROKEN
    assert live_key("staging", "old.js") in stand.there()


def test_what_s3_did_not_delete_is_tried_again(stand: Stand) -> None:
    """DeleteObjects answers 200 with errors inside."""
    stand.push(1, "live")
    stand.serve("staging", "old")

    stand.s3.meta.events.register(
        "after-call.s3.DeleteObjects",
        lambda parsed, **_: parsed.update(Errors=[{"Code": "InternalError"}]),
        unique_id="refuse",
    )
    with pytest.raises(Unavailable, match="InternalError"):
        stand.clean(tag(1))
    stand.s3.meta.events.unregister("after-call.s3.DeleteObjects", unique_id="refuse")
    assert stand.clean(tag(1)) == [0]


def test_objects_stay_where_looking_took_too_long(stand: Stand) -> None:
    """Somebody who pushes waits only for so long, and may need one of them by now."""
    stand.push(1, "live")
    orphan = stand.push(2, "orphan")
    stand.s3.delete_object(Bucket=BUCKET, Key=manifest_key(orphan.tag))
    stand.s3.meta.events.register(
        "after-call.s3.GetObject", lambda **_: stand.clock.advance(CLEANING_SECONDS), unique_id="slow"
    )
    with pytest.raises(Unavailable, match="took so long"):
        stand.clean(tag(1))
    assert object_key(orphan.files[0]) in stand.there()
    stand.s3.meta.events.unregister("after-call.s3.GetObject", unique_id="slow")
    assert stand.clean(tag(1)) == [1, 0]
