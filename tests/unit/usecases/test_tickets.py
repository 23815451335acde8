"""What chat shows of locks and turns: once, by name where somebody has to act, and without buttons once it is over."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from chalicelib.domain.commands import parse
from chalicelib.domain.locks import Ask, Lock, Over, Place, Ticket
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.tickets import ticket_message, ticket_replies
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, raw_config
from tests.fakes.chat import FakeChat, Shown
from tests.fakes.clock import FakeClock
from tests.fakes.lines import FakeLines, FakeWakes
from tests.fakes.recorder import Killed
from tests.fakes.store import FakeStore

LOCK = Lock("cameras", "production", 1, DEPLOYER, "A migration runs.", NOW, NOW + 7_200)
PLACE = Place("cameras", "production", 2, LEAD, "142", NOW)
TURN = PLACE.offered(NOW + 60, 300)


class Channel:
    """An announcer over fakes."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.store, self.chat = FakeStore(raw_config()), FakeChat(clock)
        self.announcer = Announcer(self.store, self.chat, clock, FakeLines(), FakeWakes(clock))

    def show(self, ticket: Ticket | Ask) -> None:
        """Store a ticket and announce it."""
        self.store.put(ticket)
        self.announcer.tickets([ticket.key])

    @property
    def shown(self) -> list[Shown]:
        """Every message, in the order of posting."""
        return list(self.chat.shown.values())


def verbs(shown: Shown) -> list[str]:
    """The buttons of a message."""
    return [each.verb for each in shown.message.actions]


def text(shown: Shown) -> str:
    """What a message says."""
    return "\n".join(shown.message.lines)


def test_a_lock_is_one_message_with_who_why_and_until_when() -> None:
    """With the ways on: end it, or wait for it."""
    channel = Channel()
    channel.show(LOCK)
    (shown,) = channel.shown
    assert shown.channel == "C0DEPLOYS"
    assert f"locked by {{person:{DEPLOYER}}} until {{when:{LOCK.until:.0f}}}" in text(shown)
    assert "A migration runs." in text(shown)
    assert verbs(shown) == ["unlock", "queue"]


def test_a_lock_that_is_over_says_who_ended_it_and_when_in_place() -> None:
    """Its buttons are gone (docs/safety.md, I11); one's own needs no word more."""
    channel = Channel()
    channel.show(LOCK)
    channel.show(LOCK.ended(Over.UNLOCKED, NOW + 60, DEPLOYER))
    (shown,) = channel.shown
    assert (shown.updates, verbs(shown)) == (1, [])
    assert f"{{person:{DEPLOYER}}} unlocked it {{when:{NOW + 60:.0f}}}" in text(shown)


def test_a_lock_whose_time_is_over_says_so() -> None:
    """Nobody ended it."""
    channel = Channel()
    channel.show(LOCK)
    channel.show(LOCK.ended(Over.EXPIRED, NOW + 7_200))
    assert "it ran out" in text(channel.shown[0])


def test_whose_lock_was_broken_is_told_by_name() -> None:
    """By a reply: nobody is notified of an edit."""
    channel = Channel()
    channel.show(LOCK)
    channel.show(LOCK.ended(Over.UNLOCKED, NOW + 60, APPROVER, "It is an emergency."))
    _, reply = channel.shown
    assert reply.thread == next(iter(channel.chat.shown))
    assert f"{{person:{DEPLOYER}}}, your lock" in text(reply)
    assert f"{{person:{APPROVER}}}" in text(reply)
    assert "It is an emergency." in text(reply)


def test_whose_turn_it_is_is_told_by_name_with_a_button_that_deploys() -> None:
    """In the channel too; whoever waits has one message before."""
    channel = Channel()
    channel.show(PLACE)
    channel.show(TURN)
    place, turn = channel.shown
    assert verbs(place) == ["leave"]
    assert turn.broadcast
    assert f"{{person:{LEAD}}}" in text(turn)
    assert [(each.verb, each.label, each.value) for each in turn.message.actions] == [
        ("deploy", "Deploy cameras@142 now", "cameras@142 to production"),
        ("leave", "Pass", "cameras production"),
    ]


@pytest.mark.parametrize("over", [Over.DEPLOYED, Over.PASSED, Over.MISSED, Over.LIVE, Over.NOT_ALLOWED])
def test_a_turn_that_is_over_has_no_buttons_anywhere(over: Over) -> None:
    """And says how it ended."""
    channel = Channel()
    channel.show(PLACE)
    channel.show(TURN)
    channel.show(TURN.ended(over, NOW + 90, LEAD))
    assert [verbs(each) for each in channel.shown if verbs(each)] == []


def test_a_turn_that_was_taken_comes_again_as_a_new_message() -> None:
    """The old one says that it can not be used, the new one notifies."""
    channel = Channel()
    channel.show(PLACE)
    channel.show(TURN)
    channel.show(TURN.withdrawn())
    assert [verbs(each) for each in channel.shown] == [["leave"], []]
    channel.show(TURN.withdrawn().offered(NOW + 900, 300))
    assert [verbs(each) for each in channel.shown] == [["leave"], [], ["deploy", "leave"]]


def test_who_may_not_deploy_any_more_is_told_why_their_place_is_gone() -> None:
    """Kindly, and with what helps."""
    replies = dict(ticket_replies(PLACE.ended(Over.NOT_ALLOWED, NOW + 60)))
    assert "An admin can give you the role again." in replies["dropped"].lines[0]


def test_what_was_over_before_chat_heard_of_it_is_not_told() -> None:
    """Except to whom it concerns: a lock that somebody else ended."""
    channel = Channel()
    channel.show(PLACE.ended(Over.LEFT, NOW + 1, LEAD))
    assert channel.shown == []
    channel.show(LOCK.ended(Over.UNLOCKED, NOW + 1, APPROVER, "Urgent."))
    assert len(channel.shown) == 2


def test_what_did_not_change_is_not_posted_again() -> None:
    """The stream brings everything at least once, some of it often."""
    channel = Channel()
    for _ in range(3):
        channel.show(TURN)
    assert [each.updates for each in channel.shown] == [0, 0]


def test_a_message_is_posted_once_whatever_dies() -> None:
    """Chat took it and the answer was lost: whoever comes next finds it."""
    channel = Channel()
    channel.chat.fail("post", Killed(), after=True)
    with pytest.raises(Killed):
        channel.show(LOCK)
    channel.announcer.wake(["post#C0DEPLOYS"])
    channel.show(LOCK)
    assert len(channel.shown) == 1


def buttons_of(tickets: Iterable[Ticket]) -> list[str]:
    """What clicks on all these messages say."""
    messages = [ticket_message(each) for each in tickets]
    messages += [told for each in tickets for _, told in ticket_replies(each)]
    actions = [action for message in messages for action in message.actions]
    return [each.value if each.verb == "deploy" else f"{each.verb} {each.value}" for each in actions]


def test_every_button_is_a_command_that_can_be_typed() -> None:
    """Also without a version."""
    said = buttons_of([LOCK, PLACE, TURN, replace(TURN, version="")])
    assert len(said) == 2 + 1 + 2 * 3
    assert all(parse(each) for each in said)


@pytest.mark.parametrize(
    "made",
    [
        lambda said: replace(LOCK, reason=said),
        lambda said: replace(LOCK, reason=said).ended(Over.UNLOCKED, NOW, APPROVER, said),
    ],
    ids=["in force", "broken"],
)
def test_a_reason_marks_nothing_up(made: Callable[[str], Lock]) -> None:
    """It is somebody's text, which is never markup."""
    lock = made("*bold* `code` {team} {person:T/U}")
    for message in (ticket_message(lock), *(told for _, told in ticket_replies(lock))):
        said = "\n".join((*message.lines, message.summary))
        assert "*bold*" not in said
        assert "{team}" not in said
        assert "{person:T/U}" not in said


def test_a_holder_is_asked_by_name_and_once() -> None:
    """A word in the channel, without buttons: there is nothing to decide by it."""
    channel = Channel()
    ask = Ask("cameras", "production", 7, LEAD, DEPLOYER, "cameras-production-1", NOW)
    for _ in range(2):
        channel.show(ask)
    (shown,) = channel.shown
    assert (verbs(shown), shown.channel) == ([], "C0DEPLOYS")
    assert f"{{person:{DEPLOYER}}}, {{person:{LEAD}}} asks for `cameras`" in text(shown)
    assert "*cameras-production-1*" in text(shown)
