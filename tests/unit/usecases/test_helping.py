"""Help names everything that can be said, each with what it does and an example that can be typed."""

import pytest

from chalicelib.domain.commands import parse
from chalicelib.domain.grammar import USAGE
from chalicelib.usecases.helping import ABOUT, GROUPS, help_with

NEEDS_A_MENTION = {"grant", "revoke"}
"""The chat service makes a person of a name before the command is read."""


def test_every_command_is_explained_once() -> None:
    """In one group, and by a sentence."""
    grouped = [verb for verbs in GROUPS.values() for verb in verbs]
    assert sorted(grouped) == sorted(USAGE) == sorted(ABOUT)


@pytest.mark.parametrize("verb", sorted(ABOUT.keys() - NEEDS_A_MENTION))
def test_every_example_can_be_typed(verb: str) -> None:
    """It is a command of its own grammar."""
    parse(ABOUT[verb][1])
    assert f"/deploy {ABOUT[verb][1]}" in help_with(verb).text


def test_help_fits_into_one_section_of_a_message() -> None:
    """Three thousand characters of mrkdwn."""
    assert len(help_with().text) < 3_000
