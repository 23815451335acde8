"""The light client of key-value stores: it asks as botocore would, and tries again only what may pass."""

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest

from chalicelib.adapters import key_value_store
from chalicelib.adapters.key_value_store import HOST, KeyValueStores
from chalicelib.domain.errors import Conflict, StepFailed, Unavailable
from sandbox.platform import worker
from tests.unit.adapters.loopback import LOST, Asked, Reply, Service, serving

ARN = "arn:aws:cloudfront::123456789012:key-value-store/0f1e2d3c"
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token+1=",
}
MADE: list[KeyValueStores] = []
CALLS: dict[str, dict[str, Any]] = {
    "describe_key_value_store": {},
    "get_key": {"Key": "live"},
    "update_keys": {"IfMatch": "E1", "Puts": [{"Key": "live", "Value": "a"}, {"Key": "a", "Value": "web_1"}]},
}


@pytest.fixture(autouse=True)
def accounts() -> Iterator[None]:
    """`123456789012.127.0.0.1` is found, as in the sandbox's functions."""
    before = socket.getaddrinfo
    worker.find_accounts()
    yield
    socket.getaddrinfo = before
    while MADE:
        MADE.pop().close()


class _EnoughError(Exception):
    """Nothing is sent."""


def asked_by_botocore(call: str, **more: Any) -> AWSPreparedRequest:
    """The request that it would send."""
    seen: list[AWSPreparedRequest] = []
    client: Any = boto3.client(
        "cloudfront-keyvaluestore",
        region_name="eu-central-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=KEYS["AWS_SESSION_TOKEN"],
        **more,
    )

    def keep(request: AWSPreparedRequest, **_: Any) -> None:
        seen.append(request)
        raise _EnoughError

    client.meta.events.register("before-send.*", keep)
    with pytest.raises(_EnoughError):
        getattr(client, call)(KvsARN=ARN, **CALLS[call])
    return seen[0]


def asked_by_us(call: str) -> Asked:
    """The request that is sent."""
    answer = json.dumps({"Value": "a"}).encode()
    with serving(Reply(body=answer, headers={"ETag": "E1"})) as service:
        stores = stores_of(service)
        match call:
            case "get_key":
                assert stores.value(ARN, "live") == "a"
            case "update_keys":
                stores.update(ARN, "E1", {"live": "a", "a": "web_1"})
            case _:
                assert stores.etag(ARN) == "E1"
    return service.asked[0]


def text(value: Any) -> str:
    """As a header has it."""
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize("call", CALLS)
def test_it_asks_as_botocore_does(call: str) -> None:
    """The same path, body and headers, signed for the same scope over at least the same headers."""
    theirs, ours = asked_by_botocore(call), asked_by_us(call)
    assert theirs.url.endswith(ours.path)
    assert json.loads(text(theirs.body or b"{}")) == json.loads(ours.body or b"{}")
    headers = {name.lower(): text(value) for name, value in theirs.headers.items()}
    for name in ("x-amz-region-set", "x-amz-security-token", "if-match", "content-type"):
        assert headers.get(name) == ours.headers.get(name)
    one = r"AWS4-ECDSA-P256-SHA256 Credential=(\S+?)/\d{8}/(\S+), SignedHeaders=(\S+), Signature=[0-9a-f]+"
    found = [re.fullmatch(one, each["authorization"]) for each in (headers, ours.headers)]
    scopes = [each.group(1, 2) for each in found if each]
    assert scopes == [("AKIDEXAMPLE", "cloudfront-keyvaluestore/aws4_request")] * 2
    signed = [set(each[3].split(";")) for each in found if each]
    assert signed[0] - {"amz-sdk-invocation-id", "amz-sdk-request"} <= signed[1]


def test_the_address_is_the_one_that_botocore_knows() -> None:
    """The account's own host, wherever the function is."""
    asked = asked_by_botocore("get_key")
    assert asked.url.startswith(f"https://123456789012.{HOST}/")
    assert KeyValueStores({})._endpoint(ARN) == f"https://123456789012.{HOST}"


def stores_of(service: Service) -> KeyValueStores:
    """Of a scripted API, without waiting; what is kept of connections ends with the test."""
    made = KeyValueStores(
        {**KEYS, "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE": service.url}, pause=lambda _: None
    )
    MADE.append(made)
    return made


def error(status: int, code: str) -> Reply:
    """As the API says no."""
    return Reply(status, b'{"Message": "no"}', {"x-amzn-ErrorType": f"{code}:http://internal/"})


BUSY = [
    error(429, "ThrottlingException"),
    error(503, ""),
    error(500, "InternalServerException"),
    LOST,
    Reply(body=b"<"),
]


@pytest.mark.parametrize("busy", BUSY)
def test_what_may_pass_is_tried_again(busy: Reply) -> None:
    """Up to three times; then the state machine does."""
    with serving(busy, busy, Reply(body=b'{"Value": "a"}')) as service:
        assert stores_of(service).value(ARN, "live") == "a"
    with serving(busy, busy, busy, Reply(body=b'{"Value": "a"}')) as service:
        with pytest.raises(Unavailable, match="GetKey"):
            stores_of(service).value(ARN, "live")
        assert len(service.asked) == 3


def test_what_is_refused_is_not_tried_again() -> None:
    """Somebody was faster, a key that is not there, missing rights."""
    with serving(error(409, "ConflictException")) as service, pytest.raises(Conflict):
        stores_of(service).update(ARN, "E1", {"live": "a"})
    with serving(error(404, "ResourceNotFoundException")) as service:
        assert stores_of(service).value(ARN, "live") == ""
    with serving(error(403, "AccessDeniedException")) as service, pytest.raises(StepFailed) as failed:
        stores_of(service).etag(ARN)
    assert "DescribeKeyValueStore" in failed.value.text
    assert "AccessDeniedException: no" in failed.value.text


def test_a_store_that_is_not_there_is_no_empty_store() -> None:
    """Its key is, but not its ETag: the first write says what is wrong."""
    with serving(error(404, "ResourceNotFoundException")) as service, pytest.raises(StepFailed) as failed:
        stores_of(service).etag(ARN)
    assert "ResourceNotFoundException" in failed.value.text


def test_a_connection_is_kept() -> None:
    """What is asked one after the other goes over one."""
    with serving(*(Reply(body=b'{"Value": "a"}') for _ in range(3))) as service:
        stores = stores_of(service)
        assert [stores.value(ARN, "live") for _ in range(3)] == ["a"] * 3
        assert service.connections <= 1


def test_an_unknown_host_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """As any that does not answer."""
    monkeypatch.setattr(key_value_store, "_SECONDS", 0.2)
    stores = KeyValueStores({**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, pause=lambda _: None)
    with pytest.raises(Unavailable):
        stores.etag(ARN)
