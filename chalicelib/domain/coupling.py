"""A server and a frontend that go together: one request of two parts, which go live together or not at all.

A version may hold a plus, a name may not: `+NAME@` always begins the second part, and where neither part has a version
a plus parts them. `cameras@142+web` can mean the version `142+web`: whoever knows the services decides (`ending_in`).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.deployment import Deployment, State
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


# --- once both are deployments ----------------------------------------------------------------------------------------


class Standing(StrEnum):
    """How the frontend of two stands, as its server sees it."""

    COMING = "coming"
    """It may still go live, or go back; or it is stuck, and nobody has said what becomes of it."""
    KEPT = "kept"
    """It is live and can go back."""
    DONE = "done"
    """Nothing more comes of it: its time to go back is over, or somebody left it as it was."""
    LEFT = "left"
    """It has ended and did not stay: its server does not either."""


def standing(frontend: Deployment | None) -> Standing:
    """A server without a frontend waits for none."""
    if frontend is None or frontend.state in {State.SUCCEEDED, State.RETIRING} or _left_alone(frontend):
        return Standing.DONE
    if frontend.state is State.KEEPING:
        return Standing.KEPT
    return Standing.COMING if undecided(frontend) else Standing.LEFT


def undecided(deployment: Deployment) -> bool:
    """Whether anything may still happen to it: also where it is stuck, until somebody leaves it so."""
    return not deployment.ended or (deployment.state is State.STUCK and not _left_alone(deployment))


def leads(server: Deployment | None) -> bool:
    """Whether the server of two still decides for both: it has not ended, and how it ends is open."""
    return server is not None and undecided(server) and server.outcome is None


def may_show(server: Deployment) -> bool:
    """Whether visitors may be shown the page that asks this server: it is live, and nobody wants it back."""
    return server.state in {State.KEEPING, State.ASKING_END} and server.wanted != "rollback"


def stays(frontend: Deployment | None) -> str:
    """The release that visitors keep seeing where its server goes back, since there is none before it; else empty."""
    if frontend is None or not frontend.first_release:
        return ""
    return frontend.version if frontend.switched_at or frontend.state is State.SWITCHING else ""


def _left_alone(deployment: Deployment) -> bool:
    return deployment.state is State.STUCK and deployment.wanted == "release"
