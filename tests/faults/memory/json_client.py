"""The product's own JsonClient with its tries, over the wire to a service in memory instead of over HTTP."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from tests.faults.wire import Sending, Wire

Service = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class JsonTroubles:
    """How DynamoDB, Step Functions and Secrets Manager fail ("Common errors" of each API reference)."""

    def __init__(self, service: str) -> None:
        self._throttle = {
            "dynamodb": "ProvisionedThroughputExceededException",
            "states": "ThrottlingException",
        }.get(service, "ThrottlingException")

    def error(self) -> Exception:
        """500."""
        return AwsError("InternalServerError", "told to fail", {})

    def lost(self) -> Exception:
        """The connection was reset."""
        return ConnectionResetError("told to fail")

    def throttled(self) -> Exception:
        """400 with the service's own code."""
        return AwsError(self._throttle, "told to fail", {})


class MemoryClient(JsonClient):
    """One service; nothing sleeps between its tries."""

    def __init__(self, service: str, answer: Service, wire: Wire) -> None:
        super().__init__(service, {"AWS_REGION": "us-east-1"}, pause=lambda _: None, watch=lambda: 0.0)
        self._name = service
        self._answer = answer
        self._wire = wire
        self._troubles = JsonTroubles(service)
        self._sending: Sending | None = None

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """One call, however many tries it takes."""
        self._sending = self._wire.call(f"{self._name}.{operation}")
        return super().call(operation, request)

    def _send(self, body: bytes, headers: dict[str, str], *, seconds: float) -> dict[str, Any]:  # noqa: ARG002 - nothing waits
        operation = headers["x-amz-target"].rpartition(".")[2]
        assert self._sending is not None, "a try belongs to a call"
        return self._sending.send(lambda: self._answer(operation, json.loads(body)), self._troubles)
