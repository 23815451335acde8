"""Cleaning up may die at each of its requests, before or after the effect, and is begun again."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from chalicelib.adapters.s3_cleaner import S3Cleaner
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.release import File, decode, live_key, manifest, manifest_key, object_key
from chalicelib.domain.release_cleaning import CLEANING_SECONDS, Cleaned, Kept
from tests.fakes.bucket import FakeBucket, Object
from tests.fakes.clock import FakeClock
from tests.fakes.s3_store import Body, FakeS3Store

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
    store, clock = FakeS3Store(bucket, dying.turn, dying.deletion), FakeClock()
    cleaner = S3Cleaner(lambda _name: cast("Any", store), clock)
    while cleaner.clean("b", Kept("web", 1, frozenset({LIVE}), ("staging",), clock.now())).more:
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


def served(count: int) -> tuple[FakeBucket, FakeClock]:
    """One release, and so many files in its folder that nobody needs."""
    bucket, clock = FakeBucket(), FakeClock()
    old = Object(b"x", clock.now() + OLD)
    made = manifest("web", LIVE, [File("b", "b" * 64, 1, "text/plain", "")], 0)
    bucket.objects_ = {live_key("staging", f"{each}.js"): old for each in range(count)}
    bucket.objects_ |= {manifest_key(LIVE): Object(made.encode(), old.at), object_key(made.files[0]): old}
    return bucket, clock


def look(bucket: FakeBucket, clock: FakeClock, *, reading: float = 0.0, deleting: float = 0.0) -> Cleaned:
    """Once, where each request takes so many seconds."""

    @contextmanager
    def deletion() -> Iterator[None]:
        clock.advance(deleting)
        yield

    store = FakeS3Store(bucket, lambda: clock.advance(reading), deletion, size=1_000)
    cleaner = S3Cleaner(lambda _name: cast("Any", store), clock)
    return cleaner.clean("b", Kept("web", 1, frozenset({LIVE}), ("staging",), clock.now()))


def test_as_much_as_there_is_time_for() -> None:
    """And the rest when it is called again."""
    bucket, clock = served(2_500)
    assert [look(bucket, clock, deleting=50).deleted for _ in range(3)] == [2_000, 500, 0]
    assert len(bucket.objects_) == 2


def test_nothing_goes_where_looking_took_too_long() -> None:
    """Somebody waits only for so long, and may need one of them by now."""
    bucket, clock = served(3)
    with pytest.raises(Unavailable, match="took so long"):
        look(bucket, clock, reading=CLEANING_SECONDS / 4)
    assert len(bucket.objects_) == 5
    assert look(bucket, clock).deleted == 3


class Vanishing(FakeS3Store):
    """A manifest that somebody else deletes after it was listed and before it is read."""

    lost = ""

    def get(self, key: str) -> Body:
        """Gone just now."""
        if key == self.lost:
            self._bucket.objects_.pop(key, None)
        return super().get(key)


@pytest.mark.parametrize("tag", [GONE, LIVE])
def test_a_manifest_may_vanish_before_it_is_read(tag: str) -> None:
    """Somebody else cleans up: nobody needs it. One that is needed is a doubt, and then nothing goes."""
    bucket, clock = website(), FakeClock()
    store = Vanishing(bucket, lambda: None, nullcontext)
    store.lost = manifest_key(tag)
    cleaner = S3Cleaner(lambda _name: cast("Any", store), clock)
    before = bucket.objects_.keys() - {manifest_key(tag)}
    cleaned = cleaner.clean("b", Kept("web", 3, frozenset({LIVE}), ("staging",), clock.now()))
    if tag == LIVE:
        assert LIVE in cleaned.doubts[0]
        assert bucket.objects_.keys() == before
    else:
        assert cleaned.doubts == ()
        assert needed(bucket) <= bucket.objects_.keys() < before
