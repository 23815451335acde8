"""Who keeps an environment for themselves, and who waits for it, in words: the same lines wherever it is shown."""

from collections.abc import Iterator

from chalicelib.domain.deployment import Environment
from chalicelib.usecases.texts import plain

_SHOWN = 5


def lock_line(environment: Environment, now: float) -> str:
    """The lock in force; empty without one."""
    lock = environment.lock
    if lock is None or now >= lock.until:
        return ""
    return f"🔒 locked by {{person:{lock.actor}}} until {{when:{lock.until:.0f}}}: {plain(lock.reason)}"


def queue_lines(environment: Environment, most: int = _SHOWN) -> Iterator[str]:
    """The queue in its order, as far as it is shown."""
    for number, place in enumerate(environment.queue[:most], start=1):
        turn = f", whose turn it is until {{time:{place.offered_until:.0f}}}" if place.offered_at else ""
        yield f"🧍 {number}. in the queue: {{person:{place.actor}}} with `{place.wanted}`{turn}"
    if len(environment.queue) > most:
        yield f"🧍 and {len(environment.queue) - most} more in the queue"


def holding(environment: Environment, now: float) -> list[str]:
    """Lock and queue; nothing where nobody keeps it and nobody waits."""
    return [line for line in (lock_line(environment, now), *queue_lines(environment)) if line]
