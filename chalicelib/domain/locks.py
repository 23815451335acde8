"""Locks and places in a queue: what keeps an environment for somebody, until when, and how that ended.

The one in force stands in its environment's record, which decides; a copy of its own is what chat shows, also once it
is over.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.people import Actor


class Over(StrEnum):
    """How a lock or a place ended."""

    UNLOCKED = "unlocked"
    EXPIRED = "expired"
    DEPLOYED = "deployed"
    LEFT = "left"
    PASSED = "passed"
    MISSED = "missed"
    LIVE = "live"
    """The version that was waited with went live in the meantime."""
    NOT_ALLOWED = "not_allowed"
    """Who waited may not deploy any more."""


@dataclass(frozen=True, slots=True, order=True)
class TicketKey:
    """Where the copy of a lock or a place is: `lock-3`, `place-4`; and where it stands that somebody asked, or showed
    something to the team."""

    service: str
    environment: str
    key: str


@dataclass(frozen=True, slots=True)
class Lock:
    """Nobody but its holder starts a deployment until it ends; none is without an end."""

    service: str
    environment: str
    number: int
    actor: Actor
    reason: str
    since: float
    until: float
    over: Over | None = None
    over_at: float = 0.0
    over_by: Actor | None = None
    over_reason: str = ""
    revision: int = 0

    @property
    def key(self) -> TicketKey:
        """Where its copy is."""
        return TicketKey(self.service, self.environment, f"lock-{self.number}")

    def ended(self, over: Over, now: float, by: Actor | None = None, reason: str = "") -> "Lock":
        """The lock as it is remembered."""
        return replace(self, over=over, over_at=now, over_by=by, over_reason=reason)


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's place in the queue; `offered_at` is when the turn came, 0 while others are before them."""

    service: str
    environment: str
    number: int
    actor: Actor
    version: str
    """Empty: the newest one by then."""
    since: float
    offered_at: float = 0.0
    offered_until: float = 0.0
    offers: int = 0
    """How often the turn came: an override or a freeze takes it away again."""
    over: Over | None = None
    over_at: float = 0.0
    over_by: Actor | None = None
    revision: int = 0

    @property
    def key(self) -> TicketKey:
        """Where its copy is."""
        return TicketKey(self.service, self.environment, f"place-{self.number}")

    @property
    def wanted(self) -> str:
        """What is to be deployed, as it is typed."""
        return f"{self.service}@{self.version}" if self.version else self.service

    def offered(self, now: float, seconds: float) -> "Place":
        """The turn has come."""
        return replace(self, offered_at=now, offered_until=now + seconds, offers=self.offers + 1)

    def withdrawn(self) -> "Place":
        """Still first, but nobody can deploy now."""
        return replace(self, offered_at=0.0, offered_until=0.0)

    def ended(self, over: Over, now: float, by: Actor | None = None) -> "Place":
        """The place as it is remembered."""
        return replace(self, over=over, over_at=now, over_by=by)


ASK_SECONDS = 300
"""A holder is asked once in so long, whoever asks."""


@dataclass(frozen=True, slots=True)
class Ask:
    """That somebody asked the one who holds an environment, visibly; it holds nothing and is over at once."""

    service: str
    environment: str
    number: int
    """Which five minutes since the epoch it was in: there is one in each at most."""
    actor: Actor
    holder: Actor
    holds: str
    """The deployment, or nothing where it is a lock or a turn."""
    since: float
    revision: int = 0

    @property
    def key(self) -> TicketKey:
        """Where it is."""
        return TicketKey(self.service, self.environment, f"ask-{self.number}")


Ticket = Lock | Place


class Hindrance(StrEnum):
    """What a deployment can be refused for and started all the same."""

    LOCK = "lock"
    FREEZE = "freeze"
    TURN = "turn"


@dataclass(frozen=True, slots=True)
class Overridden:
    """One thing that was in the way: whose it was, until when, and the reason that was given for it."""

    what: Hindrance
    until: float
    actor: Actor | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """That somebody started a deployment against a lock, a freeze or somebody's turn, and why."""

    by: Actor
    reason: str
    over: tuple[Overridden, ...] = ()
