"""What chat has to show of a record: every message of it, as it should stand there now, worked out from the table."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from chalicelib.domain.approval import SECOND_PERSON, Question
from chalicelib.domain.deployment import Deployment, Ref
from chalicelib.domain.errors import Refused
from chalicelib.domain.findings import FindingKey
from chalicelib.domain.locks import TicketKey
from chalicelib.domain.pushed import TAG
from chalicelib.domain.roles import TEAM
from chalicelib.domain.settings import Team
from chalicelib.domain.updates import UPDATES
from chalicelib.telemetry import log
from chalicelib.usecases import update_messages
from chalicelib.usecases.auditing import last_line
from chalicelib.usecases.chat_ports import Message, Posted
from chalicelib.usecases.findings import finding_message
from chalicelib.usecases.messages import build_message, deployment_message, output_message, question_message
from chalicelib.usecases.notices import notice
from chalicelib.usecases.ports import Clock, Store
from chalicelib.usecases.questions import REMINDER, beside, role_message
from chalicelib.usecases.release_texts import release_message
from chalicelib.usecases.shown import shown_message
from chalicelib.usecases.tickets import ask_message, is_old_news, ticket_message, ticket_replies
from chalicelib.usecases.words import words_for

BUILDS = "builds"
"""What stands in place of an environment, of what was built."""
FINDING, TICKET = "finding:", "ticket:"
"""What stands before a key in place of a deployment."""
Posts = Mapping[str, Posted]
"""What chat was told about a record, by key."""
_MAIN = "main"
_NOBODY = "nobody"
_NEWEST = 3
"""So many updates are looked at when one of them changes; those before them ended long ago."""


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


class Wanting:
    """The messages of records. Who makes it is told which questions have to be looked at again though nothing changes
    (`ask_again`)."""

    def __init__(
        self, store: Store, clock: Clock, ask_again: Callable[[Ref, Iterable[Question]], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._look_again = ask_again

    def each(self, ref: Ref) -> list[Ref]:
        """The records that a change is about: of all updates at once, the newest."""
        if ref.environment != UPDATES or ref.deployment:
            return [ref]
        return [Ref(TEAM, UPDATES, each.id) for each in self._store.updates().latest[:_NEWEST]]

    def of(self, ref: Ref, posts: Posts) -> list[Wanted]:
        """Every message of a record; replies only once the thread has begun."""
        if ref.service == TEAM:
            return self._of_update(ref, posts) if ref.environment == UPDATES else self._of_roles(ref, posts)
        if ref.environment == BUILDS:
            return self._of_build(ref.service, ref.deployment, posts)
        if ref.deployment.startswith(FINDING):
            return self._of_finding(
                FindingKey(ref.service, ref.environment, ref.deployment.removeprefix(FINDING))
            )
        if ref.deployment.startswith(TICKET):
            return self._of_ticket(ref, posts)
        deployment = self._store.deployment(ref)
        return self._of_deployment(deployment, posts) if deployment is not None and deployment.channel else []

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

    def _of_ticket(self, ref: Ref, posts: Posts) -> list[Wanted]:
        """Its own message, then what somebody has to be told, as replies. What was over before chat heard of it and
        concerns nobody else is not told."""
        key = TicketKey(ref.service, ref.environment, ref.deployment.removeprefix(TICKET))
        if key.key.startswith("ask-"):
            return self._of_ask(key)
        if key.key.startswith("share-"):
            return self._of_share(key)
        ticket, main = self._store.ticket(key), posts.get(_MAIN)
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
                if told.actions or not name.startswith("turn") or name in posts
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

    def _of_build(self, service: str, version: str, posts: Posts) -> list[Wanted]:
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
            if release.gone and _MAIN not in posts:
                return []
            return [Wanted(_MAIN, team.channel, release_message(release, environments))]
        return [Wanted(_MAIN, team.channel, build_message(build, environments))] if build is not None else []

    def _of_deployment(self, deployment: Deployment, posts: Posts) -> list[Wanted]:
        questions = self._store.questions(deployment.ref)
        self._look_again(deployment.ref, questions)
        now, channel = self._clock.now(), deployment.channel
        recorded = last_line(self._store, deployment.ref) if deployment.ended else None
        wanted = [Wanted(_MAIN, channel, deployment_message(deployment, questions, now, recorded))]
        main = posts.get(_MAIN)
        if main is None or not main.timestamp:
            return wanted
        for question in questions:
            if question.kind in SECOND_PERSON:
                message = question_message(question, deployment, now)
                wanted.append(Wanted(f"question-{question.code}", channel, message, main.timestamp))
                wanted += self._beside(question, posts, channel, deployment)
        noticed = notice(deployment)
        if noticed is not None:
            wanted.append(Wanted(noticed[0], channel, noticed[1], main.timestamp))
        if deployment.output:
            wanted.append(Wanted("output", channel, output_message(deployment), main.timestamp))
        return wanted

    def _of_roles(self, ref: Ref, posts: Posts) -> list[Wanted]:
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
        main, channel = posts.get(_MAIN), team.channel
        questions = self._store.questions(ref)
        self._look_again(ref, questions)
        for question in questions:
            if question.change is None:
                continue
            message = role_message(question, question.change, self._clock.now(), team)
            wanted.append(Wanted(_MAIN, channel, message))
            if main is not None and main.timestamp:
                wanted += self._beside(question, posts, channel, team=team)
        return wanted

    def _of_update(self, ref: Ref, posts: Posts) -> list[Wanted]:
        """An update of the service itself: its message, what goes with an open question, and word of its end."""
        update = self._store.updates().find(ref.deployment)
        if update is None:
            return []
        try:
            team = self._store.team()
        except Refused as refused:
            log("error", "an update can not be announced", said=refused.text, deployment=ref.deployment)
            return []
        main, channel = posts.get(_MAIN), team.channel
        questions = self._store.questions(ref)
        self._look_again(ref, questions)
        question = next(iter(questions), None)
        wanted = [Wanted(_MAIN, channel, update_messages.update_message(update, question, self._clock.now()))]
        if main is None or not main.timestamp:
            return wanted
        for each in questions:
            wanted += self._beside(each, posts, channel, team=team)
        ended = update_messages.ended(update)
        return [*wanted, Wanted("ended", channel, ended, main.timestamp)] if ended is not None else wanted

    def _beside(
        self,
        question: Question,
        posts: Posts,
        channel: str,
        deployment: Deployment | None = None,
        team: Team | None = None,
    ) -> Iterator[Wanted]:
        """A reminder that was not posted in time is not posted any more, only kept true."""
        now = self._clock.now()
        for key, message in beside(question, deployment, now, team):
            late = key.startswith(REMINDER) and not question.open_at(now)
            if not late or key in posts:
                yield Wanted(key, channel, message, posts[_MAIN].timestamp)
