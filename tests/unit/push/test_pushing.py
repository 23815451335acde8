"""Pushing into a bucket in memory: what is sent, what is not, and what is left after a failure at each call."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.domain.release import (
    OBJECTS,
    File,
    decode,
    draft_key,
    manifest_key,
    object_key,
    pack,
)
from chalicelib.domain.release_rules import Rules
from cli.push.bucket import Changed, PushError
from cli.push.pushing import GOES_ON_SECONDS, plan, push
from cli.push.scan import PART, scan
from cli.push.sending import WHOLE
from tests.fakes.bucket import FakeBucket
from tests.unit.push.pushes import NOON, TAG, WANTED, Silent, of, on_disk, pushed, served, still, writes


def test_a_first_push_sends_everything_and_the_manifest_last(web: Path) -> None:
    """Files with their headers; the manifest is the last thing that is written."""
    bucket = FakeBucket()
    made, _ = pushed(bucket, web)
    assert made.tag == TAG
    assert served(bucket, made) == on_disk(web)
    assert bucket.calls[-1] == ("create", manifest_key(TAG))
    assert decode(bucket.objects_[manifest_key(TAG)].content) == made
    for each in made.files:
        assert bucket.objects_[object_key(each)].headers == (each.content_type, each.cache, each.encoding)


def test_a_later_push_sends_only_what_changed(web: Path) -> None:
    """What is there is named by the manifest and touched by nothing, also under another name."""
    bucket = FakeBucket()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    (web / "renamed.svg").write_bytes((web / "assets" / "\u00e9.svg").read_bytes())
    bucket.calls.clear()
    made, planned = pushed(bucket, web, 10)
    assert writes(bucket, "put") == [of(made, "index.html")]
    assert len(bucket.calls) == 9, "five listings, a manifest, the draft, the page, the manifest"
    assert served(bucket, made) == on_disk(web)
    assert ([each.path for each in planned.difference.added], len(planned.difference.changed)) == (
        ["renamed.svg"],
        1,
    )


def test_files_with_the_same_bytes_and_headers_are_sent_once(web: Path) -> None:
    """Under however many names."""
    for number in range(5):
        (web / f"copy{number}.txt").write_text("all the same")
    bucket = FakeBucket()
    made, planned = pushed(bucket, web)
    assert len(planned.to_do) == len(made.files) - 4
    assert served(bucket, made) == on_disk(web)


def test_the_same_files_are_no_new_release(web: Path) -> None:
    """Nothing is written; the release that has them is the answer."""
    bucket = FakeBucket()
    first, _ = pushed(bucket, web)
    bucket.calls.clear()
    again, planned = pushed(bucket, web, 10)
    assert again == first
    assert not planned.new
    assert sorted(what for what, _ in bucket.calls) == ["objects"] * 4 + ["read", "tags"]


def test_another_version_of_the_same_files_is_a_release(web: Path) -> None:
    """A new manifest over the objects that are there, so that it can be asked for; nothing is sent."""
    bucket = FakeBucket()
    first, _ = pushed(bucket, web)
    bucket.calls.clear()
    made, planned = pushed(bucket, web, 10, version="8")
    assert planned.new
    assert (made.version, made.files) == ("8", first.files)
    assert made.tag != first.tag
    assert decode(bucket.objects_[manifest_key(made.tag)].content) == made
    assert writes(bucket, "put") == []
    assert planned.before == first
    assert (planned.difference.added, planned.difference.changed, planned.difference.gone) == ((), (), ())


@pytest.mark.parametrize(("version", "commit"), [("", "abc1234"), ("7", "def5678"), ("", "def5678")])
def test_without_another_version_the_same_files_are_no_new_release(
    web: Path, version: str, commit: str
) -> None:
    """Nobody can ask for a commit, and each release takes a place of those that are kept."""
    bucket = FakeBucket()
    first, _ = pushed(bucket, web)
    made, planned = pushed(bucket, web, 10, version=version, commit=commit)
    assert (made, planned.new) == (first, False)


def test_two_versions_of_the_same_files_at_once_are_two_releases(web: Path) -> None:
    """The one that comes while the other is being sent does not go on with it, which would lose its version."""
    bucket = FakeBucket()
    found = scan(web, Rules())
    slow = plan(bucket, found, WANTED)
    bucket.create(draft_key(slow.manifest.tag), pack(slow.manifest))
    made, _ = pushed(bucket, web, version="8")
    assert push(bucket, found, replace(slow, begun=NOON), Silent(), still(NOON)).version == "7"
    releases = [decode(bucket.objects_[manifest_key(tag)].content) for tag in (TAG, made.tag)]
    assert [each.version for each in releases] == ["7", "8"]


def test_what_somebody_took_away_is_sent_again(web: Path) -> None:
    """The release is the same, and whole again."""
    bucket = FakeBucket()
    first, _ = pushed(bucket, web)
    del bucket.objects_[of(first, "manifest.json")]
    again, planned = pushed(bucket, web, 10)
    assert (again, planned.new) == (first, False)
    assert served(bucket, first) == on_disk(web)


def test_going_back_to_older_files_is_a_release(web: Path) -> None:
    """What an older kept release has is not sent, also days later."""
    bucket = FakeBucket()
    before = (web / "index.html").read_text()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    pushed(bucket, web, 1)
    (web / "index.html").write_text(before)
    bucket.calls.clear()
    made, _ = pushed(bucket, web, 3_000)
    assert writes(bucket, "put") == []
    assert made.files == decode(bucket.objects_[manifest_key(TAG)].content).files


def test_two_pushes_in_a_minute_get_two_tags(web: Path) -> None:
    """Also where the other one has only begun."""
    bucket = FakeBucket()
    pushed(bucket, web)
    (web / "index.html").write_text("<!doctype html>new")
    found = scan(web, Rules())
    planned = plan(bucket, found, WANTED)
    bucket.create(draft_key(planned.manifest.tag), b"{}")  # somebody else was faster
    assert push(bucket, found, planned, Silent(), still(NOON)).tag == f"{TAG}-3"


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
        for at in [each for each in bucket.objects_ if each.endswith("/manifest.json")]:
            release = decode(bucket.objects_[at].content)
            assert all(object_key(each) in bucket.objects_ for each in release.files)
        there = {at for at in bucket.objects_ if at.startswith(OBJECTS)} - set(before)
        bucket.fail_at = -1
        bucket.calls.clear()
        made, _ = pushed(bucket, web, 7)
        assert served(bucket, made) == on_disk(web)
        assert not there & {at for what, at in bucket.calls if what == "put"}
        tags = {each.split("/")[1] for each in bucket.objects_ if each.endswith("/manifest.json")}
        assert len(tags) == (2 if later else 1)
        survived += 1
    assert survived == count >= 9


def test_an_unfinished_release_is_gone_on_with_for_a_day(web: Path) -> None:
    """What is older may be cleaned up while it is gone on with, so it is begun anew."""
    bucket = FakeBucket(fail_at=8)
    with pytest.raises(PushError):
        pushed(bucket, web)
    bucket.fail_at = -1
    assert plan(bucket, scan(web, Rules()), replace(WANTED, at=NOON + GOES_ON_SECONDS - 1)).begun
    assert not plan(bucket, scan(web, Rules()), replace(WANTED, at=NOON + GOES_ON_SECONDS + 1)).begun


def test_what_is_there_in_part_is_sent_again(web: Path) -> None:
    """Its size is not right."""
    bucket = FakeBucket()
    first, _ = pushed(bucket, web)
    at = of(first, "manifest.json")
    bucket.objects_[at] = replace(bucket.objects_[at], content=b"")
    pushed(bucket, web, 1)
    assert served(bucket, first) == on_disk(web)


def test_a_file_that_changes_meanwhile_ends_the_push(web: Path) -> None:
    """A release would be neither the old build nor the new one."""
    bucket = FakeBucket()
    found = scan(web, Rules())
    planned = plan(bucket, found, WANTED)
    (web / "manifest.json").write_text("[]")
    with pytest.raises(Changed, match=r"manifest\.json"):
        push(bucket, found, planned, Silent(), still(NOON))
    assert manifest_key(TAG) not in bucket.objects_


def test_large_files_go_in_parts(web: Path) -> None:
    """And are not sent again when they are there."""
    (web / "large.bin").write_bytes(b"x" * (WHOLE + 1))
    bucket = FakeBucket()
    made, _ = pushed(bucket, web)
    assert writes(bucket, "put_parts") == [of(made, "large.bin")]
    del bucket.objects_[manifest_key(TAG)]
    _, planned = pushed(bucket, web, 1)
    assert planned.to_do == ()


# --- somebody cleans up at the same time ------------------------------------------------------------------------


class Builds(FakeBucket):
    """A build that still runs: it writes to a large file after its first part was taken."""

    path: Path
    write: Callable[[Path], None]

    def put_parts(self, key: str, file: File, parts: Iterator[bytes]) -> None:
        """As the port says, with something in between."""

        def disturbed() -> Iterator[bytes]:
            for number, part in enumerate(parts):
                yield part
                if not number:
                    self.write(self.path)

        FakeBucket.put_parts(self, key, file, disturbed())


def _last_byte(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"y")


def _longer(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"y")


def _shorter(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.truncate(PART + 1)


@pytest.mark.parametrize("write", [_last_byte, _longer, _shorter, Path.unlink])
def test_a_large_file_that_changes_while_it_is_sent_ends_the_push(
    web: Path, write: Callable[[Path], None]
) -> None:
    """No object gets the name of a content that it does not have; a file that is gone is still read to its end."""
    bucket = Builds()
    bucket.path, bucket.write = web / "large.bin", write
    bucket.path.write_bytes(b"x" * (WHOLE + 2 * PART))
    found = scan(web, Rules())
    large = next(each for each in found.files if each.path == "large.bin")
    planned = plan(bucket, found, WANTED)
    if write is Path.unlink:
        assert push(bucket, found, planned, Silent(), still(NOON)).tag == TAG
        return
    with pytest.raises(Changed, match=r"large\.bin"):
        push(bucket, found, planned, Silent(), still(NOON))
    assert object_key(large) not in bucket.objects_
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
    """Their releases are never the newest; what they have is there all the same."""
    bucket = FakeBucket()
    pushed(bucket, web)
    planned = plan(bucket, scan(web, Rules()), replace(WANTED, service="shop", at=NOON + 60))
    assert planned.before is None
    assert planned.to_do == ()
