"""A server and a frontend that go together: one request of two parts, which go live together or not at all.

A version may hold a plus, a name may not: `+NAME@` always begins the second part, and where neither part has a version
a plus parts them. `cameras@142+web` can mean the version `142+web`: whoever knows the services decides (`ending_in`).
"""

import re
from dataclasses import dataclass

from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import malformed
from chalicelib.domain.holding import target
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import EnvironmentSettings, Team

_NEXT = re.compile(r"\+(?=[a-z][a-z0-9-]{0,31}@)")
_MOST = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two; the newest where no version is named."""

    service: str
    version: str | None = None

    @property
    def wanted(self) -> str:
        """As it is typed."""
        return f"{self.service}@{self.version}" if self.version else self.service


@dataclass(frozen=True, slots=True)
class Together:
    """Deploy two services as one, or only plan it."""

    parts: tuple[Part, Part]
    environment: str
    plan_only: bool = False
    override: str = ""
    """Why it is started against a lock, a freeze or somebody's turn."""

    @property
    def wanted(self) -> str:
        """As it is typed."""
        return "+".join(each.wanted for each in self.parts)


@dataclass(frozen=True, slots=True)
class Half:
    """One part with the settings of its environment."""

    part: Part
    settings: EnvironmentSettings


@dataclass(frozen=True, slots=True)
class Couple:
    """A request whose parts fit each other, whichever was named first."""

    server: Half
    frontend: Half

    @property
    def halves(self) -> tuple[Half, Half]:
        """In the order in which they go live: nobody may see a page whose server is not there."""
        return self.server, self.frontend


def parts_of(word: str) -> list[str]:
    """The parts of what is deployed; one where nothing is coupled."""
    first, *rest = _NEXT.split(word)
    return [*([first] if "@" in first else first.split("+")), *rest]


def together(verb: str, words: list[str], override: str = "") -> Together:
    """`SERVICE[@VERSION]+SERVICE[@VERSION] to ENVIRONMENT`."""
    parts = parts_of(words[0])
    if len(parts) > _MOST:
        raise malformed(verb, "Two services go together at most: servers and a frontend.")
    named = [target(verb, [part, *words[1:]]) for part in parts]
    (one, first, environment), (other, second, _) = named
    if one == other:
        raise malformed(verb, f"`{one}` is named twice: servers and a frontend go together.")
    pair = (Part(one, first or None), Part(other, second or None))
    return Together(pair, environment, plan_only=verb == "plan", override=override)


def ending_in(team: Team, version: str) -> tuple[str, str] | None:
    """The version and the service of `142+web`, where there is a service of this name; else it is all version."""
    first, plus, last = version.rpartition("+")
    return (first, last) if plus and first and last in team.services() else None


def couple(team: Team, asked: Together) -> Couple:
    """The two with their settings. Refused where a service is unknown, where they are of the same kind, and where one
    of them has no environment of this name."""
    first, second = asked.parts
    known = team.services()
    kinds = [team.frontend(each.service) is not None for each in asked.parts]
    if first.service in known and second.service in known and kinds[0] == kinds[1]:
        raise Refused(
            Reason.SAME_KIND,
            first=first.wanted,
            second=second.wanted,
            service=first.service,
            environment=asked.environment,
            what="frontends" if kinds[0] else "servers",
        )
    halves = [Half(each, team.environment(each.service, asked.environment)) for each in asked.parts]
    server, frontend = reversed(halves) if kinds[0] else halves
    return Couple(server, frontend)
