"""Whether what is served is what was pushed, where ETags do not tell: obstore's store in memory gives each object
another ETag, as S3 does where KMS encrypts."""

import base64
import hashlib
from typing import Any, cast

import pytest
from obstore.store import MemoryStore

from chalicelib.adapters.s3_checksums import S3Checksums
from chalicelib.adapters.s3_releases import S3Releases
from chalicelib.domain.errors import StepFailed
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import MOST_COPIED, File, live_key, object_key
from chalicelib.domain.release_names import problems

BODIES = {"index.html": b"<p>", "app.js": b"go()"}


def file(path: str, body: bytes) -> File:
    """One that was pushed."""
    return File(path, hashlib.sha256(body).hexdigest(), len(body), "text/plain", "no-cache")


FILES = [file(path, body) for path, body in BODIES.items()]


class Kms:
    """A bucket that tells nothing by its ETags, and the SHA-256 that it keeps, unless it keeps none."""

    def __init__(self, *, keeps: bool = True) -> None:
        self.store = MemoryStore()
        for each in FILES:
            self.store.put(object_key(each), BODIES[each.path])
        self.keeps = keeps
        self.asked: list[str] = []
        self.releases = S3Releases(lambda _name: cast("Any", self.store), self.checksum)

    def checksum(self, _bucket: str, key: str) -> str:
        """As S3 calculates it when it is written."""
        self.asked.append(key)
        content = bytes(self.store.get(key).bytes())
        return base64.b64encode(hashlib.sha256(content).digest()).decode() if self.keeps else ""


def test_a_copy_with_another_etag_is_known_by_its_checksum() -> None:
    """Each file is asked for once."""
    bucket = Kms()
    bucket.releases.place("b", FILES, "staging")
    assert bucket.releases.wrong("b", FILES, "staging") == []
    assert sorted(bucket.asked) == sorted(live_key("staging", each) for each in BODIES)


def test_what_was_written_over_is_wrong_by_its_checksum() -> None:
    """Though it is as long."""
    bucket = Kms()
    bucket.releases.place("b", FILES, "staging")
    bucket.store.put(live_key("staging", "app.js"), b"no()")
    assert bucket.releases.wrong("b", FILES, "staging") == ["app.js"]


def test_where_nothing_tells_it_is_wrong() -> None:
    """No checksum, other ETags, and neither came in parts."""
    bucket = Kms(keeps=False)
    bucket.releases.place("b", FILES, "staging")
    assert bucket.releases.wrong("b", FILES, "staging") == [*BODIES]


class Head:
    """S3's answer to HeadObject."""

    def __init__(self, **answer: str) -> None:
        self.answer = answer

    def head_object(self, **asked: str) -> dict[str, str]:
        """S3 API reference, "HeadObject": without the mode no checksum comes."""
        assert asked == {"Bucket": "b", "Key": "k", "ChecksumMode": "ENABLED"}
        return self.answer


@pytest.mark.parametrize(
    ("kept", "told"), [({"ChecksumSHA256": "YQ=="}, "YQ=="), ({"ChecksumSHA256": "YQ==-2"}, ""), ({}, "")]
)
def test_a_checksum_of_parts_tells_nothing(kept: dict[str, str], told: str) -> None:
    """It ends with their number; some objects have none."""
    assert S3Checksums(lambda: cast("Any", Head(**kept)))("b", "k") == told


def test_what_is_too_large_to_be_copied_in_time_is_refused_by_both() -> None:
    """The push says so; enabling too, for what an older one pushed."""
    large = File("film.mp4", "a" * 64, MOST_COPIED + 1, "video/mp4", "no-cache")
    with pytest.raises(StepFailed) as failed:
        Kms().releases.place("b", [large], "staging")
    assert failed.value.reason is Reason.RELEASE_BROKEN
    assert "film.mp4" in failed.value.text
    assert [each for each in problems([large, *FILES]) if each.fatal and "1 GB" in each.what]
