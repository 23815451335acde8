"""What a chat service's receiver has to do, through the edge, as people meet it.

Another service is one more world; no test of this file names one.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import NoReturn

import pytest

from chalicelib.domain.approval import Answer as Decision
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.chat_requests import Click, Submission, Typed
from chalicelib.wire.receiver import Answer
from tests.builders import APPROVER, DEPLOYER, GUEST, question
from tests.contract.chat_room import FORM, Room, acts, read
from tests.contract.chat_services import SERVICES, world_of
from tests.contract.chat_worlds import Sent, World
from tests.fakes.chat import FakeReplies, FakeViews
from tests.unit.usecases.desk import CODE

MEGABYTE = 1_000_000


@pytest.fixture(params=SERVICES)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each service."""
    with world_of(request.param) as made:
        yield made


@pytest.fixture
def room(world: World) -> Room:
    """With a fresh table."""
    return Room(world)


# --- who comes in -------------------------------------------------------------------------------------------------


def test_what_is_not_as_it_was_signed_is_refused(room: Room) -> None:
    """Whatever somebody did: another body, no signature, another secret, none; nothing is looked at."""
    for sent in acts(room.world):
        forged = [replace(sent, body=sent.body + b" "), replace(sent, headers={})]
        assert [room.closed(each) for each in forged] == [(401, "bad_signature")] * 2
        for secrets in ({}, {name: ["another"] for name in room.world.secrets}):
            room.edge = room.made(partial(dict, secrets))
            assert room.closed(sent) == (401, "bad_signature")
        room.edge = room.made()


@pytest.mark.parametrize("wrong", [None, [], [""], [" "], [None, 5], {"0": "x"}, "the-live-secret"])
def test_secrets_that_are_none_open_nothing(room: Room, wrong: object) -> None:
    """Whatever the document says by mistake."""
    room.edge = room.made(partial(dict.fromkeys, room.world.secrets, wrong))
    assert [room.closed(sent) for sent in acts(room.world)] == [(401, "bad_signature")] * 4


def test_two_secrets_are_live_while_one_is_changed(room: Room) -> None:
    """In whichever order they stand."""
    (name, live) = next(iter(room.world.secrets.items()))
    for both in ([*live, "the-next"], ["the-next", *live]):  # type: ignore[misc] # a list
        room.edge = room.made(partial(dict, {name: both}))
        assert room.send(room.world.typed("status")).status == 200


@pytest.mark.parametrize("away", [-301, 301])
def test_a_request_of_another_time_is_refused(room: Room, away: int) -> None:
    """Rightly signed, and more than five minutes off."""
    sent = acts(room.world)
    room.desk.clock.advance(away)
    assert [room.closed(each) for each in sent] == [(401, "stale_request")] * 4


def test_what_can_not_be_read_is_refused_and_nothing_else(room: Room) -> None:
    """A door answers; it does not fail."""
    for sent in room.world.garbled():
        assert room.closed(sent) == (400, "bad_body")


def test_what_is_too_large_is_refused_unread(room: Room) -> None:
    """A megabyte is more than anybody's act."""
    for sent in acts(room.world):
        assert room.closed(room.world.changed(sent, b"a" * MEGABYTE)) == (413, "too_large")


def test_what_nobody_did_is_taken_and_left(room: Room) -> None:
    """Questions of the service's own, and what else it tells: else it would ask again, or close the door."""
    for sent in room.world.aside():
        assert isinstance(read(room.world, sent), Answer)
        room.desk.store.calls.clear()
        assert room.send(sent).status == 200
        assert room.desk.store.calls == []


# --- what people did ----------------------------------------------------------------------------------------------


def test_the_same_act_has_the_same_event_however_often_it_comes(world: World) -> None:
    """Another act, also with the same words, has another."""
    first, again, other = (read(world, world.typed("status", number=each)) for each in (1, 1, 2))
    assert isinstance(first, Typed)
    assert isinstance(other, Typed)
    assert first == again
    assert (first.actor, first.text) == (other.actor, other.text) == (DEPLOYER, "status")
    assert first.event != other.event


def test_a_person_who_was_picked_is_named_as_texts_name_them(world: World) -> None:
    """So that the grammar knows no service."""
    typed = read(world, world.typed(f"grant {world.picked(GUEST)} viewer"))
    assert isinstance(typed, Typed)
    assert typed.text == f"grant {{person:{GUEST}}} viewer"


def test_a_button_comes_back_as_a_verb_and_a_value(world: World) -> None:
    """The command that could have been typed."""
    click = read(world, world.pressed("finish", "cameras production"))
    assert isinstance(click, Click)
    assert (click.actor, click.verb, click.value) == (DEPLOYER, "finish", "cameras production")


def test_a_form_comes_back_by_its_kind_with_what_was_filled_in(world: World) -> None:
    """The same however often it is sent; corrected it is another act."""
    world.views.open(world.trigger(), FORM, within=2)
    values = {"who": GUEST.user, "long": "2h", "reason": "a b"}
    sent, again = (read(world, world.filled(values)) for _ in range(2))
    corrected = read(world, world.filled({**values, "reason": "c"}))
    assert isinstance(sent, Submission)
    assert isinstance(corrected, Submission)
    assert (sent.form, sent.about) == ("lock", "cameras production")
    assert sent.values == {"who": f"{{person:{GUEST}}}", "long": "2h", "reason": "a b"}
    assert sent == again
    assert sent.event != corrected.event


# --- what they read -----------------------------------------------------------------------------------------------


def test_a_command_is_done_and_its_sender_alone_reads_the_answer(room: Room) -> None:
    """Sent again it starts nothing new, and says the same."""
    sent = room.world.typed("cameras to production")
    said = room.said(sent)
    assert "Started *cameras-production-1*" in said
    assert room.said(sent) == said
    assert len(room.desk.workflow.started) == 1


def test_a_refusal_is_read_with_its_code(room: Room) -> None:
    """It is an answer like any other."""
    assert room.said(room.world.typed("launch it")).endswith("(`unknown_command`)")
    assert room.said(room.world.pressed("finish", "cameras production")).endswith("(`nothing_active`)")


def test_a_click_does_what_its_command_does_and_is_answered(room: Room) -> None:
    """Only the one who clicked reads that."""
    room.desk.at(State.ASKING_START, question())
    room.world.me = APPROVER
    assert "Confirmed" in room.said(room.world.pressed("confirm", CODE))
    assert room.desk.decided().answered_by == APPROVER


def test_a_click_in_a_view_is_answered_there_or_as_any_other(room: Room) -> None:
    """There may be no conversation."""
    room.send(room.world.typed("form"))
    room.send(room.world.pressed("status", "cameras production", within=room.world.open_view(), number=2))
    assert "`141` is live" in " ".join([room.world.reads(), *(text for text, _ in room.world.told())])


def test_a_table_that_does_not_answer_is_said_kindly(room: Room) -> None:
    """And nothing is lost."""
    room.desk.store.fail("commit")
    assert "try again" in room.said(room.world.typed("cameras to production"))


def test_while_secrets_can_not_be_read_the_doors_are_closed(room: Room) -> None:
    """The service may send the request again."""

    def unreachable() -> NoReturn:
        raise Unavailable("secrets")

    room.edge = room.made(unreachable)
    assert [room.closed(sent) for sent in acts(room.world)] == [(503, "unavailable")] * 4


def test_whoever_comes_home_is_noted(room: Room) -> None:
    """Once, however often it is told."""
    assert [room.send(room.world.came_home()).status for _ in range(2)] == [200, 200]
    assert [each.who for each in room.desk.store.visits()] == [DEPLOYER]


# --- forms --------------------------------------------------------------------------------------------------------


def test_a_form_is_opened_and_nothing_else_is_said(room: Room) -> None:
    """By the command or by its button."""
    for number, sent in enumerate(
        (room.world.typed("form"), room.world.pressed("form", "", number=2)), start=1
    ):
        assert room.send(sent).status == 200
        assert "where" in room.world.asks(), number
        room.world.close()
    assert room.world.told() == []


def test_where_no_answer_comes_the_words_say_what_to_type(room: Room) -> None:
    """What became of the form is not known."""
    sent = room.world.typed("form")
    room.world.go_down()
    assert "type `/deploy SERVICE" in room.said(sent)


def filled(room: Room, **values: str) -> Sent:
    """The form to deploy, opened and filled in."""
    room.send(room.world.typed("form"))
    fields = dict.fromkeys(room.world.asks(), "")
    deploy = {"where": "cameras production", "version": "cameras@142", "how": "deploy"}
    return room.world.filled({**fields, **deploy, **values})


def test_what_a_form_led_to_stands_in_its_place(room: Room) -> None:
    """The very same command as if it had been typed."""
    assert room.send(filled(room)).status == 200
    assert "Started *cameras-production-1*" in room.world.reads()
    assert room.world.asks() == []
    assert len(room.desk.workflow.started) == 1


def test_what_is_wrong_is_said_at_its_field_and_the_form_stays(room: Room) -> None:
    """Corrected, it is sent again."""
    room.send(filled(room, typed="1 to 2"))
    assert list(room.world.objections()) == ["typed"]
    assert "where" in room.world.asks()
    assert room.desk.workflow.started == []
    room.send(room.world.filled({**dict.fromkeys(room.world.asks(), ""), "where": "cameras production"}))
    assert room.world.asks() == []


def test_trouble_keeps_the_form_open(room: Room) -> None:
    """Nothing of what was typed is lost."""
    sent = filled(room)
    room.desk.store.fail("commit")
    room.send(sent)
    assert "try again" in room.world.objections()["where"]


def test_whoever_rejects_is_asked_why(room: Room) -> None:
    """The button opens the form, sending it decides."""
    room.desk.at(State.ASKING_START, question())
    room.world.me = APPROVER
    room.send(room.world.pressed("reject", CODE))
    assert room.world.asks() == ["reason"]
    assert room.desk.decided().answer is None
    room.send(room.world.filled({"reason": "not before the demo"}))
    assert (room.desk.decided().answer, room.desk.decided().reason) == (
        Decision.REJECT,
        "not before the demo",
    )


def test_where_nobody_knows_whether_the_form_opened_nothing_is_decided(room: Room) -> None:
    """It may be there, and Cancel in it means no."""
    room.desk.at(State.ASKING_START, question())
    room.world.me = APPROVER
    sent = room.world.pressed("reject", CODE)
    room.world.go_down()
    room.send(sent)
    assert room.desk.decided().answer is None


def test_where_no_form_opens_the_button_rejects(room: Room) -> None:
    """A no must not get lost because a window did not open."""
    room.desk.at(State.ASKING_START, question())
    room.world.me = APPROVER
    room.send(room.world.pressed("form", "reject " + CODE, number=1))
    room.world.close()
    room.send(room.world.pressed("reject", CODE, number=1))
    assert room.desk.decided().answer is Decision.REJECT


def test_all_that_is_said_shares_the_seconds_that_the_service_gives(room: Room) -> None:
    """What the table took is not there for opening a form."""
    views, watch = FakeViews(), iter([100.0, 100.5, 101.0, 101.5])
    room.edge = room.made(views=views, replies=FakeReplies(), watch=lambda: next(watch))
    room.send(room.world.typed("form"))
    assert [call["within"] for call in views.called("open")] == [room.world.receiver.seconds - 0.5]
