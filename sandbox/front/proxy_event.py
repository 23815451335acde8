"""HTTP <-> the event and the answer of a Lambda proxy integration of a REST API (payload format 1.0).

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.front.routes import Api, Route

ACCOUNT = "123456789012"
API_ID = "sandboxapi"


@dataclass(frozen=True)
class Request:
    """A request as it came over the wire; `headers` keep their order and repetitions."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    request_id: str
    epoch_ms: int


@dataclass(frozen=True)
class Response:
    """What the caller gets."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


class BadProxyAnswerError(Exception):
    """The function answered with something that is no proxy response; API Gateway turns it into a 502."""


def event_for(api: Api, route: Route, parameters: dict[str, str], request: Request) -> dict[str, Any]:
    """The event that the function receives for this request."""
    headers = _grouped(request.headers)
    query = _grouped(parse_qsl(request.query, keep_blank_values=True))
    binary = api.is_binary(_last(headers, "content-type"))
    return {
        "resource": route.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": _context(api, route, request, _last(headers, "user-agent")),
        "body": _body(request.body, binary=binary),
        "isBase64Encoded": binary and bool(request.body),
    }


def response_of(api: Api, answer: Any, accept: str) -> Response:
    """The HTTP response for what a function returned.

    A base64 body is decoded only if the first type of the Accept header is declared binary:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("statusCode"), int):
        raise BadProxyAnswerError("the function's answer has no statusCode")
    body = answer["body"] if answer.get("body") is not None else ""
    if not isinstance(body, str):
        raise BadProxyAnswerError("the function's body is not a string")
    content = body.encode()
    if answer.get("isBase64Encoded") and api.is_binary(accept.partition(",")[0]):
        try:
            content = base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise BadProxyAnswerError("the function's body is not base64") from error
    return Response(answer["statusCode"], content, _response_headers(answer))


def refusal(status: int, message: str, error_type: str) -> Response:
    """An answer of the gateway itself."""
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", error_type)]
    return Response(status, json.dumps({"message": message}).encode(), headers)


def _context(api: Api, route: Route, request: Request, user_agent: str) -> dict[str, Any]:
    return {
        "accountId": ACCOUNT,
        "apiId": API_ID,
        "domainName": "127.0.0.1",
        "httpMethod": request.method,
        "identity": {"sourceIp": request.source_ip, "userAgent": user_agent},
        "path": f"/{api.stage}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": request.request_id,
        "requestTimeEpoch": request.epoch_ms,
        "resourcePath": route.resource,
        "stage": api.stage,
    }


def _body(body: bytes, *, binary: bool) -> str | None:
    if not body:
        return None
    # A body that is not declared binary reaches the function as text, whatever its bytes were.
    return base64.b64encode(body).decode() if binary else body.decode("utf-8", errors="replace")


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _last(headers: dict[str, list[str]], wanted: str) -> str:
    return next((values[-1] for name, values in headers.items() if name.lower() == wanted), "")


def _response_headers(answer: dict[str, Any]) -> list[tuple[str, str]]:
    single = dict(answer.get("headers") or {})
    several = dict(answer.get("multiValueHeaders") or {})
    headers = [(name, str(value)) for name, values in several.items() for value in values]
    named = {name.lower() for name in several}
    return headers + [(name, str(value)) for name, value in single.items() if name.lower() not in named]
