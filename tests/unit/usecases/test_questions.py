"""A reminder before a question expires, word of a no, and changes of roles: each said once, and true when read."""

from dataclasses import replace

import pytest

from chalicelib.domain.approval import Answer, Confirmation, Kind, Question
from chalicelib.domain.deployment import Ref, State
from chalicelib.domain.people import SERVICE
from chalicelib.domain.roles import ROLES, TEAM, Grant, Role, RoleChange
from chalicelib.usecases.chat_ports import Message
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, deployment, plan, question
from tests.fakes.chat import Shown
from tests.unit.usecases.chat_world import ChatWorld

REF = deployment().ref
ROLE = Ref(TEAM, ROLES, "role-K7Q2F")


def text(message: Message) -> str:
    """Everything a person reads of it."""
    return "\n".join([message.summary, *message.lines, *message.notes])


def world(*asked: Question, state: State = State.ASKING_START) -> ChatWorld:
    """A deployment whose questions were just asked, and shown."""
    made = ChatWorld()
    made.store.put(deployment(state, plan=plan()), *asked)
    made.stream(REF)
    made.run(seconds=30)
    return made


def saying(world: ChatWorld, words: str) -> list[Shown]:
    """The messages that say this now."""
    return [each for each in world.chat.shown.values() if words in text(each.message)]


def decide(world: ChatWorld, after: float, **changes: object) -> None:
    """The question is decided so many seconds after it was asked."""
    world.run(seconds=after)
    world.clock.advance(max(0.0, NOW + after - world.clock.now()))
    found = world.store.question("K7Q2F")
    assert found is not None
    decided = {"answered_at": world.clock.now(), "revision": found.revision + 1, **changes}
    world.store.put(replace(found, **decided))  # type: ignore[arg-type]
    world.stream(found.ref)
    world.run(seconds=60)


def role_question(**changes: object) -> Question:
    """May the guest become an approver?"""
    asked = question(
        Kind.ROLE,
        service=TEAM,
        environment=ROLES,
        deployment=ROLE.deployment,
        token="",
        change=RoleChange(Grant(GUEST.user, Role.APPROVER)),
    )
    return replace(asked, **changes)  # type: ignore[arg-type]


def test_a_minute_before_it_expires_the_team_is_reminded_once() -> None:
    """In the thread and in the channel, with who may act, the time, and the buttons."""
    chat = world(question())
    assert saying(chat, "Still open") == []
    chat.run(seconds=250)
    (reminder,) = saying(chat, "Still open")
    assert (
        NOW + 240 <= chat.chat.first[next(k for k, v in chat.chat.shown.items() if v is reminder)] < NOW + 245
    )
    assert reminder.thread
    assert reminder.broadcast
    assert "{team}" in text(reminder.message)
    assert "Any approver or admin of `cameras` other than {person:T0TEST/U0DEPLOYER}" in text(
        reminder.message
    )
    assert [each.verb for each in reminder.message.actions] == ["confirm", "reject"]
    chat.stream(REF)
    chat.run(seconds=30)
    assert len(saying(chat, "Still open")) == 1


def test_a_question_that_was_decided_in_time_is_not_reminded_of() -> None:
    """Nobody hears of what is over."""
    chat = world(question())
    decide(chat, 100, answer=Answer.CONFIRM, answered_by=APPROVER)
    chat.run(seconds=600)
    assert saying(chat, "Still open") == []
    assert saying(chat, "Decided:") == []


def test_a_reminder_loses_its_buttons_once_it_is_decided_and_says_by_whom() -> None:
    """Like every other copy of the question."""
    chat = world(question())
    decide(chat, 250, answer=Answer.CONFIRM, answered_by=APPROVER)
    (reminder,) = saying(chat, "Decided:")
    assert reminder.message.actions == ()
    assert f"Confirmed by {{person:{APPROVER}}}" in text(reminder.message)


def test_a_short_question_has_no_reminder() -> None:
    """It would come with the question itself."""
    chat = world(question(deadline=NOW + 90))
    chat.run(seconds=600)
    assert saying(chat, "Still open") == []


def test_at_the_deadline_every_copy_loses_its_buttons() -> None:
    """Also where the machine has not come to it yet: nobody is shown a button that does nothing."""
    chat = world(question())
    chat.run(seconds=600)
    buttons = [each.verb for shown in chat.chat.shown.values() for each in shown.message.actions]
    assert set(buttons) <= {"cancel"}


def test_a_reminder_says_how_many_are_missing() -> None:
    """Who has confirmed already need not look again."""
    chat = world(question(needed=2, confirmations=(Confirmation(APPROVER, NOW),)))
    chat.run(seconds=250)
    (reminder,) = saying(chat, "Still open")
    assert "1 missing" in text(reminder.message)
    assert f"other than {{person:{DEPLOYER}}}, {{person:{APPROVER}}}" in text(reminder.message)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"answer": Answer.REJECT, "answered_by": APPROVER, "reason": "not *today*"},
            "🚫 The start of *cameras@142* in *production* was rejected by {person:T0TEST/U0APPROVER} {when:",
        ),
        (
            {"answer": Answer.EXPIRED},
            "⌛ Nobody confirmed the start of *cameras@142* in *production* in time",
        ),
    ],
)
def test_the_team_hears_of_a_no_with_its_reason(changes: dict[str, object], says: str) -> None:
    """An edited message tells nobody: a reply does, once, in the channel as well."""
    chat = world(question())
    decide(chat, 20, **changes)
    (alert,) = (each for each in saying(chat, says) if "{team}" in text(each.message))
    assert alert.broadcast
    assert alert.message.actions == ()
    if "reason" in changes:
        assert ": not ·today·." in text(alert.message)
    chat.stream(REF)
    chat.run(seconds=30)
    assert len([each for each in saying(chat, says) if "{team}" in text(each.message)]) == 1


@pytest.mark.parametrize("answer", [Answer.CONFIRM, Answer.CANCEL, Answer.SUPERSEDED])
def test_nobody_is_alarmed_by_what_went_its_way(answer: Answer) -> None:
    """Confirmed, canceled by who asked, closed because it is asked anew: the messages say so, and no reply comes."""
    chat = world(question())
    by = SERVICE if answer is Answer.SUPERSEDED else APPROVER
    decide(chat, 20, answer=answer, answered_by=by)
    assert [each for each in chat.chat.shown.values() if "{team}" in text(each.message)] == []
    assert len(chat.chat.shown) == 2


def test_a_change_of_roles_is_announced_loudly_and_asked() -> None:
    """In the team's channel, with the words of the question, its code and buttons; confirmed, it says who."""
    chat = ChatWorld()
    chat.store.put(role_question())
    chat.stream(ROLE)
    chat.run(seconds=30)
    (shown,) = chat.chat.shown.values()
    assert shown.channel == "C0DEPLOYS"
    assert "{team} May {person:T0TEST/U0GUEST} become *approver* for all services?" in text(shown.message)
    assert "/deploy confirm K7Q2F" in text(shown.message)
    assert [each.value for each in shown.message.actions] == ["K7Q2F", "K7Q2F"]
    decide(chat, 60, answer=Answer.CONFIRM, answered_by=LEAD, confirmations=(Confirmation(LEAD, NOW + 60),))
    (shown,) = chat.chat.shown.values()
    assert "{person:T0TEST/U0GUEST} is now *approver* for all services" in text(shown.message)
    assert "Confirmed by {person:T0TEST/U0LEAD}" in text(shown.message)
    assert shown.message.actions == ()


def test_a_question_about_roles_expires_without_a_machine() -> None:
    """It is reminded of, then its time is over: no button is left, and the team hears that nothing changed."""
    chat = ChatWorld()
    chat.store.put(role_question())
    chat.stream(ROLE)
    chat.run()
    assert [each for shown in chat.chat.shown.values() for each in shown.message.actions] == []
    assert len(saying(chat, "Decided:")) == 1
    (alert,) = saying(chat, "Roles stay as they are")
    assert "{team}" in text(alert.message)


def test_a_role_that_only_asks_is_shown_and_calls_nobody() -> None:
    """Everything is seen by the team; not everything is an alarm."""
    chat = ChatWorld()
    change = RoleChange(Grant(GUEST.user, Role.DEPLOYER, "cameras"))
    chat.store.put(
        role_question(change=change, needed=0, answer=Answer.CONFIRM, answered_by=LEAD, answered_at=NOW)
    )
    chat.stream(ROLE)
    chat.run()
    (shown,) = chat.chat.shown.values()
    assert "{person:T0TEST/U0GUEST} is now *deployer* for `cameras`." in text(shown.message)
    assert "{team}" not in text(shown.message)
