"""Every refusal that has a way on offers it, and every button is a command that could be typed."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.commands import parse
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import TEXTS, Reason
from chalicelib.usecases.next_steps import _STEPS, next_steps

FACTS = {
    "service": "cameras",
    "environment": "production",
    "wanted": "cameras@142",
    "code": "K7Q2F",
    "version": "142",
    "deployment": "cameras-production-1",
    "partner": "cameras-production-1",
    "retry": "cameras-production-1",
    "can": "cancel",
    "most": "3600",
    "why": "a demo",
    "first": "cameras@142",
    "second": "doors",
}
SAID = "finish cameras production"
OF_DOORS = {
    Reason.BAD_SIGNATURE,
    Reason.STALE_REQUEST,
    Reason.BAD_BODY,
    Reason.TOO_LARGE,
    Reason.UNKNOWN_SOURCE,
    Reason.WRONG_WORKSPACE,
}


def facts(reason: Reason) -> dict[str, str]:
    """What a text of this reason names, filled in, and where it is about."""
    named = {field for _, field, _, _ in string.Formatter().parse(TEXTS[reason]) if field}
    return {**dict.fromkeys(named, "x"), **FACTS}


@pytest.mark.parametrize("reason", sorted(set(Reason) - OF_DOORS))
def test_every_button_of_a_refusal_is_a_command(reason: Reason) -> None:
    """It parses; and no two of a refusal are the same."""
    offered = next_steps(Refused(reason, **facts(reason)), SAID)
    commands = [
        parse(each.value if each.verb == "deploy" else f"{each.verb} {each.value}") for each in offered
    ]
    assert len(set(commands)) == len(offered)
    assert all(each.label for each in offered)


@pytest.mark.parametrize("reason", sorted(_STEPS))
def test_each_reason_in_the_table_offers_something(reason: Reason) -> None:
    """Where its facts say where it is about."""
    assert next_steps(Refused(reason, **facts(reason)), SAID)


@given(reason=st.sampled_from(Reason), known=st.sets(st.sampled_from(sorted(FACTS))))
def test_facts_that_are_missing_cost_buttons_and_nothing_else(reason: Reason, known: set[str]) -> None:
    """A refusal always says why."""
    offered = next_steps(Refused(reason, **{name: FACTS[name] for name in known}))
    for each in offered:
        parse(each.value if each.verb == "deploy" else f"{each.verb} {each.value}")
