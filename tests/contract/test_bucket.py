"""The bucket of releases: in memory, and over obstore on moto's S3 and on the endpoint that benchmarks use."""

import base64
import hashlib
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import boto3
import pytest
from moto.server import ThreadedMotoServer

from chalicelib.domain.release import OBJECTS, File, decode, manifest_key, object_key
from chalicelib.domain.release_rules import Rules
from cli.push.bucket import Bucket, Changed, Unreachable
from cli.push.pushing import Plan, Wanted, plan, push
from cli.push.s3 import S3Bucket, connect
from cli.push.scan import PART, scan
from tests.fakes.bucket import FakeBucket

ROOT = Path(__file__).parents[2]
TAG = "web_2026-11-22_14-05"
ODD = [
    "a b",
    "a+b",
    "50%",
    "a%20b",
    "\u00e9",
    "e\u0301",
    "a#b",
    "a?b",
    "~x",
    "[y]",
    "a*b",
    "q'\"&<>",
    ".well-known/x",
]
ODD += ["{z}", "a:b", "\u65e5\u672c.html", "a=b;c,d@e!$()|^`"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """An S3 that answers over HTTP."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str) -> Any:
    """An empty bucket named `releases`, as boto3 sees it."""
    client = boto3.client(
        "s3", "us-east-1", endpoint_url=endpoint, aws_access_key_id="a", aws_secret_access_key="b"
    )
    client.create_bucket(Bucket="releases")
    while found := client.list_objects_v2(Bucket="releases").get("Contents"):
        keys: list[Any] = [{"Key": each["Key"]} for each in found]
        client.delete_objects(Bucket="releases", Delete={"Objects": keys, "Quiet": True})
    return client


def over_obstore(endpoint: str, name: str = "releases") -> S3Bucket:
    """The adapter, which tries nothing twice."""
    return S3Bucket(
        name,
        region="us-east-1",
        endpoint=endpoint,
        tries=0,
        credentials=lambda: {
            "access_key_id": "a",
            "secret_access_key": "b",
            "token": None,
            "expires_at": None,
        },
    )


@pytest.fixture(scope="module")
def fast_endpoint() -> Iterator[str]:
    """The benchmarks' own S3, with no latency."""
    command = [sys.executable, "-m", "benchmarks.s3_endpoint", "0", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


@pytest.fixture(params=["fake", "moto", "benchmarks"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    """Each in turn."""
    if request.param == "fake":
        return FakeBucket()
    if request.param == "benchmarks":
        return over_obstore(request.getfixturevalue("fast_endpoint"), f"b{uuid.uuid4().hex}")
    request.getfixturevalue("s3")
    return over_obstore(request.getfixturevalue("endpoint"))


def file(path: str, size: int = 1) -> File:
    """A file with headers of its own."""
    return File(path, "0" * 64, size, "text/css; charset=utf-8", "public, max-age=1", "gzip")


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_kept_as_it_is(bucket: Bucket, name: str) -> None:
    """Written and listed under just this name."""
    bucket.put(f"objects/{name}", file(name), b"x")
    assert [each.key for each in bucket.objects("objects/")] == [f"objects/{name}"]


def test_a_document_is_created_once(bucket: Bucket) -> None:
    """Whoever comes second changes nothing and is told."""
    assert bucket.create("releases/t/draft.json", b"1")
    assert not bucket.create("releases/t/draft.json", b"2")
    assert bucket.read("releases/t/draft.json") == b"1"
    assert bucket.read("releases/t/none.json") is None


def test_tags_are_folders_with_the_prefix(bucket: Bucket) -> None:
    """Finished or not."""
    assert bucket.tags("web_") == []
    for tag in (TAG, "web_2026-11-22_14-06", "shop_2026-11-22_14-05"):
        bucket.create(f"releases/{tag}/draft.json", b"1")
    assert bucket.tags("web_") == [TAG, "web_2026-11-22_14-06"]


def test_listings_have_more_than_a_page(bucket: Bucket) -> None:
    """A thousand and five objects, with their sizes and when they were written."""
    if isinstance(bucket, FakeBucket):
        bucket.at = time.time()
    for number in range(1_005):
        bucket.put(f"objects/{number:04}", file("x"), b"ab")
    found = list(bucket.objects("objects/"))
    assert len({each.key for each in found}) == 1_005
    assert {each.size for each in found} == {2}
    assert all(abs(each.at - time.time()) < 600 for each in found)
    assert list(bucket.objects("objects/", "objects/0002", "objects/1003")) == found[3:1_004]


def test_large_files_go_in_parts(bucket: Bucket, request: pytest.FixtureRequest) -> None:
    """Whole, and of parts that S3 takes. (The benchmarks' endpoint keeps no large bodies.)"""
    parts = [bytes([number]) * PART for number in range(2)] + [b"end"]
    bucket.put_parts(f"{OBJECTS}large", file("large"), iter(parts))
    (found,) = bucket.objects(OBJECTS)
    assert found.size == 2 * PART + 3
    if "benchmarks" not in request.node.name:
        assert bucket.read(f"{OBJECTS}large") == b"".join(parts)


def test_parts_that_end_with_an_error_are_no_object(bucket: Bucket) -> None:
    """The error is told as it is, and nothing is there."""

    def parts() -> Iterator[bytes]:
        yield b"x" * PART
        yield b"x" * PART
        raise Changed("while it was read")

    with pytest.raises(Changed, match="while it was read"):
        bucket.put_parts(f"{OBJECTS}large", file("large"), parts())
    assert list(bucket.objects(OBJECTS)) == []


def test_headers_reach_s3(endpoint: str, s3: Any) -> None:
    """In one piece or in parts."""
    bucket = over_obstore(endpoint)
    bucket.put(f"{OBJECTS}a", file("a"), b"x")
    bucket.put_parts(f"{OBJECTS}b", file("b"), iter([b"x" * PART, b"y"]))
    for name in "ab":
        found = s3.head_object(Bucket="releases", Key=f"{OBJECTS}{name}")
        assert found["ContentType"] == "text/css; charset=utf-8"
        assert found["CacheControl"] == "public, max-age=1"
        assert found["ContentEncoding"] == "gzip"


class _Recorder(BaseHTTPRequestHandler):
    """Answers a PutObject and keeps its headers: moto stores no checksum that comes without the SDK's own header."""

    seen: ClassVar[list[dict[str, str]]] = []

    def do_PUT(self) -> None:
        """Taken."""
        self.rfile.read(int(self.headers["content-length"]))
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


def test_each_write_carries_a_checksum_that_s3_verifies() -> None:
    """SHA-256 of the body in base64 (S3 API Reference, PutObject): what arrives damaged is refused by S3 itself."""
    _Recorder.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        over_obstore(f"http://127.0.0.1:{server.server_port}").put("objects/a", file("a"), b"x")
        server.shutdown()
    expected = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    assert [each["x-amz-checksum-sha256"] for each in _Recorder.seen] == [expected]


def test_a_bucket_that_is_not_there_is_told(endpoint: str) -> None:
    """In one line that names it."""
    bucket = over_obstore(endpoint, "nowhere")
    with pytest.raises(Unreachable, match="nowhere") as raised:
        bucket.put("releases/x", file("x"), b"x")
    assert "\n" not in str(raised.value)


def test_no_answer_at_all() -> None:
    """Nobody listens there."""
    with pytest.raises(Unreachable):
        over_obstore("http://127.0.0.1:1").read("x")


def test_a_whole_push_over_s3(endpoint: str, s3: Any, tmp_path: Path) -> None:
    """Twice, with one file changed."""
    names = ["index.html", *(each for each in ODD if "/" not in each)]
    for name in names:
        (tmp_path / name).write_text("<!doctype html>" + name, "utf-8")
    bucket = over_obstore(endpoint)
    for minute, changed in enumerate(("1", "2")):
        (tmp_path / "index.html").write_text(f"<!doctype html>{changed}")
        found = scan(tmp_path, Rules())
        planned = plan(bucket, found, Wanted("web", time.time() + 60 * minute))
        made = push(bucket, found, planned, Silent())
        for each in found.files:
            stored = s3.get_object(Bucket="releases", Key=object_key(each))
            assert stored["Body"].read() == (tmp_path / each.path).read_bytes()
        stored = s3.get_object(Bucket="releases", Key=manifest_key(made.tag))
        assert stored["ContentEncoding"] == "gzip"
        assert decode(stored["Body"].read()) == made
    assert [each.path for each in planned.to_do] == ["index.html"]


class Silent:
    """Nobody watches."""

    def begin(self, plan: Plan) -> None:
        """Nothing."""

    def done(self, file: File) -> None:
        """Nothing."""

    def waits(self, seconds: float) -> None:
        """Nothing."""


def test_credentials_and_region_come_from_where_the_aws_cli_has_them(
    endpoint: str, s3: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile in the shared files; without any the push says what to do."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    with pytest.raises(Unreachable, match="AWS_PROFILE"):
        connect("releases")
    (tmp_path / "credentials").write_text("[ci]\naws_access_key_id = a\naws_secret_access_key = b\n")
    (tmp_path / "config").write_text("[profile ci]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_PROFILE", "ci")
    assert connect("releases").create("releases/x", b"1")
    assert s3.get_object(Bucket="releases", Key="releases/x")["Body"].read() == b"1"
    monkeypatch.setenv("AWS_PROFILE", "none")
    with pytest.raises(Unreachable):
        connect("releases")
