"""The picture of a message: it comes after the message, is uploaded once, and holds nothing up, whatever fails."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Answer, Kind
from chalicelib.domain.deployment import Deployment, Phase, State
from chalicelib.domain.errors import RateLimited, Refused, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.pictures import TRIES
from tests.builders import APPROVER, DEPLOYER, NOW, deployment, hosts, plan, question
from tests.fakes.chat import Shown
from tests.fakes.recorder import Killed
from tests.unit.usecases.chat_world import ChatWorld

REF = deployment().ref


def ended(**changes: object) -> Deployment:
    """A deployment that was canceled while it was ready."""
    states = ((State.ACCEPTED, 0), (State.PREPARING, 60), (State.READY, 300), (State.DISCARDING, 900))
    phases = tuple(Phase(state, NOW + at) for state, at in (*states, (State.CANCELED, 960)))
    made = deployment(State.CANCELED, plan=plan(), new=hosts("i-1"), phases=phases)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def world() -> ChatWorld:
    """A deployment has ended, and chat was not told yet."""
    made = ChatWorld()
    made.store.put(
        ended(), question(Kind.READY, answer=Answer.CANCEL, answered_by=DEPLOYER, answered_at=NOW + 900)
    )
    return made


def only(world: ChatWorld) -> Shown:
    """The one message."""
    (shown,) = world.chat.shown.values()
    return shown


def test_the_message_comes_first_and_the_picture_after_it(world: ChatWorld) -> None:
    """Nobody waits for a picture."""
    world.stream(REF)
    world.run(seconds=1.0)
    assert only(world).message.picture is None
    world.run()
    picture = only(world).message.picture
    assert picture is not None
    assert world.chat.files[picture.file].title == "cameras@142 to production"
    assert "1 asked for it after 0 s; 2 canceled after 15 min" in picture.alt
    assert "Who acted: 1 {person:T0TEST/U0DEPLOYER} asked for it" in "\n".join(only(world).message.lines)


def test_a_picture_that_slack_still_looks_through_is_shown_later(world: ChatWorld) -> None:
    """It is the same file, and nothing is uploaded again."""
    world.chat.looks = 4
    world.stream(REF)
    world.run()
    assert only(world).message.picture is not None
    assert len(world.chat.files) == 1
    assert len(world.chat.called("release")) == 1


def test_other_messages_go_on_while_a_picture_waits(world: ChatWorld) -> None:
    """Its pause is its own."""
    world.chat.looks = 5
    world.stream(REF)
    world.run(seconds=6.0)
    other = deployment(State.PREPARING, id="cameras-production-2")
    world.store.put(other)
    world.stream(other.ref)
    world.run(seconds=2.0)
    assert len(world.chat.shown) == 2


@pytest.mark.parametrize("method", ["upload", "release", "update"])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "error",
    [Unavailable("no answer"), RateLimited("slow down", 5.0), Killed("gone")],
    ids=lambda error: type(error).__name__,
)
def test_whatever_fails_the_picture_comes_once(
    world: ChatWorld, method: str, error: Exception, after: bool
) -> None:
    """A reply that was lost, a chat that is busy, a process that died: the message stands, the picture follows."""
    world.chat.fail(method, error, after=after, skip=1 if method == "update" else 0)
    world.stream(REF)
    world.run()
    picture = only(world).message.picture
    assert picture is not None
    assert world.chat.released == {picture.file}
    assert len(world.chat.files) == (2 if (method, after) == ("upload", True) else 1)


def test_who_may_not_upload_shows_the_message_without_a_picture(world: ChatWorld) -> None:
    """And does not try for ever; the words are there all the same."""
    world.chat.fail("upload", Unavailable("missing_scope"), times=99)
    world.stream(REF)
    world.run()
    assert only(world).message.picture is None
    assert len(world.chat.called("upload")) == TRIES
    world.stream(REF)
    world.run()
    assert len(world.chat.called("upload")) == TRIES


def test_a_refusal_is_final(world: ChatWorld) -> None:
    """A workspace that takes no files."""
    refusal = Refused(
        Reason.CHAT_REFUSED, method="files.getUploadURLExternal", problem="file_uploads_disabled"
    )
    world.chat.fail("upload", refusal, times=99)
    world.stream(REF)
    world.run()
    assert len(world.chat.called("upload")) == 1
    assert "canceled" in only(world).message.summary


def test_a_message_that_changes_keeps_the_picture_that_people_see(world: ChatWorld) -> None:
    """It does not blink."""
    world.stream(REF)
    world.run()
    before = len(world.chat.called("update"))
    world.store.put(ended(detail="Canceled by hand."))
    world.stream(REF)
    world.run()
    assert "Canceled by hand." in "\n".join(only(world).message.lines)
    assert only(world).message.picture is not None
    assert all(call["message"].picture for call in world.chat.called("update")[-1:])  # type: ignore[attr-defined]
    assert len(world.chat.files) == 1
    assert len(world.chat.called("update")) == before + 1


def test_a_picture_that_somebody_deleted_is_drawn_again_when_the_message_changes(world: ChatWorld) -> None:
    """A message is worth more than its picture."""
    world.stream(REF)
    world.run()
    world.chat.released.clear()
    world.store.put(ended(detail="Canceled by hand."))
    world.stream(REF)
    world.run()
    assert "Canceled by hand." in "\n".join(only(world).message.lines)
    assert len(world.chat.files) == 2
    assert only(world).message.picture is not None


def test_nothing_more_is_done_once_it_is_there(world: ChatWorld) -> None:
    """However often chat is told."""
    world.stream(REF)
    world.run()
    calls = len(world.chat.calls)
    for _ in range(3):
        world.stream(REF)
        world.run()
    assert len(world.chat.calls) == calls


def test_a_deployment_under_way_has_no_picture() -> None:
    """It comes at the end."""
    world = ChatWorld()
    world.store.put(
        deployment(State.READY, phases=ended().phases[:3]), question(Kind.READY, answered_by=APPROVER)
    )
    world.stream(REF)
    world.run()
    assert world.chat.called("upload") == []
