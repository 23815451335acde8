"""A chat with Slack's limits, and the platform that calls the announcer: stream batches, wakes, and calls that die."""

from heapq import heappop, heappush
from itertools import count

from chalicelib.adapters.slack import SlackChat
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import RateLimited
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.chat_ports import Message
from sandbox.front.faults import Pace
from tests.builders import raw_config
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FakeClock
from tests.fakes.lines import FakeLines, FakeWakes
from tests.fakes.store import FakeStore

ANSWERS_AFTER = 0.3
COMES_AGAIN = 60.0
"""Seconds: the queue's visibility timeout."""


class PacedChat(FakeChat):
    """Takes time to answer, and refuses what comes too often, as the sandbox's Slack counts it."""

    limits = SlackChat.limits

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.time, self.pace = clock, Pace(clock.now)
        self.refused = 0
        self.first: dict[str, float] = {}

    def post(
        self, channel: str, message: Message, *, key: str, thread: str = "", broadcast: bool = False
    ) -> str:
        """Post, if it is not too soon; `first` notes when."""
        self._ask("chat.postMessage", channel)
        timestamp = super().post(channel, message, key=key, thread=thread, broadcast=broadcast)
        self.first[timestamp] = self.time.now()
        return timestamp

    def update(self, channel: str, timestamp: str, message: Message) -> None:
        """Update, if it is not too soon."""
        self._ask("chat.update", channel)
        super().update(channel, timestamp, message)

    def find(self, channel: str, key: str, *, thread: str = "", since: float) -> str | None:
        """Look, if it is not too soon."""
        self._ask("conversations.history", channel)
        return super().find(channel, key, thread=thread, since=since)

    def _ask(self, method: str, channel: str) -> None:
        wait = self.pace.retry_after(method, channel)
        self.time.advance(ANSWERS_AFTER)
        if wait is not None:
            self.refused += 1
            raise RateLimited(f"{method}: ratelimited", wait)


class ChatWorld:
    """Runs what is due, one call after the other; a call that dies comes again, as its source does it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store, self.chat = FakeStore(raw_config()), PacedChat(self.clock)
        self.lines, self.wakes = FakeLines(), FakeWakes(self.clock)
        self.announcer = Announcer(self.store, self.chat, self.clock, self.lines, self.wakes)
        self.calls = 0
        self._agenda: list[tuple[float, int, tuple[Ref, ...], str]] = []
        self._number = count()

    def stream(self, *refs: Ref, after: float = 0.0) -> None:
        """A batch of the table's stream, now or later."""
        self._put(self.clock.now() + after, refs, "")

    def run(self, seconds: float = 86_400.0) -> None:
        """Until nothing is due any more."""
        until = self.clock.now() + seconds
        while self._gather() and self._agenda[0][0] <= until:
            at, _, refs, line = heappop(self._agenda)
            self.clock.advance(max(0.0, at - self.clock.now()))
            self.calls += 1
            try:
                if line:
                    self.announcer.wake([line])
                else:
                    self.announcer.deployments(refs)
            except Exception:  # noqa: BLE001 - whatever kills a function, its source brings the same again
                self._put(self.clock.now() + (COMES_AGAIN if line else 1.0), refs, line)

    def _gather(self) -> bool:
        for at, line in self.wakes.due:
            self._put(at, (), line)
        self.wakes.due.clear()
        return bool(self._agenda)

    def _put(self, at: float, refs: tuple[Ref, ...], line: str) -> None:
        heappush(self._agenda, (at, next(self._number), refs, line))
