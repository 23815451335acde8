"""What may be deleted of a bucket with releases."""

import hashlib
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.release import File, Manifest, manifest
from chalicelib.domain.release_cleaning import (
    YOUNG_SECONDS,
    given_up,
    looked_into,
    service_of,
    surplus,
    unneeded_paths,
    young,
)

NOW = 1_000_000.0
OLD = NOW - YOUNG_SECONDS
PATHS = st.sampled_from(["index.html", "app.js", "a/b.css", "c.png"])
BODIES = st.sampled_from([b"1", b"2", b"3"])


def tag(number: int, service: str = "web") -> str:
    """Newer with each number."""
    return f"{service}_2026-11-23_10-{number:02}"


def release(number: int, files: dict[str, bytes], service: str = "web") -> Manifest:
    """One that was pushed."""
    made = [File(path, hashlib.sha256(body).hexdigest(), 1, "text/plain", "") for path, body in files.items()]
    return manifest(service, tag(number, service), made, 0)


RELEASES = st.lists(st.dictionaries(PATHS, BODIES, min_size=1), min_size=1, max_size=6).map(
    lambda all_: [release(number, files) for number, files in enumerate(all_)]
)


def test_the_newest_and_those_that_are_needed_are_kept() -> None:
    """However old they are; another service's are not looked at."""
    tags = [tag(each) for each in range(5)] + [tag(9, "shop")]
    assert surplus(tags, "web", 2, [tag(0)]) == [tag(2), tag(1)]
    assert surplus(tags, "shop", 1, []) == []


def test_a_push_that_never_ended_is_given_up_after_a_day() -> None:
    """Not one that may still go on, and no draft of a complete release."""
    drafts = {tag(1): OLD, tag(2): OLD + 1, tag(3): OLD}
    assert given_up(drafts, {tag(3)}, NOW) == [tag(1)]


def test_folders_of_others_are_left_alone() -> None:
    """Those of another service's releases, and what is no release's at all."""
    names = ["staging", tag(1), tag(2), tag(2, "shop"), "shop-staging", "by-hand"]
    assert looked_into(names, "web", ["staging"]) == sorted(["staging", tag(1), tag(2)])


def test_a_folder_of_a_release_that_is_gone_goes_whole() -> None:
    """Though other releases have the same paths; what was placed today stays in any folder."""
    served = [("index.html", OLD), ("old.js", OLD), ("new.js", OLD + 1)]
    assert unneeded_paths(served, {"index.html"}, known=True, now=NOW) == ["old.js"]
    assert unneeded_paths(served, {"index.html"}, known=False, now=NOW) == ["index.html", "old.js"]


@given(releases=RELEASES, keep=st.integers(1, 3), data=st.data())
def test_nothing_of_a_kept_release_is_deleted(
    releases: Sequence[Manifest], keep: int, data: st.DataObject
) -> None:
    """Neither where it is served nor what it is brought from; what only others had goes."""
    tags = [each.tag for each in releases]
    live = data.draw(st.lists(st.sampled_from(tags), unique=True))
    gone = surplus(tags, "web", keep, live)
    kept = [each for each in releases if each.tag not in gone]
    assert {*live, *sorted(tags)[-keep:]} <= {each.tag for each in kept}
    paths = {file.path for each in kept for file in each.files}
    for each in releases:
        served = [(file.path, OLD) for file in each.files]
        known = each in kept
        left = {path for path, _ in served} - {*unneeded_paths(served, paths, known=known, now=NOW)}
        assert left == ({file.path for file in each.files} if known else set())


def test_what_is_young_stays() -> None:
    """For a day from when it was written."""
    assert young(OLD + 1, NOW)
    assert not young(OLD, NOW)


def test_a_tag_says_whose_it_is() -> None:
    """What is no tag is nobody's."""
    assert [service_of(each) for each in (tag(1), "staging", "web_now")] == ["web", "", ""]
