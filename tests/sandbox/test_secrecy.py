"""The search for secrets finds each kind of leak, and says nothing of what stands where it belongs."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from sandbox.secrecy import Secrets, Written, leaks

if TYPE_CHECKING:
    from collections.abc import Callable

BOT = "xoxb-0/and+a=token"
TOKEN = str(uuid.uuid4())
URL = "https://hooks.slack.com/commands/T0SANDBOX/1234/0aB-cD_eF9876543210zzYY"
SIGNATURE = "v0=" + "4f" * 32
IN_BASE64 = "v1," + "ab+/" * 11 + "="
"""As CI signs: it may have no sixteen letters and digits in a row."""


@pytest.fixture
def secrets() -> Secrets:
    """One of each kind."""
    found = Secrets({"bot token": BOT})
    found.add("task token", [TOKEN])
    found.add("signature", [SIGNATURE, IN_BASE64])
    found.add("response_url", [URL])
    return found


PLANTED: dict[str, tuple[str, Callable[[], str]]] = {
    "in a log line": ("task token", lambda: f'{{"message": "woke", "token": "{TOKEN}"}}'),
    "without its version": ("signature", lambda: SIGNATURE.removeprefix("v0=")),
    "between other signs": ("signature", lambda: f'"{IN_BASE64}"'),
    "as a path": ("response_url", lambda: URL.partition(".com")[2]),
    "in JSON in JSON": ("response_url", lambda: json.dumps(json.dumps({"url": URL}))),
    "glued to other words": ("bot token", lambda: f"token{BOT}x"),
    "in a URL": ("bot token", lambda: quote(BOT, safe="")),
    "in Base64": ("bot token", lambda: base64.b64encode(BOT.encode()).decode()),
}


@pytest.mark.parametrize("how", PLANTED)
def test_a_planted_leak_is_found(secrets: Secrets, how: str) -> None:
    """However it was written down, its place and kind are told, and its value is not."""
    kind, text = PLANTED[how]
    assert leaks(secrets, [Written("Ledger.log", f"before {text()} after")]) == [f"Ledger.log: {kind}"]


def test_what_belongs_there_is_no_leak(secrets: Secrets) -> None:
    """A task token in its question's item is where it should be; another secret there is not."""
    there = [
        Written("question", json.dumps({"token": TOKEN}), allowed="task token"),
        Written("log", "nothing"),
    ]
    assert leaks(secrets, there) == []
    assert leaks(secrets, [Written("question", BOT, allowed="task token")]) == ["question: bot token"]


def test_a_secret_that_can_not_be_searched_for_is_an_error() -> None:
    """Else it would look as if it were nowhere."""
    with pytest.raises(ValueError, match="can not be searched"):
        Secrets().add("signature", ["short"])
