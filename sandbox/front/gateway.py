"""The API Gateway stand-in: HTTP in, one synchronous Lambda invocation, HTTP out.

The limits are API Gateway's own (10 MB payload, 29 s integration timeout):
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from aiohttp import web
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.front.proxy_event import BadProxyAnswerError, Request, Response, event_for, refusal, response_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.front.routes import Api

MAX_PAYLOAD = 10 * 1024 * 1024
INTEGRATION_TIMEOUT = 29.0
MAX_CONCURRENT = 32
log = logging.getLogger(__name__)


class FunctionFailedError(Exception):
    """The function raised, or could not be invoked."""


class Invoke(Protocol):
    """Calls a function and returns what it returned; blocking, so the gateway calls it on a thread."""

    def __call__(self, event: dict[str, Any], /) -> Any: ...


def lambda_invoke(endpoint: str, function: str) -> Invoke:
    """Invokes through the Lambda API at `endpoint`, as API Gateway's service role would."""
    client = boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="api-gateway",
        aws_secret_access_key="sandbox",
        config=Config(
            read_timeout=INTEGRATION_TIMEOUT + 1,
            retries={"total_max_attempts": 1},
            max_pool_connections=MAX_CONCURRENT,
        ),
    )

    def invoke(event: dict[str, Any], /) -> Any:
        try:
            answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        except (BotoCoreError, ClientError) as error:
            raise FunctionFailedError(str(error)) from error
        payload = answer["Payload"].read()
        if "FunctionError" in answer:
            raise FunctionFailedError(payload.decode("utf-8", errors="replace"))
        return json.loads(payload)

    return invoke


class Gateway:
    """Answers every path: with the function where the template has a route, else as API Gateway does."""

    def __init__(
        self, read_api: Callable[[], Api], invoke: Invoke, *, timeout: float = INTEGRATION_TIMEOUT
    ) -> None:
        self._read_api = read_api
        self._api: Api | None = None
        self._invoke = invoke
        self._timeout = timeout
        # Threads of its own: one that waits for a slow function may not hold up the page.
        self._threads = ThreadPoolExecutor(MAX_CONCURRENT, thread_name_prefix="invoke")

    def application(self) -> web.Application:
        """The web application to serve."""
        # One byte over the limit is enough to refuse; aiohttp stops reading there.
        app = web.Application(client_max_size=MAX_PAYLOAD + 1)
        app.router.add_route("*", "/{path:.*}", self.handle)
        return app

    async def handle(self, request: web.Request) -> web.Response:
        """One request, whatever its path."""
        response = await self._respond(request)
        answer = web.Response(status=response.status, body=response.body)
        for name, value in response.headers:
            answer.headers.add(name, value)
        answer.headers.setdefault("Content-Type", "application/json")
        return answer

    async def _respond(self, http: web.Request) -> Response:
        if self._api is None:
            self._api = self._read_api()
        found = self._api.find(http.method, http.rel_url.raw_path)
        if found is None:
            return refusal(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
        try:
            body = await http.read()
        except web.HTTPRequestEntityTooLarge:
            return _too_large()
        if len(body) > MAX_PAYLOAD:
            return _too_large()
        event = event_for(self._api, *found, _request(http, body))
        return await self._call(self._api, event, http.headers.get("Accept", ""))

    async def _call(self, api: Api, event: dict[str, Any], accept: str) -> Response:
        try:
            answer = await asyncio.wait_for(self._on_thread(event), self._timeout)
            return response_of(api, answer, accept)
        except TimeoutError:
            return refusal(504, "Endpoint request timed out", "InternalServerErrorException")
        except (FunctionFailedError, BadProxyAnswerError) as error:
            log.warning("%s %s: %s", event["httpMethod"], event["path"], str(error)[:2000])
            return refusal(502, "Internal server error", "InternalServerErrorException")

    def _on_thread(self, event: dict[str, Any]) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._threads, self._invoke, event)


def _request(http: web.Request, body: bytes) -> Request:
    return Request(
        method=http.method,
        path=http.rel_url.raw_path,
        query=http.rel_url.raw_query_string,
        headers=tuple((name, value) for name, value in http.headers.items()),
        body=body,
        source_ip=http.remote or "127.0.0.1",
        request_id=str(uuid.uuid4()),
        epoch_ms=int(time.time() * 1000),
    )


def _too_large() -> Response:
    return refusal(413, f"HTTP content length exceeded {MAX_PAYLOAD} bytes.", "RequestTooLargeException")
