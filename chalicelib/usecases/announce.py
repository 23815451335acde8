"""Keep chat true to the table: each record that changed is rendered again and posted, or updated in place.

Called with what changed, once or many times, in any order: a message that says the same already is left alone. What
differs waits in the line of its limit (usecases/lines.py), so a chat that is slow or down delays messages and nothing
else. What chat refuses for good (a channel that is gone) is logged and left.

A message is posted once, whatever dies: the intent to post is written first, with a key that goes into the message; an
intent that has no timestamp yet is looked for in chat, and what is found is adopted (invariants I6 and I11).
"""

import math
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from chalicelib.domain.approval import OF_THE_TEAM, SECOND_PERSON, Question
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import NotReady, Refused, Unavailable
from chalicelib.domain.findings import FindingKey
from chalicelib.domain.locks import TicketKey
from chalicelib.domain.people import Actor
from chalicelib.telemetry import log
from chalicelib.usecases.chat_ports import Chat, Lines, Message, Posted, Wakes, digest
from chalicelib.usecases.homes import Homes, home_ref, is_home
from chalicelib.usecases.lines import LONGEST_WAKE, ChatBusy, Need, Queue
from chalicelib.usecases.pictures import Pictures
from chalicelib.usecases.ports import Clock, Store
from chalicelib.usecases.questions import next_moment
from chalicelib.usecases.wanted import BUILDS, FINDING, TICKET, Wanted, Wanting

_MOMENT = "moment#"
"""Begins the name under which a call comes for a record rather than for a line."""
_CLOCKS_DIFFER = 60.0
"""Seconds: chat's clock gives the timestamps, ours the time of an intent."""
_QUESTION, _WAS_QUESTION, _PROGRESS, _PICTURE = range(4)


class Announcer:
    """Renders records and remembers what it posted where."""

    def __init__(self, store: Store, chat: Chat, clock: Clock, lines: Lines, wakes: Wakes) -> None:
        self._store = store
        self._chat = chat
        self._clock = clock
        self._wakes = wakes
        self._wanting = Wanting(store, clock, self._look_again)
        self._moments: dict[Ref, float] = {}
        self._pictures = Pictures(chat)
        self._homes = Homes(store, chat, clock)
        self._queue = Queue(chat.limits, clock, lines, wakes, self)

    def deployments(self, refs: Iterable[Ref]) -> None:
        """Show each of these deployments as it is now, as far as chat's limits allow it now, and in the homes of those
        who looked lately."""
        if self._bring(each for ref in refs for each in self._wanting.each(ref)):
            self._homes.forget()
            self._bring(self._homes.lately())

    def homes(self, people: Iterable[Actor]) -> None:
        """Show these people their homes."""
        self._homes.forget()
        self._bring(home_ref(who) for who in people)

    def _bring(self, refs: Iterable[Ref]) -> bool:
        """Show what of these chat does not show as it is; False where there is nothing to look at."""
        changed = sorted(set(refs))
        self._queue.serve({line for ref in changed for line in self._queue.enter(ref)})
        return bool(changed)

    def builds(self, builds: Iterable[tuple[str, str]]) -> None:
        """Announce each of these builds (service, version) and releases (service, tag)."""
        self._bring(Ref(service, BUILDS, version) for service, version in builds)

    def findings(self, keys: Iterable[FindingKey]) -> None:
        """Show each of these findings as it is now, in the thread of its deployment."""
        self._bring(Ref(key.service, key.environment, f"{FINDING}{key.key}") for key in keys)

    def tickets(self, keys: Iterable[TicketKey]) -> None:
        """Show each of these locks and places in the queue as it is now."""
        self.deployments(Ref(key.service, key.environment, f"{TICKET}{key.key}") for key in keys)

    def wake(self, lines: Iterable[str]) -> None:
        """Serve these lines, and look at these records, whose time has come."""
        names = set(lines)
        moments = {name: Ref(*name.split("#")[1:]) for name in names if name.startswith(_MOMENT)}
        for ref in moments.values():
            self._moments.pop(ref, None)
        self.deployments(moments.values())
        # A reminder that nobody needs any more may still stand in a line, where its worker died.
        channels = {
            each.channel for ref in moments.values() for each in self._wanting.of(ref, self._store.posts(ref))
        }
        left = {line for channel in channels for line in self._queue.before(channel)}
        self._queue.serve((names - set(moments)) | left)

    def _look_again(self, ref: Ref, questions: Iterable[Question]) -> None:
        """Be called when a question is to be reminded of, or expires, though nothing is written then. A call too many
        does no harm, so what was asked for is only remembered here."""
        now = self._clock.now()
        asked = (each for each in questions if each.kind in SECOND_PERSON | OF_THE_TEAM)
        at = min((moment for each in asked if (moment := next_moment(each, now))), default=0.0)
        if not at or now < self._moments.get(ref, 0.0) <= at + 1:
            return
        seconds = min(max(1, math.ceil(at - now)), LONGEST_WAKE)
        self._wakes.wake(f"{_MOMENT}{ref.service}#{ref.environment}#{ref.deployment}", seconds)
        self._moments[ref] = now + seconds

    # --- what the queue asks ----------------------------------------------------------------------------------------

    def needs(self, ref: Ref) -> Iterator[Need]:
        """The messages of a record that chat does not show as they should be."""
        if is_home(ref):
            yield from self._homes.needs(ref)
            return
        posts = self._store.posts(ref)
        for each in self._wanting.of(ref, posts):
            posted = posts.get(each.key)
            there = posted is not None and bool(posted.timestamp)
            if posted is not None and there and posted.digest == digest(each.message):
                continue
            channel = posted.channel if posted is not None else each.channel
            urgency = _QUESTION if _asks(each.message) else _PROGRESS
            if urgency and posted is not None and posted.asks:
                urgency = _WAS_QUESTION
            if there and posted is not None and self._lacks_the_picture_only(each, posted):
                urgency = _PICTURE
            send = partial(self._send, ref, each, posted)
            yield Need(each.key, channel, update=there, urgency=urgency, send=send)

    def _send(self, ref: Ref, wanted: Wanted, before: Posted | None) -> bool:
        """Post a message, or bring the one posted under its key up to date."""
        try:
            self._show(ref, wanted, before)
        except Refused as refused:
            log(
                "error",
                "chat refused a message",
                said=refused.text,
                deployment=ref.deployment,
                key=wanted.key,
            )
            return False
        return True

    def _show(self, ref: Ref, wanted: Wanted, before: Posted | None) -> None:
        thread = wanted.thread
        posted = before if before is not None else self._intend(ref, wanted)
        if posted.timestamp and self._lacks_the_picture_only(wanted, posted):
            self._add_picture(ref, wanted, posted)
            return
        message = self._pictures.without(wanted.message, posted)
        self._forget(ref, wanted.key, posted)
        try:
            timestamp = posted.timestamp or (self._adopt(posted, thread) if before is not None else None)
            if timestamp:
                self._chat.update(posted.channel, timestamp, message)
            else:
                timestamp = self._chat.post(
                    posted.channel, message, key=posted.key, thread=thread, broadcast=wanted.broadcast
                )
        except NotReady:  # its picture is gone: without it, and then with a new one
            bare = replace(posted, digest="", upload=None)
            self._store.save_post(ref, wanted.key, bare)
            self._show(ref, wanted, bare)
            return
        except Unavailable as error:
            raise ChatBusy(error) from error
        shown = digest(wanted.message if message.picture else message)
        told = replace(posted, timestamp=timestamp, digest=shown, asks=_asks(message))
        self._store.save_post(ref, wanted.key, told)

    def _lacks_the_picture_only(self, wanted: Wanted, posted: Posted) -> bool:
        """Whether people read what they should, and only the picture is not there yet."""
        message = self._pictures.without(wanted.message, posted)
        return (
            message.picture is None
            and wanted.message.picture is not None
            and posted.digest == digest(message)
        )

    def _add_picture(self, ref: Ref, wanted: Wanted, posted: Posted) -> None:
        """A step further; the last one leaves a record that says that nothing is missing any more."""
        done = self._pictures.add(
            wanted.message, posted, lambda now: self._store.save_post(ref, wanted.key, now)
        )
        self._store.save_post(ref, wanted.key, replace(done, digest=digest(wanted.message)))

    def _intend(self, ref: Ref, wanted: Wanted) -> Posted:
        """Write down that a message is about to be posted. Nobody can guess its key, so nobody else's is adopted."""
        intent = Posted(wanted.channel, key=secrets.token_hex(8), at=self._clock.now())
        self._store.save_post(ref, wanted.key, intent)
        return intent

    def _forget(self, ref: Ref, key: str, posted: Posted) -> None:
        """Until chat has answered nobody knows what it shows: without this an answer that was lost, and a record that
        comes back to what it said before, would leave the message as it was in between."""
        if posted.digest:
            self._store.save_post(ref, key, replace(posted, digest=""))

    def _adopt(self, intent: Posted, thread: str) -> str | None:
        """The message of an intent whose writer died, or lost chat's answer, before it could note the timestamp."""
        return self._chat.find(intent.channel, intent.key, thread=thread, since=intent.at - _CLOCKS_DIFFER)


def _asks(message: Message) -> bool:
    """Whether it has the buttons of a question that waits for a person."""
    return any(action.verb == "confirm" for action in message.actions)
