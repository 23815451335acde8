"""AWS services that speak JSON (DynamoDB, Step Functions, Secrets Manager), by the standard library alone.

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
}
"""Signing name: (host prefix, X-Amz-Target prefix, JSON protocol version)."""

_ENDPOINT_VARIABLES = {"dynamodb": "DYNAMODB", "states": "SFN", "secretsmanager": "SECRETS_MANAGER"}
_CONNECT_SECONDS = 1.5
_TRIES = 3
_TRANSIENT = {
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "InternalServerError",
    "InternalFailure",
    "ServiceUnavailable",
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
        self, service: str, environment: Mapping[str, str], *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._service = service
        self._environment = environment
        self._region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
        self._endpoint = urlsplit(self._find_endpoint())
        self._pause = pause
        self._connection: http.client.HTTPConnection | None = None

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request. A reply that was lost is asked for again, so an operation must bear being sent twice."""
        _, target, version = SERVICES[self._service]
        body = json.dumps(request).encode()
        headers = {
            "content-type": f"application/x-amz-json-{version}",
            "x-amz-target": f"{target}.{operation}",
        }
        for attempt in range(_TRIES):
            try:
                return self._send(body, headers)
            except (OSError, http.client.HTTPException) as error:
                self._close()
                last: Exception = error
            except AwsError as error:
                if error.code not in _TRANSIENT:
                    raise
                last = error
            if attempt + 1 < _TRIES:
                self._pause(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - spreads retries, guards nothing
        raise Unavailable(f"{self._service} {operation}: {type(last).__name__}") from last

    def _send(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        signed = sign(
            self._environment,
            service=self._service,
            region=self._region,
            host=self._endpoint.netloc,
            headers=headers,
            body=body,
            now=time.time(),
        )
        connection = self._connect()
        connection.request("POST", "/", body, signed)
        response = connection.getresponse()
        content = response.read()
        try:
            answer = json.loads(content) if content else {}
        except ValueError:
            answer = {}
        if response.status < 300:
            return dict(answer)
        code = str(answer.get("__type", "")).rpartition("#")[2]
        if response.status >= 500:
            raise AwsError("InternalServerError", code or str(response.status), answer)
        raise AwsError(
            code or str(response.status), str(answer.get("message") or answer.get("Message") or ""), answer
        )

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._endpoint.hostname or "", self._endpoint.port
            if self._endpoint.scheme == "https":
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(
                    host, port, timeout=_CONNECT_SECONDS, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=_CONNECT_SECONDS)
        return self._connection

    def _close(self) -> None:
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
