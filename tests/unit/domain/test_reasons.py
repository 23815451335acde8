"""Every reason has a text, and a fact from outside can not become markup in it."""

import pytest

from chalicelib.domain.reasons import TEXTS, Reason, text


@pytest.mark.parametrize("reason", sorted(Reason))
def test_every_reason_has_a_text_that_lacks_no_fact_silently(reason: Reason) -> None:
    """A fact that nobody gave shows its name."""
    said = text(reason, {})
    assert said
    assert "{" not in said
    assert TEXTS[reason].count("{") == said.count("(") - TEXTS[reason].count("(")


def test_what_a_foreign_system_said_is_no_person() -> None:
    """An error of AWS that holds the product's own markup mentions nobody; a person whom the product names stays."""
    said = text(Reason.INTERNAL, {"step": "Launching", "what": "{person:T0TEST/U0LEAD} {team}"})
    assert said == "Launching failed: (person:T0TEST/U0LEAD) (team)."
    assert "{person:T0TEST/U0LEAD}" in text(Reason.CANCELED, {"who": "{person:T0TEST/U0LEAD}"})
