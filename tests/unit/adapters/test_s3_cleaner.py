"""Cleaning up may die at each of its requests, before or after the effect, and is begun again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from chalicelib.adapters.s3_cleaner import S3Cleaner
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.release import File, decode, live_key, manifest, manifest_key, object_key
from tests.fakes.bucket import FakeBucket, Object
from tests.fakes.clock import FakeClock
from tests.fakes.s3_client import FakeS3Client

OLD = -10 * 86_400.0
KEPT, LIVE, GONE = "web_2026-11-22_14-07", "web_2026-11-22_14-05", "web_2026-11-22_14-06"
BODIES = {KEPT: "ab", LIVE: "bc", GONE: "cd"}


@dataclass
class Dying:
    """Counts requests, and dies at one of them."""

    at: int = -1
    after_effect: bool = False
    count: int = field(default=0)

    def turn(self) -> None:
        """Of a request that reads."""
        self.count += 1
        if self.count == self.at:
            raise Unavailable("died")

    @contextmanager
    def deletion(self) -> Iterator[None]:
        """Of one that deletes."""
        self.count += 1
        if self.count == self.at and not self.after_effect:
            raise Unavailable("died")
        yield
        if self.count == self.at:
            raise Unavailable("died")


def website() -> FakeBucket:
    """Three releases, of which one is too many, served from two folders."""
    bucket, now = FakeBucket(), FakeClock().now()
    for tag, bodies in BODIES.items():
        made = manifest("web", tag, [File(each, each * 64, 1, "text/plain", "") for each in bodies], 0)
        bucket.objects_[manifest_key(tag)] = Object(made.encode(), now + OLD)
        for each in made.files:
            for key in (object_key(each), live_key("staging", each.path), live_key(tag, each.path)):
                bucket.objects_[key] = Object(b"x", now + OLD)
    return bucket


def clean(bucket: FakeBucket, dying: Dying) -> None:
    """Until nothing is left to do."""
    client = FakeS3Client(bucket, dying.turn, dying.deletion)
    cleaner = S3Cleaner(cast("Any", client), FakeClock())
    while cleaner.clean("b", "web", 1, [LIVE], ["staging"]):
        pass


def needed(bucket: FakeBucket) -> set[str]:
    """What may be missing at no time: everything of the releases that stay, and objects of all that are there."""
    found = {at for at in bucket.objects_ if at.endswith("/manifest.json")}
    keys = {manifest_key(KEPT), manifest_key(LIVE)}
    for tag in (KEPT, LIVE):
        keys |= {live_key(folder, path) for folder in ("staging", tag) for path in BODIES[tag]}
    for at in found | keys & {manifest_key(KEPT), manifest_key(LIVE)}:
        keys |= {object_key(each) for each in decode(bucket.objects_[at].content).files}
    return keys


@pytest.mark.parametrize("after_effect", [False, True])
def test_cleaning_up_may_die_at_each_request(*, after_effect: bool) -> None:
    """Nothing that is needed is gone at any time, and in the end the same is left."""
    undisturbed, counting = website(), Dying()
    clean(undisturbed, counting)
    assert not [each for each in undisturbed.objects_ if GONE in each or each.endswith("/d")]
    for at in range(1, counting.count + 1):
        bucket = website()
        with pytest.raises(Unavailable):
            clean(bucket, Dying(at, after_effect))
        assert needed(bucket) <= bucket.objects_.keys()
        clean(bucket, Dying())
        assert bucket.objects_.keys() == undisturbed.objects_.keys()
    assert counting.count > 10
