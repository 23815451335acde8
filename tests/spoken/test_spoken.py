"""Every command and every button is used and refused at the public door; whatever is added has to be, too."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

import pytest

from chalicelib.domain import commands
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.forms import KINDS
from tests.spoken.buttons import Button, buttons
from tests.spoken.house import House, Use
from tests.spoken.refusals import PAIR_REFUSALS, REFUSALS, SITE_REFUSALS, UNREACHED
from tests.spoken.site import Pair, Site
from tests.spoken.stories import SITE_STORIES, STORIES

if TYPE_CHECKING:
    from collections.abc import Callable

Place = TypeVar("Place", House, Site, Pair)
COMMANDS = {*commands._PARSERS, "deploy"}
ONLY_LOOK = {
    "status",
    "where",
    "why",
    "history",
    "versions",
    "locks",
    "help",
    "whoami",
    "roles",
    "plan",
    "form",
}
"""They change nothing, whoever presses them; typed, they are refused as all the others."""


def _tell(
    where: Callable[[], Place], story: Callable[[Place], None]
) -> tuple[list[Use], AssertionError | None]:
    place = where()
    try:
        story(place)
    except AssertionError as wrong:
        return place.uses, wrong
    return place.uses, None


TELLINGS = {
    **{each.__name__: partial(_tell, House, each) for each in (*STORIES, *REFUSALS)},
    **{each.__name__: partial(_tell, Site, each) for each in (*SITE_STORIES, *SITE_REFUSALS)},
    **{each.__name__: partial(_tell, Pair, each) for each in PAIR_REFUSALS},
}


@cache
def told(name: str) -> tuple[list[Use], AssertionError | None]:
    """A story, told once, as far as it goes."""
    return TELLINGS[name]()


def uses() -> list[Use]:
    """Everything that people do in all of them."""
    return [use for name in TELLINGS for use in told(name)[0]]


@pytest.mark.parametrize("name", sorted(TELLINGS))
def test_a_story_goes_as_it_says(name: str) -> None:
    """Each act is answered as the story says: done, or refused with that reason."""
    _, wrong = told(name)
    if wrong is not None:
        raise wrong


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_typed_and_refused(command: str) -> None:
    """Once at least it does what it is for, and once it says why not."""
    typed = [use for use in uses() if use.how == "typed" and use.verb == command]
    assert any(not use.refused for use in typed), "nobody uses it"
    assert any(use.refused for use in typed), "nobody is refused"


@pytest.mark.parametrize("reason", sorted(set(Reason) - set(UNREACHED)))
def test_every_reason_that_chat_can_answer_is_read_by_somebody(reason: Reason) -> None:
    """In a story, at the public door."""
    assert any(use.refused == reason for use in uses())


def test_what_no_command_is_answered_with_is_not_answered() -> None:
    """The exceptions do not outlive what made them so."""
    assert {use.refused for use in uses()} & set(UNREACHED) == set()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_form_is_sent_and_refused(kind: str) -> None:
    """Once at least it does what it is for, and once it says why not: at a field, or in its place."""
    sent = [use for use in uses() if use.how == "sent" and use.verb == kind]
    assert any(not use.refused for use in sent), "nobody uses it"
    assert any(use.refused for use in sent), "nobody is refused"


@pytest.mark.parametrize(
    "button", sorted(buttons()), ids=lambda each: f"{each.place}-{each.verb}-{each.label}"
)
def test_every_button_is_pressed(button: Button) -> None:
    """By somebody for whom it works."""
    pressed = [use for use in uses() if use.how == "pressed" and button.is_(use.verb, use.label)]
    assert any(not use.refused for use in pressed)


@pytest.mark.parametrize("verb", sorted({each.verb for each in buttons()} - ONLY_LOOK))
def test_every_button_that_changes_something_is_refused(verb: str) -> None:
    """To those who may not, or are too late."""
    assert any(use.refused for use in uses() if use.how == "pressed" and use.verb == verb)


def test_what_only_looks_is_a_verb_of_a_button() -> None:
    """The exceptions do not outlive their buttons."""
    assert {each.verb for each in buttons()} >= ONLY_LOOK
