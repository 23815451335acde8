"""What people may ask to see. Nothing of it changes anything (but a `Share` shows it to others as well); long answers
come in pages, each a command of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.grammar import malformed, name, number, paged, shown, span
from chalicelib.domain.roles import ROLES, TEAM
from chalicelib.domain.updates import UPDATES

PERIODS = (30, 90)
"""Days over which the key metrics are counted."""
SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Status:
    """What is where and under way; everything where no service is named."""

    service: str = ""
    environment: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Where:
    """Which version is live where, since when and by whom."""

    service: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Why:
    """What an environment is in, who may act, and what happens by itself."""

    service: str
    environment: str


@dataclass(frozen=True, slots=True)
class Past:
    """Who did what when; the lines before a number where one is given."""

    service: str
    environment: str
    before: int = 0


@dataclass(frozen=True, slots=True)
class Versions:
    """The builds that CI reported, or a frontend's releases."""

    service: str
    page: int = 1


@dataclass(frozen=True, slots=True)
class Stats:
    """The four key metrics; of all services where none is named."""

    service: str = ""
    environment: str = ""
    days: int = 30


@dataclass(frozen=True, slots=True)
class Share:
    """Show the key metrics to the team: a message in the channel, with a picture."""

    stats: Stats


@dataclass(frozen=True, slots=True)
class Audit:
    """Whether the history of an environment is whole."""

    service: str
    environment: str


@dataclass(frozen=True, slots=True)
class Locks:
    """Everything that keeps an environment for somebody, and who waits."""

    page: int = 1
    service: str = ""


Reading = Locks | Status | Where | Why | Past | Versions | Stats | Audit


def _status(verb: str, words: list[str]) -> Status:
    words, page = paged(verb, words)
    if len(words) > 2:
        raise malformed(verb, "`status` takes a service and an environment at most.")
    return Status(*_pair(verb, words), page=page)


def _where(verb: str, words: list[str]) -> Where:
    words, page = paged(verb, words)
    if len(words) > 1:
        raise malformed(verb, "`where` takes a service at most.")
    return Where(_pair(verb, words)[0], page)


def _why(verb: str, words: list[str]) -> Why:
    return Why(*_both(verb, words))


def _past(verb: str, words: list[str]) -> Past:
    before = 0
    if len(words) > 1 and words[-2] == "before":
        words, before = words[:-2], number(verb, words[-1])
    return Past(*_team_or_both(verb, words), before=before)


def _versions(verb: str, words: list[str]) -> Versions:
    words, page = paged(verb, words)
    if len(words) != 1:
        raise malformed(verb, "`versions` needs a service.")
    return Versions(name(verb, words[0]), page)


def _stats(verb: str, words: list[str]) -> Stats | Share:
    """A period begins with a digit, as no name does; `shared` comes after it only: a service may have this name."""
    begins = next((at for at, word in enumerate(words) if word[:1].isdigit()), len(words))
    names, period = words[:begins], words[begins:]
    days, after = _days(verb, period) if period else (PERIODS[0], [])
    if len(names) > 2 or after not in ([], [SHARED]):
        raise malformed(verb, "`stats` takes a service, an environment and a period at most.")
    counted = Stats(*_pair(verb, names), days=days)
    return Share(counted) if after else counted


def _days(verb: str, words: list[str]) -> tuple[int, list[str]]:
    seconds, after = span(words)
    if seconds not in {each * 86_400 for each in PERIODS}:
        raise malformed(verb, f"`{shown(words[0])}` is not a period that I count: `30d` or `90d`.")
    return seconds // 86_400, after


def _audit(verb: str, words: list[str]) -> Audit:
    return Audit(*_team_or_both(verb, words))


def _locks(verb: str, words: list[str]) -> Locks:
    words, page = paged(verb, words)
    if words:
        raise malformed(verb, "`locks` takes nothing more: it shows all.")
    return Locks(page)


def _pair(verb: str, words: list[str]) -> tuple[str, str]:
    """A service and an environment, as far as they are given."""
    names = [name(verb, word) for word in words]
    return (*names, "", "")[:2]  # type: ignore[return-value] # two of at least two


def _both(verb: str, words: list[str]) -> tuple[str, str]:
    if len(words) != 2:
        raise malformed(verb, f"`{verb}` needs a service and an environment.")
    return _pair(verb, words)


def _team_or_both(verb: str, words: list[str]) -> tuple[str, str]:
    """What belongs to the team as a whole has a history of its own, by one word; else a service and an environment."""
    return (TEAM, words[0]) if words in ([ROLES], [UPDATES]) else _both(verb, words)


PARSERS: dict[str, Callable[[str, list[str]], Reading | Share]] = {
    "locks": _locks,
    "status": _status,
    "where": _where,
    "why": _why,
    "history": _past,
    "versions": _versions,
    "stats": _stats,
    "audit": _audit,
}
