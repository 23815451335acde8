"""Messages: every state and question says what happens next, within Slack's limits, and quotes nobody's markup."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.approval import SECOND_PERSON, Answer, Kind
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import BEFORE_SWITCH, ENDS, Environment, Package, Phase, Slot, State
from chalicelib.usecases.chat_ports import Message
from chalicelib.usecases.messages import build_message, deployment_message, output_message, question_message
from chalicelib.usecases.steps.ledger import LedgerSteps
from chalicelib.usecases.steps.work import StepEvent, run
from chalicelib.usecases.words.servers import SERVERS
from chalicelib.wire.slack_message import blocks_of, text_of
from sandbox.front.blocks import check_blocks
from tests.builders import (
    APPROVER,
    DEPLOYER,
    LEAD,
    NOW,
    SHA,
    build,
    deployment,
    hosts,
    plan,
    question,
    raw_config,
)
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.workflow import FakeWorkflow

ASKED_IN = {
    State.ASKING_START: Kind.START,
    State.ASKING_FINISH: Kind.FINISH,
    State.ASKING_ROLLBACK: Kind.ROLLBACK,
    State.ASKING_END: Kind.END,
    State.READY: Kind.READY,
    State.KEEPING: Kind.KEEP,
    State.ASKING_RETRY: Kind.RETRY,
}
EVIL = "<!channel> {team} {person:T0TEST/U0LEAD} `*_~ <https://evil.test|here> &"


def shown(state: State, **changes: object) -> Message:
    """The message of a deployment in a state, with what it has by then."""
    asked = [question(ASKED_IN[state])] if state in ASKED_IN else []
    made = deployment(
        state,
        plan=plan(),
        new=hosts("i-1", "i-2"),
        keep_until=NOW + 7_200,
        phases=(Phase(State.ACCEPTED, NOW), Phase(state, NOW + 90)),
        **changes,
    )
    return deployment_message(made, asked, NOW)


def words(message: Message) -> str:
    """Everything that it says."""
    fields = [part for field in message.fields for part in field]
    return "\n".join([message.summary, message.title, *message.lines, *fields, *message.notes])


def drawn(message: Message) -> str:
    """As Slack gets it, after a look at the limits."""
    blocks = blocks_of(message)
    assert check_blocks(blocks) == []
    return repr(blocks) + text_of(message)


@pytest.mark.parametrize("state", sorted(State))
def test_every_state_says_where_it_is_and_what_comes(state: State) -> None:
    """In words, with the deployment's name; Slack takes it."""
    message = shown(state)
    assert SERVERS.states[state] in message.title
    assert "cameras@142 to production" in message.summary
    assert message.lines[-1].strip()
    assert "cameras-production-1" in message.notes[0]
    drawn(message)


@pytest.mark.parametrize("state", sorted(set(State) - ENDS - set(ASKED_IN)))
def test_where_nobody_has_to_act_it_says_what_happens_next(state: State) -> None:
    """Nobody has to ask whether it hangs."""
    assert "Next: " in words(shown(state))


@pytest.mark.parametrize("state", sorted(state for state, kind in ASKED_IN.items() if kind in SECOND_PERSON))
def test_a_question_says_who_has_to_act_until_when_and_how(state: State) -> None:
    """Buttons, and the words to type instead."""
    message = shown(state)
    assert "Somebody else has to confirm" in words(message)
    assert f"{{time:{NOW + 300:.0f}}}" in words(message)
    assert "/deploy confirm K7Q2F" in words(message)
    assert [each.verb for each in message.actions[:2]] == ["confirm", "reject"]


@pytest.mark.parametrize("state", sorted(ENDS))
def test_what_has_ended_has_no_buttons(state: State) -> None:
    """Nothing is left to do to it (invariant I11); a plan may be deployed, and what got stuck waits for a person."""
    left = {State.PLANNED: ["deploy"], State.STUCK: ["retry", "cancel"]}
    assert [each.verb for each in shown(state).actions] == left.get(state, [])


def test_what_got_stuck_and_was_released_has_no_buttons() -> None:
    """It says who released it."""
    message = shown(State.STUCK, wanted="release", wanted_by=LEAD)
    assert message.actions == ()
    assert f"Released by {{person:{LEAD}}}" in words(message)


@pytest.mark.parametrize("state", sorted(BEFORE_SWITCH))
def test_before_the_switch_it_can_be_canceled_until_somebody_did(state: State) -> None:
    """The button goes once it was pressed."""
    assert "cancel" in {each.verb for each in shown(state).actions}
    assert "cancel" not in {each.verb for each in shown(state, wanted="cancel").actions}


@pytest.mark.parametrize("state", sorted(State))
def test_every_button_is_a_command_that_can_be_typed(state: State) -> None:
    """Nothing can be clicked that the parser does not know."""
    for action in shown(state).actions:
        parse(action.value if action.verb == "deploy" else f"{action.verb} {action.value}")


def test_ready_shows_what_to_try_by_hand_and_how_long_it_waits() -> None:
    """Addresses of the new hosts, the command, and the time at which it is removed."""
    said = words(shown(State.READY))
    assert "`10.0.1.1` (control)" in said
    assert "/deploy finish cameras production" in said
    assert f"{{when:{NOW + 300:.0f}}}" in said


def test_keeping_says_until_when_there_is_a_way_back() -> None:
    """And which command it is."""
    message = shown(State.KEEPING)
    assert f"{{when:{NOW + 7_200:.0f}}}" in words(message)
    assert "/deploy rollback cameras production" in words(message)
    assert [each.verb for each in message.actions] == ["rollback", "keep", "keep"]


def test_it_says_what_the_second_fleet_is_and_costs() -> None:
    """Counts and types by role, and USD an hour where every price is known."""
    said = words(shown(State.PREPARING))
    assert "3 control (t3.small), 2 recorder (t3.micro)" in said
    assert "0.08 USD an hour" in said


def test_it_names_who_decided_what() -> None:
    """Each decision with both people."""
    said = words(
        shown(State.SWITCHING, confirmed_by=APPROVER, finished_by=LEAD, finish_confirmed_by=APPROVER)
    )
    assert f"asked by {{person:{DEPLOYER}}}, confirmed by {{person:{APPROVER}}}" in said
    assert f"asked by {{person:{LEAD}}}, confirmed by {{person:{APPROVER}}}" in said


def test_a_failure_says_why_with_its_reason_code() -> None:
    """In the channel; what the host printed stands in the thread."""
    made = {"detail": "Install failed on 1 of 5 hosts.", "reason": "command_failed"}
    said = words(shown(State.FAILED, **made))
    assert "Install failed on 1 of 5 hosts." in said
    assert "reason code command_failed" in said


@pytest.mark.parametrize("kind", sorted(SECOND_PERSON))
def test_an_open_question_calls_the_team(kind: Kind) -> None:
    """It names the requester, the deadline and the words to type."""
    message = question_message(question(kind), deployment(), NOW)
    said = words(message)
    assert "{team}" in said
    assert f"{{person:{DEPLOYER}}}" in said
    assert f"{{time:{NOW + 300:.0f}}}" in said
    assert "/deploy reject K7Q2F" in said
    drawn(message)


@pytest.mark.parametrize("kind", sorted(SECOND_PERSON))
@pytest.mark.parametrize("answer", [Answer.CONFIRM, Answer.REJECT, Answer.CANCEL])
def test_a_decided_question_says_who_when_and_why(kind: Kind, answer: Answer) -> None:
    """And calls nobody any more."""
    decided = question(kind).answered(answer, APPROVER, NOW + 5, reason="not on a Friday")
    message = question_message(decided, deployment(), NOW + 6)
    said = words(message)
    assert message.actions == ()
    assert "{team}" not in said
    assert f"{{person:{APPROVER}}}" in said
    assert f"{{when:{NOW + 5:.0f}}}" in said
    assert "not on a Friday" in said
    drawn(message)


@pytest.mark.parametrize(
    ("kind", "answer", "says", "verbs"),
    [
        (Kind.START, None, "Nobody answered in time; this ends here.", []),
        (Kind.START, Answer.EXPIRED, "Nobody answered in time; this ends here.", []),
        (Kind.START, Answer.REJECT, "Rejected; this ends here.", []),
        (Kind.START, Answer.CONFIRM, "Decided; going on.", ["cancel"]),
        (Kind.FINISH, Answer.CANCEL, "Canceled; this ends here.", []),
        (
            Kind.FINISH,
            Answer.EXPIRED,
            "Nobody answered in time. The new fleet stays ready; traffic stays where it is.",
            [],
        ),
    ],
)
def test_between_an_answer_and_what_comes_of_it_it_says_what_that_is(
    kind: Kind, answer: Answer | None, says: str, verbs: list[str]
) -> None:
    """Nobody reads that something was decided where nobody answered."""
    state = State.ASKING_START if kind is Kind.START else State.ASKING_FINISH
    by = APPROVER if answer in {Answer.REJECT, Answer.CONFIRM, Answer.CANCEL} else None
    asked = question(kind, answer=answer, answered_by=by)
    message = deployment_message(deployment(state), [asked], NOW + 301)
    assert message.lines[-1] == says
    assert [each.verb for each in message.actions] == verbs


@pytest.mark.parametrize("state", sorted(BEFORE_SWITCH - {State.ACCEPTED}))
def test_what_was_canceled_says_so_until_it_stops(state: State) -> None:
    """Nobody is asked to finish, to confirm or to retry it any more."""
    message = shown(state, wanted="cancel", wanted_by=LEAD)
    assert message.actions == ()
    assert message.lines[-1].startswith(f"Canceled by {{person:{LEAD}}}: it stops at its next step")


def test_who_asked_to_go_back_is_named_until_it_begins() -> None:
    """The watching looks for it at its next step."""
    said = shown(State.BAKING, wanted="rollback", wanted_by=LEAD).lines[-1]
    assert said == f"{{person:{LEAD}}} asked to roll back: it begins at the next step."


def test_before_the_question_is_there_it_says_that_it_comes() -> None:
    """An earlier one of the same deployment is not taken for it."""
    before = question(Kind.FINISH, answer=Answer.REJECT, answered_by=APPROVER)
    asking = deployment(State.ASKING_FINISH, phases=(Phase(State.ASKING_FINISH, NOW + 60),))
    message = deployment_message(asking, [before], NOW + 60)
    assert message.lines[-1] == "Next: somebody else is asked to confirm it."


@pytest.mark.parametrize("state", sorted(ENDS - {State.PLANNED, State.STUCK}))
def test_what_has_ended_says_who_acted(state: State) -> None:
    """Also where it was over too soon for a picture."""
    message = deployment_message(deployment(state), [], NOW)
    assert message.picture is None
    assert f"Who acted: 1 {{person:{DEPLOYER}}} asked for it" in message.lines


@pytest.mark.parametrize("state", [State.DISCARDING, State.SWITCHING_BACK])
def test_on_the_way_back_no_way_forward_is_shown(state: State) -> None:
    """Where it had got to says nothing any more."""
    phases = (Phase(State.READY, NOW), Phase(state, NOW + 5))
    assert "Prepare" not in words(deployment_message(deployment(state, phases=phases), [], NOW))


@pytest.mark.parametrize(("switched_at", "says"), [(0.0, "`141` stays live."), (NOW, "`141` is live again.")])
def test_what_failed_says_what_is_live(switched_at: float, says: str) -> None:
    """By its version."""
    assert says in shown(State.FAILED, switched_at=switched_at).lines


def test_only_a_build_that_passed_has_buttons() -> None:
    """What failed or still runs is only told."""
    passed = build_message(build(), ("production", "staging"))
    assert [each.value for each in passed.actions] == ["cameras@142 to production", "cameras@142 to staging"]
    for status in (BuildStatus.RUNNING, BuildStatus.FAILED):
        message = build_message(build(status=status), ("production",))
        assert message.actions == ()
        assert status.value in message.summary


def harmless(message: Message) -> None:
    """No mention, no link and no markup of strangers."""
    said = drawn(message)
    for forged in ("<!channel", "<!here", "<https", "<@U0LEAD>"):
        assert forged not in said


@pytest.mark.parametrize("state", sorted(State))
def test_nothing_from_outside_becomes_a_mention_or_a_link(state: State) -> None:
    """Progress, details and authors may hold anything."""
    package = Package("https://a", SHA, "0123456789ab", EVIL)
    made = deployment(
        state, progress=EVIL, detail=EVIL.replace("{person:", "{"), package=package, output=EVIL
    )
    harmless(deployment_message(made, [], NOW))
    harmless(output_message(made))
    harmless(build_message(build(author=EVIL), ("production",)))
    harmless(question_message(question(answer=Answer.REJECT, answered_by=APPROVER, reason=EVIL), made, NOW))


def test_the_reason_of_a_rejection_mentions_nobody_who_was_not_there() -> None:
    """A detail keeps its own mentions, so a person's words are made harmless when they become part of it."""
    store, clock = FakeStore(raw_config()), FakeClock()
    rejected = question().answered(Answer.REJECT, APPROVER, NOW, reason=EVIL)
    made = deployment(State.ASKING_START)
    slot = Slot(made.id, 1, NOW)
    store.put(made, rejected, Environment("cameras", "production", fence=1, active=slot))
    run(LedgerSteps(FakeWorkflow()), store, clock, StepEvent("ReadStart", made.ref))
    found = store.deployment(made.ref)
    assert found is not None
    assert f"{{person:{APPROVER}}}" in found.detail
    harmless(deployment_message(replace(found, state=State.REJECTED), [rejected], NOW))


TEXT = st.text(max_size=80) | st.sampled_from([EVIL, "x" * 5_000, "{person:", "}", "\ud800"])


@settings(max_examples=40)
@given(state=st.sampled_from(State), texts=st.tuples(TEXT, TEXT, TEXT, TEXT), count=st.integers(0, 300))
def test_no_record_breaks_a_limit(state: State, texts: tuple[str, str, str, str], count: int) -> None:
    """Long texts and many hosts are cut, never refused by Slack."""
    progress, detail, output, author = texts
    made = deployment(
        state,
        plan=plan(),
        progress=progress,
        detail=detail,
        output=output,
        package=Package("https://a", SHA, "0" * 40, author),
        new=hosts(*(f"i-{number}" for number in range(count))),
    )
    drawn(deployment_message(made, [question()], NOW))
    drawn(output_message(made))


def test_the_question_says_whose_rollback_window_a_yes_closes() -> None:
    """Who confirms the next deployment knows that the one before gives up its way back."""
    asking = deployment(State.ASKING_START, closes="cameras-production-7")
    assert "cameras-production-7" in " ".join(question_message(question(), asking, NOW).lines)
    assert "cameras-production-7" in " ".join(deployment_message(asking, [question()], NOW).lines)
