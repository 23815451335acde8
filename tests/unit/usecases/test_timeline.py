"""The timeline and the cost of a deployment, from its record alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.approval import Answer, Confirmation, Kind
from chalicelib.domain.deployment import ENDS, Deployment, Phase, State
from chalicelib.usecases.chat_ports import Bar, BarKind, Mark
from chalicelib.usecases.cost import cost
from chalicelib.usecases.messages import deployment_message
from chalicelib.usecases.timeline import timeline, who_acted
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, deployment, hosts, plan, question

DONE = (
    (State.ACCEPTED, 0),
    (State.ASKING_START, 4),
    (State.PREPARING, 60),
    (State.SWITCHING, 360),
    (State.BAKING, 360.5),
    (State.KEEPING, 400),
    (State.RETIRING, 7_600),
    (State.SUCCEEDED, 7_660),
)


def made(*steps: tuple[State, float], **changes: object) -> Deployment:
    """A deployment that went through these states."""
    phases = tuple(Phase(state, NOW + at) for state, at in steps)
    return replace(deployment(steps[-1][0], phases=phases), **changes)  # type: ignore[arg-type]


def test_phases_are_bars_and_waits_are_another_kind() -> None:
    """What took less than a second is left out."""
    picture = timeline(made(*DONE), [])
    assert picture is not None
    assert [(bar.label, bar.kind, bar.end - bar.start) for bar in picture.bars] == [
        ("Plan", BarKind.WORK, 4),
        ("Wait: start", BarKind.WAIT, 56),
        ("Prepare", BarKind.WORK, 300),
        ("Watch", BarKind.LIVE, 39.5),
        ("Old fleet stands by", BarKind.LIVE, 7_200),
        ("End old fleet", BarKind.WORK, 60),
    ]
    assert picture.bars[0] == Bar(NOW, NOW + 4, "Plan", BarKind.WORK)


def test_who_acted_stands_by_number_with_every_one_of_a_quorum() -> None:
    """The picture has the numbers, the message the people."""
    confirmed = question(
        answer=Answer.CONFIRM,
        answered_by=LEAD,
        answered_at=NOW + 60,
        confirmations=(Confirmation(APPROVER, NOW + 30), Confirmation(LEAD, NOW + 60)),
    )
    expired = question(Kind.FINISH, code="AAAAA", answer=Answer.EXPIRED, answered_at=NOW + 90)
    extended = question(
        Kind.KEEP, code="BBBBB", answer=Answer.EXTEND, answered_by=DEPLOYER, answered_at=NOW + 500
    )
    asked = [confirmed, expired, extended]
    picture = timeline(made(*DONE), asked)
    assert picture is not None
    assert picture.marks == (
        Mark(NOW, "asked for it"),
        Mark(NOW + 30, "confirmed the start"),
        Mark(NOW + 60, "confirmed the start"),
        Mark(NOW + 500, "kept the old fleet longer"),
    )
    assert who_acted(made(*DONE), asked) == (
        "1 {person:T0TEST/U0DEPLOYER} asked for it · 2 {person:T0TEST/U0APPROVER} confirmed the start · "
        "3 {person:T0TEST/U0LEAD} confirmed the start · 4 {person:T0TEST/U0DEPLOYER} kept the old fleet longer"
    )


@pytest.mark.parametrize(
    "states",
    [
        ((State.ACCEPTED, 0), (State.PLANNED, 10)),
        ((State.ACCEPTED, 0), (State.PREPARING, 10), (State.STUCK, 90)),
        ((State.ACCEPTED, 0), (State.PREPARING, 10), (State.READY, 90)),
        ((State.ACCEPTED, 0), (State.FAILED, 3)),
    ],
)
def test_what_has_no_story_has_no_picture(states: tuple[tuple[State, float], ...]) -> None:
    """A plan, something that may go on, something under way, something that never began."""
    assert timeline(made(*states), []) is None


@given(
    st.lists(st.tuples(st.sampled_from(State), st.floats(0, 90_000)), min_size=1, max_size=40),
    st.sampled_from(sorted(ENDS)),
    st.text(max_size=200),
)
def test_whatever_happened_there_are_words(
    steps: list[tuple[State, float]], end: State, version: str
) -> None:
    """For whoever does not see the picture."""
    steps = sorted(steps, key=lambda step: step[1])
    picture = timeline(made(*steps, (end, 90_000), version=version), [])
    assert picture is None or picture.alt


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (0.08, "about 0.17 USD: a second fleet for 2 h 6 min at 0.08 USD an hour"),
        (0.001, "less than 0.01 USD: a second fleet for 2 h 6 min at 0.00 USD an hour"),
        (None, "unknown, since no price is configured: a second fleet for 2 h 6 min"),
    ],
)
def test_what_it_cost(usd: float | None, said: str) -> None:
    """From preparing the second fleet to the end of one of the two."""
    assert cost(made(*DONE, plan=plan(usd_per_hour=usd), new=hosts("i-1"))) == said


def test_what_never_had_a_second_fleet_cost_nothing() -> None:
    """That is said; where it may have begun to launch hosts and none is known, nothing is."""
    asked = made((State.ACCEPTED, 0), (State.EXPIRED, 300), plan=plan())
    assert (
        dict(deployment_message(asked, [], NOW).fields)["What it cost"]
        == "nothing: no second fleet was started"
    )
    assert cost(made((State.PREPARING, 0), (State.CANCELED, 5), plan=plan())) == ""


@pytest.mark.parametrize("state", [State.READY, State.STUCK])
def test_what_both_fleets_cost_is_said_while_both_run(state: State) -> None:
    """Of what got stuck, too: nothing of it is summed up yet."""
    running = made((State.PREPARING, 0), (state, 300), plan=plan(), new=hosts("i-1"))
    fields = dict(deployment_message(running, [], NOW).fields)
    assert fields["Second fleet costs"] == "0.08 USD an hour"
    assert "What it cost" not in fields


def test_what_got_stuck_on_its_way_is_summed_up_at_its_end() -> None:
    """Both fleets ran on meanwhile."""
    steps = ((State.PREPARING, 0), (State.STUCK, 3_600), (State.RETIRING, 7_200), (State.SUCCEEDED, 7_200))
    assert "a second fleet for 2 h at" in cost(made(*steps, plan=plan(), new=hosts("i-1")))


def test_of_what_was_left_over_only_that_is_counted() -> None:
    """A host of five that ran on for ten hours is no second fleet for ten hours."""
    steps = (
        (State.PREPARING, 0),
        (State.CANCELED, 3_600),
        (State.DISCARDING, 39_600),
        (State.CANCELED, 39_600),
    )
    left = made(*steps, plan=plan(usd_per_hour=0.5), new=hosts("i-1"), left=1)
    assert cost(left) == (
        "about 1.50 USD: a second fleet for 1 h at 0.50 USD an hour, then a host was left over for 10 h"
    )


def test_while_what_was_left_over_is_cleaned_up_no_second_fleet_costs() -> None:
    """It says what it does instead."""
    steps = ((State.PREPARING, 0), (State.CANCELED, 3_600), (State.DISCARDING, 39_600))
    message = deployment_message(made(*steps, plan=plan(), new=hosts("i-1"), left=2), [], NOW)
    assert "Second fleet costs" not in dict(message.fields)
    assert "2 hosts were left over; I clean them up." in message.lines
