"""Secrets Manager: one JSON document, kept for five minutes so that a rotation is seen without a new function."""

import json
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.ports import Clock

_KEEP_SECONDS = 300
_SERVE_SECONDS = 3_600
"""A document that was read before opens its doors this long while Secrets Manager does not answer."""


class SecretDocument:
    """One secret. A document that was never set reads as empty, and an empty one opens no door."""

    def __init__(self, client: JsonClient, identifier: str, clock: Clock) -> None:
        self._client = client
        self._identifier = identifier
        self._clock = clock
        self._read_at = float("-inf")
        self._document: dict[str, Any] = {}

    def read(self) -> dict[str, Any]:
        """The document; raises Unavailable where Secrets Manager does not answer."""
        age = self._clock.now() - self._read_at
        if age > _KEEP_SECONDS:
            try:
                self._document = self._fetch()
            except Unavailable:
                if age > _SERVE_SECONDS:
                    raise
                return self._document
            self._read_at = self._clock.now()
        return self._document

    def _fetch(self) -> dict[str, Any]:
        try:
            answer = self._client.call("GetSecretValue", {"SecretId": self._identifier})
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return {}
            raise Unavailable(f"GetSecretValue: {error.code}") from error
        try:
            document = json.loads(answer.get("SecretString") or "{}")
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}
