"""The port Chat: its fake, and Slack's adapter against a small Slack on loopback."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from chalicelib.adapters.slack import SlackChat
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.usecases.ports import Chat, Message
from sandbox.front.blocks import check_blocks
from tests.fakes.chat import FakeChat
from tests.unit.adapters.loopback import Asked, Reply, Service, serving

CHANNEL = "C0DEPLOYS"
ELSEWHERE = "C0NOWHERE"
HELLO = Message(summary="hello", lines=("*hello*",))
LATER = Message(summary="later", lines=("*later*",))


class Channel(Protocol):
    """A chat, and what a test does behind its back."""

    chat: Chat

    def texts(self) -> dict[str, str]:
        """What stands in the channel, by timestamp."""

    def threads(self) -> dict[str, str]:
        """Which message each reply belongs to."""

    def delete(self, timestamp: str) -> None:
        """Somebody deletes a message."""

    def go_down(self) -> None:
        """Nothing goes through any more."""


class Fake:
    """In memory."""

    def __init__(self) -> None:
        self._fake = FakeChat()
        self._fake.gone.add(ELSEWHERE)
        self.chat: Chat = self._fake

    def texts(self) -> dict[str, str]:
        """By timestamp."""
        return {at: shown.message.summary for at, shown in self._fake.shown.items()}

    def threads(self) -> dict[str, str]:
        """By timestamp."""
        return {at: shown.thread for at, shown in self._fake.shown.items() if shown.thread}

    def delete(self, timestamp: str) -> None:
        """Gone."""
        del self._fake.shown[timestamp]

    def go_down(self) -> None:
        """For good."""
        self._fake.down = True


@dataclass
class Workspace:
    """The little of Slack that the port needs, behind its Web API; every message has to keep Block Kit's limits."""

    texts: dict[str, str] = field(default_factory=dict)
    threads: dict[str, str] = field(default_factory=dict)
    down: bool = False

    def answer(self, asked: Asked) -> Reply:
        """One call of the Web API."""
        if self.down:
            return _json({"ok": False, "error": "service_unavailable"}, 503)
        sent = json.loads(asked.body)
        assert check_blocks(sent["blocks"]) == []
        if sent["channel"] != CHANNEL:
            return _json({"ok": False, "error": "channel_not_found"})
        if asked.path == "/chat.update" and sent["ts"] not in self.texts:
            return _json({"ok": False, "error": "message_not_found"})
        timestamp = sent.get("ts") or f"1700000000.{len(self.texts) + 1:06}"
        self.texts[timestamp] = sent["text"]
        if "thread_ts" in sent:
            self.threads[timestamp] = sent["thread_ts"]
        return _json({"ok": True, "ts": timestamp})


def _json(answer: dict[str, object], status: int = 200) -> Reply:
    return Reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})


class Slack:
    """The adapter."""

    def __init__(self, service: Service) -> None:
        self._workspace = Workspace()
        service.next_reply = self._workspace.answer  # type: ignore[method-assign] # answers by what is asked
        self.chat: Chat = SlackChat(lambda: "xoxb-token", f"{service.url}/")

    def texts(self) -> dict[str, str]:
        """By timestamp."""
        return self._workspace.texts

    def threads(self) -> dict[str, str]:
        """By timestamp."""
        return self._workspace.threads

    def delete(self, timestamp: str) -> None:
        """Gone."""
        del self._workspace.texts[timestamp]

    def go_down(self) -> None:
        """For good."""
        self._workspace.down = True


@pytest.fixture(params=["fake", "slack"])
def channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    """Each implementation, with an empty channel."""
    if request.param == "fake":
        yield Fake()
        return
    with serving() as service:
        yield Slack(service)


def test_what_is_posted_can_be_updated_in_place(channel: Channel) -> None:
    """By the timestamp that posting returned."""
    first = channel.chat.post(CHANNEL, HELLO)
    second = channel.chat.post(CHANNEL, HELLO)
    channel.chat.update(CHANNEL, second, LATER)
    assert channel.texts() == {first: "hello", second: "later"}


def test_a_reply_stays_in_its_thread(channel: Channel) -> None:
    """Details do not fill the channel."""
    first = channel.chat.post(CHANNEL, HELLO)
    reply = channel.chat.post(CHANNEL, LATER, thread=first, broadcast=True)
    assert channel.threads() == {reply: first}


def test_a_channel_that_is_not_there_is_refused(channel: Channel) -> None:
    """Trying again changes nothing."""
    with pytest.raises(Refused):
        channel.chat.post(ELSEWHERE, HELLO)
    assert channel.texts() == {}


def test_a_message_that_somebody_deleted_is_left_alone(channel: Channel) -> None:
    """It is neither an error nor posted again."""
    first = channel.chat.post(CHANNEL, HELLO)
    channel.delete(first)
    channel.chat.update(CHANNEL, first, LATER)
    assert channel.texts() == {}


def test_a_chat_that_is_down_is_unavailable(channel: Channel) -> None:
    """Posting and updating alike; the change comes again."""
    first = channel.chat.post(CHANNEL, HELLO)
    channel.go_down()
    with pytest.raises(Unavailable):
        channel.chat.post(CHANNEL, LATER)
    with pytest.raises(Unavailable):
        channel.chat.update(CHANNEL, first, LATER)
    assert channel.texts() == {first: "hello"}
