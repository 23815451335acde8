"""SQS: calls that come later (API reference, SendMessage: DelaySeconds from 0 to 900; a standard queue delivers at
least once)."""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.domain.errors import Unavailable


class SqsWakes:
    """The port Wakes."""

    def __init__(self, client: JsonClient, queue: str) -> None:
        self._client = client
        self._queue = queue

    def wake(self, line: str, seconds: int) -> None:
        """One message; a second one does no harm."""
        message = {
            "QueueUrl": self._queue,
            "MessageBody": json.dumps({"line": line}),
            "DelaySeconds": seconds,
        }
        try:
            self._client.call("SendMessage", message)
        except AwsError as error:
            raise Unavailable(f"SendMessage: {error.code}") from error


def line_of(record: Mapping[str, Any]) -> str:
    """The line that a message, as Lambda hands it over, is about."""
    return str(json.loads(record["body"])["line"])
