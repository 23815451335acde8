"""CloudFront's key-value stores, by the standard library and awscrt alone.

Going back is one write here, and what a step waits for most is loading boto3; as at the edge (ADR 6) it is left out.
The API takes only requests that are signed with SigV4A, which awscrt does for botocore too ("Work with key value data",
CloudFront Developer Guide; "CloudFront KeyValueStore API", its reference). The tests hold each request against
botocore's.
"""

import http.client
import io
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

from chalicelib.adapters.boto_errors import TRANSIENT
from chalicelib.domain.errors import Conflict, StepFailed, Unavailable
from chalicelib.domain.reasons import Reason

SERVICE = "cloudfront-keyvaluestore"
HOST = "cloudfront-kvs.global.api.aws"
_TRIES, _SECONDS, _PAUSE = 3, 5.0, 0.2


class _Missing(StepFailed):
    """There is no such key, or no such store."""


class _Asked(NamedTuple):
    """One call: its name, and how it is asked below the store's address."""

    step: str
    method: str
    path: str
    etag: str = ""
    body: bytes = b""


class KeyValueStores:
    """The stores of an account, by their ARNs. Raises Unavailable where the API did not answer after a few tries."""

    def __init__(
        self, environment: Mapping[str, str], *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._environment, self._pause = environment, pause
        self._kept: dict[str, http.client.HTTPConnection] = {}
        self._one_at_a_time = threading.Lock()

    def close(self) -> None:
        """Drop the kept connections; the next call makes a new one."""
        while self._kept:
            self._kept.popitem()[1].close()

    def etag(self, store: str) -> str:
        """DescribeKeyValueStore: what the next write has to name."""
        etag, _ = self._call(store, _Asked("DescribeKeyValueStore", "GET", ""))
        return etag

    def value(self, store: str, key: str) -> str:
        """GetKey; empty where there is no such key."""
        try:
            _, found = self._call(store, _Asked("GetKey", "GET", f"/keys/{quote(key, safe='')}"))
        except _Missing:
            return ""
        return str(found["Value"])

    def update(self, store: str, etag: str, values: Mapping[str, str]) -> None:
        """UpdateKeys: "puts or deletes multiple key-value pairs in a single, all-or-nothing operation". Conflict where
        somebody has written since."""
        puts = [{"Key": key, "Value": value} for key, value in values.items()]
        body = json.dumps({"Puts": puts}).encode()
        self._call(store, _Asked("UpdateKeys", "POST", "/keys", etag, body))

    def _call(self, store: str, asked: _Asked) -> tuple[str, dict[str, Any]]:
        """The answer and its ETag. A reply that was lost is asked for again: a write that had its effect is a Conflict
        then, and whoever looks finds what it wrote."""
        last = ""
        for attempt in range(_TRIES):
            try:
                with self._one_at_a_time:
                    return self._sent(store, asked)
            except Unavailable as error:
                last = str(error)
            except (
                OSError,
                http.client.HTTPException,
            ) as error:  # as a kept connection that was closed meanwhile
                last = type(error).__name__
            if attempt + 1 < _TRIES:
                self._pause(_PAUSE * 2**attempt)
        raise Unavailable(f"{asked.step}: {last}")

    def _sent(self, store: str, asked: _Asked) -> tuple[str, dict[str, Any]]:
        base = urlsplit(self._endpoint(store))
        path = f"{base.path}/key-value-stores/{quote(store, safe='')}{asked.path}"
        headers = {"host": base.netloc}
        if asked.body:
            length = str(len(asked.body))
            headers |= {"content-type": "application/json", "content-length": length, "if-match": asked.etag}
        signed = sign(self._environment, asked.method, path, headers, asked.body)
        connection = self._kept.pop(base.netloc, None) or _connection(base)
        try:
            connection.request(asked.method, path, asked.body or None, signed)
            reply = connection.getresponse()
            content = reply.read()
        except BaseException:  # whatever it is goes on, without this connection
            connection.close()
            raise
        self._kept[base.netloc] = connection
        if reply.status >= HTTPStatus.MULTIPLE_CHOICES:
            _refuse(asked.step, reply.status, reply.headers.get("x-amzn-errortype", ""), content)
        return reply.headers.get("etag", ""), _parsed(content)

    def _endpoint(self, store: str) -> str:
        """As the SDKs do it: before whatever host it is comes the account of the store."""
        named = self._environment.get(f"AWS_ENDPOINT_URL_{SERVICE.upper().replace('-', '_')}")
        base = urlsplit(named or self._environment.get("AWS_ENDPOINT_URL") or f"https://{HOST}")
        return f"{base.scheme}://{store.split(':')[4]}.{base.netloc}{base.path.rstrip('/')}"


def sign(
    environment: Mapping[str, str], method: str, path: str, headers: Mapping[str, str], body: bytes
) -> dict[str, str]:
    """The headers of a request with their SigV4A, for any region."""
    import awscrt.auth  # noqa: PLC0415 - only where a store is asked
    import awscrt.http  # noqa: PLC0415 - the same

    keys = awscrt.auth.AwsCredentialsProvider.new_static(
        environment.get("AWS_ACCESS_KEY_ID", ""),
        environment.get("AWS_SECRET_ACCESS_KEY", ""),
        environment.get("AWS_SESSION_TOKEN") or None,
    )
    how = awscrt.auth.AwsSigningConfig(
        algorithm=awscrt.auth.AwsSigningAlgorithm.V4_ASYMMETRIC,
        signature_type=awscrt.auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=keys,
        region="*",
        service=SERVICE,
    )
    named = awscrt.http.HttpHeaders(list(headers.items()))
    request = awscrt.http.HttpRequest(method, path, named, io.BytesIO(body) if body else None)
    awscrt.auth.aws_sign_request(request, how).result(_SECONDS)
    return dict(request.headers)


def _connection(base: SplitResult) -> http.client.HTTPConnection:
    if base.scheme == "http":
        return http.client.HTTPConnection(base.netloc, timeout=_SECONDS)
    return http.client.HTTPSConnection(base.netloc, timeout=_SECONDS, context=ssl.create_default_context())


def _refuse(step: str, status: int, kind: str, content: bytes) -> None:
    """Raise what an answer that is no success means."""
    code = kind.partition(":")[0].rpartition("#")[2]
    if code == "ConflictException":
        raise Conflict("the key-value store changed at the same moment")
    if (
        code in TRANSIENT
        or status == HTTPStatus.TOO_MANY_REQUESTS
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        raise Unavailable(code or str(status))
    said = json.loads(content) if content.startswith(b"{") else {}
    message = str(said.get("Message") or said.get("message") or "")
    failed = _Missing if code == "ResourceNotFoundException" else StepFailed
    raise failed(Reason.INTERNAL, step=step, what=f"{code or status}: {message}".rstrip(": .")[:300])


def _parsed(content: bytes) -> dict[str, Any]:
    """An answer that can not be read is as good as lost."""
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        raise http.client.IncompleteRead(content) from None
    if not isinstance(answer, dict):
        raise http.client.IncompleteRead(content)
    return answer
