"""Somebody pushes and somebody cleans up, their requests in any order: every release that is there is whole."""

import hashlib
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.s3_cleaner import S3Cleaner
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.release import File, decode, draft_key, manifest, manifest_key, new_tag, object_key
from chalicelib.domain.release_cleaning import Kept
from cli.push.pushing import Clock, Plan, Wanted, plan, push
from cli.push.scan import Local, Scan
from tests.fakes.bucket import FakeBucket, Object
from tests.fakes.s3_store import FakeS3Store
from tests.fakes.turns import CLEAN, OTHER, Turns

NOON = 1_795_356_300.0
HOUR = 3_600
BODIES = ("one", "two", "three")


class Silent:
    """Nobody watches."""

    def begin(self, plan: Plan) -> None:
        """Nothing."""

    def done(self, file: File) -> None:
        """Nothing."""

    def waits(self, seconds: float) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Past:
    """A push some hours ago: complete, a draft, or what is left when nothing names its files any more."""

    hours: int
    bodies: frozenset[str]
    left: str


def files(bodies: frozenset[str]) -> list[File]:
    """One for each body."""
    return [
        File(each, hashlib.sha256(each.encode()).hexdigest(), len(each), "text/plain", "") for each in bodies
    ]


def remembered(past: list[Past]) -> FakeBucket:
    """The bucket as these pushes left it."""
    bucket = FakeBucket()
    for each in sorted(past, key=lambda each: -each.hours):
        at = NOON - each.hours * HOUR
        made = manifest("web", new_tag("web", at), files(each.bodies), int(at))
        for file in made.files:
            bucket.objects_.setdefault(object_key(file), Object(file.path.encode(), at))
        for kind, key in (("draft", draft_key), ("manifest", manifest_key)):
            if (kind == "draft" and each.left != "nothing") or each.left == kind:
                bucket.objects_[key(made.tag)] = Object(made.encode(), at)
    return bucket


def broken(bucket: FakeBucket) -> list[str]:
    """Files of complete releases that are not there."""
    found = [decode(each.content) for at, each in bucket.objects_.items() if at.endswith("/manifest.json")]
    return [
        f"{made.tag} {each.path}"
        for made in found
        for each in made.files
        if object_key(each) not in bucket.objects_
    ]


SOME = st.frozensets(st.sampled_from(BODIES), min_size=1)
PAST = st.lists(
    st.builds(Past, st.integers(1, 80), SOME, st.sampled_from(["manifest", "draft", "nothing"])),
    max_size=4,
    unique_by=lambda each: each.hours,
)
BURSTS = st.tuples(st.sampled_from([OTHER, CLEAN]), st.integers(1, 16)).map(lambda each: [each[0]] * each[1])
ORDER = st.lists(BURSTS | st.sampled_from([[60], [3_000]]), max_size=10).map(
    lambda bursts: [each for burst in bursts for each in burst]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bodies as files."""
    root = tmp_path_factory.mktemp("bodies")
    for each in BODIES:
        (root / each).write_text(each)
    return root


def both(folder: Path, past: list[Past], new: frozenset[str], order: list[str | int], keep: int) -> None:
    """Push and clean up in this order, and look at what is left."""
    bucket, turns = remembered(past), Turns(list(order), NOON)
    store = FakeS3Store(bucket, lambda: turns.take(CLEAN), turns.deletion)
    cleaner = S3Cleaner(lambda _name: cast("Any", store), turns)

    def clean() -> None:
        try:
            with suppress(Unavailable):
                while cleaner.clean("b", Kept("web", keep, frozenset(), (), turns.now())).more:
                    pass
        finally:
            turns.end(CLEAN)

    thread = threading.Thread(target=clean)
    bucket.turn, bucket.at = lambda: turns.take(OTHER), NOON
    thread.start()
    try:
        found = Scan(files(new), {each: Local(folder / each) for each in new})
        planned = plan(bucket, found, Wanted("web", NOON))
        made = push(bucket, found, planned, Silent(), Clock(turns.now, turns.sleep))
    finally:
        turns.end(OTHER)
        thread.join(30)
    assert broken(bucket) == []
    if planned.new and keep:
        assert manifest_key(made.tag) in bucket.objects_


@settings(max_examples=100)
@given(past=PAST, new=SOME, order=ORDER, keep=st.integers(0, 2))
def test_no_release_loses_a_file(
    folder: Path, past: list[Past], new: frozenset[str], order: list[str | int], keep: int
) -> None:
    """Whatever was there, whoever is faster, and however long anything takes. Where nothing is to be kept, the newest
    release may go as well, as if others had pushed newer ones."""
    both(folder, past, new, order, keep)


ONE, TWO = frozenset({"one"}), frozenset({"two"})
PASTS = {
    "a release that is one too many has it": ([Past(50, ONE, "manifest"), Past(30, TWO, "manifest")], 1),
    "the newest release has it, and is one too many": ([Past(30, ONE, "manifest")], 0),
    "nothing names it any more": ([Past(50, ONE, "nothing")], 1),
    "a draft that was given up names it": ([Past(50, ONE, "draft")], 1),
}


@pytest.mark.parametrize("past", PASTS)
@pytest.mark.parametrize("first", [OTHER, CLEAN])
@pytest.mark.parametrize("requests", range(25))
def test_one_waits_for_the_other_at_any_request(folder: Path, past: str, first: str, requests: int) -> None:
    """After so many requests of the one comes all of the other."""
    other = CLEAN if first == OTHER else OTHER
    known, keep = PASTS[past]
    order: list[str | int] = [*[first] * requests, *[other] * 99]
    both(folder, known, frozenset({"one", "three"}), order, keep)
