"""The port Chat: its fake, and the adapter of each chat service before that service. No test here names one."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

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
from tests.builders import LEAD, NOW
from tests.contract.chat_services import SERVICES, channel_of
from tests.contract.chat_worlds import CHANNEL, ELSEWHERE, Channel
from tests.fakes.chat import FakeChat

STRANGER = Actor(LEAD.workspace, "U0STRANGER")
HELLO = Message(summary="hello", lines=("*hello*",))
LATER = Message(summary="later", lines=("*later*",))
PICTURE = Timeline("Timeline", "It took a minute.", (Bar(NOW, NOW + 60, "Prepare", BarKind.WORK),))
CHART = Chart(
    "Key metrics",
    "Three went live.",
    parts=(("stayed live", BarKind.WORK),),
    columns=(Column("24 Aug", (3,)),),
)


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


@pytest.fixture(params=["fake", *SERVICES])
def channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    """Each implementation, with an empty channel."""
    if request.param == "fake":
        yield Fake()
        return
    with channel_of(request.param) as made:
        yield made


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
