"""What the ports of frontend releases promise, kept by the fakes and by the adapters alike."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from chalicelib.adapters.cloudfront import addresses
from chalicelib.domain.errors import Conflict, NotReady, StepFailed, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import File, Manifest, address, live_key, manifest, manifest_key
from tests.contract.release_worlds import BUCKET, EmulatedReleases, FakeReleases, ReleaseWorld
from tests.sandbox.edge_harness import COPY, emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

TAG = "web_2026-11-23_09-00"
BODIES = {
    "index.html": b"<script src=app.js>",
    "app.js": b"alert(1)",
    "a b/50%+\u00e9.txt": b"odd",
    "empty.txt": b"",
}


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """An S3 that answers over HTTP."""
    with emulator() as url:
        yield url


@pytest.fixture(params=["fake", "emulated"])
def world(request: pytest.FixtureRequest) -> Iterator[ReleaseWorld]:
    """Each in turn."""
    with ExitStack() as stack:
        fake = request.param == "fake"
        yield FakeReleases() if fake else EmulatedReleases(request.getfixturevalue("aws"), stack)


@pytest.fixture
def emulated(aws: str) -> Iterator[EmulatedReleases]:
    """What no fake can show."""
    with ExitStack() as stack:
        yield EmulatedReleases(aws, stack)


def release(tag: str = TAG, **changed: bytes) -> tuple[Manifest, dict[str, bytes]]:
    """A release of four files, some with another content."""
    bodies = {**BODIES, **{f"{name}.js": body for name, body in changed.items()}}
    files = [
        File(path, hashlib.sha256(body).hexdigest(), len(body), "text/plain", "no-cache")
        for path, body in bodies.items()
    ]
    return manifest("web", tag, files, 1_000), bodies


@pytest.fixture
def pushed(world: ReleaseWorld) -> Manifest:
    """A release that was pushed."""
    made, bodies = release()
    world.push(made, bodies)
    return made


def paths(world: ReleaseWorld, folder: str, after: str = "", until: str = "") -> list[str]:
    """What a folder has, or a stretch of it."""
    (found,) = world.bucket.contents(BUCKET, [folder], after, until)
    return sorted(found)


def test_a_release_is_read(world: ReleaseWorld, pushed: Manifest) -> None:
    """The manifest as it was pushed; one that was never pushed is missing."""
    assert world.bucket.manifest(BUCKET, TAG) == pushed
    with pytest.raises(StepFailed) as failed:
        world.bucket.manifest(BUCKET, "web_2026-11-23_10-00")
    assert failed.value.reason == Reason.RELEASE_MISSING


@pytest.mark.parametrize("content", [b"", b"{}", release("web_2026-11-23_10-00")[0].encode()])
def test_a_manifest_that_somebody_changed_is_refused(emulated: EmulatedReleases, content: bytes) -> None:
    """Nothing, something else, or that of another release."""
    emulated.s3.put_object(Bucket=BUCKET, Key=manifest_key(TAG), Body=content)
    with pytest.raises(StepFailed) as failed:
        emulated.bucket.manifest(BUCKET, TAG)
    assert failed.value.reason == Reason.RELEASE_BROKEN


def test_files_are_placed_in_a_folder(world: ReleaseWorld, pushed: Manifest) -> None:
    """With odd names and nothing in them too; twice is no different from once."""
    assert paths(world, "staging") == []
    assert world.bucket.wrong(BUCKET, pushed.files, "staging") == [each.path for each in pushed.files]
    for _ in range(2):
        world.bucket.place(BUCKET, pushed.files, "staging")
        assert paths(world, "staging") == sorted(BODIES)
        assert world.bucket.wrong(BUCKET, pushed.files, "staging") == []
    assert paths(world, "stag") == []


def test_headers_come_along(emulated: EmulatedReleases) -> None:
    """A copy is served as the object was pushed."""
    made, bodies = release()
    emulated.push(made, bodies)
    emulated.bucket.place(BUCKET, made.files, "staging")
    found = emulated.s3.head_object(Bucket=BUCKET, Key="live/staging/a b/50%+\u00e9.txt")
    assert (found["ContentType"], found["CacheControl"]) == ("text/plain", "no-cache")


def test_an_object_that_is_gone_breaks_the_release(world: ReleaseWorld, pushed: Manifest) -> None:
    """And the reason says which file it was."""
    world.lose(pushed.files[0])
    with pytest.raises(StepFailed) as failed:
        world.bucket.place(BUCKET, pushed.files, "staging")
    assert failed.value.reason == Reason.RELEASE_BROKEN
    assert pushed.files[0].path in failed.value.text


@pytest.mark.parametrize("body", [b"alert(2)", b"longer than it was"])
def test_what_somebody_wrote_over_is_wrong(world: ReleaseWorld, pushed: Manifest, body: bytes) -> None:
    """With another size or the same."""
    world.bucket.place(BUCKET, pushed.files, "staging")
    file = next(each for each in pushed.files if each.path == "app.js")
    world.write("staging", file, body)
    assert world.bucket.wrong(BUCKET, pushed.files, "staging") == ["app.js"]


@pytest.mark.parametrize("listed", range(1, 6))
def test_what_is_wrong_is_found_however_much_else_is_there(emulated: EmulatedReleases, listed: int) -> None:
    """A listing ends where it would be long, and what comes after it is asked for one by one."""
    made, bodies = release()
    emulated.push(made, bodies)
    bucket = emulated.over_s3(most_listed=listed)
    bucket.place(BUCKET, made.files, "staging")
    assert bucket.wrong(BUCKET, made.files, "staging") == []
    for each in made.files:
        emulated.write("staging", each, b"other")
    emulated.s3.delete_object(Bucket=BUCKET, Key=live_key("staging", made.files[0].path))
    assert bucket.wrong(BUCKET, made.files, "staging") == [each.path for each in made.files]


def test_a_folder_gets_what_only_another_has(world: ReleaseWorld, pushed: Manifest) -> None:
    """What was not asked for stays as it is, and what is not there is left out."""
    other, bodies = release("web_2026-11-23_10-00", app=b"alert(3)", more=b"more")
    world.push(other, bodies)
    world.bucket.place(BUCKET, pushed.files, "old")
    world.bucket.place(BUCKET, other.files, "new")
    world.bucket.carry(BUCKET, ["more.js", "nothing.js"], "new", "old")
    assert paths(world, "old") == sorted({*BODIES, "more.js"})
    assert world.bucket.wrong(BUCKET, pushed.files, "old") == []


@pytest.mark.parametrize(
    ("after", "until", "found"),
    [
        ("", "", ["a b/50%+\u00e9.txt", "app.js", "empty.txt", "index.html"]),
        ("", "app.js", ["a b/50%+\u00e9.txt", "app.js"]),
        ("a b/50%+\u00e9.txt", "empty.txt", ["app.js", "empty.txt"]),
        ("empty.txt", "", ["index.html"]),
        ("index.html", "", []),
    ],
)
def test_a_folder_is_gone_through_in_stretches(
    world: ReleaseWorld, pushed: Manifest, after: str, until: str, found: list[str]
) -> None:
    """After one name and up to another."""
    world.bucket.place(BUCKET, pushed.files, "staging")
    assert paths(world, "staging", after, until) == found


def test_two_folders_say_whether_the_same_is_in_them(world: ReleaseWorld, pushed: Manifest) -> None:
    """By the bytes of each path, whichever way they came there."""
    other, bodies = release("web_2026-11-23_10-00", app=b"alert(3)")
    world.push(other, bodies)
    world.bucket.place(BUCKET, pushed.files, "old")
    world.bucket.place(BUCKET, other.files, "new")
    world.bucket.carry(BUCKET, ["index.html"], "old", "new")
    old, new = world.bucket.contents(BUCKET, ["old", "new"])
    assert [path for path in BODIES if old[path] != new[path]] == ["app.js"]


def test_releases_are_read_side_by_side(world: ReleaseWorld, pushed: Manifest) -> None:
    """Only the first one has to be there."""
    gone = "web_2026-11-23_10-00"
    assert world.bucket.manifests(BUCKET, TAG, [gone, "", TAG]) == (pushed, [None, None, pushed])
    with pytest.raises(StepFailed) as failed:
        world.bucket.manifests(BUCKET, gone, [TAG])
    assert failed.value.reason == Reason.RELEASE_MISSING


def test_the_pointer_moves_where_nobody_else_moved_it(world: ReleaseWorld) -> None:
    """From nothing to the first, from what is live to another, and again is nothing to do."""
    assert world.cdn.pointer(world.store) == ""
    world.cdn.point(world.store, "a", "web_1", instead_of="")
    world.cdn.point(world.store, "a", "web_1", instead_of="")
    world.cdn.point(world.store, "b", "web_2", instead_of="a")
    assert world.cdn.pointer(world.store) == "b"
    with pytest.raises(Conflict):
        world.cdn.point(world.store, "c", "web_3", instead_of="a")
    assert world.cdn.pointer(world.store) == "b"
    assert [world.cdn.release_in(world.store, each) for each in "abc"] == ["web_1", "web_2", "c"]


def test_an_invalidation_is_made_once_and_ends(world: ReleaseWorld) -> None:
    """The same reference is the same invalidation."""
    made = world.cdn.invalidate(world.distribution, ["index.html", "a b.js"], "d1-live")
    assert world.cdn.invalidate(world.distribution, ["index.html", "a b.js"], "d1-live") == made
    assert not world.cdn.invalidated(world.distribution, made)
    world.later(60)
    assert world.cdn.invalidated(world.distribution, made)


def test_many_paths_are_one(emulated: EmulatedReleases) -> None:
    """More than may be in progress at once: everything is forgotten."""
    emulated.cdn.invalidate(emulated.distribution, [f"{each}.html" for each in range(4_000)], "d1-live")
    site = emulated.edge.edge
    assert [each.paths for each in site.distributions[emulated.distribution].invalidations.all.values()] == [
        ("/*",)
    ]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("index.html", ["/index.html", "/"]),
        ("a/index.html", ["/a/index.html", "/a/"]),
        ("myindex.html", ["/myindex.html"]),
        ("logo@2x.png", ["/logo@2x.png", "/logo%402x.png"]),
        ("a=b,c;d&e$.js", ["/a=b,c;d&e$.js", "/a%3Db%2Cc%3Bd%26e%24.js"]),
        ("a b+\u00e9%.html", ["/a%20b+%C3%A9%25.html", "/a%20b%2B%C3%A9%25.html"]),
        ("a?b#[c]{d}|^`.js", ["/a%3Fb%23%5Bc%5D%7Bd%7D%7C%5E%60.js"]),
        ("runtime~main.js", ["/runtime*"]),
        ("l'a@b/index.html", ["/l*"]),
        ("a@b*.js", ["/a@b*", "/a%40b*"]),
    ],
)
def test_a_page_is_invalidated_under_every_address(path: str, named: list[str]) -> None:
    """As browsers ask and as the function spells it, a folder's page as the folder too; with a wildcard where none of
    what CloudFront takes would match."""
    assert addresses(path) == named


@pytest.mark.parametrize(
    "path",
    ["logo@2x.png", "a b+\u00e9.txt", "runtime~main.js", "l'a.js", "a,b=c.js", "p/index.html", "a*.js"],
)
def test_what_changed_under_a_name_is_forgotten(emulated: EmulatedReleases, path: str) -> None:
    """Whatever the name: an edge that kept it shows the new content afterwards."""
    url = f"{emulated.edge.edge.urls[COPY.id][0]}{address(path)}"
    for body in (b"one", b"two"):
        emulated.s3.put_object(
            Bucket=BUCKET,
            Key=live_key(COPY.environment, path),
            Body=body,
            CacheControl="public, max-age=86400",
        )
        if body == b"two":
            emulated.cdn.invalidate(COPY.id, [path], "d1-live")
            emulated.later(60)
        assert emulated.viewer.fetch(url).sha256 == hashlib.sha256(body).hexdigest()


def test_more_than_may_have_a_wildcard_are_everything(emulated: EmulatedReleases) -> None:
    """15 in progress, in a quota of their own."""
    emulated.cdn.invalidate(emulated.distribution, [f"a{each}~.js" for each in range(16)], "d1-live")
    site = emulated.edge.edge
    (made,) = site.distributions[emulated.distribution].invalidations.all.values()
    assert made.paths == ("/*",)


def test_a_cdn_that_is_busy_is_asked_again_later(emulated: EmulatedReleases) -> None:
    """Not an error of anybody's: some of what is being forgotten has to be forgotten first."""
    for number in range(15):
        emulated.cdn.invalidate(emulated.distribution, [f"a{number}~.js"], f"d{number}-live")
    with pytest.raises(NotReady):
        emulated.cdn.invalidate(emulated.distribution, ["b~.js"], "d20-live")
    emulated.later(60)
    emulated.cdn.invalidate(emulated.distribution, ["b~.js"], "d20-live")


def test_the_site_is_seen_as_a_browser_sees_it(world: ReleaseWorld, pushed: Manifest) -> None:
    """The page of the release that is live, and no other status for what is not there."""
    world.bucket.place(BUCKET, pushed.files, TAG)
    world.cdn.point(world.store, TAG, TAG, instead_of="")
    world.later(60)
    page = next(each for each in pushed.files if each.path == "index.html")
    found = world.viewer.fetch(f"{world.address}/index.html")
    assert (found.status, found.sha256) == (200, page.sha256)
    assert world.viewer.fetch(f"{world.address}/nothing.html").status in {403, 404}


def test_a_name_that_has_to_be_encoded_is_seen_under_its_address(
    world: ReleaseWorld, pushed: Manifest
) -> None:
    """Raw it can not be asked for, which is told as a site that does not answer."""
    world.bucket.place(BUCKET, pushed.files, TAG)
    world.cdn.point(world.store, TAG, TAG, instead_of="")
    world.later(60)
    odd = next(each for each in pushed.files if "%" in each.path)
    found = world.viewer.fetch(f"{world.address}{address(odd.path)}")
    assert (found.status, found.sha256) == (200, odd.sha256)
    for raw in ("a b.html", "\u00fcber.html"):
        with pytest.raises(Unavailable):
            world.viewer.fetch(f"{world.address}/{raw}")
