"""The bucket over obstore: its synchronous calls wait outside Python, so that many threads cost little (ADR 0015)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from chalicelib.adapters.object_store import Credentials, endpoint_of, first_line, open_bucket
from chalicelib.domain.release import ROOT, File
from cli.push.bucket import Listed, Unreachable
from cli.push.scan import PART

if TYPE_CHECKING:
    from obstore import Attributes
    from obstore.store import S3Credential

_PARTS_AT_ONCE = 6
_FRESH = timedelta(minutes=8)
"""botocore renews what lasts for ten minutes or less, so what it gives is good for this long."""


class S3Bucket:
    """The port Bucket."""

    def __init__(
        self, name: str, *, region: str, credentials: Credentials, endpoint: str = "", tries: int = 8
    ) -> None:
        self._name = name
        self._store = open_bucket(
            name, region=region, credentials=credentials, endpoint=endpoint, tries=tries
        )

    def tags(self, prefix: str) -> list[str]:
        """The folders under `releases/`."""
        with self._errors("list"):
            # obstore's prefixes are whole folders, so the service's own are picked here.
            found = obstore.list_with_delimiter(self._store, ROOT)["common_prefixes"]
        names = [each.strip("/").rpartition("/")[2] for each in found]
        return [each for each in names if each.startswith(prefix)]

    def read(self, key: str) -> bytes | None:
        """GetObject."""
        with self._errors("read", key):
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError:
                return None

    def create(self, key: str, content: bytes) -> bool:
        """PutObject with If-None-Match (S3 User Guide, "Conditional writes")."""
        headers: Attributes = {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "Content-Encoding": "gzip",
        }
        with self._errors("write", key):
            try:
                obstore.put(self._store, key, content, attributes=headers, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
        return True

    def put(self, key: str, file: File, content: bytes) -> None:
        """PutObject."""
        with self._errors("write", key):
            obstore.put(self._store, key, content, attributes=_headers(file), use_multipart=False)

    def put_parts(self, key: str, file: File, parts: Iterator[bytes]) -> None:
        """A multipart upload; S3 checks a SHA-256 of each part. It is completed only after the last part was got."""
        source = _Source(parts)
        try:
            with self._errors("write", key):
                obstore.put(
                    self._store,
                    key,
                    source,
                    attributes=_headers(file),
                    use_multipart=True,
                    chunk_size=PART,
                    max_concurrency=_PARTS_AT_ONCE,
                )
        except Unreachable:
            if source.error is not None:
                raise source.error from None
            raise

    def objects(self, prefix: str, after: str = "", until: str = "") -> Iterator[Listed]:
        """ListObjectsV2, a thousand at a time."""
        with self._errors("list", prefix):
            for page in obstore.list(self._store, prefix, offset=after or None, chunk_size=1_000):
                for each in page:
                    if until and each["path"] > until:
                        return
                    yield Listed(each["path"], each["size"], each["last_modified"].timestamp())

    @contextmanager
    def _errors(self, what: str, key: str = "") -> Iterator[None]:
        """obstore raises its own errors and some built-in ones, such as PermissionError; both name the answer."""
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            where = f"s3://{self._name}/{key}"
            raise Unreachable(f"could not {what} {where}: {first_line(error)}") from error


class _Source:
    """Parts for obstore, which wraps an error raised here in its own: the error itself is kept."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except StopIteration:
            raise
        except Exception as error:  # whatever it is, obstore would hide it
            self.error = error
            raise


def connect(bucket: str, *, region: str | None = None) -> S3Bucket:
    """The bucket with the credentials and the endpoint of whoever runs the command, as the AWS CLI finds them.

    Raises Unreachable where there are none.
    """
    endpoint = endpoint_of(os.environ)
    region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    given = _from_environment()
    if given and region:
        return S3Bucket(bucket, region=region, credentials=lambda: given, endpoint=endpoint)
    import botocore.exceptions  # noqa: PLC0415  # what CI has in its environment costs no import
    import botocore.session  # noqa: PLC0415  # the same

    session = botocore.session.Session()
    try:
        found = session.get_credentials()
        region = region or session.get_config_variable("region")
    except botocore.exceptions.BotoCoreError as error:
        raise Unreachable(str(error)) from error
    if found is None:
        raise Unreachable("no AWS credentials; sign in, or set AWS_PROFILE")
    if not region:
        raise Unreachable("no AWS region; set AWS_REGION or give --region")

    def credentials() -> "S3Credential":
        frozen = found.get_frozen_credentials()
        return {
            "access_key_id": str(frozen.access_key),
            "secret_access_key": str(frozen.secret_key),
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _FRESH,
        }

    return S3Bucket(bucket, region=str(region), credentials=credentials, endpoint=endpoint)


def _from_environment() -> "S3Credential | None":
    """Keys that stand in the environment, where no profile does: what CI systems give to a job."""
    access, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not access or not secret or os.environ.get("AWS_PROFILE"):
        return None
    token = os.environ.get("AWS_SESSION_TOKEN")
    return {"access_key_id": access, "secret_access_key": secret, "token": token, "expires_at": None}


def _headers(file: File) -> "Attributes":
    headers: Attributes = {"Content-Type": file.content_type, "Cache-Control": file.cache}
    if file.encoding:
        headers["Content-Encoding"] = file.encoding
    return headers
