"""What is deleted of a real bucket (emulated): a part at a time, manifests first, and never what is needed."""

from __future__ import annotations

import hashlib
import threading
import uuid
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalicelib.adapters.object_store import errors, from_environment, open_bucket
from chalicelib.adapters.s3_cleaner import S3Cleaner
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.release import (
    File,
    Manifest,
    draft_key,
    live_key,
    manifest,
    manifest_key,
    object_key,
)
from chalicelib.domain.release_cleaning import Cleaned, Kept
from tests.fakes.clock import FakeClock
from tests.fakes.releases import FakeCleaner, Website
from tests.sandbox.edge_harness import CREDENTIALS, emulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import S3Store

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def tag(number: int, service: str = "web") -> str:
    """Newer with each number."""
    return f"{service}_2026-11-23_10-{number:02}"


def files(*bodies: str) -> list[File]:
    """Named and filled after their bodies."""
    return [
        File(f"{each}.js", hashlib.sha256(each.encode()).hexdigest(), len(each), "text/plain", "")
        for each in bodies
    ]


def opened(name: str, endpoint: str) -> S3Store:
    """A bucket whose calls are tried once."""
    return open_bucket(
        name, region="us-east-1", credentials=from_environment(KEYS), endpoint=endpoint, tries=0
    )


def kept(keep: int, live: tuple[str, ...], since: float = 0.0) -> Kept:
    """Of a service that is served from one folder."""
    return Kept("web", keep, frozenset(live), ("staging",), since)


class Stand:
    """A bucket, and a cleaner two days later."""

    def __init__(self, endpoint: str) -> None:
        self.s3: Any = boto3.client("s3", endpoint_url=endpoint, **CREDENTIALS)
        self.bucket = f"b{uuid.uuid4().hex}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.clock = FakeClock()
        self.cleaner = S3Cleaner(partial(opened, endpoint=endpoint), self.clock)

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
        written = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode())
        assert written["ETag"]
        at = self.s3.head_object(Bucket=self.bucket, Key=key)["LastModified"].timestamp()
        self.clock.advance(at + 2 * 86_400 - self.clock.now())

    def lose(self, key: str) -> None:
        """Somebody deletes it."""
        self.s3.delete_object(Bucket=self.bucket, Key=key)

    def there(self) -> set[str]:
        """Everything that is there."""
        return {each["Key"] for each in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", ())}

    def look(self, *live: str, keep: int = 1) -> Cleaned:
        """Once."""
        return self.cleaner.clean(self.bucket, kept(keep, live, self.clock.now()))

    def clean(self, *live: str, keep: int = 1) -> Cleaned:
        """Until nothing is left to do."""
        for _ in range(20):
            cleaned = self.look(*live, keep=keep)
            if not cleaned.more:
                return cleaned
        raise AssertionError("it does not end")


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

    def clean(self, *live: str, keep: int = 1) -> Cleaned:
        """Until nothing is left to do."""
        while (cleaned := self.cleaner.clean("b", kept(keep, live))).more:
            pass
        return cleaned


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 that answers over HTTP."""
    with emulator() as url:
        yield url


@pytest.fixture
def stand(endpoint: str) -> Stand:
    """Empty."""
    return Stand(endpoint)


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


def test_manifests_go_first_then_all_else(stand: Stand) -> None:
    """In a call of their own, so that whoever takes up an old release in between is seen."""
    stand.push(1, "old", "both")
    stand.push(2, "new", "both")
    stand.serve("staging", "old", "new", "both")
    assert stand.look() == Cleaned(1, more=True, complete=frozenset({tag(2)}))
    assert manifest_key(tag(1)) not in stand.there()
    assert {live_key("staging", "old.js"), object_key(files("old")[0])} <= stand.there()
    assert stand.look() == Cleaned(2, more=False, complete=frozenset({tag(2)}))
    assert stand.there() & {live_key("staging", "old.js"), object_key(files("old")[0])} == set()
    assert stand.look().deleted == 0


def test_any_name_can_be_deleted(stand: Stand) -> None:
    """As it is, not as a URL would have it."""
    odd = ["a b.js", "a+b.js", "50%.js", "a%20b.js", "\u00e9.js", "a#b?c.js", "'q\"&<>.js", ".well-known/x"]
    stand.push(1, "live")
    for each in odd:
        stand.put(live_key("staging", each), "x")
    assert stand.clean(tag(1)).deleted == len(odd)
    assert not any(each.startswith("live/") for each in stand.there())


def test_nothing_goes_where_what_is_live_is_not_known(either: Stand | FakeStand) -> None:
    """Its manifest is gone: which files it needs nobody can say."""
    either.push(2, "new")
    either.serve("staging", "unknown")
    before = either.there()
    either.clean(tag(1))
    assert either.there() == before


def test_that_what_is_live_is_not_known_is_said(stand: Stand) -> None:
    """Somebody has to look: nothing will ever be cleaned up."""
    stand.push(2, "new")
    assert tag(1) in stand.clean(tag(1)).doubts[0]


def test_what_is_being_pushed_stays(stand: Stand) -> None:
    """What its draft names for a day, and what nothing names yet for a day too."""
    stand.push(1, "live")
    coming = stand.push(2, "coming", draft=True)
    orphan = stand.push(3, "orphan")
    stand.lose(manifest_key(orphan.tag))
    stand.clock.advance(-2 * 86_400)
    assert stand.look(tag(1)).deleted == 0
    stand.clock.advance(2 * 86_400)
    assert (stand.look(tag(1)).deleted, stand.look(tag(1)).deleted) == (1, 2)
    assert object_key(coming.files[0]) not in stand.there()


def test_what_was_placed_today_stays(stand: Stand) -> None:
    """A page that is open may lead to it still."""
    stand.push(1, "live")
    stand.serve("staging", "old")
    stand.serve(tag(9), "old")
    stand.clock.advance(-2 * 86_400)
    assert stand.look(tag(1)).deleted == 0
    stand.clock.advance(2 * 86_400)
    assert stand.look(tag(1)).deleted == 2


@pytest.mark.parametrize("whose", ["shop", "web"])
def test_a_manifest_that_can_not_be_read_keeps_what_it_may_need(stand: Stand, whose: str) -> None:
    """All objects; and what is served where the release may be the service's own. That is said."""
    stand.push(1, "live")
    orphan = stand.push(3, "orphan")
    stand.lose(manifest_key(orphan.tag))
    stand.put(manifest_key(tag(1, whose) if whose == "shop" else tag(2)), "{}")
    stand.serve("staging", "old")
    (doubt,) = stand.clean(tag(1), keep=2).doubts
    assert f"{whose}_" in doubt
    assert object_key(orphan.files[0]) in stand.there()
    assert (live_key("staging", "old.js") in stand.there()) == (whose == "web")


def test_a_draft_that_can_not_be_read_keeps_objects(stand: Stand) -> None:
    """Somebody may push just these; what is served is not theirs yet."""
    stand.push(1, "live")
    orphan = stand.push(3, "orphan")
    stand.lose(manifest_key(orphan.tag))
    stand.serve("staging", "old")
    stand.put(draft_key(tag(2, "shop")), "{}")
    assert stand.clean(tag(1)).doubts
    assert object_key(orphan.files[0]) in stand.there()
    assert live_key("staging", "old.js") not in stand.there()


class _Refusing(BaseHTTPRequestHandler):
    """Answers DeleteObjects as S3 does where it kept an object: 200, with the error inside."""

    def do_POST(self) -> None:
        """Kept."""
        self.rfile.read(int(self.headers["content-length"]))
        kept = "<Error><Key>a</Key><Code>InternalError</Code><Message>Try again</Message></Error>"
        body = f'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{kept}</DeleteResult>'.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def test_what_s3_did_not_delete_is_tried_again() -> None:
    """S3 API reference, "DeleteObjects": a key that could not be deleted is in the body of the answer."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        store = opened("b", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(Unavailable), errors("DeleteObjects"):
            store.delete(["a"])
        server.shutdown()
