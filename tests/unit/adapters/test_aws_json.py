"""The light AWS client: its signatures are botocore's, and it tries again only what may pass."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.aws_json import AwsError, JsonClient, sign
from chalicelib.domain.errors import Unavailable
from tests.unit.adapters import loopback
from tests.unit.adapters.loopback import LOST, Reply, Service

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
}


def by_botocore(
    environment: dict[str, str], host: str, headers: dict[str, str], body: bytes, stamp: str
) -> str:
    """The authorization that botocore's signer makes of the same request, at a fixed time."""
    credentials = Credentials(
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
        environment.get("AWS_SESSION_TOKEN"),
    )
    request: Any = AWSRequest("POST", f"https://{host}/", headers=dict(headers), data=body)
    request.context["timestamp"] = stamp
    signer: Any = SigV4Auth(credentials, host.partition(".")[0], "us-east-1")
    signer._modify_request_before_signing(request)
    request.headers.replace_header("X-Amz-Date", stamp)
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(to_sign, request))
    return str(request.headers["Authorization"])


@settings(max_examples=40)
@given(
    service=st.sampled_from(["dynamodb", "states", "secretsmanager"]),
    body=st.binary(max_size=60),
    token=st.sampled_from(["", "session/token+1="]),
    now=st.integers(0, 4_000_000_000),
)
def test_signatures_are_those_of_botocore(service: str, body: bytes, token: str, now: int) -> None:
    """For any body, time and credentials, with and without a session."""
    environment = KEYS | ({"AWS_SESSION_TOKEN": token} if token else {})
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "Service_1.Operation"}
    host = f"{service}.us-east-1.amazonaws.com"
    ours = sign(
        environment, service=service, region="us-east-1", host=host, headers=headers, body=body, now=now
    )
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    assert ours["x-amz-date"] == stamp
    assert ours["authorization"] == by_botocore(environment, host, headers, body, stamp)


@contextmanager
def serving(*replies: Reply) -> Iterator[tuple[Service, JsonClient, list[float]]]:
    """The service, a client for it, and the pauses that the client made."""
    pauses: list[float] = []
    with loopback.serving(*replies) as service:
        environment = KEYS | {"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": service.url}
        client = JsonClient("dynamodb", environment, pause=pauses.append)
        yield service, client, pauses
        client.close()


def refusal(code: str, message: str = "no") -> bytes:
    """How a service refuses."""
    return json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}).encode()


def test_a_request_is_what_the_protocol_asks_for() -> None:
    """Target, version and body; requests share one connection."""
    with serving(Reply(200, b'{"Item": {}}'), Reply(200, b"")) as (service, client, pauses):
        assert client.call("GetItem", {"TableName": "table"}) == {"Item": {}}
        assert client.call("PutItem", {}) == {}
        headers, body = service.asked[0].headers, service.asked[0].body
        assert headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
        assert headers["content-type"] == "application/x-amz-json-1.0"
        assert "/eu-west-1/dynamodb/aws4_request" in headers["authorization"]
        assert json.loads(body) == {"TableName": "table"}
        assert service.connections == 1
        assert pauses == []


@pytest.mark.parametrize(
    "trouble",
    [
        LOST,
        Reply(500, b""),
        Reply(503, b"<html>"),
        Reply(500, refusal("InternalServerError")),
        Reply(400, refusal("ThrottlingException")),
        Reply(400, refusal("ProvisionedThroughputExceededException")),
        Reply(400, refusal("TransactionInProgressException")),
        Reply(429, b""),
        Reply(200, b'{"Item": '),
        Reply(200, b"[]"),
    ],
)
def test_what_may_pass_is_tried_again(trouble: Reply) -> None:
    """Lost replies, busy services and answers cut short; the very same request is sent, after a pause."""
    with serving(trouble, Reply(200, b'{"ok": true}')) as (service, client, pauses):
        assert client.call("GetItem", {"a": 1}) == {"ok": True}
        assert service.asked[0].body == service.asked[1].body
        assert len(pauses) == 1
        assert 0 < pauses[0] < 0.2


def test_it_gives_up_after_a_few_tries() -> None:
    """Whoever called decides what then; Slack waits three seconds."""
    with serving(LOST, LOST, LOST) as (service, client, pauses):
        with pytest.raises(Unavailable):
            client.call("GetItem", {})
        assert len(service.asked) == 3
        assert len(pauses) == 2


def test_it_gives_up_when_its_time_is_over() -> None:
    """Slow tries are fewer tries."""
    watch = iter([0.0, 0.0, 1.6, 1.6, 3.2, 3.2])
    with serving(LOST, LOST, LOST) as (service, client, _):
        client._watch = lambda: next(watch)
        with pytest.raises(Unavailable):
            client.call("GetItem", {})
        assert len(service.asked) == 2


def test_a_refusal_is_told_at_once() -> None:
    """Its code without the namespace, its message, and the whole answer."""
    body = json.dumps(
        {"__type": "x#TransactionCanceledException", "Message": "no", "CancellationReasons": []}
    )
    with serving(Reply(400, body.encode())) as (service, client, _):
        with pytest.raises(AwsError) as refused:
            client.call("TransactWriteItems", {})
        assert refused.value.code == "TransactionCanceledException"
        assert str(refused.value) == "TransactionCanceledException: no"
        assert refused.value.body["CancellationReasons"] == []
        assert len(service.asked) == 1


def test_nobody_listening_is_unavailable() -> None:
    """A refused connection is no error of ours."""
    with serving() as (service, client, _):
        service.server.server_close()
        with pytest.raises(Unavailable):
            client.call("GetItem", {})


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({"AWS_REGION": "eu-west-1"}, "states.eu-west-1.amazonaws.com"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "states.eu-west-2.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "127.0.0.1:1"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SFN": "http://127.0.0.1:2"},
            "127.0.0.1:2",
        ),
    ],
)
def test_endpoints_are_found_as_the_sdks_find_them(environment: dict[str, str], host: str) -> None:
    """The service's own variable, the general one, then AWS."""
    assert JsonClient("states", environment)._endpoint.netloc == host
