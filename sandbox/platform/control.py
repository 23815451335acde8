"""The platform's own door: `/_sandbox/...`, beside the AWS APIs on the same port.

GET  /_sandbox/ready      {"ready": true}
GET  /_sandbox/calls      {"total": {"ec2.RunInstances": 2}, "by_caller": {...}}: calls of the product's functions
GET  /_sandbox/functions  invocations, durations and waits by function, and the most that ran at a time
GET  /_sandbox/clock      {"now", "rate"}
POST /_sandbox/clock      {"rate": 10} and/or {"advance": 7200}
GET  /_sandbox/instances  every instance: id, address, state, tags
GET  /_sandbox/balancers  every load balancer: arn, name, dns, address
GET  /_sandbox/routes     the routing configuration as it was pushed last
POST /_sandbox/trouble    what befalls the functions' next calls of S3 (sandbox/platform/trouble.py)
POST /_sandbox/pushed     {"repository", "branch", "commit"}: somebody pushed (sandbox/pipeline/hook.py)
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.platform.counting import identify
from sandbox.platform.locks import atomic
from sandbox.platform.trouble import slow_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.platform.core import SandboxPlatform
    from sandbox.platform.counting import Application, CallCounter, Environ
    from sandbox.platform.trouble import Trouble

PREFIX = "/_sandbox/"


class Control:
    """A WSGI application that answers the platform's own requests."""

    def __init__(self, platform: SandboxPlatform, counter: CallCounter, trouble: Trouble) -> None:
        self._platform = platform
        self._counter = counter
        self._routes: dict[tuple[str, str], Callable[[dict[str, Any]], object]] = {
            ("GET", "ready"): lambda _: {"ready": True},
            ("GET", "calls"): lambda _: counter.report(platform.functions.names()),
            ("GET", "functions"): lambda _: platform.figures.report(),
            ("GET", "clock"): lambda _: self._show_clock(),
            ("POST", "clock"): self._move_clock,
            ("GET", "instances"): lambda _: self._show_instances(),
            ("GET", "balancers"): lambda _: platform.traffic.balancers(),
            ("GET", "routes"): lambda _: platform.traffic.pushed,
            ("POST", "trouble"): trouble.change,
            ("POST", "pushed"): platform.builds.pushed,
        }

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = environ["PATH_INFO"].removeprefix(PREFIX)
        action = self._routes.get((environ["REQUEST_METHOD"], name))
        if action is None:
            return _reply(start_response, HTTPStatus.NOT_FOUND, {"error": f"nothing at {PREFIX}{name}"})
        try:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _reply(start_response, HTTPStatus.OK, action(json.loads(body or b"{}")))
        except (ValueError, TypeError) as error:
            return _reply(start_response, HTTPStatus.BAD_REQUEST, {"error": str(error)})

    def _show_clock(self) -> dict[str, float]:
        return {"now": self._platform.clock.now(), "rate": self._platform.clock.rate}

    def _move_clock(self, change: dict[str, Any]) -> dict[str, float]:
        if "rate" in change:
            self._platform.clock.set_rate(float(change["rate"]))
        if "advance" in change:
            self._platform.clock.advance(float(change["advance"]))
        return self._show_clock()

    def _show_instances(self) -> list[dict[str, Any]]:
        return [
            {"id": i.instance_id, "address": i.address, "state": i.state, "tags": dict(i.tags)}
            for i in self._platform.instances()
        ]


def compose(control: Control, counter: CallCounter, trouble: Trouble, aws: Application) -> Application:
    """Join the doors: own requests to `control`, everything else counted and passed on, one at a time per service,
    unless there is trouble."""

    def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            return control(environ, start_response)
        call = identify(environ)
        if call is None:
            return aws(environ, start_response)
        counter.add(call)
        if trouble.refuses(call):
            return slow_down(environ, start_response)
        with atomic(call.service):
            return aws(environ, start_response)

    return application


def _reply(start_response: Callable[..., Any], status: HTTPStatus, content: object) -> list[bytes]:
    body = json.dumps(content).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
