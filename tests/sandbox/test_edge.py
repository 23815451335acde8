"""The edge in front of a bucket: its cache, CloudFront's calls, and two locations that hear at different times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.edge.cache import seconds
from tests.sandbox.edge_harness import COPY, CREDENTIALS, POINTER, Running, accounts_found, emulator, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.edge.server import Site

HASHED = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The emulator."""
    with emulator() as url:
        boto3.client("s3", endpoint_url=url, **CREDENTIALS).create_bucket(Bucket="web")
        yield url


@pytest.fixture
def cdn(aws: str) -> Iterator[Running]:
    """An edge with empty caches."""
    with running(aws) as found:
        yield found


@pytest.fixture
def cloudfront(cdn: Running) -> Any:
    """CloudFront, as the product calls it."""
    return boto3.client("cloudfront", endpoint_url=cdn.edge.api_url, **CREDENTIALS)


def invalidate(cloudfront: Any, *paths: str, reference: str = "one") -> str:
    """The id of a new invalidation."""
    batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference}
    made = cloudfront.create_invalidation(DistributionId="ECOPY", InvalidationBatch=batch)
    return str(made["Invalidation"]["Id"])


def test_a_page_is_asked_about_each_time(cdn: Running) -> None:
    """no-cache with a minimum of 0: the bucket says that it is the same, or gives what is new."""
    cdn.put("live/staging/index.html", b"one")
    assert [cdn.get(COPY, "/").how for _ in range(2)] == ["Miss", "RefreshHit"]
    cdn.put("live/staging/index.html", b"two")
    seen = cdn.get(COPY, "/")
    assert (seen.body, seen.how) == (b"two", "Miss")


def test_a_file_is_kept_as_long_as_it_says(cdn: Running) -> None:
    """Five minutes are five minutes, even though the bucket has something new; a hashed name is kept for good."""
    for name, cache in (("robots.txt", SHORT), ("app.3f2a9c1b.js", HASHED)):
        cdn.put(f"live/staging/{name}", b"one", cache)
        cdn.get(COPY, f"/{name}")
        cdn.put(f"live/staging/{name}", b"two", cache)
    cdn.time.now += 299
    assert cdn.get(COPY, "/robots.txt").body == b"one"
    cdn.time.now += 2
    assert cdn.get(COPY, "/robots.txt").body == b"two"
    assert cdn.get(COPY, "/app.3f2a9c1b.js").body == b"one"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("no-cache, max-age=300", 0),
        ("no-store", None),
        ("private, max-age=300", None),
        ("max-age=300, s-maxage=5", 5),
        (HASHED, 31_536_000),
        ("", 0),
    ],
)
def test_cache_control_says_how_long(said: str, kept: int | None) -> None:
    """What forbids to keep, or demands to ask, counts before any number."""
    assert seconds(said) == kept


def test_what_is_missing_is_not_kept(cdn: Running) -> None:
    """A file that arrives is there at the next request."""
    assert cdn.get(COPY, "/late.js").status == 404
    cdn.put("live/staging/late.js", b"here", HASHED)
    assert cdn.get(COPY, "/late.js").body == b"here"


@pytest.mark.parametrize(
    ("site", "at"), [(COPY, "live/staging/404.html"), (POINTER, "live/404/web-production.html")]
)
def test_the_sites_own_page_says_what_is_missing(cdn: Running, store: Any, site: Site, at: str) -> None:
    """Of the release in copy mode; in pointer mode, where no function says which release it is, of a place beside
    them. A 404 all the same, which is not kept; without such a page it is CloudFront's own."""
    first = store.describe_key_value_store(KvsARN=POINTER.arn)["ETag"]
    store.put_key(KvsARN=POINTER.arn, Key="live", Value="web_1", IfMatch=first)
    cdn.time.now += 21
    assert cdn.get(site, "/no.js").status == 404
    cdn.put(at, b"It is not here.")
    seen = cdn.get(site, "/no.js")
    assert (seen.status, seen.body, seen.how) == (404, b"It is not here.", "Error")
    folder = "live/staging" if site is COPY else "live/web_1"
    cdn.put(f"{folder}/no.js", b"here", HASHED)
    assert cdn.get(site, "/no.js").body == b"here"


def test_odd_names_reach_their_objects(cdn: Running) -> None:
    """Spaces, plus signs, percent signs and accents, as browsers ask for them."""
    cdn.put("live/staging/a+b 100% \u00e9.txt", b"odd")
    assert cdn.get(COPY, "/a+b%20100%25%20%C3%A9.txt").body == b"odd"


@pytest.mark.parametrize("path", ["/../production/x.js", "//x.js", "/%2e%2e/x.js", "/%zz"])
def test_odd_paths_are_refused_by_the_function(cdn: Running, path: str) -> None:
    """They reach the function as they were sent."""
    assert cdn.get(COPY, path).status == 400


def test_a_viewer_that_has_the_file_is_told_so(cdn: Running) -> None:
    """304, without a body."""
    cdn.put("live/staging/index.html", b"one")
    etag = cdn.get(COPY, "/").headers["etag"]
    again = cdn.get(COPY, "/", etag=etag)
    assert (again.status, again.body) == (304, b"")


def test_an_invalidation_reaches_one_location_after_the_other(cdn: Running, cloudfront: Any) -> None:
    """Until all have heard it is in progress, and the slow location still answers from its cache."""
    cdn.put("live/staging/robots.txt", b"one", SHORT)
    for location in (0, 1):
        cdn.get(COPY, "/robots.txt", location)
    cdn.put("live/staging/robots.txt", b"two", SHORT)
    made = invalidate(cloudfront, "/robots.txt")
    assert {cdn.get(COPY, "/robots.txt", each).body for each in (0, 1)} == {b"one", b"two"}
    asked = {"DistributionId": "ECOPY", "Id": made}
    assert cloudfront.get_invalidation(**asked)["Invalidation"]["Status"] == "InProgress"
    cdn.time.now += 21
    assert {cdn.get(COPY, "/robots.txt", each).body for each in (0, 1)} == {b"two"}
    assert cloudfront.get_invalidation(**asked)["Invalidation"]["Status"] == "Completed"


def test_a_wildcard_takes_what_begins_so_and_nothing_else(cdn: Running, cloudfront: Any) -> None:
    """`/docs/*` is a folder."""
    for name in ("docs/a.txt", "docs.txt"):
        cdn.put(f"live/staging/{name}", b"one", SHORT)
        cdn.get(COPY, f"/{name}")
        cdn.put(f"live/staging/{name}", b"two", SHORT)
    invalidate(cloudfront, "/docs/*")
    cdn.time.now += 21
    assert cdn.get(COPY, "/docs/a.txt").body == b"two"
    assert cdn.get(COPY, "/docs.txt").body == b"one"


def test_the_same_reference_makes_no_second_invalidation(cloudfront: Any) -> None:
    """A call that is repeated is one; with other paths it is refused."""
    assert invalidate(cloudfront, "/a") == invalidate(cloudfront, "/a")
    with pytest.raises(cloudfront.exceptions.InvalidArgument):
        invalidate(cloudfront, "/b")


@pytest.mark.parametrize(
    "path",
    ["a.js", "/a b.js", "/\u00e9.js", "/a~.js", "/a'.js", "/a*.js", "/a[1].js", "/a%zz", f"/{'a' * 4_000}"],
)
def test_a_path_that_is_spelled_wrong_is_refused(cloudfront: Any, path: str) -> None:
    """ "If the path includes non-ASCII characters or unsafe characters as defined in RFC 1738, URL-encode those"; "the
    maximum length of a path is 4,000 characters"; "you can't use a wildcard within the path"."""
    with pytest.raises(cloudfront.exceptions.InvalidArgument):
        invalidate(cloudfront, path)


def test_a_path_has_to_be_spelled_as_it_is_kept(cdn: Running, cloudfront: Any) -> None:
    """ "Do not URL-encode any other characters in the path, or CloudFront will not invalidate the old version"."""
    cdn.put("live/staging/a.txt", b"one", SHORT)
    cdn.get(COPY, "/a.txt")
    cdn.put("live/staging/a.txt", b"two", SHORT)
    for number, (path, seen) in enumerate((("/%61.txt", b"one"), ("/a.txt", b"two"))):
        invalidate(cloudfront, path, reference=str(number))
        cdn.time.now += 21
        assert cdn.get(COPY, "/a.txt").body == seen


def test_the_quotas_are_kept(cloudfront: Any) -> None:
    """16 wildcards at once are too many, and so are 3,001 paths; each has a quota of its own. Another distribution is
    not there."""
    invalidate(cloudfront, "/a/*", *(f"/{each}" for each in range(3_000)), reference="both")
    with pytest.raises(cloudfront.exceptions.TooManyInvalidationsInProgress):
        invalidate(cloudfront, "/one-more")
    with pytest.raises(cloudfront.exceptions.TooManyInvalidationsInProgress):
        invalidate(cloudfront, *(f"/{each}/*" for each in range(16)))
    with pytest.raises(cloudfront.exceptions.NoSuchInvalidation):
        cloudfront.get_invalidation(DistributionId="ECOPY", Id="I0")
    with pytest.raises(cloudfront.exceptions.NoSuchDistribution):
        cloudfront.get_invalidation(DistributionId="EOTHER", Id="I0")


@pytest.fixture
def store(cdn: Running) -> Iterator[Any]:
    """The key-value store's API, with names looked up as in the sandbox's functions."""
    with accounts_found():
        yield boto3.client("cloudfront-keyvaluestore", endpoint_url=cdn.edge.api_url, **CREDENTIALS)


def test_the_pointer_moves_only_for_who_knows_it(store: Any) -> None:
    """Each write needs the ETag of the one before; a missing key is told."""
    arn = POINTER.arn
    with pytest.raises(store.exceptions.ResourceNotFoundException):
        store.get_key(KvsARN=arn, Key="live")
    first = store.describe_key_value_store(KvsARN=arn)["ETag"]
    second = store.put_key(KvsARN=arn, Key="live", Value="web_1", IfMatch=first)["ETag"]
    with pytest.raises(store.exceptions.ConflictException):
        store.put_key(KvsARN=arn, Key="live", Value="web_2", IfMatch=first)
    assert store.get_key(KvsARN=arn, Key="live")["Value"] == "web_1"
    assert store.describe_key_value_store(KvsARN=arn)["ETag"] == second


def test_two_locations_disagree_for_a_while(cdn: Running, store: Any) -> None:
    """After a write one of them still leads to the release before; each hears in the order of the writes."""
    for tag in ("web_1", "web_2"):
        cdn.put(f"live/{tag}/index.html", tag.encode())
        etag = store.describe_key_value_store(KvsARN=POINTER.arn)["ETag"]
        store.put_key(KvsARN=POINTER.arn, Key="live", Value=tag, IfMatch=etag)
        if tag == "web_1":
            assert {cdn.get(POINTER, "/", each).status for each in (0, 1)} == {200, 503}
            cdn.time.now += 21
    assert {cdn.get(POINTER, "/", each).body for each in (0, 1)} == {b"web_1", b"web_2"}
    cdn.time.now += 21
    assert {cdn.get(POINTER, "/", each).body for each in (0, 1)} == {b"web_2"}


def test_a_folder_that_takes_turns_is_kept_by_its_release(cdn: Running, store: Any) -> None:
    """What an edge has of the release that was there before is not shown for the next one."""

    def point(folder: str, release: str) -> None:
        etag = store.describe_key_value_store(KvsARN=POINTER.arn)["ETag"]
        puts = [{"Key": "live", "Value": folder}, {"Key": folder, "Value": release}]
        store.update_keys(KvsARN=POINTER.arn, Puts=puts, IfMatch=etag)
        cdn.time.now += 21

    for number, folder in enumerate(("a", "b", "a")):
        cdn.put(f"live/{folder}/robots.txt", f"{number}".encode(), SHORT)
        point(folder, f"web_{number}")
        assert cdn.get(POINTER, "/robots.txt").body == f"{number}".encode()
        assert cdn.get(POINTER, "/robots.txt").how == "Hit"
    point("b", "web_1")
    assert (cdn.get(POINTER, "/robots.txt").body, cdn.get(POINTER, "/robots.txt").how) == (b"1", "Hit")


def test_only_the_stores_that_exist_answer(store: Any) -> None:
    """Another ARN is not found."""
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        store.describe_key_value_store(KvsARN=POINTER.arn + "x")
