"""AWS services that speak JSON (DynamoDB, Step Functions, Secrets Manager, SQS, CodeBuild), by `http.client` alone.

The edge starts in tens of milliseconds because of this (docs/adr/0006): it signs with Signature Version 4 and sends
over a kept `http.client` connection. Facts: IAM User Guide, "Create a signed AWS API request"; each service's API
reference for target prefix and protocol version.
"""

import hashlib
import hmac
import http.client
import json
import random
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.domain.errors import Unavailable

SERVICES: dict[str, tuple[str, str, str]] = {
    "dynamodb": ("dynamodb", "DynamoDB_20120810", "1.0"),
    "states": ("states", "AWSStepFunctions", "1.0"),
    "secretsmanager": ("secretsmanager", "secretsmanager", "1.1"),
    "sqs": ("sqs", "AmazonSQS", "1.0"),
    "codebuild": ("codebuild", "CodeBuild_20161006", "1.1"),
}
"""Signing name: (host prefix, X-Amz-Target prefix, JSON protocol version)."""

_ENDPOINT_VARIABLES = {
    "dynamodb": "DYNAMODB",
    "states": "SFN",
    "secretsmanager": "SECRETS_MANAGER",
    "sqs": "SQS",
    "codebuild": "CODEBUILD",
}
_TRY_SECONDS = 1.5
_CALL_SECONDS = 2.2
"""For all tries of one call: chat waits for about three seconds, and a busy service answers no sooner when pressed."""
_TRIES = 3
_TRANSIENT = {
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}


class AwsError(Exception):
    """A service said no. `code` is the exception's name without its namespace; `body` the whole answer."""

    def __init__(self, code: str, message: str, body: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.body = body


class JsonClient:
    """One service. Raises AwsError where it refused and Unavailable where it did not answer after a few tries."""

    def __init__(
        self,
        service: str,
        environment: Mapping[str, str],
        *,
        pause: Callable[[float], None] = time.sleep,
        watch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._environment = environment
        self._region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._endpoint = urlsplit(self._find_endpoint())
        self._pause = pause
        self._watch = watch
        self._connection: http.client.HTTPConnection | None = None

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request. A reply that was lost is asked for again, so an operation must bear being sent twice."""
        _, target, version = SERVICES[self._service]
        body = json.dumps(request).encode()
        headers = {
            "content-type": f"application/x-amz-json-{version}",
            "x-amz-target": f"{target}.{operation}",
        }
        until = self._watch() + _CALL_SECONDS
        for attempt in range(_TRIES):
            try:
                return self._send(body, headers, seconds=min(_TRY_SECONDS, until - self._watch()))
            except (OSError, http.client.HTTPException) as error:
                self.close()
                last: Exception = error
            except AwsError as error:
                if error.code not in _TRANSIENT:
                    raise
                last = error
            pause = random.uniform(0.01, 0.06 * 2**attempt)  # noqa: S311 - spreads retries, guards nothing
            if attempt + 1 == _TRIES or self._watch() + pause >= until:
                break
            self._pause(pause)
        raise Unavailable(f"{self._service} {operation}: {type(last).__name__}") from last

    def _send(self, body: bytes, headers: dict[str, str], *, seconds: float) -> dict[str, Any]:
        signed = sign(
            self._environment,
            service=self._service,
            region=self._region,
            host=self._endpoint.netloc,
            headers=headers,
            body=body,
            now=time.time(),
        )
        connection = self._connect(max(seconds, 0.1))
        connection.request("POST", "/", body, signed)
        response = connection.getresponse()
        return _answer(response.status, response.read())

    def _connect(self, seconds: float) -> http.client.HTTPConnection:
        """The kept connection, or a new one; one that the service has closed in the meantime fails at once."""
        if self._connection is None:
            host, port = self._endpoint.hostname or "", self._endpoint.port
            if self._endpoint.scheme == "https":
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=seconds)
        if self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)
        return self._connection

    def close(self) -> None:
        """Drop the kept connection; the next call makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _find_endpoint(self) -> str:
        """As the SDKs do it: the service's own variable, the general one, then AWS's regional address."""
        own = self._environment.get(f"AWS_ENDPOINT_URL_{_ENDPOINT_VARIABLES[self._service]}")
        prefix = SERVICES[self._service][0]
        return (
            own
            or self._environment.get("AWS_ENDPOINT_URL")
            or f"https://{prefix}.{self._region}.amazonaws.com"
        )


def _answer(status: int, content: bytes) -> dict[str, Any]:
    """What a service said. An answer that can not be read is as good as lost."""
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        if status < 300:
            raise http.client.IncompleteRead(content)
        answer = {}
    if status < 300:
        return answer
    code = str(answer.get("__type", "")).rpartition("#")[2]
    message = str(answer.get("message") or answer.get("Message") or "")
    if status >= 500 or (status == 429 and not code):
        raise AwsError("ServiceUnavailable", f"{status} {code} {message}".strip(), answer)
    raise AwsError(code or str(status), message, answer)


def sign(
    environment: Mapping[str, str],
    *,
    service: str,
    region: str,
    host: str,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
) -> dict[str, str]:
    """The headers of a POST to `/` with its Signature Version 4."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    date = stamp[:8]
    signed = {**headers, "host": host, "x-amz-date": stamp}
    if environment.get("AWS_SESSION_TOKEN"):
        signed["x-amz-security-token"] = environment["AWS_SESSION_TOKEN"]
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        [
            "POST",
            "/",
            "",
            *(f"{name}:{signed[name].strip()}" for name in sorted(signed)),
            "",
            names,
            _sha256(body),
        ]
    )
    scope = f"{date}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, _sha256(canonical.encode())])
    key = f"AWS4{environment.get('AWS_SECRET_ACCESS_KEY', '')}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    credential = f"{environment.get('AWS_ACCESS_KEY_ID', '')}/{scope}"
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return signed


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
