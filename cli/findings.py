"""What is wrong with a configuration, where exactly, and what to do about it."""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document down."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column of a file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One error. `advice` says what to write instead."""

    place: Place
    path: Path
    problem: str
    advice: str = ""

    def render(self, file: str) -> str:
        """`FILE:LINE:COLUMN: PATH: PROBLEM; ADVICE`, the form that editors can jump to."""
        end = f"; {self.advice}" if self.advice else ""
        where = f"{file}:{self.place.line}:{self.place.column}"
        return printable(f"{where}: {path_text(self.path)}: {self.problem}{end}")


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, as the file is read from the top."""
    return sorted(set(findings), key=lambda each: (each.place, path_text(each.path), each.problem))


def path_text(path: Path) -> str:
    """`services.cameras.checks[0]`; the top is called `(document)`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "(document)"


def shown(value: object) -> str:
    """A value as a message quotes it: one short line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean "x"?` for the known word that is most like this one; empty where none is."""
    found = difflib.get_close_matches(word[:64], list(known), n=1, cutoff=0.6)
    return f"did you mean {shown(found[0])}?" if found else ""


def printable(text: str) -> str:
    """The text on one line, with everything that could steer a terminal escaped."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text
    )
