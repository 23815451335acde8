"""The table on moto, reached over HTTP as the product does, and a client whose replies can be lost."""

import uuid
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.aws_json import JsonClient

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "edge", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


def environment(endpoint: str) -> dict[str, str]:
    """What a function would have in its environment."""
    return {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}


def new_table(endpoint: str) -> str:
    """An empty table with the product's keys; every test has its own."""
    name = f"table-{uuid.uuid4().hex}"
    keys = {"pk": "HASH", "sk": "RANGE"}
    client = JsonClient("dynamodb", environment(endpoint))
    client.call(
        "CreateTable",
        {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
            "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        },
    )
    client.close()
    return name


class LosingClient(JsonClient):
    """Every reply to a write is lost after its effect, so that the client sends it again."""

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The second reply arrives."""
        if operation == "TransactWriteItems":
            super().call(operation, request)
        return super().call(operation, request)


class CountingClient(JsonClient):
    """Counts what it is asked."""

    def __init__(self, service: str, environment: Mapping[str, str]) -> None:
        super().__init__(service, environment)
        self.calls: list[str] = []

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Count and send."""
        self.calls.append(operation)
        return super().call(operation, request)
