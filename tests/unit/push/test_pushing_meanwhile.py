"""Pushing while somebody cleans up: what is relied upon is announced first, and what may go is waited for."""

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.domain.release import (
    OBJECTS,
    decode,
    draft_key,
    manifest_key,
)
from chalicelib.domain.release_cleaning import CLEANING_SECONDS, PUSH_SECONDS, YOUNG_SECONDS
from chalicelib.domain.release_rules import Rules
from cli.push.bucket import PushError
from cli.push.pushing import GOES_ON_SECONDS, Clock, plan, push
from cli.push.scan import scan
from tests.fakes.bucket import FakeBucket
from tests.unit.push.pushes import NOON, TAG, WANTED, Silent, on_disk, pushed, served

TWO_DAYS = 2 * 24 * 60


def forgotten(web: Path) -> FakeBucket:
    """Objects that no manifest names any more: whoever cleans up takes them when they are a day old."""
    bucket = FakeBucket()
    pushed(bucket, web)
    del bucket.objects_[manifest_key(TAG)]
    return bucket


def test_the_draft_names_everything_before_anything_is_relied_upon(web: Path) -> None:
    """Cleaning up leaves alone what a draft names; what the last release has is looked at once more after it."""
    bucket = FakeBucket()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    bucket.calls.clear()
    made, _ = pushed(bucket, web, TWO_DAYS)
    assert decode(bucket.objects_[draft_key(made.tag)].content).files == made.files
    after = bucket.calls[bucket.calls.index(("create", draft_key(made.tag))) + 1 :]
    assert ("objects", f"releases/{TAG}/") in after


def test_what_may_be_deleted_at_any_moment_is_waited_for(web: Path) -> None:
    """Somebody who read the drafts before ours was there deletes it while we wait: it is sent after all."""
    bucket = forgotten(web)
    clock = [NOON + TWO_DAYS * 60]
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock[0] += seconds
        for at in [each for each in bucket.objects_ if each.startswith(OBJECTS)]:
            del bucket.objects_[at]

    bucket.calls.clear()
    made, planned = pushed(bucket, web, TWO_DAYS, Clock(lambda: clock[0], sleep))
    assert planned.to_do == ()
    assert waited == [CLEANING_SECONDS]
    assert served(bucket, made) == on_disk(web)


def test_nobody_waits_for_what_is_young(web: Path) -> None:
    """What an earlier try has brought is never deleted so soon."""
    bucket = forgotten(web)
    assert pushed(bucket, web, GOES_ON_SECONDS // 60 - 1)[1].to_do == ()


def test_a_release_that_is_cleaned_up_after_the_look_is_not_relied_upon(web: Path) -> None:
    """Its manifest was there before the draft, not after."""
    bucket = FakeBucket()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    bucket.at = at = NOON + TWO_DAYS * 60
    found = scan(web, Rules())
    planned = plan(bucket, found, replace(WANTED, at=at))
    del bucket.objects_[manifest_key(TAG)]
    waited: list[float] = []
    push(bucket, found, planned, Silent(), Clock(lambda: at, waited.append))
    assert waited == [CLEANING_SECONDS]


@pytest.mark.parametrize("tries", [1, 2])
def test_a_push_that_takes_a_day_is_not_finished(web: Path, tries: int) -> None:
    """Its draft is no longer respected, so what was sent first may be gone; earlier tries count."""
    bucket = FakeBucket(fail_at=8 if tries == 2 else -1)
    if tries == 2:
        with pytest.raises(PushError):
            pushed(bucket, web)
    times = iter([NOON, NOON + PUSH_SECONDS + 1] if tries == 1 else [NOON + PUSH_SECONDS + 1])
    with pytest.raises(PushError, match="took so long"):
        pushed(bucket, web, 0, Clock(lambda: next(times)))
    assert manifest_key(TAG) not in bucket.objects_
    assert PUSH_SECONDS < YOUNG_SECONDS


# --- files that change while they are sent ----------------------------------------------------------------------
