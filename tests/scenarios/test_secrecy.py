"""A late look at the house: there were secrets to find, and nothing that it wrote has one (docs/safety.md, I14).

What comes after it is searched when the house ends (tests/conftest.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import written
from sandbox.stories import STORIES, Teller

if TYPE_CHECKING:
    from sandbox.house import House

KINDS = {
    "signing secret", "CI secret", "CI secret, decoded", "bot token", "task token", "signature", "response_url",
}  # fmt: skip


def test_no_secret_is_in_anything_that_was_written(passed: Teller, house: House) -> None:
    """Logs, every version of every message, inputs, outputs and histories of executions, items,
    the stream, commands on hosts and what they printed."""
    STORIES["reject"].tell(passed)
    assert written.secrets(house).kinds() == KINDS
    assert written.leaks(house) == []
