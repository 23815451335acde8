"""boto3's own clients, whose requests are answered in this process: after boto has checked them, before it sends them.

botocore's events do that ("Extensibility guide", provide-client-params and before-call), so parameters are validated,
pages are turned and errors are raised by botocore itself.
"""

from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ConnectionClosedError

from tests.faults.wire import Wire

Service = Callable[[str, Mapping[str, Any]], dict[str, Any]]
SERVICES = ("ec2", "elbv2", "ssm", "route53", "cloudwatch")


class Refusal(Exception):
    """A service says no, with its code."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class BotoTroubles:
    """How EC2, ELB, SSM, Route 53 and CloudWatch fail ("Error codes" of each)."""

    def __init__(self, service: str) -> None:
        self._throttle = {"ec2": "RequestLimitExceeded", "route53": "PriorRequestNotComplete"}.get(
            service, "ThrottlingException" if service == "ssm" else "Throttling"
        )

    def error(self) -> Exception:
        """500."""
        return Refusal("InternalError", "told to fail", HTTPStatus.INTERNAL_SERVER_ERROR)

    def lost(self) -> Exception:
        """The connection was closed."""
        return ConnectionClosedError(endpoint_url="https://service.invalid/")

    def throttled(self) -> Exception:
        """The service's own code."""
        return Refusal(self._throttle, "told to fail")


class _Response(NamedTuple):
    status_code: int


class Bridge:
    """The clients, made once in a process, and what answers them now."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}
        self.wire = Wire()
        session: Any = boto3.Session(
            aws_access_key_id="memory", aws_secret_access_key="memory", region_name="us-east-1"
        )
        self.clients: dict[str, Any] = {name: session.client(name) for name in SERVICES}
        for name, client in self.clients.items():
            client.meta.events.register("provide-client-params", _keep)
            client.meta.events.register("before-call", self._answering(name))

    def _answering(self, service: str) -> Callable[..., tuple[_Response, dict[str, Any]]]:
        troubles = BotoTroubles(service)

        def answered(*, model: Any, context: dict[str, Any], **_: Any) -> tuple[_Response, dict[str, Any]]:
            operation, given = model.name, context["given"]
            sending = self.wire.call(f"{service}.{operation}")
            try:
                answer = sending.send(lambda: self.services[service](operation, given), troubles)
            except Refusal as refusal:
                error = {"Code": refusal.code, "Message": refusal.message}
                metadata = {"HTTPStatusCode": refusal.status}
                return _Response(refusal.status), {"Error": error, "ResponseMetadata": metadata}
            return _Response(200), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}

        return answered


def _keep(*, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["given"] = params


@cache
def bridge() -> Bridge:
    """The one of this process: making clients is most of what a run would cost."""
    return Bridge()
