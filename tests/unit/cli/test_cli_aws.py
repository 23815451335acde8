"""Where a configuration goes: the stack's table and bucket, or those that are named. AWS is moto, in this process."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError, NoRegionError
from moto import mock_aws

from cli import aws

TEMPLATE = (
    '{"Resources": {"Artifacts": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "of-stack"}}}}'
)


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account; nothing of the developer's own AWS setup is seen."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with mock_aws():
        yield


def test_the_bucket_is_where_hosts_look() -> None:
    """An object is stored under its key, and its address is the one that SSM downloads from."""
    boto3.client("s3", "us-east-1").create_bucket(Bucket="artifacts")
    bucket = aws.Bucket(boto3.Session(region_name="us-east-1"), "artifacts")
    bucket.put("ansible/a.tar.gz", b"content")
    stored = boto3.client("s3", "us-east-1").get_object(Bucket="artifacts", Key="ansible/a.tar.gz")
    assert stored["Body"].read() == b"content"
    assert bucket.url("ansible/a.tar.gz") == "https://artifacts.s3.us-east-1.amazonaws.com/ansible/a.tar.gz"


def test_a_stack_that_is_not_there() -> None:
    """The error is one that the command line shows."""
    with pytest.raises(ClientError, match="none") as raised:
        aws.target(stack="none", table=None, bucket=None, region="eu-west-1")
    assert isinstance(raised.value, aws.ERRORS)


def test_no_region() -> None:
    """Without a region no address of the bundle can be told."""
    with pytest.raises(NoRegionError) as raised:
        aws.target(stack="none", table="t", bucket="b", region=None)
    assert isinstance(raised.value, aws.ERRORS)
