"""Chat's limits, obeyed through state: messages wait in a line before each limit, and nobody sleeps (docs/adr/0008).

A turn and the message that takes it are written in one transaction. Whoever leaves somebody waiting makes sure first
that a call comes when the next turn is free; that call takes whichever message is then most urgent, and renders it from
the records as they are then, so changes that came in the meantime cost nothing. A message is claimed while somebody is
at work on it: if they die, the claim lapses and another takes it up.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import RateLimited, Unavailable
from chalicelib.domain.pacing import Limit
from chalicelib.telemetry import log, measure
from chalicelib.usecases.chat_ports import ChatLimits, Line, Lines, Waiting, Wakes
from chalicelib.usecases.ports import Clock

CLAIM_SECONDS = 60.0
"""Longer than the function may run: nobody else takes a message up while its worker may still be alive."""
WORK_SECONDS = 25.0
"""Half of what the function may run; what is left over waits for the next call."""
LONGEST_WAKE = 900
"""SQS SendMessage: DelaySeconds is 900 at most."""
_SOONEST_REST, _LONGEST_REST = 10.0, 300.0
_SURE = 0.5
"""Seconds: a wake that is due this soon may be on its way already, and may have found the line empty."""
_UPDATE, _POST, _HOMES = "update", "post", "views"
"""Lines are served in the order of their names: homes last."""


class Later(Exception):
    """A message that is to be looked at again after a while, in its own time: others go on."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Need:
    """A message that chat does not show as it should: posted or updated, where, and how urgently (0 first)."""

    key: str
    channel: str
    update: bool
    urgency: int
    send: Callable[[], bool] = field(compare=False, repr=False)
    """Shows it as it was when it was looked at; False where chat will never take it. Raises ChatBusy, or Later."""
    home: bool = False
    """Somebody's home, which has a limit of its own."""


class ChatBusy(Exception):
    """Chat did not take a message now."""

    def __init__(self, cause: Unavailable) -> None:
        super().__init__(str(cause))
        self.seconds = cause.seconds if isinstance(cause, RateLimited) else None


class Shows(Protocol):
    """What knows the messages."""

    def needs(self, ref: Ref) -> Iterator[Need]:
        """The messages of a record that chat does not show as they should be, as they are now."""


class Queue:
    """The lines of one chat."""

    def __init__(self, limits: ChatLimits, clock: Clock, lines: Lines, wakes: Wakes, shows: Shows) -> None:
        self._limits = limits
        self._clock = clock
        self._lines = lines
        self._wakes = wakes
        self._shows = shows

    def enter(self, ref: Ref) -> set[str]:
        """Put what a record needs into its lines; returns their names."""
        entered = set()
        for need in self._shows.needs(ref):
            line = self._line(need)
            self._lines.enter(line, Waiting(ref, need.key, need.urgency, self._clock.now()))
            entered.add(line)
        return entered

    def before(self, channel: str) -> set[str]:
        """The names of the lines that a channel's messages wait in."""
        return {self._name(channel, update=update) for update in (False, True)}

    def serve(self, names: Iterable[str]) -> None:
        """Give every turn that is free now to who waits; a wake is due for all who still wait."""
        until = self._clock.now() + WORK_SECONDS
        todo = sorted(names)
        for name in todo:
            for more in self._serve(name, until):
                if more not in todo:
                    todo.append(more)

    def _serve(self, name: str, until: float) -> Iterator[str]:
        """Yields the other lines that were entered on the way."""
        limit = self._limit(name)
        while True:
            line, now = self._lines.look(name), self._clock.now()
            if not line.waiting:
                return
            ready = sorted(
                (each for each in line.waiting if each.claimed <= now),
                key=lambda each: (each.urgency, each.since, each.ref, each.key),
            )
            free = limit.free_at(line.full)
            if not ready or free > now or now >= until:
                earliest = min(each.claimed for each in line.waiting)
                self._wake(name, line, max(free, now if ready else earliest))
                return
            full = limit.taken(line.full, now)
            if not self._lines.take(name, line, ready[0], full=full, until=now + CLAIM_SECONDS):
                continue
            if len(line.waiting) > 1:  # before the work, which takes its time
                self._wake(name, line, limit.free_at(full))
            yield from self._turn(name, limit, ready[0])

    def _turn(self, name: str, limit: Limit, waiting: Waiting) -> Iterator[str]:
        """Send one message, and enter what can follow it: replies to it, and what changed in the meantime."""
        need = next((each for each in self._shows.needs(waiting.ref) if each.key == waiting.key), None)
        taken = True
        if need is not None and self._line(need) == name:
            waited = self._clock.now() - waiting.since
            if waited > 1:
                measure("ChatWaited", waited, "Seconds")
            try:
                taken = need.send()
            except Later as later:
                self._lines.back(name, waiting, until=self._clock.now() + later.seconds)
                return
            except ChatBusy as busy:
                self._rest(name, limit, waiting, busy)
                return
        if taken:
            yield from sorted(self.enter(waiting.ref) - {name})
        self._lines.leave(name, waiting)

    def _rest(self, name: str, limit: Limit, waiting: Waiting, busy: ChatBusy) -> None:
        """Leave chat alone for as long as it says, else the longer the longer this message has waited."""
        now = self._clock.now()
        own = min(max(_SOONEST_REST, (now - waiting.since) / 10), _LONGEST_REST)
        seconds = own if busy.seconds is None else busy.seconds
        log("warning", "chat is busy", line=name, said=str(busy), rest=seconds)
        self._lines.hold(name, limit.held(now + seconds))
        # What fails by itself lets others go first; what came too often keeps its place.
        self._lines.back(name, waiting, until=now + (3 * own if busy.seconds is None else 0.0))

    def _wake(self, name: str, line: Line, at: float) -> None:
        """Have this line looked at when its next turn is free, unless that is to happen already."""
        now = self._clock.now()
        if now + _SURE < line.wake <= at + 1:
            return
        seconds = min(max(1, math.ceil(at - now)), LONGEST_WAKE)
        self._wakes.wake(name, seconds)
        self._lines.noted(name, now + seconds)

    def _line(self, need: Need) -> str:
        return _HOMES if need.home else self._name(need.channel, update=need.update)

    def _name(self, channel: str, *, update: bool) -> str:
        kind, limit = (_UPDATE, self._limits.update) if update else (_POST, self._limits.post)
        return f"{kind}#{channel}" if limit.per_channel else kind

    def _limit(self, name: str) -> Limit:
        if name == _HOMES:
            return self._limits.publish
        return self._limits.update if name.partition("#")[0] == _UPDATE else self._limits.post
