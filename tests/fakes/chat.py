"""Fakes of the ports Chat and Replies: a channel in memory that can be down, full of what people would see."""

from dataclasses import dataclass, replace

from chalicelib.domain.errors import NotReady, Refused, Unavailable
from chalicelib.domain.pacing import Limit
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_ports import ChatLimits, Form, Home, Message, Opened, Picture, Reply
from chalicelib.usecases.ports import Clock
from tests.fakes.clock import FakeClock
from tests.fakes.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as it stands in a channel."""

    channel: str
    message: Message
    thread: str = ""
    broadcast: bool = False
    updates: int = 0
    key: str = ""


class FakeChat(Recorder):
    """`shown` by timestamp, oldest first; `down`: nothing goes through; `gone`: channels that are not there; `looks`:
    so many updates come too early for a picture."""

    limits = ChatLimits(Limit(0.0, per_channel=True), Limit(0.0), Limit(0.0))
    """None, where a test does not say otherwise."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self._clock = clock or FakeClock()
        self._posted = 0
        self.shown: dict[str, Shown] = {}
        self.down = False
        self.gone: set[str] = set()
        self.files: dict[str, Picture] = {}
        self.released: set[str] = set()
        self.looks = 0
        self.homes: dict[Actor, Home] = {}

    def post(
        self, channel: str, message: Message, *, key: str, thread: str = "", broadcast: bool = False
    ) -> str:
        """Post and return the message's timestamp."""
        with self._call("post", channel=channel, message=message, thread=thread, broadcast=broadcast):
            self._refuse("chat.postMessage", channel)
            self._posted += 1
            timestamp = f"{int(self._clock.now())}.{self._posted:06}"
            self.shown[timestamp] = Shown(channel, message, thread, broadcast, key=key)
            return timestamp

    def find(self, channel: str, key: str, *, thread: str = "", since: float) -> str | None:
        """The message that was posted under a key."""
        with self._call("find", channel=channel, key=key, thread=thread, since=since):
            if self.down:
                raise Unavailable("chat is down")
            for timestamp, shown in self.shown.items():
                same = (shown.channel, shown.thread, shown.key) == (channel, thread, key)
                if same and float(timestamp) > since:
                    return timestamp
            return None

    def update(self, channel: str, timestamp: str, message: Message) -> None:
        """Replace a message in place; one that somebody deleted is left alone."""
        with self._call("update", channel=channel, timestamp=timestamp, message=message):
            self._refuse("chat.update", channel)
            self._refuse_picture(message.picture)
            before = self.shown.get(timestamp)
            if before is not None:
                self.shown[timestamp] = replace(before, message=message, updates=before.updates + 1)

    def upload(self, picture: Picture) -> str:
        """Keep a picture; nobody sees it yet."""
        with self._call("upload", picture=picture):
            self._refuse("files.getUploadURLExternal", "")
            file = f"F{len(self.files) + 1:08}"
            self.files[file] = picture
            return file

    def release(self, picture: Picture) -> None:
        """Let it be used."""
        with self._call("release", picture=picture):
            self._refuse("files.completeUploadExternal", "")
            self.released.add(picture.file)

    def _refuse_picture(self, picture: Picture | None) -> None:
        if picture is None or not picture.file:
            return
        self.looks -= self.looks > 0
        if self.looks or picture.file not in self.released:
            raise NotReady("the picture is being looked through")

    def publish(self, person: Actor, home: Home) -> None:
        """Show somebody their home."""
        with self._call("publish", person=person, home=home):
            self._refuse("views.publish", person.user)
            self.homes[person] = home

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
        self.replaced = 0

    def whisper(self, address: str, reply: Reply, *, within: float, instead: bool = False) -> None:
        """Say something to the one who clicked."""
        with self._call("whisper", address=address, within=within):
            self.whispers.append((address, reply.text))
            self.replaced += instead


class FakeViews(Recorder):
    """What opened before a person: forms and answers, by the trigger or the view that they came for."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, Form | Reply]] = []
        self.becomes = Opened.YES

    def open(self, trigger: str, shown: Form | Reply, *, within: float) -> Opened:
        """A form, or an answer."""
        with self._call("open", trigger=trigger, within=within):
            return self._show(trigger, shown)

    def change(self, view: str, shown: Form | Reply, *, within: float) -> Opened:
        """The same in place of what is open."""
        with self._call("change", view=view, within=within):
            return self._show(view, shown)

    def _show(self, at: str, shown: Form | Reply) -> Opened:
        if self.becomes is Opened.YES:
            self.shown.append((at, shown))
        return self.becomes
