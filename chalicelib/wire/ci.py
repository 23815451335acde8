"""CI's reports: signed after the Standard Webhooks specification, then read strictly.

Facts: the specification at github.com/standard-webhooks (headers, signature scheme, `whsec_` keys).
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.builds import VERSION, Build, BuildStatus
from chalicelib.domain.commands import NAME
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import ci
from chalicelib.domain.reasons import Reason

WINDOW_SECONDS = 300
BODY_LIMIT = 65_536
_SOURCE = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,128}\Z")
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z")
_COMMIT = re.compile(r"[0-9a-f]{7,64}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_ARTIFACT = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([A-Za-z0-9][A-Za-z0-9._/+-]{0,500})\Z")
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?/[A-Za-z0-9._~/?&=%#+-]{0,500}\Z")


@dataclass(frozen=True, slots=True)
class Report:
    """A build's report and the id of the message that brought it."""

    source: str
    event: str
    build: Build


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """Refused unless one of the source's live secrets signed this id, this time and exactly these bytes."""
    found = _lower(headers)
    identifier, timestamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not _IDENTIFIER.match(identifier) or not _TIMESTAMP.match(timestamp):
        raise Refused(Reason.BAD_SIGNATURE)
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        raise Refused(Reason.STALE_REQUEST)
    if len(body) > BODY_LIMIT:
        raise Refused(Reason.TOO_LARGE, limit=str(BODY_LIMIT))
    given = [part[3:] for part in found.get("webhook-signature", "").split(" ") if part.startswith("v1,")]
    signed = f"{identifier}.{timestamp}.".encode() + body
    matches = [
        hmac.compare_digest(_mac(key, signed), signature.encode("utf-8", "replace"))
        for key in _keys(secrets)
        for signature in given
    ]
    if not any(matches):
        raise Refused(Reason.BAD_SIGNATURE)


def parse(source: str, headers: Mapping[str, str], body: bytes, now: float, region: str) -> Report:
    """A report from a verified body: `{"type": "build.started" | "build.finished", "data": {...}}`."""
    if not _SOURCE.match(source):
        raise Refused(Reason.UNKNOWN_SOURCE, source="of that name")
    document = _json(body)
    if document.get("type") not in {"build.started", "build.finished"}:
        raise _bad("`type` is neither `build.started` nor `build.finished`")
    data = document.get("data")
    if not isinstance(data, dict):
        raise _bad("`data` is not an object")
    return Report(source, f"ci-{source}-{_lower(headers)['webhook-id']}", _build(source, data, now, region))


def _build(source: str, data: Mapping[str, Any], now: float, region: str) -> Build:
    status = _text(data, "status", re.compile(r"(running|passed|failed)\Z"), "running, passed or failed")
    passed = status == BuildStatus.PASSED
    artifact = _text(data, "artifact", _ARTIFACT, "s3://bucket/key of safe characters", needed=passed)
    return Build(
        service=_text(data, "service", NAME, "a service's name"),
        version=_text(data, "version", VERSION, "letters, digits and ._+-, 64 at most"),
        status=BuildStatus(status),
        reported_by=ci(source),
        reported_at=now,
        commit=_text(data, "commit", _COMMIT, "7 to 64 hexadecimal digits", needed=False),
        author=_author(data),
        url=_text(data, "url", _URL, "an https address", needed=False),
        artifact=_https(artifact, region),
        sha256=_text(data, "sha256", _SHA256, "64 hexadecimal digits", needed=passed),
    )


def _https(artifact: str, region: str) -> str:
    """The address that a host downloads from (aws:downloadContent takes S3's https form)."""
    found = _ARTIFACT.match(artifact)
    return f"https://{found[1]}.s3.{region}.amazonaws.com/{found[2]}" if found else ""


def _author(data: Mapping[str, Any]) -> str:
    found = data.get("author", "")
    if not isinstance(found, str) or len(found) > 200 or not found.isprintable():
        raise _bad("`author` is not printable text of 200 characters at most")
    return found


def _text(
    data: Mapping[str, Any], name: str, allowed: re.Pattern[str], words: str, *, needed: bool = True
) -> str:
    found = data.get(name, "")
    if not found and not needed:
        return ""
    if not isinstance(found, str) or not allowed.match(found):
        raise _bad(f"`data.{name}` is not {words}")
    return found


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _bad("it is not JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise _bad("it is not an object")
    return found


def _keys(secrets: Sequence[str]) -> list[bytes]:
    """The keys of the live secrets; one that can not be read, or is empty, opens nothing."""
    keys = []
    for secret in secrets:
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            continue
        if key:
            keys.append(key)
    return keys


def _mac(key: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _bad(problem: str) -> Refused:
    return Refused(Reason.BAD_BODY, problem=problem)
