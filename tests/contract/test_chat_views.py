"""What a chat service's modules have to do beside what comes in and the port Chat: Views, Replies, and inert text.

Another service is one more world; no test of this file names one.
"""

from collections.abc import Iterator

import pytest

from chalicelib.usecases.chat_ports import Action, Message, Opened, Reply
from chalicelib.usecases.texts import plain
from tests.builders import DEPLOYER, NOW
from tests.contract.chat_room import FORM
from tests.contract.chat_services import SERVICES, world_of
from tests.contract.chat_worlds import World
from tests.unit.test_inert_text import PIECES

LEADS_ON = Reply("*Done.*", (Action("status", "Show the status", ""),))


@pytest.fixture(params=SERVICES)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each service."""
    with world_of(request.param) as made:
        yield made


# --- views --------------------------------------------------------------------------------------------------------


def test_a_form_opens_from_what_somebody_did(world: World) -> None:
    """With a field for each of its own."""
    assert world.views.open(world.trigger(), FORM, within=2) is Opened.YES
    assert world.asks() == ["who", "long", "reason"]


def test_a_view_opens_once_for_an_act(world: World) -> None:
    """What the service refuses is told from what it does not say."""
    trigger = world.trigger()
    world.views.open(trigger, FORM, within=2)
    world.close()
    assert world.views.open(trigger, FORM, within=2) is Opened.NO
    assert world.open_view() == ""


def test_an_answer_takes_the_place_of_a_view_that_is_open(world: World) -> None:
    """Not of one that was closed."""
    world.views.open(world.trigger(), FORM, within=2)
    view = world.open_view()
    assert world.views.change(view, LEADS_ON, within=2) is Opened.YES
    assert world.asks() == []
    world.close()
    assert world.views.change(view, LEADS_ON, within=2) is Opened.NO


def test_where_no_answer_comes_nobody_knows_what_is_open(world: World) -> None:
    """The caller decides nothing by it."""
    world.go_down()
    assert world.views.open(world.trigger(), FORM, within=2) is Opened.PERHAPS
    assert world.views.change("V1", FORM, within=2) is Opened.PERHAPS


# --- whispers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("instead", [False, True])
def test_who_clicked_is_told(world: World, *, instead: bool) -> None:
    """Beside what they clicked in, or in its place."""
    world.replies.whisper(world.address(), Reply("too late"), within=2, instead=instead)
    assert world.told() == [("too late", instead)]


def test_nothing_is_told_elsewhere_and_no_failure_is_an_error(world: World) -> None:
    """An address comes from outside; a whisper is worth no trouble."""
    world.replies.whisper("http://127.0.0.1:1/actions/1", Reply("secret"), within=2)
    world.go_down()
    world.replies.whisper(world.address(), Reply("too late"), within=2)
    assert world.told() == []


# --- texts --------------------------------------------------------------------------------------------------------


def test_placeholders_call_and_tell_the_time(world: World) -> None:
    """In the service's own form."""
    calls = (f"{{person:{DEPLOYER}}}", "{team}", f"{{when:{NOW:.0f}}}")
    found = [world.mentions(Message(summary="x", lines=(each,))) for each in calls]
    assert [len(each) for each in found] == [1, 1, 1]


@pytest.mark.parametrize("piece", [*PIECES, "@[everybody]", "<t:1>"])
def test_text_from_outside_calls_nobody_and_links_to_nothing(world: World, piece: str) -> None:
    """Wherever it stands, once the use case has made it plain."""
    said = plain(f"a{piece}b")
    message = Message(said, said, (said,), ((said, said),), notes=(said,), output=said)
    assert world.mentions(message) == []
