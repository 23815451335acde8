"""Keep chat true to the table: each record that changed is rendered again and posted, or updated in place.

Called with what changed, once or many times, in any order: a message that says the same already is left alone. What
differs waits in the line of its limit (usecases/lines.py), so a chat that is slow or down delays messages and nothing
else. What chat refuses for good (a channel that is gone) is logged and left.

A message is posted once, whatever dies: the intent to post is written first, with a key that goes into the message; an
intent that has no timestamp yet is looked for in chat, and what is found is adopted (invariants I6 and I11).
"""

import hashlib
import math
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from chalicelib.domain.approval import SECOND_PERSON, Kind, Question
from chalicelib.domain.deployment import Deployment, Ref
from chalicelib.domain.errors import NotReady, Refused, Unavailable
from chalicelib.domain.findings import FindingKey
from chalicelib.domain.locks import TicketKey
from chalicelib.domain.people import Actor
from chalicelib.domain.pushed import TAG
from chalicelib.domain.roles import TEAM
from chalicelib.domain.settings import Team
from chalicelib.telemetry import log
from chalicelib.usecases.auditing import last_line
from chalicelib.usecases.chat_ports import Chat, Lines, Message, Posted, Wakes
from chalicelib.usecases.findings import finding_message
from chalicelib.usecases.homes import Homes, home_ref, is_home
from chalicelib.usecases.lines import LONGEST_WAKE, ChatBusy, Need, Queue
from chalicelib.usecases.messages import build_message, deployment_message, output_message, question_message
from chalicelib.usecases.notices import notice
from chalicelib.usecases.pictures import Pictures
from chalicelib.usecases.ports import Clock, Store
from chalicelib.usecases.questions import REMINDER, beside, next_moment, role_message
from chalicelib.usecases.release_texts import release_message
from chalicelib.usecases.shown import shown_message
from chalicelib.usecases.tickets import ask_message, is_old_news, ticket_message, ticket_replies
from chalicelib.usecases.words import words_for

_MAIN = "main"
_BUILDS = "builds"
_NOBODY = "nobody"
_FINDING = "finding:"
_TICKET = "ticket:"
_MOMENT = "moment#"
"""Begins the name under which a call comes for a record rather than for a line."""
_CLOCKS_DIFFER = 60.0
"""Seconds: chat's clock gives the timestamps, ours the time of an intent."""
_QUESTION, _WAS_QUESTION, _PROGRESS, _PICTURE = range(4)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message as it should stand in chat now, in a thread where one is named."""

    key: str
    channel: str
    message: Message
    thread: str = ""

    @property
    def broadcast(self) -> bool:
        """Whether a reply in a thread is shown in the channel as well: where it has a button, or calls everybody."""
        calls = any("{team}" in line for line in self.message.lines)
        return bool(self.thread and (calls or self.message.actions))


class Announcer:
    """Renders records and remembers what it posted where."""

    def __init__(self, store: Store, chat: Chat, clock: Clock, lines: Lines, wakes: Wakes) -> None:
        self._store = store
        self._chat = chat
        self._clock = clock
        self._wakes = wakes
        self._moments: dict[Ref, float] = {}
        self._pictures = Pictures(chat, _digest)
        self._homes = Homes(store, chat, clock)
        self._queue = Queue(chat.limits, clock, lines, wakes, self)

    def deployments(self, refs: Iterable[Ref]) -> None:
        """Show each of these deployments as it is now, as far as chat's limits allow it now, and in the homes of those
        who looked lately."""
        if self._bring(refs):
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
        self._bring(Ref(service, _BUILDS, version) for service, version in builds)

    def findings(self, keys: Iterable[FindingKey]) -> None:
        """Show each of these findings as it is now, in the thread of its deployment."""
        self._bring(Ref(key.service, key.environment, f"{_FINDING}{key.key}") for key in keys)

    def tickets(self, keys: Iterable[TicketKey]) -> None:
        """Show each of these locks and places in the queue as it is now."""
        self.deployments(Ref(key.service, key.environment, f"{_TICKET}{key.key}") for key in keys)

    def wake(self, lines: Iterable[str]) -> None:
        """Serve these lines, and look at these records, whose time has come."""
        names = set(lines)
        moments = {name: Ref(*name.split("#")[1:]) for name in names if name.startswith(_MOMENT)}
        for ref in moments.values():
            self._moments.pop(ref, None)
        self.deployments(moments.values())
        # A reminder that nobody needs any more may still stand in a line, where its worker died.
        channels = {each.channel for ref in moments.values() for each in self._wanted(ref)}
        left = {line for channel in channels for line in self._queue.before(channel)}
        self._queue.serve((names - set(moments)) | left)

    def _look_again(self, ref: Ref, questions: Iterable[Question]) -> None:
        """Be called when a question is to be reminded of, or expires, though nothing is written then. A call too many
        does no harm, so what was asked for is only remembered here."""
        now = self._clock.now()
        asked = (each for each in questions if each.kind in {*SECOND_PERSON, Kind.ROLE})
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
        for each in self._wanted(ref):
            posted = self._store.post(ref, each.key)
            there = posted is not None and bool(posted.timestamp)
            if posted is not None and there and posted.digest == _digest(each.message):
                continue
            channel = posted.channel if posted is not None else each.channel
            urgency = _QUESTION if _asks(each.message) else _PROGRESS
            if urgency and posted is not None and posted.asks:
                urgency = _WAS_QUESTION
            if there and posted is not None and self._lacks_the_picture_only(each, posted):
                urgency = _PICTURE
            yield Need(each.key, channel, update=there, urgency=urgency)

    def show(self, ref: Ref, need: Need) -> bool:
        """Post a message, or bring the one posted under the key up to date."""
        if is_home(ref):
            return self._homes.show(ref)
        wanted = {each.key: each for each in self._wanted(ref)}.get(need.key)
        if wanted is None:
            return True
        try:
            self._show(ref, wanted)
        except Refused as refused:
            log("error", "chat refused a message", said=refused.text, deployment=ref.deployment, key=need.key)
            return False
        return True

    def _show(self, ref: Ref, wanted: Wanted) -> None:
        thread = wanted.thread
        before = self._store.post(ref, wanted.key)
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
            self._store.save_post(ref, wanted.key, replace(posted, digest="", upload=None))
            self._show(ref, wanted)
            return
        except Unavailable as error:
            raise ChatBusy(error) from error
        digest = _digest(wanted.message if message.picture else message)
        shown = replace(posted, timestamp=timestamp, digest=digest, asks=_asks(message))
        self._store.save_post(ref, wanted.key, shown)

    def _lacks_the_picture_only(self, wanted: Wanted, posted: Posted) -> bool:
        """Whether people read what they should, and only the picture is not there yet."""
        message = self._pictures.without(wanted.message, posted)
        return (
            message.picture is None
            and wanted.message.picture is not None
            and posted.digest == _digest(message)
        )

    def _add_picture(self, ref: Ref, wanted: Wanted, posted: Posted) -> None:
        """A step further; the last one leaves a record that says that nothing is missing any more."""
        done = self._pictures.add(
            wanted.message, posted, lambda now: self._store.save_post(ref, wanted.key, now)
        )
        self._store.save_post(ref, wanted.key, replace(done, digest=_digest(wanted.message)))

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

    # --- what there is to show --------------------------------------------------------------------------------------

    def _wanted(self, ref: Ref) -> list[Wanted]:
        """Every message of a record; replies only once the thread has begun."""
        if ref.service == TEAM:
            return self._of_roles(ref)
        if ref.environment == _BUILDS:
            return self._of_build(ref.service, ref.deployment)
        if ref.deployment.startswith(_FINDING):
            return self._of_finding(
                FindingKey(ref.service, ref.environment, ref.deployment.removeprefix(_FINDING))
            )
        if ref.deployment.startswith(_TICKET):
            return self._of_ticket(ref)
        deployment = self._store.deployment(ref)
        return self._of_deployment(deployment) if deployment is not None and deployment.channel else []

    def _of_finding(self, key: FindingKey) -> list[Wanted]:
        finding = self._store.finding(key)
        if finding is None:
            return []
        ref = Ref(finding.service, finding.environment, finding.deployment or _NOBODY)
        try:
            team = self._store.team()
            channel = team.environment(ref.service, ref.environment).channel
        except Refused as refused:
            log("error", "a finding can not be announced", said=refused.text, finding=key.key)
            return []
        main = self._store.post(ref, _MAIN)
        thread = main.timestamp if main is not None and main.channel == channel else ""
        return [
            Wanted(
                f"{finding.found_at:.0f}",
                channel,
                finding_message(finding, words_for(team, ref.service)),
                thread,
            )
        ]

    def _of_ticket(self, ref: Ref) -> list[Wanted]:
        """Its own message, then what somebody has to be told, as replies. What was over before chat heard of it and
        concerns nobody else is not told."""
        key = TicketKey(ref.service, ref.environment, ref.deployment.removeprefix(_TICKET))
        if key.key.startswith("ask-"):
            return self._of_ask(key)
        if key.key.startswith("share-"):
            return self._of_share(key)
        ticket = self._store.ticket(key)
        main = self._store.post(ref, _MAIN)
        if ticket is None or (main is None and is_old_news(ticket)):
            return []
        channel = self._channel_of(key)
        if not channel:
            return []
        wanted = [Wanted(_MAIN, channel, ticket_message(ticket))]
        if main is not None and main.timestamp:
            wanted += [
                Wanted(name, channel, told, main.timestamp)
                for name, told in ticket_replies(ticket)
                if told.actions or not name.startswith("turn") or self._store.post(ref, name) is not None
            ]
        return wanted

    def _of_ask(self, key: TicketKey) -> list[Wanted]:
        ask, channel = self._store.asked(key), self._channel_of(key)
        return [Wanted(_MAIN, channel, ask_message(ask))] if ask is not None and channel else []

    def _of_share(self, key: TicketKey) -> list[Wanted]:
        shown, channel = self._store.shared(key), self._channel_of(key)
        return [Wanted(_MAIN, channel, shown_message(shown))] if shown is not None and channel else []

    def _channel_of(self, key: TicketKey) -> str:
        """Where an environment is talked about, or all of them; nothing where it is not configured any more."""
        try:
            team = self._store.team()
            return team.environment(key.service, key.environment).channel if key.environment else team.channel
        except Refused as refused:
            log("error", "a lock, a turn or a word can not be announced", said=refused.text, ticket=key.key)
            return ""

    def _of_build(self, service: str, version: str) -> list[Wanted]:
        """Of servers a build, of a frontend a release; nothing of what is not known, nor of a release that was cleaned
        up before anybody heard of it."""
        build = self._store.build(service, version)
        release = self._store.release(service, version) if build is None and TAG.fullmatch(version) else None
        if build is None and release is None:
            return []
        try:
            team = self._store.team()
        except Refused as refused:
            log("error", "a build can not be announced", said=refused.text, build=f"{service}@{version}")
            return []
        environments = team.services().get(service, ())
        if release is not None:
            if release.gone and self._store.post(Ref(service, _BUILDS, version), _MAIN) is None:
                return []
            return [Wanted(_MAIN, team.channel, release_message(release, environments))]
        return [Wanted(_MAIN, team.channel, build_message(build, environments))] if build is not None else []

    def _of_deployment(self, deployment: Deployment) -> list[Wanted]:
        questions = self._store.questions(deployment.ref)
        self._look_again(deployment.ref, questions)
        now, channel = self._clock.now(), deployment.channel
        recorded = last_line(self._store, deployment.ref) if deployment.ended else None
        wanted = [Wanted(_MAIN, channel, deployment_message(deployment, questions, now, recorded))]
        main = self._store.post(deployment.ref, _MAIN)
        if main is None or not main.timestamp:
            return wanted
        for question in questions:
            if question.kind in SECOND_PERSON:
                message = question_message(question, deployment, now)
                wanted.append(Wanted(f"question-{question.code}", channel, message, main.timestamp))
                wanted += self._beside(question, deployment, channel, main.timestamp)
        noticed = notice(deployment)
        if noticed is not None:
            wanted.append(Wanted(noticed[0], channel, noticed[1], main.timestamp))
        if deployment.output:
            wanted.append(Wanted("output", channel, output_message(deployment), main.timestamp))
        return wanted

    def _of_roles(self, ref: Ref) -> list[Wanted]:
        """A change of roles: its message, and what goes with an open question."""
        wanted: list[Wanted] = []
        try:
            team = self._store.team()
        except Refused as refused:
            log(
                "error",
                "a change of roles can not be announced",
                said=refused.text,
                deployment=ref.deployment,
            )
            return []
        main, channel = self._store.post(ref, _MAIN), team.channel
        questions = self._store.questions(ref)
        self._look_again(ref, questions)
        for question in questions:
            if question.change is None:
                continue
            message = role_message(question, question.change, self._clock.now(), team)
            wanted.append(Wanted(_MAIN, channel, message))
            if main is not None and main.timestamp:
                wanted += self._beside(question, None, channel, main.timestamp, team)
        return wanted

    def _beside(
        self,
        question: Question,
        deployment: Deployment | None,
        channel: str,
        thread: str,
        team: Team | None = None,
    ) -> Iterator[Wanted]:
        """A reminder that was not posted in time is not posted any more, only kept true."""
        now = self._clock.now()
        for key, message in beside(question, deployment, now, team):
            late = key.startswith(REMINDER) and not question.open_at(now)
            if not late or self._store.post(question.ref, key) is not None:
                yield Wanted(key, channel, message, thread)


def _digest(shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]


def _asks(message: Message) -> bool:
    """Whether it has the buttons of a question that waits for a person."""
    return any(action.verb == "confirm" for action in message.actions)
