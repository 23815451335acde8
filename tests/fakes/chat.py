"""Fakes of the ports Chat and Replies: a channel in memory that can be down, full of what people would see."""

from dataclasses import dataclass, replace

from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Message
from tests.fakes.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as it stands in a channel."""

    channel: str
    message: Message
    thread: str = ""
    broadcast: bool = False
    updates: int = 0


class FakeChat(Recorder):
    """`shown` by timestamp, oldest first; `down`: nothing goes through; `gone`: channels that are not there."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[str, Shown] = {}
        self.down = False
        self.gone: set[str] = set()

    def post(self, channel: str, message: Message, *, thread: str = "", broadcast: bool = False) -> str:
        """Post and return the message's timestamp."""
        with self._call("post", channel=channel, message=message, thread=thread, broadcast=broadcast):
            self._refuse("chat.postMessage", channel)
            timestamp = f"1700000000.{len(self.shown) + 1:06}"
            self.shown[timestamp] = Shown(channel, message, thread, broadcast)
            return timestamp

    def update(self, channel: str, timestamp: str, message: Message) -> None:
        """Replace a message in place; one that somebody deleted is left alone."""
        with self._call("update", channel=channel, timestamp=timestamp, message=message):
            self._refuse("chat.update", channel)
            before = self.shown.get(timestamp)
            if before is not None:
                self.shown[timestamp] = replace(before, message=message, updates=before.updates + 1)

    def _refuse(self, method: str, channel: str) -> None:
        if self.down:
            raise Unavailable("chat is down")
        if channel in self.gone:
            raise Refused(Reason.CHAT_REFUSED, method=method, problem="channel_not_found")


class FakeReplies(Recorder):
    """What only the clicker saw, with the address that it went to."""

    def __init__(self) -> None:
        super().__init__()
        self.whispers: list[tuple[str, str]] = []

    def whisper(self, address: str, text: str) -> None:
        """Say something to the one who clicked."""
        with self._call("whisper", address=address):
            self.whispers.append((address, text))
