"""Builds and releases as CI reports them: signed after the Standard Webhooks specification, parsed through allow-lists.

Signature scheme: github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. The body:
`{"type": "build.started" | "build.finished", "timestamp", "data": {"service", "version", "status", ...}}` or
`{"type": "release.pushed", "timestamp", "data": {"service", "tag", "manifest", ...}}` (docs/openapi.yaml).
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.brief import Counts
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import NAME
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import TAG, VERSION, Release
from chalicelib.domain.reasons import Reason
from chalicelib.wire.reading import (
    bad,
    header,
    inner,
    json_object,
    matching,
    optional,
    refuse_larger,
    seconds,
    texts,
)

WINDOW_SECONDS = 300
MOST_BODY = 65_536
PUSHED = "release.pushed"
_MOST_WHOLE = 10**15
_PREFIX = "whsec_"
_SHORTEST_KEY = 16
"""The specification asks for 24 bytes; what is shorter than this is a mistake, not a key."""

_ID = re.compile(r"[A-Za-z0-9_:+=/-]{1,128}", re.ASCII)
"""No full stop: the parts of what is signed are divided by it."""
_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_URL = re.compile(
    r"https://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/?#&=%+@:,;-]{0,1500})?", re.ASCII
)
_BUCKET = r"(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])"
_KEY = r"(?P<key>[A-Za-z0-9._+-][A-Za-z0-9._/+-]{0,511})"
_ARTIFACT = re.compile(
    rf"s3://{_BUCKET}/{_KEY}"
    r"|https://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\.s3\.[a-z0-9-]+\.amazonaws\.com/[A-Za-z0-9._+-][A-Za-z0-9._/+-]{0,511}"
)
_S3 = re.compile(rf"s3://{_BUCKET}/{_KEY}")
_AUTHOR = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,120}")
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]{1,200}")
_MOST_TESTS = 10_000_000
_STATUS: dict[str, frozenset[str]] = {
    "build.started": frozenset({"running"}),
    "build.finished": frozenset({"passed", "failed"}),
}


@dataclass(frozen=True, slots=True)
class Report:
    """A build or a release, and the id of the delivery that reported it; a redelivery has the same."""

    event: str
    about: Build | Release


def secrets_of(source: str, document: Mapping[str, object]) -> tuple[str, ...]:
    """A source's live secrets, of the edge's whole document; there are two while one is being rotated."""
    sources = document.get("ci")
    return texts(sources.get(source)) if isinstance(sources, dict) else ()


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """Refused(BAD_SIGNATURE | STALE_REQUEST) unless one of the live secrets signed this within five minutes.

    A secret that is not `whsec_` and base64 opens nothing; without a secret nothing passes.
    """
    identifier, timestamp = header(headers, "webhook-id"), header(headers, "webhook-timestamp")
    sent = seconds(timestamp)
    if sent is None or _ID.fullmatch(identifier) is None:
        raise Refused(Reason.BAD_SIGNATURE)
    if abs(now - sent) > WINDOW_SECONDS:
        raise Refused(Reason.STALE_REQUEST)
    signed = f"{identifier}.{timestamp}.".encode() + body
    expected = [_signature(key, signed) for secret in secrets if (key := _key(secret))]
    given = header(headers, "webhook-signature").encode("utf-8", "replace").split(b" ")[:16]
    matches = [hmac.compare_digest(mine, theirs) for mine in expected for theirs in given]
    if not any(matches):
        raise Refused(Reason.BAD_SIGNATURE)


def parse(source: str, headers: Mapping[str, str], body: bytes, now: float, region: str) -> Report:
    """The report; `s3://` artifacts become the https address in `region` that hosts download from."""
    refuse_larger(body, MOST_BODY)
    identifier = matching({"webhook-id": header(headers, "webhook-id")}, "webhook-id", _ID)
    message = json_object(body, "the body")
    if message.get("type") == PUSHED:
        return Report(f"ci-{source}.{identifier}", _release(source, inner(message, "data"), now))
    statuses = _STATUS.get(message["type"]) if isinstance(message.get("type"), str) else None
    if statuses is None:
        raise bad("`type` is none of `build.started`, `build.finished` and `release.pushed`")
    data = inner(message, "data")
    if data.get("status") not in list(statuses):
        raise bad(f"`status` does not belong to `{message['type']}`")
    # Neither a source nor an id has a full stop, so no source can use up the ids of another.
    return Report(f"ci-{source}.{identifier}", _build(source, data, now, region))


def _release(source: str, data: Mapping[str, Any], now: float) -> Release:
    service, tag = matching(data, "service", NAME), matching(data, "tag", TAG)
    if not tag.startswith(f"{service}_"):
        raise bad("`tag` is that of another service")
    environment = optional(data, "environment", NAME)
    return Release(
        service=service,
        tag=tag,
        manifest=matching(data, "manifest", _SHA256),
        reported_by=ci(source),
        reported_at=now,
        **{name: _whole(data, name) for name in ("files", "bytes", "added", "changed", "removed")},
        before=optional(data, "before", TAG),
        version=optional(data, "version", VERSION),
        commit=optional(data, "commit", _COMMIT).lower(),
        environments=(environment,) if environment else (),
    )


def _whole(given: Mapping[str, Any], name: str) -> int:
    number = given.get(name)
    if type(number) is not int or not 0 <= number < _MOST_WHOLE:
        raise bad(f"`{name}` is not a whole number")
    return number


def _build(source: str, data: Mapping[str, Any], now: float, region: str) -> Build:
    status = BuildStatus(data["status"])
    packaged = matching if status is BuildStatus.PASSED else optional
    return Build(
        service=matching(data, "service", NAME),
        version=matching(data, "version", VERSION),
        status=status,
        reported_by=ci(source),
        reported_at=now,
        commit=optional(data, "commit", _COMMIT).lower(),
        author=optional(data, "author", _AUTHOR),
        url=optional(data, "url", _URL),
        message=optional(data, "message", _LINE),
        tests=_tests(data),
        artifact=_address(packaged(data, "artifact", _ARTIFACT), region),
        sha256=packaged(data, "sha256", _SHA256),
    )


def _tests(data: Mapping[str, Any]) -> Counts | None:
    """Two counts, or nothing."""
    if data.get("tests") is None:
        return None
    given = inner(data, "tests")
    return Counts(_count(given, "passed"), _count(given, "failed"))


def _count(given: Mapping[str, Any], name: str) -> int:
    number = given.get(name)
    if type(number) is not int or not 0 <= number <= _MOST_TESTS:
        raise bad(f"`{name}` is not a whole number of tests")
    return number


def _address(artifact: str, region: str) -> str:
    """The virtual-hosted form (S3 User Guide, "Virtual hosting of buckets"), which `aws:downloadContent` takes."""
    if "/../" in artifact or artifact.endswith("/.."):
        raise bad("`artifact` goes up a folder")
    found = _S3.fullmatch(artifact)
    return f"https://{found['bucket']}.s3.{region}.amazonaws.com/{found['key']}" if found else artifact


def _key(secret: str) -> bytes:
    """The key inside a secret; empty where there is none."""
    if not secret.startswith(_PREFIX):
        return b""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return key if len(key) >= _SHORTEST_KEY else b""


def _signature(key: bytes, signed: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
