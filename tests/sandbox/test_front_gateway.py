"""The API Gateway stand-in, against Chalice's own runtime and AWS's documented behavior."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import Chalice

from sandbox.front.gateway import MAX_PAYLOAD, FunctionFailedError, Gateway
from sandbox.front.proxy_event import BadProxyAnswerError, Request, event_for, response_of
from sandbox.front.routes import Api, api_of
from tests.sandbox.front_harness import fetch, served

if TYPE_CHECKING:
    from collections.abc import Callable

FORM = "application/x-www-form-urlencoded"
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "RestAPI": {
            "Properties": {
                "StageName": "api",
                "DefinitionBody": {
                    "paths": {
                        "/slack/commands": {"post": {}},
                        "/hooks/ci/{source}": {"post": {}},
                        "/hooks/ci/status": {"get": {}, "post": {}},
                    },
                    "x-amazon-apigateway-binary-media-types": ["application/octet-stream", "image/png"],
                },
            }
        }
    }
}


@pytest.fixture
def api() -> Api:
    """What a packaged template declares."""
    return api_of(TEMPLATE)


def request(**changes: Any) -> Request:
    """A slash command as it comes over the wire."""
    given: dict[str, Any] = {
        "method": "POST",
        "path": "/slack/commands",
        "query": "a=1&a=2&b=",
        "headers": (("Content-Type", FORM), ("X-Twice", "1"), ("X-Twice", "2")),
        "body": b"text=%2Bhello+w%C3%B6rld&x=1",
        "source_ip": "127.0.0.1",
        "request_id": "r-1",
        "epoch_ms": 1,
    }
    return Request(**{**given, **changes})


def event(api: Api, **changes: Any) -> dict[str, Any]:
    """The event of a request."""
    sent = request(**changes)
    found = api.find(sent.method, sent.path)
    assert found is not None
    return event_for(api, *found, sent)


def call(
    invoke: Callable[[dict[str, Any]], Any],
    path: str,
    body: bytes | None = b"x",
    timeout: float = 29,
    **headers: str,
) -> tuple[int, bytes]:
    """(status, body) of a request to a gateway in front of `invoke`."""
    gateway = Gateway(lambda: api_of(TEMPLATE), invoke, timeout=timeout)
    with served(gateway.application()) as url:
        return fetch(url + path, body, **(headers or {"Content-Type": FORM}))


def test_chalice_reads_the_event_byte_for_byte(api: Api) -> None:
    """Chalice's runtime routes the event and sees the raw body, parameters and headers that were sent."""
    app = Chalice(app_name="probe")
    seen: dict[str, Any] = {}

    @app.route("/slack/commands", methods=["POST"], content_types=[FORM])
    def commands() -> dict[str, bool]:
        current: Any = app.current_request
        seen.update(
            raw=current.raw_body, query=current.query_params.getlist("a"), h=current.headers["x-twice"]
        )
        return {"ok": True}

    answer = app(event(api), None)
    assert answer["statusCode"] == 200, answer
    assert seen == {"raw": request().body, "query": ["1", "2"], "h": "2"}


def test_path_parameters_are_decoded(api: Api) -> None:
    """`{source}` matches one segment and arrives decoded."""
    made = event(api, path="/hooks/ci/git%20hub")
    assert made["resource"] == "/hooks/ci/{source}"
    assert made["pathParameters"] == {"source": "git hub"}


def test_an_exact_resource_wins_over_a_parameter(api: Api) -> None:
    """API Gateway prefers the more specific resource."""
    found = api.find("POST", "/hooks/ci/status")
    assert found is not None
    assert found[0].resource == "/hooks/ci/status"


def test_absent_parts_are_null(api: Api) -> None:
    """No query, body or path parameters: null, as in AWS's example event for proxy integrations."""
    made = event(api, query="", body=b"")
    empty = {n for n, v in made.items() if v is None}
    assert {"queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body"} <= empty
    assert made["isBase64Encoded"] is False


def test_binary_bodies_arrive_as_base64(api: Api) -> None:
    """Only media types that the template declares binary are encoded."""
    made = event(api, headers=(("content-type", "application/octet-stream; v=1"),), body=b"\xff\x00")
    assert made["isBase64Encoded"] is True
    assert base64.b64decode(made["body"]) == b"\xff\x00"


def test_binary_answers_need_a_matching_accept_header(api: Api) -> None:
    """`lambda-proxy-binary-media`: the first type of Accept decides whether the answer is decoded."""
    answer: dict[str, Any] = {
        "statusCode": 200,
        "isBase64Encoded": True,
        "body": base64.b64encode(b"\x89PNG").decode(),
    }
    assert response_of(api, answer, "image/png,*/*").body == b"\x89PNG"
    assert response_of(api, answer, "text/html").body == answer["body"].encode()


@pytest.mark.parametrize("answer", [None, "text", {}, {"statusCode": "200"}, {"statusCode": 200, "body": {}}])
def test_an_answer_that_is_no_proxy_response_is_refused(api: Api, answer: Any) -> None:
    """API Gateway logs `Malformed Lambda proxy response` for these."""
    with pytest.raises(BadProxyAnswerError):
        response_of(api, answer, "")


def test_repeated_headers_of_an_answer_are_kept(api: Api) -> None:
    """multiValueHeaders win over headers of the same name."""
    answer = {
        "statusCode": 200,
        "headers": {"set-cookie": "x"},
        "multiValueHeaders": {"Set-Cookie": ["a", "b"]},
    }
    assert response_of(api, answer, "").headers == [("Set-Cookie", "a"), ("Set-Cookie", "b")]


def test_a_request_reaches_the_function_and_its_answer_comes_back() -> None:
    """Status, body and event travel both ways."""
    status, body = call(
        lambda e: {"statusCode": 201, "body": e["body"] + e["path"]}, "/slack/commands", b"hi"
    )
    assert (status, body) == (201, b"hi/slack/commands")


@pytest.mark.parametrize("path", ["/", "/slack", "/slack/commands/more", "/hooks/ci/a/b"])
def test_unknown_paths_get_api_gateways_refusal(path: str) -> None:
    """Gateway response MISSING_AUTHENTICATION_TOKEN: 403 for a resource or method that does not exist."""
    status, body = call(lambda _: None, path)
    assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})


def test_an_undeclared_method_is_unknown_too() -> None:
    """GET on a POST-only resource is MISSING_AUTHENTICATION_TOKEN as well."""
    assert call(lambda _: None, "/slack/commands", None)[0] == 403


def test_a_failing_function_is_a_bad_gateway() -> None:
    """An unhandled exception: 502 Internal server error."""

    def fail(_: dict[str, Any]) -> Any:
        raise FunctionFailedError("boom")

    status, body = call(fail, "/slack/commands")
    assert (status, json.loads(body)) == (502, {"message": "Internal server error"})


def test_a_slow_function_times_out() -> None:
    """INTEGRATION_TIMEOUT: 504 Endpoint request timed out (29 s on AWS, shorter here)."""
    status, body = call(lambda _: time.sleep(0.4), "/slack/commands", timeout=0.2)
    assert (status, json.loads(body)) == (504, {"message": "Endpoint request timed out"})


def test_a_payload_over_ten_megabytes_is_refused() -> None:
    """REQUEST_TOO_LARGE: the payload limit of a REST API is 10 MB and cannot be raised."""
    answer = {"statusCode": 200, "body": ""}
    assert call(lambda _: answer, "/slack/commands", b"x" * MAX_PAYLOAD)[0] == 200
    assert call(lambda _: answer, "/slack/commands", b"x" * (MAX_PAYLOAD + 1))[0] == 413
