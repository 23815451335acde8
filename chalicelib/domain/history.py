"""An environment's history: numbered lines, each with the hash of the one before it, so that a line that was changed or
removed is found and named.

The head, kept apart from the lines, has the number and hash of the newest. What this proves: docs/adr/0007.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.people import Actor

_SHOWN = 16
"""So much of a hash (64 bits) is shown to be noted: with half of it, trying finds another line that fits in minutes."""
_ANCHOR = re.compile(r"(\d{1,9}):([0-9a-f]{8,64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """How far a history goes: the number and hash of a line. A noted one may have the hash's beginning only."""

    number: int = 0
    digest: str = ""

    def __str__(self) -> str:
        return f"#{self.number} {self.digest[:_SHOWN]}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """`42:3fa9c1d2`, with eight characters of the hash at least; ValueError for anything else."""
        found = _ANCHOR.fullmatch(text)
        if found is None:
            raise ValueError("expected NUMBER:HASH, with eight characters of the hash at least")
        return cls(int(found[1]), found[2])


@dataclass(frozen=True, slots=True)
class History:
    """One line of an environment's history; never changed or removed. The store gives it its place in the chain."""

    service: str
    environment: str
    deployment: str
    at: float
    actor: Actor
    event: str
    detail: str = ""
    number: int = 0
    previous: str = ""
    digest: str = ""

    @property
    def head(self) -> Head:
        """The head of a history that ends with this line."""
        return Head(self.number, self.digest)

    def after(self, head: Head) -> "History":
        """The line in its place: right after a head."""
        placed = replace(self, number=head.number + 1, previous=head.digest)
        return replace(placed, digest=digest(placed))


def digest(line: History) -> str:
    """SHA-256 over everything that a line says and its place, as JSON that can be written in one way only.

    A field that a later version adds goes in only where it is set, so that older lines keep their hashes.
    """
    said = {
        "service": line.service,
        "environment": line.environment,
        "deployment": line.deployment,
        "at": float(line.at),
        "actor": [line.actor.workspace, line.actor.user],
        "event": line.event,
        "detail": line.detail,
        "number": line.number,
        "previous": line.previous,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Wrong(StrEnum):
    """What is wrong with a record; the value is what people read."""

    CHANGED = "changed: it does not match its own hash"
    REMOVED = "removed"
    REPLACED = "replaced: what follows it has another hash of it, so nothing proves it or what is before it"
    MOVED = "not in its place"
    ADDED = "added: the chain does not have it"
    HEAD_GONE = "the head is gone: whether records were removed at the end can not be told"
    NOT_AS_NOTED = "not what was noted: its hash is another"
    NOTED_AND_GONE = "noted, and not there any more"


@dataclass(frozen=True, slots=True)
class Break:
    """A record, or a row of them up to `last`, and what is wrong with it. What it says, where it is still there."""

    number: int
    wrong: Wrong
    line: History | None = None
    last: int = 0

    @property
    def numbers(self) -> str:
        """`#7`, or `#7 to #9`."""
        return f"#{self.number} to #{self.last}" if self.last > self.number else f"#{self.number}"


def verify(lines: Sequence[History], head: Head, *, first: int = 1) -> list[Break]:
    """Everything that is wrong with a history, in the order of numbers; nothing where it is whole.

    `lines` come in the order in which they are stored, oldest first; those before number `first` are not looked at.
    """
    breaks: list[Break] = []
    if not head.number and lines:
        breaks.append(Break(0, Wrong.HEAD_GONE))
        head = max(lines, key=lambda line: line.number).head
    places: dict[int, History] = {}
    for line in lines:
        if 0 < line.number < first:
            continue
        if line.number in places or not 0 < line.number <= head.number:
            breaks.append(Break(line.number, Wrong.ADDED, line))
        else:
            places[line.number] = line
    breaks += _moved(places.values())
    breaks += _broken(places, head, first)
    return sorted(breaks, key=lambda each: each.number)


def _moved(lines: Iterable[History]) -> list[Break]:
    stored = list(lines)
    sorted_ = sorted(stored, key=lambda line: line.number)
    pairs = zip(stored, sorted_, strict=True)
    return [Break(line.number, Wrong.MOVED, line) for line, right in pairs if line is not right]


def _broken(places: dict[int, History], head: Head, first: int) -> list[Break]:
    """Back from the head, whose hash vouches for the newest line, which vouches for the one before it, and so on; what
    is broken vouches for nothing."""
    breaks, vouched, after = [], head.digest, head.number + 1
    for number in sorted(places, reverse=True):
        if number < after - 1:
            breaks.append(Break(number + 1, Wrong.REMOVED, last=after - 1))
            vouched = ""
        line, after = places[number], number
        wrong = _wrong(line, vouched)
        if wrong is not None:
            breaks.append(Break(number, wrong, line))
        vouched = line.previous if wrong is None else ""
    if first < after:
        breaks.append(Break(first, Wrong.REMOVED, last=after - 1))
    return breaks


def _wrong(line: History, vouched: str) -> Wrong | None:
    if line.digest != digest(line):
        return Wrong.CHANGED
    return Wrong.REPLACED if vouched and line.digest != vouched else None


def compare(lines: Iterable[History], noted: Head) -> Break | None:
    """What is wrong with the record whose hash somebody noted outside the table; None where it is still the same."""
    line = next((each for each in lines if each.number == noted.number), None)
    if line is None:
        return Break(noted.number, Wrong.NOTED_AND_GONE)
    return None if line.digest.startswith(noted.digest) else Break(noted.number, Wrong.NOT_AS_NOTED, line)
