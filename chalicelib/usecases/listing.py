"""Everything that keeps an environment for somebody: deployments, locks, freezes, and who waits for it."""

from collections.abc import Iterator

from chalicelib.domain.deployment import Environment
from chalicelib.domain.freezes import frozen
from chalicelib.domain.reading import Locks
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Action, Reply
from chalicelib.usecases.holding import lock_line, queue_lines
from chalicelib.usecases.paging import page
from chalicelib.usecases.ports import Store
from chalicelib.usecases.starting import holder
from chalicelib.usecases.texts import plain
from chalicelib.usecases.words import state_name

SIZE = 12
"""Environments of a page: two reads for each at most."""
_LOCK = Action("form", "Lock an environment", "lock")
_END = (Action("form", "End a lock", "unlock"),)
_JOIN = (Action("form", "Join a queue", "queue"),)


def locks(store: Store, team: Team, asked: Locks, now: float) -> Reply:
    """A page of environments, each that is kept with by whom and until when; the free ones are counted."""
    pairs = [(service, name) for service, names in sorted(team.services().items()) for name in names]
    some = page(pairs, asked.page, SIZE, "locks")
    said, free, locked = [], 0, False
    for service, name in some.shown:
        environment = store.environment(service, name)
        found = tuple(_kept(store, team, environment, now))
        locked |= bool(lock_line(environment, now))
        free += not found
        if found:
            said += [f"*{service}* in *{name}*", *(f"• {each}" for each in found)]
    actions = (*(_END if locked else ()), *(_JOIN if said else ()), _LOCK, *some.actions)
    if free:
        said.append(f"{'Everything else' if said else 'Everything'} is free ({free}).")
    return Reply("\n".join([*said, *some.notes]) or "Nothing is configured.", actions)


def _kept(store: Store, team: Team, environment: Environment, now: float) -> Iterator[str]:
    if environment.active is not None:
        active = holder(store, environment, environment.active)
        who = f", asked for by {{person:{active.requester}}}" if active is not None else ""
        yield f"🚚 *{environment.active.deployment}* is {state_name(active)}{who}"
    lock = lock_line(environment, now)
    if lock:
        yield lock
    freeze = frozen(team.environment(environment.service, environment.name).freezes, now)
    if freeze is not None:
        yield f"❄️ a freeze until {{when:{freeze.until:.0f}}}: {plain(freeze.reason)}"
    yield from queue_lines(environment, most=len(environment.queue))
