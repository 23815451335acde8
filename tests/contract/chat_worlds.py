"""What the suites of chat do behind a service's back; each service has a class for each of the two."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.people import Actor
from chalicelib.usecases.chat_ports import Chat, Message, Replies, Views
from chalicelib.wire.receiver import Answer, Receiver

CHANNEL = "C0DEPLOYS"
ELSEWHERE = "C0NOWHERE"
"""A channel that is not there."""


class Channel(Protocol):
    """A chat that posts."""

    chat: Chat

    def texts(self) -> dict[str, str]:
        """What stands in the channel, by timestamp."""

    def threads(self) -> dict[str, str]:
        """Which message each reply belongs to."""

    def chatter(self, count: int) -> None:
        """People say that many things in the channel."""

    def delete(self, timestamp: str) -> None:
        """Somebody deletes a message."""

    def home(self, person: Actor) -> str:
        """What somebody's own page says; nothing where there is none."""

    def go_down(self) -> None:
        """Nothing goes through any more."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: to which of the service's doors, its headers and its body."""

    door: str
    headers: dict[str, str]
    body: bytes


class World(Protocol):
    """A chat service as one person uses it: `me`. What they are shown is kept as the service would show it."""

    me: Actor
    receiver: Receiver
    views: Views
    replies: Replies
    secrets: dict[str, object]
    """The edge's document, with what verifies this service's requests."""

    def typed(self, text: str, *, number: int = 1) -> Sent:
        """The request for a command; another number is another act."""

    def pressed(self, verb: str, value: str, *, within: str = "", number: int = 1) -> Sent:
        """The request for a button of a message, or of a view."""

    def filled(self, values: dict[str, str]) -> Sent:
        """The request for the form that is open; who was chosen stands as their id."""

    def came_home(self) -> Sent:
        """The request that tells that somebody opened their home."""

    def aside(self) -> list[Sent]:
        """Requests that are about nothing that anybody did here."""

    def garbled(self) -> list[Sent]:
        """Requests that are rightly signed and can not be read."""

    def changed(self, sent: Sent, body: bytes) -> Sent:
        """The same request with another body, rightly signed."""

    def picked(self, person: Actor) -> str:
        """How the service sends a person who was picked while typing."""

    def take(self, sent: Sent, answer: Answer) -> None:
        """The service shows what the answer to a request says."""

    def told(self) -> list[tuple[str, bool]]:
        """What only they read, oldest first, and whether in place of what they clicked in."""

    def trigger(self) -> str:
        """What an act brings, to open a view with."""

    def address(self) -> str:
        """Where they can be told something."""

    def open_view(self) -> str:
        """The id of the view that is open; nothing where there is none."""

    def reads(self) -> str:
        """What the open view says."""

    def asks(self) -> list[str]:
        """The names of the fields of the form that is open."""

    def objections(self) -> dict[str, str]:
        """What is wrong with which field of it."""

    def close(self) -> None:
        """They close it."""

    def go_down(self) -> None:
        """Requests are taken, and no answer comes back."""

    def mentions(self, message: Message) -> list[str]:
        """Whom a message calls, what it links to, and which times it tells."""
