"""What a chat service's modules have to do beside the port Chat: Views, Replies, inert text, and what comes in.

Another service adds a world here, as Slack has one; no test of this file knows Slack.
"""

import json
import re
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlencode

import pytest

from chalicelib.adapters.slack import ResponseUrls
from chalicelib.adapters.slack_views import SlackViews
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.chat_ports import Action, Field, Form, Message, Opened, Option, Replies, Reply, Views
from chalicelib.usecases.chat_requests import Click, Submission
from chalicelib.usecases.texts import plain
from chalicelib.wire import slack_request
from chalicelib.wire.slack_interaction import parse_interaction
from chalicelib.wire.slack_message import blocks_of, text_of
from sandbox.front.content import SlackError
from sandbox.front.views import Triggers
from sandbox.front.views import Views as FrontViews
from tests.builders import DEPLOYER, GUEST, NOW, WORKSPACE
from tests.unit.adapters.loopback import LOST, Asked, Service, serving
from tests.unit.adapters.loopback import Reply as Answer
from tests.unit.door import SLACK_SECRET, Door
from tests.unit.test_inert_text import PIECES

FORM = Form(
    "lock",
    "Lock",
    "Lock",
    (
        Field("who", "Who", people=True),
        Field("long", "How long", (Option("2h", "2 hours"),)),
        Field("reason", "Reason"),
    ),
    about="cameras production",
)
LEADS_ON = Reply("*Done.*", (Action("status", "Show the status", ""),))
Sent = tuple[dict[str, str], bytes]
"""Headers and body of a request."""


class World(Protocol):
    """A chat service, and what a test does behind its back."""

    views: Views
    replies: Replies

    def trigger(self) -> str:
        """What somebody's act brings, to open a view with."""

    def open_view(self) -> str:
        """The id of the view that is open; nothing where there is none."""

    def asks(self) -> list[str]:
        """The names of the fields of the form that is open."""

    def close(self) -> None:
        """The person closes it."""

    def go_down(self) -> None:
        """Requests are taken, and no answer comes back."""

    def address(self) -> str:
        """Where the clicker can be told something."""

    def told(self) -> list[tuple[str, bool]]:
        """What they were told, and whether in place of what they clicked in."""

    def mentions(self, message: Message) -> list[str]:
        """Whom a message calls, and what it links to."""

    def typed(self, text: str, *, number: int = 1) -> Sent:
        """The request for a command; another number is another act."""

    def pressed(self, verb: str, value: str) -> Sent:
        """The request for a button."""

    def filled(self, form: Form, values: dict[str, str], *, view: str = "V1") -> Sent:
        """The request for a form; who was chosen stands as their id."""

    def picked(self, user: str) -> str:
        """How the service sends a person who was picked while typing."""

    def check(self, sent: Sent, now: float) -> None:
        """Verify a request. Raises Refused."""

    def read(self, sent: Sent) -> tuple[Actor, str, str]:
        """Who, the text of a command, and the event's id."""

    def done(self, sent: Sent) -> Click | Submission:
        """What was pressed or sent."""


class SlackWorld:
    """Slack's modules before the sandbox's Slack."""

    def __init__(self, service: Service) -> None:
        service.next_reply = self._answer  # type: ignore[method-assign] # answers by what is asked
        self._triggers = Triggers()
        self._front = FrontViews(self._triggers)
        self._service, self._down = service, False
        self._told: list[tuple[str, bool]] = []
        self._door = Door()
        self.views: Views = SlackViews(lambda: "xoxb-token", f"{service.url}/api")
        self.replies: Replies = ResponseUrls(service.url)

    def _answer(self, asked: Asked) -> Answer:
        if self._down:
            return LOST
        sent = json.loads(asked.body)
        if asked.path.startswith("/actions/"):
            self._told.append((sent["text"], sent["replace_original"]))
            return Answer()
        method = {"/api/views.open": self._front.open, "/api/views.update": self._front.update}[asked.path]
        try:
            said = {"ok": True, **method(sent)}
        except SlackError as error:
            said = {"ok": False, "error": error.code}
        return Answer(200, json.dumps(said).encode())

    def trigger(self) -> str:
        return self._triggers.issue(DEPLOYER.user)

    def open_view(self) -> str:
        return str(self._front.modals.get(DEPLOYER.user, {}).get("id", ""))

    def asks(self) -> list[str]:
        blocks = self._front.modals[DEPLOYER.user]["blocks"]
        return [each["block_id"] for each in blocks if each["type"] == "input"]

    def close(self) -> None:
        self._front.close(DEPLOYER.user)

    def go_down(self) -> None:
        self._down = True

    def address(self) -> str:
        return f"{self._service.url}/actions/1"

    def told(self) -> list[tuple[str, bool]]:
        return self._told

    def mentions(self, message: Message) -> list[str]:
        shown = text_of(message) + json.dumps(blocks_of(message))
        return sorted(set(re.findall(r"<[^>]*>", shown)))

    def typed(self, text: str, *, number: int = 1) -> Sent:
        return self._door.slack(self._door.typed(text, trigger_id=f"{number}.1.abc"))

    def pressed(self, verb: str, value: str) -> Sent:
        container = {"type": "message", "message_ts": "1.1", "channel_id": "C0DEPLOYS"}
        more = {"container": container, "response_url": self.address()}
        action = {"type": "button", "action_id": verb, "value": value}
        return self._sent({"type": "block_actions", "actions": [action], **more})

    def filled(self, form: Form, values: dict[str, str], *, view: str = "V1") -> Sent:
        state = {each.name: {each.name: self._state(each, values[each.name])} for each in form.fields}
        shown = {"id": view, "callback_id": form.kind, "private_metadata": form.about}
        return self._sent({"type": "view_submission", "view": {**shown, "state": {"values": state}}})

    def _state(self, field: Field, value: str) -> dict[str, object]:
        if field.people:
            return {"type": "users_select", "selected_user": value}
        if field.options:
            return {"type": "static_select", "selected_option": {"value": value}}
        return {"type": "plain_text_input", "value": value}

    def _sent(self, payload: dict[str, object]) -> Sent:
        person = {"user": {"id": DEPLOYER.user, "team_id": WORKSPACE}, "team": {"id": WORKSPACE}}
        body = urlencode({"payload": json.dumps({"trigger_id": "1.2.abc", **person, **payload})}).encode()
        return self._door.slack(body)

    def picked(self, user: str) -> str:
        return f"<@{user}|somebody>"

    def check(self, sent: Sent, now: float) -> None:
        slack_request.verify(*sent, [SLACK_SECRET], now)

    def read(self, sent: Sent) -> tuple[Actor, str, str]:
        command = slack_request.parse_command(sent[1], sent[0])
        return command.actor, command.text, command.event

    def done(self, sent: Sent) -> Click | Submission:
        return parse_interaction(sent[1], sent[0])


@pytest.fixture(params=[SlackWorld])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Each service."""
    with serving() as service:
        yield request.param(service)


# --- Views ------------------------------------------------------------------------------------------------------


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


# --- Replies ----------------------------------------------------------------------------------------------------


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


# --- texts ------------------------------------------------------------------------------------------------------


def test_placeholders_call_and_tell_the_time(world: World) -> None:
    """In the service's own form."""
    calls = (f"{{person:{DEPLOYER}}}", "{team}", f"{{when:{NOW:.0f}}}")
    found = [world.mentions(Message(summary="x", lines=(each,))) for each in calls]
    assert [len(each) for each in found] == [1, 1, 1]


@pytest.mark.parametrize("piece", PIECES)
def test_text_from_outside_calls_nobody_and_links_to_nothing(world: World, piece: str) -> None:
    """Wherever it stands, once the use case has made it plain."""
    said = plain(f"a{piece}b")
    message = Message(said, said, (said,), ((said, said),), notes=(said,), output=said)
    assert world.mentions(message) == []


# --- what comes in ----------------------------------------------------------------------------------------------


def test_what_is_not_as_it_was_signed_is_refused(world: World) -> None:
    """Over the raw bytes, and for five minutes."""
    headers, body = world.typed("status")
    world.check((headers, body), NOW)
    for changed, now in (((headers, body + b"x"), NOW), (({}, body), NOW), ((headers, body), NOW + 301)):
        with pytest.raises(Refused) as refused:
            world.check(changed, now)
        assert refused.value.reason in {Reason.BAD_SIGNATURE, Reason.STALE_REQUEST}


def test_the_same_act_has_the_same_event_however_often_it_comes(world: World) -> None:
    """Another act, also with the same words, has another."""
    first, again, other = (world.read(world.typed("status", number=each)) for each in (1, 1, 2))
    assert first == again
    assert first[:2] == other[:2] == (DEPLOYER, "status")
    assert first[2] != other[2]


def test_a_person_who_was_picked_is_named_as_texts_name_them(world: World) -> None:
    """So that the grammar knows no service."""
    _, text, _ = world.read(world.typed(f"grant {world.picked(GUEST.user)} viewer"))
    assert text == f"grant {{person:{GUEST}}} viewer"


def test_a_button_comes_back_as_a_verb_and_a_value(world: World) -> None:
    """The command that could have been typed."""
    click = world.done(world.pressed("finish", "cameras production"))
    assert isinstance(click, Click)
    assert (click.actor, click.verb, click.value) == (DEPLOYER, "finish", "cameras production")


def test_a_form_comes_back_by_its_kind_with_what_was_filled_in(world: World) -> None:
    """The same however often it is sent; corrected it is another act."""
    values = {"who": GUEST.user, "long": "2h", "reason": "a b"}
    sent, again = (world.done(world.filled(FORM, values)) for _ in range(2))
    corrected = world.done(world.filled(FORM, {**values, "reason": "c"}))
    assert isinstance(sent, Submission)
    assert (sent.form, sent.about) == ("lock", "cameras production")
    assert sent.values == {"who": f"{{person:{GUEST}}}", "long": "2h", "reason": "a b"}
    assert sent == again
    assert sent.event != corrected.event


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"payload=[]", b"payload=%7B%7D"])
def test_what_can_not_be_read_is_refused_and_nothing_else(world: World, body: bytes) -> None:
    """A door answers; it does not fail."""
    for read in (world.read, world.done):
        with pytest.raises(Refused):
            read(({}, body))
