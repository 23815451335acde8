"""Nothing secret in what is written (docs/safety.md, I14): every secret of a run, searched in all it left behind.

Secrets of a run are known exactly: the signing secret, CI's secret and the bot's token, each task token, the signature
and the response_url of each request. A leak is told by its place and kind, never by its value.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = (re.compile(r"[A-Za-z0-9_-]{16,}"), re.compile(r"[A-Za-z0-9+/]{16,}"))
"""What a secret that was made for one request is searched by: its longest run of such characters, as a whole. The
second is for Base64, which may have no long run of the first."""


class Written(NamedTuple):
    """Something that was written, where, and the one kind of secret that belongs there, if any."""

    where: str
    text: str
    allowed: str = ""


@dataclass
class Secrets:
    """Secrets by kind: `lasting` ones are searched anywhere in a text and in other encodings, the many `passing` ones
    (of one request, or of one wait) as whole words."""

    lasting: dict[str, str] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, values: Iterable[str]) -> None:
        """Further passing ones. Raises ValueError for one that is too short to be told from other words."""
        for value in values:
            found = next(filter(None, (word.findall(value) for word in WORDS)), None)
            if not found:
                raise ValueError(f"a {kind} of {len(value)} characters can not be searched for")
            self._words[max(found, key=len)] = kind

    def kinds(self) -> set[str]:
        """What there is to find."""
        return {*self.lasting, *self._words.values()}

    def inside(self, text: str) -> set[str]:
        """The kinds of secrets that a text has."""
        words = self._words.keys() & {found for word in WORDS for found in word.findall(text)}
        lasting = {
            kind for kind, value in self.lasting.items() if any(each in text for each in _forms(value))
        }
        return lasting | {self._words[word] for word in words}


def _forms(value: str) -> set[str]:
    """A secret as it may be written: plain, in a URL, in Base64."""
    return {value, quote(value, safe=""), base64.b64encode(value.encode()).decode().rstrip("=")}


def leaks(secrets: Secrets, everything: Iterable[Written]) -> list[str]:
    """Each place that has a secret which does not belong there, sorted; empty where all is well."""
    found = {
        f"{each.where}: {kind}"
        for each in everything
        for kind in secrets.inside(each.text)
        if kind != each.allowed
    }
    return sorted(found)
