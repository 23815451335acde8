"""Frontend releases in two worlds: the fakes, and the adapters on an emulated S3 with the sandbox's edge before it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import boto3

from chalicelib.adapters.cloudfront import CloudFrontCdn
from chalicelib.adapters.key_value_store import KeyValueStores
from chalicelib.adapters.object_store import from_environment, open_bucket
from chalicelib.adapters.s3_checksums import S3Checksums
from chalicelib.adapters.s3_releases import MOST_LISTED, S3Releases
from chalicelib.adapters.viewer import HttpViewer
from chalicelib.domain.release import Manifest, live_key, manifest_key, object_key
from tests.fakes.releases import FakeBucket, FakeCdn, FakeViewer, Website
from tests.sandbox.edge_harness import CREDENTIALS, POINTER, accounts_found, running

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

    from chalicelib.domain.release import File
    from chalicelib.usecases.release_ports import Bucket, Cdn, Viewer

BUCKET = "web"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
ADDRESS = "https://site.example"


class ReleaseWorld(Protocol):
    """The ports, and what a test has to set up behind them."""

    @property
    def bucket(self) -> Bucket:
        """S3."""

    @property
    def cdn(self) -> Cdn:
        """CloudFront."""

    @property
    def viewer(self) -> Viewer:
        """A browser."""

    @property
    def store(self) -> str:
        """ARN of a key-value store."""

    @property
    def address(self) -> str:
        """Of the site whose live release the store names."""

    @property
    def distribution(self) -> str:
        """Its distribution."""

    def push(self, release: Manifest, bodies: Mapping[str, bytes]) -> None:
        """A release as `pointsman push` leaves it."""

    def lose(self, file: File) -> None:
        """Delete the object of a file."""

    def write(self, folder: str, file: File, body: bytes) -> None:
        """Put something into a folder that is served, as a stranger might."""

    def later(self, seconds: float) -> None:
        """Let time pass."""


class FakeReleases:
    """The fakes."""

    store = "store"
    address = ADDRESS
    distribution = "E1"

    def __init__(self) -> None:
        self.website = Website()
        self.bucket = FakeBucket(self.website)
        self.cdn = FakeCdn(self.website)
        self.viewer = FakeViewer(self.website, ADDRESS)

    def push(self, release: Manifest, bodies: Mapping[str, bytes]) -> None:
        """The manifest says it all."""
        assert all(hashlib.sha256(bodies[each.path]).hexdigest() == each.sha256 for each in release.files)
        self.website.push(release)

    def lose(self, file: File) -> None:
        """By its body."""
        self.website.objects.discard(file.body)

    def write(self, folder: str, file: File, body: bytes) -> None:
        """A file with another body."""
        other = type(file)(
            file.path, hashlib.sha256(body).hexdigest(), len(body), file.content_type, file.cache
        )
        self.website.folders.setdefault(folder, {})[file.path] = other

    def later(self, seconds: float) -> None:
        """No time passes here."""


@dataclass
class EmulatedReleases:
    """The adapters on moto's S3 and the sandbox's edge."""

    aws: str
    stack: ExitStack

    def __post_init__(self) -> None:
        """A bucket of its own, and an edge before it that knows nothing yet."""
        self.stack.enter_context(accounts_found())
        self.edge = self.stack.enter_context(running(self.aws))
        self.s3 = boto3.client("s3", endpoint_url=self.aws, **CREDENTIALS)
        self.s3.create_bucket(Bucket=BUCKET)
        api = self.edge.edge.api_url
        self.bucket = self.over_s3()
        stores = KeyValueStores({**KEYS, "AWS_ENDPOINT_URL": api})
        self.stack.callback(stores.close)
        self.cdn = CloudFrontCdn(
            lambda: boto3.client("cloudfront", endpoint_url=api, **CREDENTIALS),
            stores,
        )
        self.viewer = HttpViewer(seconds=5)
        self.store = POINTER.arn
        self.distribution = POINTER.id
        self.address = self.edge.edge.urls[POINTER.id][0]
        self.stack.callback(self._empty)

    def over_s3(self, *, most_listed: int = MOST_LISTED) -> S3Releases:
        """The adapter, which tries nothing twice."""
        opened = partial(
            open_bucket,
            region="us-east-1",
            credentials=from_environment(KEYS),
            endpoint=self.aws,
            tries=0,
        )
        return S3Releases(opened, S3Checksums(lambda: self.s3), threads=4, most_listed=most_listed)

    def push(self, release: Manifest, bodies: Mapping[str, bytes]) -> None:
        """Objects first, the manifest last."""
        for each in release.files:
            self.s3.put_object(
                Bucket=BUCKET,
                Key=object_key(each),
                Body=bodies[each.path],
                ContentType=each.content_type,
                CacheControl=each.cache,
            )
        self.s3.put_object(Bucket=BUCKET, Key=manifest_key(release.tag), Body=release.encode())

    def lose(self, file: File) -> None:
        """By its key."""
        self.s3.delete_object(Bucket=BUCKET, Key=object_key(file))

    def write(self, folder: str, file: File, body: bytes) -> None:
        """Over what is there."""
        self.s3.put_object(Bucket=BUCKET, Key=live_key(folder, file.path), Body=body)

    def later(self, seconds: float) -> None:
        """The edge's time."""
        self.edge.time.now += seconds

    def _empty(self) -> None:
        for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
            self.s3.delete_object(Bucket=BUCKET, Key=each["Key"])
