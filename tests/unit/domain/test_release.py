"""Manifests, tags and differences of frontend releases, against naive oracles."""

import json
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import release
from chalicelib.domain.pushed import TAG, VERSION
from chalicelib.domain.release import (
    BadManifest,
    File,
    Manifest,
    decode,
    difference,
    manifest,
    object_key,
)

NOON = 1_795_356_300.0  # 2026-11-22 14:05 UTC


def file(path: str, content: str = "a", *, page: bool = False, cache: str = "no-cache") -> File:
    """A file whose hash is made of one letter."""
    return File(path, content * 64, len(path), "text/plain", cache, page=page)


paths = st.text(st.sampled_from("abé /+"), min_size=1, max_size=4)
releases = st.dictionaries(paths, st.sampled_from("abc"), max_size=8).map(
    lambda each: manifest("web", "web_2026-11-22_14-05", [file(*one) for one in each.items()], 1)
)


@given(releases)
def test_a_manifest_is_read_as_it_was_written(each: Manifest) -> None:
    """Encoding and decoding give the same release with the same digests."""
    assert decode(each.encode()) == each
    assert decode(each.encode()).digest == each.digest


def test_the_canonical_form_stays() -> None:
    """One manifest's bytes are held for good: a digest that changes with a version of pointsman is worth nothing."""
    each = manifest("web", "web_2026-11-22_14-05", [file("ä.html", page=True)], 7, commit="abc1234")
    assert each.encode() == (
        b'{"commit":"abc1234","files":[{"cache":"no-cache","content_type":"text/plain","page":true,'
        b'"path":"\\u00e4.html","sha256":"' + b"a" * 64 + b'","size":6}],'
        b'"format":1,"made_at":7,"service":"web","tag":"web_2026-11-22_14-05","version":""}'
    )


def test_the_same_files_have_the_same_content_under_any_tag() -> None:
    """`content` is about the files alone, `digest` about the release, and neither about the order of finding."""
    one = manifest("web", "web_2026-11-22_14-05", [file("a"), file("b")], 1)
    two = manifest("web", "web_2026-11-22_14-06", [file("b"), file("a")], 2)
    assert one.content == two.content
    assert one.digest != two.digest


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.update(format=2),
        lambda found: found.pop("files"),
        lambda found: found.update(more=1),
        lambda found: found["files"][0].update(sha256="../x"),
        lambda found: found["files"][0].update(more=1),
        lambda found: found.update(files=7),
    ],
)
def test_what_pointsman_did_not_write_is_no_manifest(change: object) -> None:
    """A field too many, too few or of another kind is refused."""
    found = json.loads(manifest("web", "web_2026-11-22_14-05", [file("a")], 1).encode())
    change(found)  # type: ignore[operator]
    with pytest.raises(BadManifest):
        decode(json.dumps(found, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_bytes_that_are_no_manifest(content: bytes) -> None:
    """Anything at all is refused with one error."""
    with pytest.raises(BadManifest):
        decode(content)


@given(releases)
def test_a_packed_manifest_is_the_same(made: Manifest) -> None:
    """Also byte for byte when it is packed again, by which a lost reply is known."""
    assert decode(release.pack(made)) == made
    assert release.pack(made) == release.pack(decode(release.pack(made)))


@pytest.mark.parametrize("change", [lambda it: it[:-1], lambda it: it + b" ", lambda it: it[:30] + it[31:]])
def test_a_packed_manifest_that_is_not_whole_is_refused(change: Callable[[bytes], bytes]) -> None:
    """Cut off, longer, or with a byte missing."""
    packed = release.pack(manifest("web", "web_2026-11-22_14-05", [file("a")], 1))
    with pytest.raises(BadManifest):
        decode(change(packed))


def test_what_is_packed_to_do_harm_is_refused() -> None:
    """Kilobytes that would be gigabytes are not unpacked to their end."""
    packer = zlib.compressobj(1, wbits=31)
    harm = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    with pytest.raises(BadManifest):
        decode(harm)


def test_tags_are_made_in_utc_and_never_twice() -> None:
    """Two pushes within a minute get two tags, and so do a hundred; each may be a version in a command."""
    taken: list[str] = []
    for _ in range(12):
        taken.append(release.new_tag("web", NOON, taken))
    assert taken[:2] == ["web_2026-11-22_14-05", "web_2026-11-22_14-05-2"]
    assert len(set(taken)) == 12
    assert all(TAG.fullmatch(each) and VERSION.fullmatch(each) for each in taken)


def test_tags_are_ordered_by_time_and_number() -> None:
    """The tenth of a minute is newer than the second; tags of others and other names are left out."""
    tags = [f"web_2026-11-22_14-05{each}" for each in ("", "-10", "-2")]
    others = ["web2_2026-11-22_14-05", "web_x", "web_2026-11-22_14-05-0"]
    assert release.newest_first([*tags, *others], "web") == [tags[1], tags[2], tags[0]]


@given(releases, releases)
def test_applying_a_difference_makes_the_new_release(old: Manifest, new: Manifest) -> None:
    """Old files without what is gone, with what was added and changed, are the new ones; what is same is not sent."""
    found = difference(old, new)
    result = {each.path: each for each in old.files}
    for each in found.gone:
        del result[each.path]
    for each in (*found.assets, *found.pages):
        assert result.get(each.path) != each
        result[each.path] = each
    assert result == {each.path: each for each in new.files}
    assert set(found.same) == set(old.files) & set(new.files)


def test_pages_come_last() -> None:
    """Assets and pages are told apart, changed or added."""
    old = manifest("web", "t", [file("index.html", page=True)], 1)
    new = manifest(
        "web", "t", [file("index.html", "b", page=True), file("new.html", page=True), file("a.js")], 1
    )
    found = difference(old, new)
    assert [each.path for each in found.assets] == ["a.js"]
    assert [each.path for each in found.pages] == ["new.html", "index.html"]
    assert difference(None, new).same == ()


@given(releases, releases)
def test_an_object_is_a_body_whatever_its_path(one: Manifest, other: Manifest) -> None:
    """The same bytes with the same headers are one object; anything else is another."""
    for each in one.files:
        for its in other.files:
            assert (each.object == its.object) == (each.body == its.body)
            assert (object_key(each) == object_key(its)) == (each.body == its.body)
