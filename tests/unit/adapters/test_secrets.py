"""Secrets: read rarely, closed where there are none, and open through a short outage."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.secrets import SecretDocument
from chalicelib.domain.errors import Unavailable
from tests.fakes.clock import FakeClock


class Vault(JsonClient):
    """Secrets Manager with one secret, or an error."""

    def __init__(self, says: str | Exception | None) -> None:
        super().__init__("secretsmanager", {})
        self.says = says
        self.reads = 0

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer with the secret."""
        assert (operation, request) == ("GetSecretValue", {"SecretId": "edge"})
        self.reads += 1
        if isinstance(self.says, Exception):
            raise self.says
        return {} if self.says is None else {"SecretString": self.says}


def test_it_is_read_again_after_five_minutes() -> None:
    """So that a rotation is seen, and a request does not wait for Secrets Manager."""
    vault, clock = Vault('{"slack_signing": ["old"]}'), FakeClock()
    document = SecretDocument(vault, "edge", clock)
    for _ in range(3):
        assert document.read() == {"slack_signing": ["old"]}
    vault.says = '{"slack_signing": ["new"]}'
    clock.advance(300)
    assert document.read() == {"slack_signing": ["old"]}
    clock.advance(1)
    assert document.read() == {"slack_signing": ["new"]}
    assert vault.reads == 2


@pytest.mark.parametrize(
    "says", [None, "", "{}", "[]", "null", "not json", AwsError("ResourceNotFoundException", "", {})]
)
def test_what_was_never_set_opens_nothing(says: str | Exception | None) -> None:
    """An empty document has no secrets, and without secrets a door is closed."""
    assert SecretDocument(Vault(says), "edge", FakeClock()).read() == {}


@pytest.mark.parametrize("error", [AwsError("AccessDeniedException", "", {}), Unavailable("busy")])
def test_a_secret_that_was_never_read_can_not_be_used(error: Exception) -> None:
    """The caller says that it can not answer now."""
    with pytest.raises(Unavailable):
        SecretDocument(Vault(error), "edge", FakeClock()).read()


def test_a_short_outage_is_bridged_and_a_long_one_is_not() -> None:
    """What was read before serves for an hour at most."""
    vault, clock = Vault('{"a": 1}'), FakeClock()
    document = SecretDocument(vault, "edge", clock)
    document.read()
    vault.says = Unavailable("busy")
    clock.advance(3_600)
    assert document.read() == {"a": 1}
    clock.advance(1)
    with pytest.raises(Unavailable):
        document.read()
