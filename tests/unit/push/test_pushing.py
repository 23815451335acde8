"""Pushing into a bucket in memory: what is sent, what is copied, and what is left after a failure at each call."""

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.domain.release import Manifest, decode, draft_key, key, manifest_key
from chalicelib.domain.release_rules import Rules
from cli.push.bucket import Changed, Incomplete, PushError
from cli.push.pushing import GOES_ON_SECONDS, Plan, Wanted, plan, push
from cli.push.scan import PART, scan
from tests.fakes.bucket import FakeBucket

NOON = 1_795_356_300.0
TAG = "web_2026-11-22_14-05"
WANTED = Wanted("web", keep=3, at=NOON, version="7", commit="abc1234")


class Silent:
    """A watcher that only counts."""

    def __init__(self) -> None:
        self.count = 0

    def begin(self, plan: Plan) -> None:
        """Nothing is shown."""

    def done(self, file: object) -> None:  # noqa: ARG002  # the port
        """One more."""
        self.count += 1


def pushed(bucket: FakeBucket, web: Path, minutes: int = 0) -> tuple[Manifest, Plan]:
    """A whole push some minutes after noon."""
    found = scan(web, Rules())
    planned = plan(bucket, found, replace(WANTED, at=NOON + 60 * minutes))
    return push(bucket, found, planned, Silent()), planned


def served(bucket: FakeBucket, made: Manifest) -> dict[str, bytes]:
    """What the release has, by path."""
    return {each.path: bucket.objects_[key(made.tag, each.path)].content for each in made.files}


def on_disk(web: Path) -> dict[str, bytes]:
    """The same as the directory has it."""
    return {each.relative_to(web).as_posix(): each.read_bytes() for each in web.rglob("*") if each.is_file()}


def writes(bucket: FakeBucket, what: str) -> list[str]:
    """Keys of the calls of one kind."""
    return [at for kind, at in bucket.calls if kind == what]


def test_a_first_push_sends_everything_and_the_manifest_last(web: Path) -> None:
    """Files with their headers; the manifest is the last thing that is written."""
    bucket = FakeBucket()
    made, _ = pushed(bucket, web)
    assert made.tag == TAG
    assert served(bucket, made) == on_disk(web)
    assert bucket.calls[-1] == ("create", manifest_key(TAG))
    assert decode(bucket.objects_[manifest_key(TAG)].content) == made
    for each in made.files:
        assert bucket.objects_[key(TAG, each.path)].headers == (each.content_type, each.cache, each.encoding)


def test_a_later_push_sends_only_what_changed(web: Path) -> None:
    """The rest is copied inside S3, also under another name."""
    bucket = FakeBucket()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    (web / "renamed.svg").write_bytes((web / "assets" / "\u00e9.svg").read_bytes())
    bucket.calls.clear()
    made, planned = pushed(bucket, web, 10)
    assert writes(bucket, "put") == [key(made.tag, "index.html")]
    assert len(writes(bucket, "copy")) == len(made.files) - 1
    assert served(bucket, made) == on_disk(web)
    assert ([each.path for each in planned.difference.added], len(planned.difference.changed)) == (
        ["renamed.svg"],
        1,
    )


def test_the_same_files_are_no_new_release(web: Path) -> None:
    """Nothing is written; the release that has them is the answer."""
    bucket = FakeBucket()
    first, _ = pushed(bucket, web)
    bucket.calls.clear()
    again, planned = pushed(bucket, web, 10)
    assert again == first
    assert not planned.new
    assert {what for what, _ in bucket.calls} <= {"tags", "read"}


def test_going_back_to_older_files_is_a_release(web: Path) -> None:
    """What an older kept release has is copied, not sent."""
    bucket = FakeBucket()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    pushed(bucket, web, 1)
    (web / "index.html").write_text(
        '<!doctype html><title>web</title><script src="/assets/app.3f2a9c1b.js"></script>'
    )
    bucket.calls.clear()
    made, _ = pushed(bucket, web, 2)
    assert writes(bucket, "put") == []
    assert made.tag.endswith("14-07")


def test_two_pushes_in_a_minute_get_two_tags(web: Path) -> None:
    """Also where the other one has only begun."""
    bucket = FakeBucket()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    found = scan(web, Rules())
    planned = plan(bucket, found, WANTED)
    bucket.create(draft_key(planned.manifest.tag), b"{}")  # somebody else was faster
    assert push(bucket, found, planned, Silent()).tag == f"{TAG}-3"


def test_files_beyond_those_that_are_kept_are_sent_again(web: Path) -> None:
    """A release that may be cleaned up at any moment is no source."""
    bucket = FakeBucket()
    pushed(bucket, web)
    for minute in range(1, 5):
        (web / "index.html").write_text(f"<!doctype html>{minute}")
        (web / "manifest.json").write_text(f"{minute}")
        pushed(bucket, web, minute)
    (web / "manifest.json").write_text("{}")
    bucket.calls.clear()
    made, _ = pushed(bucket, web, 9)
    assert writes(bucket, "put") == [key(made.tag, "manifest.json")]


def test_a_source_that_was_cleaned_up_meanwhile_is_sent(web: Path) -> None:
    """Between looking and copying."""
    bucket = FakeBucket()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    found = scan(web, Rules())
    planned = plan(bucket, found, replace(WANTED, at=NOON + 60))
    del bucket.objects_[key(TAG, "manifest.json")]
    made = push(bucket, found, planned, Silent())
    assert served(bucket, made) == on_disk(web)


def _calls(web: Path, *, later: bool) -> tuple[FakeBucket, int]:
    bucket = FakeBucket()
    if later:
        pushed(bucket, web)
        (web / "index.html").write_text("<!doctype html>new")
    bucket.calls.clear()
    return bucket, 0


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("later", [False, True])
def test_a_push_may_die_at_each_call(web: Path, *, later: bool, after_effect: bool) -> None:
    """Before the effect or with its reply lost: until the manifest is there the release does not count, the newest
    complete one is whole, and pushing again ends with the same files, one release, and nothing sent twice."""
    bucket, _ = _calls(web, later=later)
    before = dict(bucket.objects_)
    pushed(bucket, web, 5)
    count = len(bucket.calls)
    survived = 0
    for number in range(count):
        bucket = FakeBucket(dict(before), fail_at=number, after_effect=after_effect)
        with pytest.raises(PushError):
            pushed(bucket, web, 5)
        for at in [
            each for each in bucket.objects_ if each.endswith("/manifest.json") and "/files/" not in each
        ]:
            release = decode(bucket.objects_[at].content)
            assert all(key(release.tag, each.path) in bucket.objects_ for each in release.files)
        there = {at for at in bucket.objects_ if "/files/" in at} - set(before)
        bucket.fail_at = -1
        bucket.calls.clear()
        made, _ = pushed(bucket, web, 7)
        assert served(bucket, made) == on_disk(web)
        assert not there & {at for what, at in bucket.calls if what in {"put", "copy"}}
        tags = {each.split("/")[1] for each in bucket.objects_ if each.endswith("/manifest.json")}
        assert len(tags) == (2 if later else 1)
        survived += 1
    assert survived == count >= 10


def test_an_unfinished_release_is_gone_on_with_for_a_day(web: Path) -> None:
    """What is older may be cleaned up while it is gone on with, so it is begun anew."""
    bucket = FakeBucket(fail_at=5)
    with pytest.raises(PushError):
        pushed(bucket, web)
    bucket.fail_at = -1
    assert plan(bucket, scan(web, Rules()), replace(WANTED, at=NOON + GOES_ON_SECONDS - 1)).begun
    assert not plan(bucket, scan(web, Rules()), replace(WANTED, at=NOON + GOES_ON_SECONDS + 1)).begun


def test_what_an_earlier_try_left_damaged_is_sent_again(web: Path) -> None:
    """Its size or its ETag is not right."""
    bucket = FakeBucket(fail_at=7)
    with pytest.raises(PushError):
        pushed(bucket, web)
    bucket.fail_at = -1
    at = next(each for each in bucket.objects_ if "/files/" in each)
    bucket.objects_[at] = replace(bucket.objects_[at], etag="0" * 32)
    made, _ = pushed(bucket, web, 1)
    assert served(bucket, made) == on_disk(web)
    assert bucket.objects_[at].etag != "0" * 32


def test_a_file_that_changes_meanwhile_ends_the_push(web: Path) -> None:
    """A release would be neither the old build nor the new one."""
    bucket = FakeBucket()
    found = scan(web, Rules())
    planned = plan(bucket, found, WANTED)
    (web / "manifest.json").write_text("[]")
    with pytest.raises(Changed, match=r"manifest\.json"):
        push(bucket, found, planned, Silent())
    assert manifest_key(TAG) not in bucket.objects_


def test_large_files_go_in_parts(web: Path) -> None:
    """And are not sent again when they are there."""
    (web / "large.bin").write_bytes(b"x" * (PART + 1))
    bucket = FakeBucket()
    made, _ = pushed(bucket, web)
    assert writes(bucket, "put_large") == [key(made.tag, "large.bin")]
    del bucket.objects_[manifest_key(TAG)]
    _, planned = pushed(bucket, web, 1)
    assert planned.to_do == []


def test_a_file_that_is_missing_at_the_end_is_told(web: Path) -> None:
    """Then there is no manifest."""

    class Forgetful(FakeBucket):
        def put(self, key: str, file: object, content: bytes) -> None:
            if not key.endswith("index.html"):
                super().put(key, file, content)  # type: ignore[arg-type]

    bucket = Forgetful()
    with pytest.raises(Incomplete, match=r"index\.html"):
        pushed(bucket, web)
    assert manifest_key(TAG) not in bucket.objects_


def test_a_manifest_that_somebody_changed_is_not_built_upon(web: Path) -> None:
    """Nor one that was moved to another tag."""
    bucket = FakeBucket()
    pushed(bucket, web)
    good = bucket.objects_[manifest_key(TAG)]
    bucket.objects_[manifest_key(TAG)] = replace(good, content=good.content + b" ")
    with pytest.raises(PushError, match="somebody changed it"):
        pushed(bucket, web, 1)
    bucket.objects_[manifest_key(TAG)] = good
    bucket.objects_[manifest_key("web_2026-11-22_14-06")] = good
    with pytest.raises(PushError, match="somebody moved it"):
        pushed(bucket, web, 2)


def test_other_services_in_the_bucket_are_not_touched(web: Path) -> None:
    """Their releases are neither sources nor newest."""
    bucket = FakeBucket()
    pushed(bucket, web)
    planned = plan(bucket, scan(web, Rules()), replace(WANTED, service="shop", at=NOON + 60))
    assert planned.before is None
    assert not planned.sources
