"""The SHA-256 that S3 itself keeps of an object, for where listings do not tell whether two objects are the same: boto3
is slow to load, and each object takes a request, since a listing names a checksum's algorithm and not its value (S3 API
reference, "Object")."""

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.adapters.boto_errors import aws

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3.client import S3Client


class S3Checksums:
    """Call it with bucket and key."""

    def __init__(self, client: "Callable[[], S3Client]") -> None:
        self._make = client

    def __call__(self, bucket: str, key: str) -> str:
        """Base64; empty where S3 keeps none, or one that was made of those of parts (S3 User Guide, "Checking object
        integrity": it ends with their number)."""
        with aws("HeadObject"):
            found = self._client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        sha256 = found.get("ChecksumSHA256", "")
        return "" if "-" in sha256 else sha256

    @cached_property
    def _client(self) -> "S3Client":
        return self._make()
