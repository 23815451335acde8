"""Clients that answer from a script; botocore checks both sides against the service's own model."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber


@cache
def _session() -> boto3.Session:
    """One for all: reading the services' models is most of what a client costs."""
    return boto3.Session(aws_access_key_id="unit", aws_secret_access_key="unit", region_name="us-east-1")


def scripted(service: str) -> tuple[Any, Stubber]:
    """A client that never leaves this process, and its script."""
    client = _session().client(
        service,  # type: ignore[call-overload] # any of the services of the adapters
        config=Config(retries={"total_max_attempts": 1}),
    )
    stubber = Stubber(client)
    stubber.activate()
    return client, stubber
