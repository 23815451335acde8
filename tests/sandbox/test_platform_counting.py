"""Counting: each protocol's requests are recognized under botocore's names, and bodies stay readable."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from sandbox.platform.counting import Call, CallCounter, identify


def request(
    service: str, method: str = "POST", path: str = "/", query: str = "", **more: Any
) -> dict[str, Any]:
    """A signed request as WSGI shows it."""
    scope = f"fleet/20260101/us-east-1/{service}/aws4_request"
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "wsgi.input": BytesIO(),
        **more,
    }


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        (request("dynamodb", HTTP_X_AMZ_TARGET="DynamoDB_20120810.TransactWriteItems"), "dynamodb.TransactWriteItems"),
        (request("states", HTTP_X_AMZ_TARGET="AWSStepFunctions.SendTaskSuccess"), "stepfunctions.SendTaskSuccess"),
        (request("monitoring", path="/service/Granite/operation/DescribeAlarms"), "cloudwatch.DescribeAlarms"),
        (request("s3", "PUT", "/artifacts/a/b.tar.gz"), "s3.PutObject"),
        (request("s3", "GET", "/artifacts/a/b.tar.gz"), "s3.GetObject"),
        (request("s3", "PUT", "/artifacts/b", HTTP_X_AMZ_COPY_SOURCE="artifacts/a"), "s3.CopyObject"),
        (request("s3", "PUT", "/artifacts/b", "partNumber=1&uploadId=u"), "s3.UploadPart"),
        (request("s3", "HEAD", "/artifacts/a"), "s3.HeadObject"),
        (request("s3", "GET", "/artifacts", "list-type=2&prefix=a"), "s3.ListObjectsV2"),
        (request("route53", path="/2013-04-01/hostedzone/Z1/rrset/"), "route53.ChangeResourceRecordSets"),
        (request("route53", "GET", "/2013-04-01/hostedzone/Z1/rrset"), "route53.ListResourceRecordSets"),
        (request("lambda", path="/2015-03-31/functions/chat/invocations"), "lambda.Invoke"),
    ],
)  # fmt: skip
def test_operations_are_recognized(environ: dict[str, Any], name: str) -> None:
    """JSON by target, RPC by path, REST by the template that fits best."""
    service, operation = name.split(".")
    assert identify(environ) == Call("fleet", service, operation)


def test_query_requests_stay_readable() -> None:
    """The action of a form is read, and the body is there for whoever reads it next."""
    body = b"Action=RunInstances&Version=2016-11-15&MinCount=3"
    form = "application/x-www-form-urlencoded; charset=utf-8"
    environ = request("ec2", CONTENT_TYPE=form, CONTENT_LENGTH=str(len(body)))
    environ["wsgi.input"] = BytesIO(body)
    assert identify(environ) == Call("fleet", "ec2", "RunInstances")
    assert environ["wsgi.input"].read() == body


def test_unsigned_requests_are_no_calls() -> None:
    """A browser's request is nobody's AWS call."""
    assert identify({"PATH_INFO": "/", "REQUEST_METHOD": "GET"}) is None


def test_only_known_callers_are_reported() -> None:
    """What the sandbox itself calls is not counted as the product's."""
    counter = CallCounter()
    for caller in ("fleet", "fleet", "provision"):
        counter.add(Call(caller, "ec2", "DescribeInstances"))
    calls = {"ec2.DescribeInstances": 2}
    assert counter.report({"fleet", "chat"}) == {"total": calls, "by_caller": {"fleet": calls}}
