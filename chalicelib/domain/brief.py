"""What a question tells the one who decides: what changes, who made it, how it was tested, and what is risky.

Worked out once, when the question is asked (domain/briefing.py), and kept with it: builds that are reported later do
not change what somebody has agreed to.
"""

from dataclasses import dataclass
from enum import StrEnum


class Risk(StrEnum):
    """Why more can be harmed than usual."""

    CLOSES = "closes"
    OLDER = "older"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of a build's tests passed and failed."""

    passed: int
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A build between the live version and the new one, as its CI described it."""

    version: str
    commit: str = ""
    author: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """`before` and `after` are versions; `steps` the newest builds between them, and `more` how many others there are.
    Where the version goes back, the steps are what is taken out."""

    before: str
    after: str
    steps: tuple[Step, ...] = ()
    more: int = 0
    known: bool = True
    """Whether CI has reported both, so that what is between them is known."""
    tests: Counts | None = None
    risks: tuple[Risk, ...] = ()
