"""The table and the bucket of an installed service: where a configuration is published to, and history is read."""

import os
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from chalicelib.adapters.aws_json import JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from cli.publish import Artifacts, Versions

ERRORS = (BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True)
class Target:
    """Both places."""

    versions: Versions
    artifacts: Artifacts


@dataclass(frozen=True, slots=True)
class Bucket:
    """The artifacts bucket over boto3."""

    session: boto3.Session
    name: str

    def put(self, key: str, content: bytes) -> None:
        """Store an object under a key that follows from its content, so that writing it twice changes nothing."""
        self.session.client("s3").put_object(
            Bucket=self.name, Key=key, Body=content, ContentType="application/gzip"
        )

    def url(self, key: str) -> str:
        """The virtual-hosted address, the form that `aws:downloadContent` of SSM takes."""
        return f"https://{self.name}.s3.{self.session.region_name}.amazonaws.com/{key}"


def target(*, stack: str, table: str | None, bucket: str | None, region: str | None) -> Target:
    """The named table and bucket, else those of the stack.

    Raises one of ERRORS where no region is set, the stack is not there or AWS does not answer.
    """
    session = _session(region)
    return Target(
        versions=_store(session, table or _of_stack(session, stack, "Table")),
        artifacts=Bucket(session, bucket or _of_stack(session, stack, "Artifacts")),
    )


def store(*, stack: str, table: str | None, region: str | None) -> DynamoStore:
    """The named table, else that of the stack; raises as `target` does."""
    session = _session(region)
    return _store(session, table or _of_stack(session, stack, "Table"))


def _session(region: str | None) -> boto3.Session:
    session = boto3.Session(region_name=region)
    if session.region_name is None:
        raise NoRegionError
    return session


def _of_stack(session: boto3.Session, stack: str, logical: str) -> str:
    found = session.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=logical
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _store(session: boto3.Session, table: str) -> DynamoStore:
    """The table through the service's own adapter, with the credentials of whoever runs the command."""
    found = session.get_credentials()
    if found is None:
        raise NoCredentialsError
    credentials = found.get_frozen_credentials()
    environment = {
        **os.environ,
        "AWS_REGION": str(session.region_name),
        "AWS_ACCESS_KEY_ID": str(credentials.access_key),
        "AWS_SECRET_ACCESS_KEY": str(credentials.secret_key),
        "AWS_SESSION_TOKEN": credentials.token or "",
    }
    return DynamoStore(JsonClient("dynamodb", environment), table)
