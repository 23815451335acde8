"""How locks end and turns come: pure functions of an environment and the time.

Applied by every command that touches the environment and by the sweeper, so that it does not matter who comes first;
nothing here starts a deployment.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain.deployment import Environment
from chalicelib.domain.locks import Lock, Over, Place, Ticket
from chalicelib.domain.people import Actor


@dataclass(frozen=True, slots=True)
class Rules:
    """What configuration says at this moment: how long a turn lasts, whether a freeze is in force, who may deploy."""

    turn_seconds: float
    frozen: bool
    may: Callable[[Actor], bool]


@dataclass(frozen=True, slots=True)
class Stand:
    """An environment with the tickets that changed on the way to it, each as it is now."""

    environment: Environment
    touched: tuple[Ticket, ...] = ()

    def with_(self, environment: Environment, *tickets: Ticket) -> "Stand":
        """The next stand; of a ticket that changed twice the later one counts."""
        later = {each.key for each in tickets}
        return Stand(environment, (*(each for each in self.touched if each.key not in later), *tickets))

    def place_of(self, actor: Actor) -> Place | None:
        """Somebody's place in the queue."""
        return next((each for each in self.environment.queue if each.actor == actor), None)

    @property
    def turn(self) -> Place | None:
        """Whose turn it is now."""
        first = self.environment.queue[0] if self.environment.queue else None
        return first if first is not None and first.offered_at else None

    def ending(self, place: Place, over: Over, now: float, by: Actor | None = None) -> "Stand":
        """Without a place."""
        queue = tuple(each for each in self.environment.queue if each.number != place.number)
        return self.with_(replace(self.environment, queue=queue), place.ended(over, now, by))

    def unlocked(self, over: Over, now: float, by: Actor | None = None, reason: str = "") -> "Stand":
        """Without its lock."""
        lock = self.environment.lock
        if lock is None:
            return self
        return self.with_(replace(self.environment, lock=None), lock.ended(over, now, by, reason))

    def locked(self, actor: Actor, reason: str, now: float, until: float) -> "Stand":
        """With a lock; one's own is prolonged, which the caller made sure of."""
        before = self.environment.lock
        if before is not None:
            lock = replace(before, reason=reason, until=until)
            return self.with_(replace(self.environment, lock=lock), lock)
        number = self.environment.tickets + 1
        where = (self.environment.service, self.environment.name)
        lock = Lock(*where, number, actor, reason, now, until)
        return self.with_(replace(self.environment, lock=lock, tickets=number), lock)

    def joined(self, actor: Actor, version: str, now: float) -> "Stand":
        """With somebody at the end of the queue."""
        number = self.environment.tickets + 1
        place = Place(self.environment.service, self.environment.name, number, actor, version, now)
        queue = (*self.environment.queue, place)
        return self.with_(replace(self.environment, queue=queue, tickets=number), place)

    def first(self, place: Place) -> "Stand":
        """With the first in the queue as it is now."""
        return self.with_(replace(self.environment, queue=(place, *self.environment.queue[1:])), place)


def advance(stand: Stand, now: float, rules: Rules) -> Stand:
    """What the time has brought: a lock that has expired, a turn that was missed, the next one's turn."""
    lock = stand.environment.lock
    if lock is not None and now >= lock.until:
        stand = stand.unlocked(Over.EXPIRED, now)
    while stand.environment.queue:
        first = stand.environment.queue[0]
        gone = _gone(stand, first, now, rules)
        if gone is not None:
            stand = stand.ending(first, gone, now)
            continue
        free = is_free_for(stand.environment, first.actor) and not rules.frozen
        if free and not first.offered_at:
            return stand.first(first.offered(now, rules.turn_seconds))
        if not free and first.offered_at:
            return stand.first(first.withdrawn())
        return stand
    return stand


def started(stand: Stand, actor: Actor, now: float, rules: Rules) -> Stand:
    """What a deployment that was just accepted does to the queue: who started it waits no more, and nobody else's turn
    goes on."""
    place = stand.place_of(actor)
    if place is not None:
        stand = stand.ending(place, Over.DEPLOYED, now, actor)
    return advance(stand, now, rules)


def is_free_for(environment: Environment, actor: Actor) -> bool:
    """Whether neither a deployment nor somebody else's lock is in the way."""
    others = environment.lock is not None and environment.lock.actor != actor
    return environment.active is None and not others


def _gone(stand: Stand, first: Place, now: float, rules: Rules) -> Over | None:
    """Why the first in the queue does not wait any more."""
    if first.offered_at and now >= first.offered_until:
        return Over.MISSED
    if first.version and first.version == stand.environment.live_version:
        return Over.LIVE
    return None if rules.may(first.actor) else Over.NOT_ALLOWED
