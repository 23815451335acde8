"""Long lists in pages: a page's buttons are the commands for the page before it and the one after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Generic, TypeVar

from chalicelib.usecases.chat_ports import Action

Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class Page(Generic[Each]):
    """Some of a list, which page of how many, and the way to the others."""

    shown: tuple[Each, ...]
    number: int
    of: int
    actions: tuple[Action, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """`Page 2 of 5.`; nothing where all is shown."""
        return (f"Page {self.number} of {self.of}.",) if self.of > 1 else ()


def turns(value: str) -> bool:
    """Whether a button shows another part of the same list, which then stands in place of the one before."""
    words = value.split()[-2:]
    return len(words) == 2 and words[0] in {"page", "before"} and words[1].isdigit()


def page(found: Sequence[Each], number: int, size: int, verb: str, value: str = "") -> Page[Each]:
    """A page of `size`; a number that is too large is the last one. `value`: what the command says before the page."""
    of = max(1, ceil(len(found) / size))
    number = min(max(1, number), of)
    ways = ((number - 1, "Back"), (number + 1, "More"))
    actions = tuple(Action(verb, label, f"{value} page {to}".strip()) for to, label in ways if 1 <= to <= of)
    return Page(tuple(found[(number - 1) * size : number * size]), number, of, actions)
