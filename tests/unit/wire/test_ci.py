"""CI's door: Standard Webhooks signatures, and a report read through allow-lists."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from chalicelib.domain.brief import Counts
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import ci as ci_actor
from chalicelib.domain.reasons import Reason
from chalicelib.wire import ci
from tests.unit.wire.test_slack_request import NESTED, only_refused, reason

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"another-key-of-24-bytes!").decode()
IDENTIFIER, SENT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS = {"webhook-id": IDENTIFIER, "webhook-timestamp": str(SENT), "webhook-signature": SIGNATURE}
DATA: dict[str, object] = {
    "service": "cameras",
    "version": "142",
    "status": "passed",
    "commit": "9F3C2B1",
    "author": "build-server",
    "artifact": "s3://artifacts-123/cameras/cameras-142.tar.gz",
    "sha256": "a" * 64,
    "url": "https://ci.example.test/builds/142?tab=log",
}


def built(found: ci.Report) -> Build:
    """The build that a report is about."""
    assert isinstance(found.about, Build)
    return found.about


def report(kind: str = "build.finished", /, **changes: object) -> bytes:
    """A report's body; None leaves a field out."""
    data = {name: value for name, value in (DATA | changes).items() if value is not None}
    return json.dumps({"type": kind, "timestamp": "2026-11-22T14:05:00Z", "data": data}).encode()


def read(body: bytes) -> ci.Report:
    """The report of a body."""
    return ci.parse("jenkins", HEADERS, body, 1_700_000_000.0, "eu-west-1")


def problem(call: Callable[[], object]) -> str:
    """What a call says was wrong with the body."""
    with pytest.raises(Refused) as refused:
        call()
    assert refused.value.reason == Reason.BAD_BODY
    return refused.value.facts["problem"]


def test_the_published_example_verifies() -> None:
    """The specification's example is accepted."""
    ci.verify(HEADERS, BODY, [SECRET], SENT)


def test_what_the_reference_library_signs_verifies() -> None:
    """Signer and verifier agree on any body, not only on the example."""
    signature = Webhook(SECRET).sign(IDENTIFIER, _moment(SENT), report().decode())
    ci.verify(HEADERS | {"webhook-signature": signature}, report(), [SECRET], SENT)


@pytest.mark.parametrize(
    ("signatures", "secrets"),
    [
        (f"v1,AAAA {SIGNATURE}", [SECRET]),
        (f"v1a,ed25519 {SIGNATURE}", [SECRET]),
        (SIGNATURE, [OTHER, SECRET]),
        (SIGNATURE, ["whsec_not base64", "", SECRET]),
    ],
)
def test_any_signature_may_match_any_live_secret(signatures: str, secrets: list[str]) -> None:
    """Both sides may rotate; a secret that can not be read opens nothing and closes nothing."""
    ci.verify(HEADERS | {"webhook-signature": signatures}, BODY, secrets, SENT)


@pytest.mark.parametrize(
    "secrets", [[], [""], ["whsec_"], ["whsec_AAAA"], [OTHER], [SECRET.removeprefix("whsec_")], ["whsec_ü"]]
)
def test_without_a_right_secret_nothing_passes(secrets: list[str]) -> None:
    """Unset, empty, too short, wrong or unprefixed: closed."""
    assert reason(lambda: ci.verify(HEADERS, BODY, secrets, SENT)) == Reason.BAD_SIGNATURE


def test_the_empty_key_can_not_be_used_to_sign() -> None:
    """`whsec_` alone is a key that anybody has."""
    mac = hmac.new(b"", f"{IDENTIFIER}.{SENT}.".encode() + BODY, hashlib.sha256).digest()
    headers = HEADERS | {"webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}
    assert reason(lambda: ci.verify(headers, BODY, ["whsec_"], SENT)) == Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": ""},
        {"webhook-id": "a.b"},
        {"webhook-id": "x" * 200},
        {"webhook-timestamp": "today"},
        {"webhook-timestamp": f"{SENT}.5"},
        {"webhook-signature": ""},
        {"webhook-signature": SIGNATURE.replace("v1", "v2")},
        {"webhook-signature": "v1,\ud800"},
    ],
)
def test_malformed_headers_are_refused(changed: dict[str, str]) -> None:
    """Missing or malformed headers and other versions are refused."""
    assert reason(lambda: ci.verify(HEADERS | changed, BODY, [SECRET], SENT)) == Reason.BAD_SIGNATURE


@pytest.mark.parametrize("away", [-301, 301])
def test_outside_the_window_is_stale(away: int) -> None:
    """Five minutes either way."""
    assert reason(lambda: ci.verify(HEADERS, BODY, [SECRET], SENT + away)) == Reason.STALE_REQUEST


def test_the_id_is_part_of_what_is_signed() -> None:
    """A redelivery can not be given a new id to get past the deduplication."""
    headers = HEADERS | {"webhook-id": "msg_another"}
    assert reason(lambda: ci.verify(headers, BODY, [SECRET], SENT)) == Reason.BAD_SIGNATURE


def test_a_passed_build_is_read() -> None:
    """The artifact becomes the address that hosts download from; the time is ours."""
    found = read(report())
    assert found.event == f"ci-jenkins.{IDENTIFIER}"
    assert built(found).status is BuildStatus.PASSED
    assert (
        built(found).artifact == "https://artifacts-123.s3.eu-west-1.amazonaws.com/cameras/cameras-142.tar.gz"
    )
    assert built(found).commit == "9f3c2b1"
    assert built(found).reported_by == ci_actor("jenkins")
    assert built(found).reported_at == 1_700_000_000.0


def test_what_changed_and_how_it_was_tested_is_read() -> None:
    """Both are optional: without them nothing is claimed."""
    told = read(report(message="Reconnect at once", tests={"passed": 120, "failed": 2}))
    assert (built(told).message, built(told).tests) == ("Reconnect at once", Counts(120, 2))
    silent = read(report())
    assert (built(silent).message, built(silent).tests) == ("", None)


@pytest.mark.parametrize(
    "tests",
    [
        {},
        {"passed": 1},
        {"passed": "1", "failed": 0},
        {"passed": -1, "failed": 0},
        {"passed": 1.5, "failed": 0},
        {"passed": True, "failed": 0},
        {"passed": 10**9, "failed": 0},
        [],
        "120",
    ],
)
def test_tests_are_two_counts(tests: object) -> None:
    """Anything else is refused, by its name."""
    assert "`" in problem(lambda: read(report("build.finished", tests=tests)))


def test_a_build_that_started_has_no_artifact_yet() -> None:
    """Only a build that passed has to name its package."""
    found = read(report("build.started", status="running", artifact=None, sha256=None, url=None))
    assert (built(found).status, built(found).artifact, built(found).url) == (BuildStatus.RUNNING, "", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("service", "Cameras"),
        ("service", None),
        ("version", "1 42"),
        ("version", "-rf"),
        ("version", "142\n"),
        ("version", "a" * 65),
        ("version", 142),
        ("status", "skipped"),
        ("status", "running"),
        ("status", ["passed"]),
        ("commit", "main"),
        ("commit", "abc"),
        ("author", "two\nlines"),
        ("author", "x" * 121),
        ("message", "two\nlines"),
        ("message", "x" * 201),
        ("artifact", None),
        ("artifact", ""),
        ("artifact", "https://elsewhere.example.test/x.tar.gz"),
        ("artifact", "s3://bucket/$(id)"),
        ("artifact", "s3://bucket/a/../../b"),
        ("artifact", "s3://Bucket/key"),
        ("sha256", None),
        ("sha256", "A" * 64),
        ("sha256", "a" * 63),
        ("url", "http://ci.example.test/1"),
        ("url", "https://ci.example.test/<script>"),
        ("url", "javascript:alert(1)"),
    ],
)
def test_what_is_not_on_an_allow_list_is_refused_by_name(name: str, value: object) -> None:
    """Whatever reaches hosts or chat has to look like what it is."""
    assert f"`{name}`" in problem(lambda: read(report("build.finished", **{name: value})))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"type": 1}',
        b'{"type": "build.finished"}',
        b"[" * 60_000,
        b'{"a":1}' * 2,
    ],
)
def test_malformed_bodies_are_refused(body: bytes) -> None:
    """Not JSON, another shape, nested without end."""
    assert problem(lambda: read(body))


def test_oversized_bodies_are_refused() -> None:
    """A report is small."""
    assert reason(lambda: read(b" " * (ci.MOST_BODY + 1))) == Reason.TOO_LARGE


@given(
    headers=st.dictionaries(st.sampled_from([*HEADERS, "x"]), st.text(max_size=40)),
    body=st.binary(max_size=200),
)
def test_no_bytes_make_the_door_fail(headers: dict[str, str], body: bytes) -> None:
    """Whatever comes, verifying and parsing answer with Refused at most."""
    only_refused(lambda: ci.verify(headers, body, [SECRET], SENT))
    only_refused(lambda: ci.parse("jenkins", headers, body, SENT, "us-east-1"))


@given(name=st.sampled_from(sorted(DATA)), value=NESTED)
def test_no_type_makes_a_report_fail(name: str, value: object) -> None:
    """Any field may be of any type."""
    only_refused(lambda: read(report("build.finished", **{name: value})))


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
