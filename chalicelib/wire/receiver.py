"""What comes in from a chat service, whichever it is: the port of its requests and of what they are answered with.

What goes out by itself has its ports in usecases/chat_ports.py; docs/chat-services.md says what another service needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from chalicelib.usecases.chat_ports import Reply
from chalicelib.usecases.chat_requests import Click, HomeOpened, Submission, Typed

Act = Typed | Click | Submission | HomeOpened


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: str = ""
    content_type: str = "application/json"


class Receiver(Protocol):
    """A chat service's requests, and how it wants them answered. Pure; `seconds` are for everything that is done while
    the service waits for an answer: fewer than it waits."""

    seconds: float

    def verify(
        self, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, object], now: float
    ) -> None:
        """Refused(BAD_SIGNATURE | STALE_REQUEST) unless the service sent these very bytes a moment ago. `secrets` is
        the edge's whole document; where it has none for this service, nothing passes."""

    def read(self, door: str, headers: Mapping[str, str], body: bytes) -> Act | Answer:
        """What somebody did, from a request to one of the service's own doors; an answer where nobody did anything that
        is for us. Refused(BAD_BODY | TOO_LARGE) where it can not be read."""

    def answer(self, act: Typed | Click, reply: Reply) -> Answer | None:
        """What only the one who did it reads; None where the service shows nobody the answer to such a request."""

    def replace(self, reply: Reply) -> Answer:
        """What stands in place of the form that was sent: what it led to, or another form."""

    def mark(self, field: str, text: str) -> Answer:
        """What is wrong with one field of the form that was sent, which stays open."""

    def taken(self) -> Answer:
        """There is nothing to show, or it went another way."""
