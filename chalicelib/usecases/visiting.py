"""Note who opens their home, so that the chat function shows it and keeps it up to date for a while."""

from contextlib import suppress
from dataclasses import replace

from chalicelib.domain.errors import Conflict, Duplicate, Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.visits import AGAIN, Visit
from chalicelib.usecases.ports import Clock, Save, Seen, Store


def note(store: Store, clock: Clock, who: Actor, event: str) -> None:
    """Remember the visit. The same event again, somebody who was here a moment ago, and people of another workspace
    change nothing."""
    try:
        if store.team().workspace != who.workspace:
            return
    except Refused:  # nothing is configured yet: there is nothing to show
        return
    now, before = clock.now(), store.visit(who)
    if before is not None and now - before.at < AGAIN:
        return
    visit = replace(before, at=now) if before is not None else Visit(who, now)
    with suppress(Conflict, Duplicate):  # whoever wrote first noted the same
        store.commit(Save(visit), Seen(event, now))
