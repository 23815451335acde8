"""What may be typed about roles: `grant`, `revoke`, `roles` and `whoami`.

A person who was picked stands as `{person:WORKSPACE/USER}`, whichever chat service they were picked in (its wire module
makes that of what it sends); a name alone says nobody.
"""

import re
from dataclasses import dataclass

from chalicelib.domain.grammar import malformed, name, paged, shown
from chalicelib.domain.roles import Role

_PERSON = re.compile(r"\{person:[A-Za-z0-9._-]{1,64}/([A-Za-z0-9._-]{1,64})\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChangeRole:
    """Grant or revoke a role of somebody, for one service or, where none is named, for all."""

    verb: str
    user: str
    role: Role
    service: str = ""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who holds which role; for all services, or for one."""

    service: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Whoami:
    """Which roles the one who asks holds."""


def change_role(verb: str, words: list[str]) -> ChangeRole:
    """`@user ROLE [on SERVICE]`."""
    found = _PERSON.match(" ".join(words))
    if found is None:
        given = f" `{shown(words[0])}` is none." if words else ""
        raise malformed(verb, f"`{verb}` needs a person, picked from the list that opens after `@`.{given}")
    rest = " ".join(words)[found.end() :].split()
    if len(rest) not in {1, 3} or (len(rest) == 3 and rest[1] != "on"):
        raise malformed(verb, f"`{verb}` needs a person and a role, and at most `on` and a service.")
    if rest[0] not in set(Role):
        known = ", ".join(Role)
        raise malformed(verb, f"`{shown(rest[0])}` is no role; there are {known}.")
    return ChangeRole(verb, found[1], Role(rest[0]), name(verb, rest[2]) if len(rest) == 3 else "")


def roles(verb: str, words: list[str]) -> Roles:
    """Nothing, or a service."""
    words, page = paged(verb, words)
    if len(words) > 1:
        raise malformed(verb, "`roles` takes one service at most.")
    return Roles(name(verb, words[0]) if words else "", page)


def whoami(verb: str, words: list[str]) -> Whoami:
    """Nothing more."""
    if words:
        raise malformed(verb, "`whoami` stands alone.")
    return Whoami()
