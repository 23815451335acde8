"""Where a distribution gets what it does not keep: the bucket, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSED_ON = ("content-type", "cache-control", "content-encoding", "etag", "last-modified")
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=sandbox-edge/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}
"""As an origin access control signs; the emulator reads only whose the key is."""
_SECONDS = ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What whoever asks gets."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Origin(Protocol):
    """Whatever has the files."""

    async def get(self, key: str, etag: str) -> Reply:
        """What is under a key that begins with `/`: status 304 where it still has this ETag, 0 where nobody answers."""


@dataclass(frozen=True, slots=True)
class HttpOrigin:
    """A bucket's address with the origin path, such as `http://127.0.0.1:4566/web/live/staging`."""

    address: str
    http: ClientSession

    async def get(self, key: str, etag: str) -> Reply:
        """One GET."""
        headers = {**SIGNED, "If-None-Match": etag} if etag else SIGNED
        try:
            url = URL(f"{self.address}{key}", encoded=True)
            async with self.http.get(url, headers=headers, timeout=_SECONDS) as found:
                given = {name: found.headers[name] for name in PASSED_ON if name in found.headers}
                return Reply(found.status, given, await found.read())
        except (ClientError, TimeoutError):
            return Reply(0, {}, b"")
