"""The port Chat: its fake, and Slack's adapter against a small Slack on loopback."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol
from urllib.parse import parse_qsl

import pytest

from chalicelib.adapters.slack import SlackChat
from chalicelib.domain.errors import NotReady, Refused, Unavailable
from chalicelib.domain.people import Actor
from chalicelib.usecases.chat_ports import (
    Action,
    Bar,
    BarKind,
    Chart,
    Chat,
    Column,
    Home,
    Message,
    Part,
    Picture,
    Timeline,
)
from sandbox.front.channel import Channel as FrontChannel
from sandbox.front.channel import Message as FrontMessage
from sandbox.front.content import SlackError
from sandbox.front.files import Files
from sandbox.front.views import Triggers, Views
from sandbox.front.web_api import WebApi
from tests.builders import LEAD, NOW
from tests.fakes.chat import FakeChat
from tests.unit.adapters.loopback import Asked, Reply, Service, serving

CHANNEL = "C0DEPLOYS"
STRANGER = Actor(LEAD.workspace, "U0STRANGER")
ELSEWHERE = "C0NOWHERE"
HELLO = Message(summary="hello", lines=("*hello*",))
LATER = Message(summary="later", lines=("*later*",))
PICTURE = Timeline("Timeline", "It took a minute.", (Bar(NOW, NOW + 60, "Prepare", BarKind.WORK),))
CHART = Chart(
    "Key metrics",
    "Three went live.",
    parts=(("stayed live", BarKind.WORK),),
    columns=(Column("24 Aug", (3,)),),
)


class Channel(Protocol):
    """A chat, and what a test does behind its back."""

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


class Fake:
    """In memory."""

    def __init__(self) -> None:
        self._fake = FakeChat()
        self._fake.gone |= {ELSEWHERE, STRANGER.user}
        self.chat: Chat = self._fake

    def texts(self) -> dict[str, str]:
        """By timestamp."""
        return {at: shown.message.summary for at, shown in self._fake.shown.items()}

    def threads(self) -> dict[str, str]:
        """By timestamp."""
        return {at: shown.thread for at, shown in self._fake.shown.items() if shown.thread}

    def home(self, person: Actor) -> str:
        """Its first line."""
        shown = self._fake.homes.get(person)
        return shown.parts[0].lines[0] if shown else ""

    def chatter(self, count: int) -> None:
        """Nobody else is in a fake."""

    def delete(self, timestamp: str) -> None:
        """Gone."""
        del self._fake.shown[timestamp]

    def go_down(self) -> None:
        """For good."""
        self._fake.down = True


class Workspace:
    """The sandbox's Slack behind HTTP; it holds every message to Block Kit's limits."""

    def __init__(self, origin: str) -> None:
        self.channel = FrontChannel(lambda: NOW)
        self.down = False
        self.files = Files(origin)
        self.views = Views(Triggers())
        self._api = WebApi(self.channel, self.views, self.files)

    def answer(self, asked: Asked) -> Reply:
        """One call of the Web API."""
        if self.down:
            return _json({"ok": False, "error": "service_unavailable"}, 503)
        if asked.path.startswith("/upload/"):
            taken = self.files.take(asked.path.rpartition("/")[2], asked.body)
            return Reply(200 if taken else 400, b"OK")
        is_json = asked.headers["content-type"].startswith("application/json")
        sent = json.loads(asked.body) if is_json else dict(parse_qsl(asked.body.decode()))
        try:
            return _json({"ok": True, **self._api.call(asked.path.removeprefix("/"), sent)})
        except SlackError as error:
            return _json({"ok": False, "error": error.code})

    def messages(self) -> list[FrontMessage]:
        """What is still there."""
        return [each for each in self.channel.messages() if not each.deleted]


def _json(answer: dict[str, object], status: int = 200) -> Reply:
    return Reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})


class Slack:
    """The adapter."""

    def __init__(self, service: Service) -> None:
        self._workspace = Workspace(service.url)
        service.next_reply = self._workspace.answer  # type: ignore[method-assign] # answers by what is asked
        self.chat: Chat = SlackChat(
            lambda: "xoxb-token", f"{service.url}/", draw=lambda drawn: drawn.title.encode()
        )

    def texts(self) -> dict[str, str]:
        """By timestamp."""
        return {each.ts: each.text for each in self._workspace.messages()}

    def threads(self) -> dict[str, str]:
        """By timestamp."""
        return {each.ts: each.thread_ts for each in self._workspace.messages() if each.thread_ts}

    def home(self, person: Actor) -> str:
        """Its first section."""
        view = self._workspace.views.homes.get(person.user)
        texts = (
            [block["text"]["text"] for block in view["blocks"] if block["type"] == "section"]
            if view
            else [""]
        )
        return str(texts[0])

    def chatter(self, count: int) -> None:
        """Lines of people."""
        for _ in range(count):
            self._workspace.channel.post(CHANNEL, "U0GUEST", "lunch?")

    def delete(self, timestamp: str) -> None:
        """Gone."""
        for each in self._workspace.messages():
            if each.ts == timestamp:
                self._workspace.channel.delete(each)

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
    first = channel.chat.post(CHANNEL, HELLO, key="k1")
    second = channel.chat.post(CHANNEL, HELLO, key="k1")
    channel.chat.update(CHANNEL, second, LATER)
    assert channel.texts() == {first: "hello", second: "later"}


def test_a_reply_stays_in_its_thread(channel: Channel) -> None:
    """Details do not fill the channel."""
    first = channel.chat.post(CHANNEL, HELLO, key="k1")
    reply = channel.chat.post(CHANNEL, LATER, key="k2", thread=first, broadcast=True)
    assert channel.threads() == {reply: first}


def test_a_channel_that_is_not_there_is_refused(channel: Channel) -> None:
    """Trying again changes nothing."""
    with pytest.raises(Refused):
        channel.chat.post(ELSEWHERE, HELLO, key="k1")
    assert channel.texts() == {}


def test_a_message_that_somebody_deleted_is_left_alone(channel: Channel) -> None:
    """It is neither an error nor posted again."""
    first = channel.chat.post(CHANNEL, HELLO, key="k1")
    channel.delete(first)
    channel.chat.update(CHANNEL, first, LATER)
    assert channel.texts() == {}


def test_a_message_is_found_by_its_key(channel: Channel) -> None:
    """However much people say in between; its update keeps the key."""
    channel.chat.post(CHANNEL, HELLO, key="k1")
    second = channel.chat.post(CHANNEL, HELLO, key="k2")
    channel.chatter(250)
    channel.chat.update(CHANNEL, second, LATER)
    assert channel.chat.find(CHANNEL, "k2", since=NOW - 60) == second
    assert channel.chat.find(CHANNEL, "k3", since=NOW - 60) is None


def test_a_reply_is_found_in_its_thread_only(channel: Channel) -> None:
    """A channel's history has no replies; a thread that is gone has none either."""
    first = channel.chat.post(CHANNEL, HELLO, key="k1")
    reply = channel.chat.post(CHANNEL, LATER, key="k2", thread=first)
    assert channel.chat.find(CHANNEL, "k2", thread=first, since=NOW - 60) == reply
    assert channel.chat.find(CHANNEL, "k2", since=NOW - 60) is None
    assert channel.chat.find(CHANNEL, "k2", thread="1.000001", since=NOW - 60) is None


def test_what_is_older_or_deleted_is_not_found(channel: Channel) -> None:
    """An intent can not be older than its message; what somebody deleted is gone."""
    first = channel.chat.post(CHANNEL, HELLO, key="k1")
    assert channel.chat.find(CHANNEL, "k1", since=NOW + 60) is None
    channel.delete(first)
    assert channel.chat.find(CHANNEL, "k1", since=NOW - 60) is None


def test_a_channel_that_is_not_there_has_no_messages(channel: Channel) -> None:
    """Posting says what is wrong with it."""
    assert channel.chat.find(ELSEWHERE, "k1", since=0.0) is None


def test_a_chat_that_is_down_is_unavailable(channel: Channel) -> None:
    """Posting and updating alike; the change comes again."""
    first = channel.chat.post(CHANNEL, HELLO, key="k1")
    channel.go_down()
    with pytest.raises(Unavailable):
        channel.chat.post(CHANNEL, LATER, key="k2")
    with pytest.raises(Unavailable):
        channel.chat.update(CHANNEL, first, LATER)
    with pytest.raises(Unavailable):
        channel.chat.find(CHANNEL, "k1", since=0.0)
    assert channel.texts() == {first: "hello"}


@pytest.mark.parametrize("picture", [PICTURE, CHART], ids=["timeline", "chart"])
def test_a_picture_is_shown_once_it_was_released(channel: Channel, picture: Picture) -> None:
    """Before that the message says that it can not be shown yet, and stays as it was."""
    first = channel.chat.post(CHANNEL, HELLO, key="k1")
    filed = replace(picture, file=channel.chat.upload(picture))
    pictured = replace(LATER, picture=filed)
    with pytest.raises(NotReady):
        channel.chat.update(CHANNEL, first, pictured)
    assert channel.texts() == {first: "hello"}
    channel.chat.release(filed)
    channel.chat.update(CHANNEL, first, pictured)
    assert channel.texts() == {first: "later"}


def test_a_picture_may_be_released_twice(channel: Channel) -> None:
    """Whoever did it may have died before saying so."""
    first = channel.chat.post(CHANNEL, HELLO, key="k1")
    filed = replace(PICTURE, file=channel.chat.upload(PICTURE))
    channel.chat.release(filed)
    channel.chat.release(filed)
    channel.chat.update(CHANNEL, first, replace(LATER, picture=filed))
    assert channel.texts() == {first: "later"}


def test_a_home_is_shown_in_place_of_the_one_before(channel: Channel) -> None:
    """Each person has one; its buttons are those of messages."""
    button = Action("where", "What is where", "")
    for line in ("nothing waits for you", "a question waits for you"):
        channel.chat.publish(LEAD, Home((Part((line,), (button,)),)))
    assert channel.home(LEAD) == "a question waits for you"
    assert channel.texts() == {}


def test_who_can_have_no_home_is_refused(channel: Channel) -> None:
    """For good: nobody tries it again."""
    with pytest.raises(Refused):
        channel.chat.publish(STRANGER, Home((Part(("hello",)),)))
    assert channel.home(STRANGER) == ""


def test_a_home_waits_for_a_chat_that_is_down(channel: Channel) -> None:
    """As messages do."""
    channel.go_down()
    with pytest.raises(Unavailable):
        channel.chat.publish(LEAD, Home((Part(("hello",)),)))
