"""Keep the homes of those who looked lately true to the table, as announce.py keeps channels: rendered from the
records, published where they differ from what was published last, the least urgent of all that chat shows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from chalicelib.domain.approval import Question
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.people import Actor
from chalicelib.domain.settings import Team
from chalicelib.domain.visits import LATELY, MOST
from chalicelib.telemetry import log
from chalicelib.usecases.chat_ports import Chat, Home, Posted, digest
from chalicelib.usecases.home import MOST_PLACES, home_page
from chalicelib.usecases.lines import ChatBusy, Need
from chalicelib.usecases.ports import Clock, Overview, Store
from chalicelib.usecases.team_questions import waiting

_NOWHERE, _HOME = "-", "home"
"""No service is named so, and none has such an environment."""
_LEAST_URGENT = 9


def home_ref(who: Actor) -> Ref:
    """Where it is remembered what somebody's home shows."""
    return Ref(_NOWHERE, _HOME, str(who))


def is_home(ref: Ref) -> bool:
    """Whether it is somebody's home rather than a record."""
    return ref.service == _NOWHERE


@dataclass(frozen=True, slots=True)
class _Picture:
    """What all homes are drawn from, read once."""

    team: Team
    overviews: tuple[Overview, ...]
    asked: tuple[Question, ...]


class Homes:
    """The homes of people. What they are drawn from is read once for everybody, until it is to be forgotten."""

    def __init__(self, store: Store, chat: Chat, clock: Clock) -> None:
        self._store = store
        self._chat = chat
        self._clock = clock
        self._picture: _Picture | None = None

    def forget(self) -> None:
        """Something has changed."""
        self._picture = None

    def lately(self) -> list[Ref]:
        """The homes of the latest visitors."""
        now = self._clock.now()
        recent = [each for each in self._store.visits() if now - each.at <= LATELY]
        recent.sort(key=lambda each: -each.at)
        return [home_ref(each.who) for each in recent[:MOST]]

    def needs(self, ref: Ref) -> Iterator[Need]:
        """Whether it has to be published."""
        who, home, posted = Actor.parse(ref.deployment), self._home(ref), self._store.post(ref, _HOME)
        if posted is None or posted.digest != digest(home):
            send = partial(self._publish, ref, who, home, posted or Posted(who.user))
            yield Need(_HOME, ref.deployment, update=False, urgency=_LEAST_URGENT, send=send, home=True)

    def _publish(self, ref: Ref, who: Actor, home: Home, posted: Posted) -> bool:
        if posted.digest:  # until chat has answered nobody knows what it shows
            self._store.save_post(ref, _HOME, replace(posted, digest=""))
        try:
            self._chat.publish(who, home)
        except Unavailable as error:
            raise ChatBusy(error) from error
        except Refused as refused:
            log("error", "chat refused a home", said=refused.text, who=str(who))
            return False
        self._store.save_post(ref, _HOME, replace(posted, digest=digest(home), at=self._clock.now()))
        return True

    def _home(self, ref: Ref) -> Home:
        if self._picture is None:
            self._picture = self._look()
        return home_page(
            self._picture.team,
            Actor.parse(ref.deployment),
            self._picture.overviews,
            self._clock.now(),
            self._picture.asked,
        )

    def _look(self) -> _Picture:
        """Reads: seven for each of twenty environments at most, and what waits of the team's own questions."""
        team = self._store.team()
        pairs = [(service, name) for service, names in sorted(team.services().items()) for name in names]
        return _Picture(
            team,
            tuple(self._store.overview(*pair, deployments=3) for pair in pairs[:MOST_PLACES]),
            waiting(self._store, self._clock.now()),
        )
