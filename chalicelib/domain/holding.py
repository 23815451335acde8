"""What people may type to keep an environment for themselves or to wait for it."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.grammar import length, malformed, name, shown
from chalicelib.domain.pushed import VERSION

MOST_REASON = 200
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class LockIt:
    """Nobody else starts a deployment there; `seconds` is 0 where configuration says for how long."""

    service: str
    environment: str
    reason: str
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Unlock:
    """End a lock; somebody else's with a reason."""

    service: str
    environment: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Wait in the queue; the newest version by then where none is named."""

    service: str
    version: str
    environment: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Give up one's place in the queue, or the turn."""

    service: str
    environment: str


@dataclass(frozen=True, slots=True)
class AskHolder:
    """Ask the one who holds it, in the channel."""

    service: str
    environment: str


Holding = LockIt | Unlock | Join | Leave | AskHolder


def target(verb: str, words: list[str]) -> tuple[str, str, str]:
    """Service, version (or nothing) and environment of `SERVICE[@VERSION] to ENVIRONMENT`."""
    if len(words) != 3 or words[1] != "to":
        raise malformed(verb, "A deployment names a service, `to`, and an environment.")
    service, at, version = words[0].partition("@")
    if at and not VERSION.match(version):
        raise malformed(
            verb, f"`{shown(version)}` is not a version (letters, digits and `._+-`, 64 at most)."
        )
    return name(verb, service), version, name(verb, words[2])


def reason(verb: str, words: list[str]) -> str:
    """Why, in a few words; it is shown to everybody."""
    said = " ".join(words)[:MOST_REASON].strip()
    if not said:
        raise malformed(verb, "Say why: the others read it.")
    return said


def _lock(verb: str, words: list[str]) -> LockIt:
    if len(words) < 2:
        raise malformed(verb, "`lock` needs a service, an environment and a reason.")
    service, environment, rest = name(verb, words[0]), name(verb, words[1]), words[2:]
    seconds = 0
    if len(rest) > 1 and rest[0] == "for" and rest[1][:1].isdigit():
        seconds, rest = length(verb, rest[1:], "`30m`, `2 hours` or `3d`")
    return LockIt(service, environment, reason(verb, rest), seconds)


def _unlock(verb: str, words: list[str]) -> Unlock:
    if len(words) < 2:
        raise malformed(verb, "`unlock` needs a service and an environment.")
    said = " ".join(words[2:])[:MOST_REASON]
    return Unlock(name(verb, words[0]), name(verb, words[1]), said)


def _join(verb: str, words: list[str]) -> Join:
    return Join(*target(verb, words))


def _leave(verb: str, words: list[str]) -> Leave:
    if len(words) != 2:
        raise malformed(verb, "`leave` needs a service and an environment.")
    return Leave(name(verb, words[0]), name(verb, words[1]))


def _ask(verb: str, words: list[str]) -> AskHolder:
    if len(words) != 2:
        raise malformed(verb, "`ask` needs a service and an environment.")
    return AskHolder(name(verb, words[0]), name(verb, words[1]))


PARSERS: dict[str, Callable[[str, list[str]], Holding]] = {
    "lock": _lock,
    "unlock": _unlock,
    "queue": _join,
    "leave": _leave,
    "ask": _ask,
}
