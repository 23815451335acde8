"""What people ask to see stays within limits and reads, however much there is and whatever stands in it."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Slot, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.history import History
from chalicelib.domain.reasons import Reason
from chalicelib.usecases import past, stats, where
from tests.builders import (
    DEPLOYER,
    GUEST,
    NOW,
    build,
    deployment,
    plan,
    raw_config,
)
from tests.unit.usecases.desk import Desk
from tests.unit.usecases.looking import asked, buttons
from tests.unit.usecases.past_world import ended


@pytest.fixture
def desk() -> Desk:
    """A team at its desk."""
    return Desk()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("where doors", Reason.UNKNOWN_SERVICE),
        ("why doors production", Reason.UNKNOWN_SERVICE),
        ("why cameras moon", Reason.UNKNOWN_ENVIRONMENT),
        ("history cameras moon", Reason.UNKNOWN_ENVIRONMENT),
        ("versions doors", Reason.UNKNOWN_SERVICE),
        ("stats doors", Reason.UNKNOWN_SERVICE),
        ("stats cameras moon", Reason.UNKNOWN_ENVIRONMENT),
        ("status cameras moon", Reason.UNKNOWN_ENVIRONMENT),
    ],
)
def test_what_is_not_there_is_refused(desk: Desk, text: str, reason: Reason) -> None:
    """With what is."""
    assert desk.refused(text).reason is reason


@pytest.mark.parametrize("text", ["where", "why cameras production", "versions cameras", "stats", "status"])
def test_looking_needs_a_role(text: str) -> None:
    """Where not everybody is a viewer."""
    raw = raw_config()
    raw["people"]["viewer"] = []
    assert Desk(raw).refused(text, GUEST).reason is Reason.NOT_ALLOWED


def many(count: int) -> dict[str, Any]:
    """A configuration of so many environments, ten to a service."""
    raw = raw_config()
    cameras = raw["services"]["cameras"]
    production = cameras["environments"]["production"]
    raw["services"] = {
        f"service-{number}": {
            **copy.deepcopy(cameras),
            "environments": {f"environment-{each}": production for each in range(10)},
        }
        for number in range(count // 10)
    }
    return raw


def fill(desk: Desk) -> None:
    """Something is under way everywhere, with names as long as they may be."""
    for service, names in desk.store.team().services().items():
        for name in names:
            made = deployment(
                State.READY,
                id=f"{service}-{name}-1",
                service=service,
                environment=name,
                version="v" * 64,
                plan=plan(),
                progress="x" * 500,
            )
            environment = replace(
                desk.store.environment(service, name),
                live_version="v" * 64,
                live_since=NOW,
                live_deployment=made.id,
                active=Slot(made.id, 1, NOW),
            )
            desk.store.put(made, environment)


@pytest.mark.parametrize("text", ["where", "status"])
def test_three_hundred_environments_come_in_pages(text: str) -> None:
    """Each within limits, each reachable by its button, none left out; a bounded number of reads."""
    desk = Desk(many(300))
    fill(desk)
    command, seen, pages = text, 0, 0
    while command:
        reads = len(desk.store.calls)
        reply = asked(desk, command)
        assert len(desk.store.calls) - reads <= 50
        seen += reply.text.count("since {")
        pages += 1
        command = buttons(reply).get("More", "")
        assert ("Back" in buttons(reply)) == (pages > 1)
    assert seen == 300
    assert f"Page {pages} of {pages}." in reply.text


def test_five_hundred_builds_come_in_pages(desk: Desk) -> None:
    """As far as people look back."""
    desk.store.put(
        *(
            build(
                f"{number}" + "9" * 60,
                tuple(BuildStatus)[number % 3],
                reported_at=NOW + number,
                author="{team} `*_" * 40,
                commit="c" * 64,
            )
            for number in range(500)
        )
    )
    command, pages = "versions cameras", 0
    while command and pages < 10:
        reply = asked(desk, command)
        command = buttons(reply).get("More", "")
        pages += 1
    assert pages == 10
    assert asked(desk, "versions cameras page 9999").text.startswith("Builds of")


def test_two_thousand_lines_of_history_come_in_pages(desk: Desk) -> None:
    """Every line once, newest first, in a hundred pages of one query each."""
    desk.store.commit(
        *(
            History(
                "cameras", "production", f"cameras-production-{number}", NOW, DEPLOYER, "accepted", "y" * 400
            )
            for number in range(2_000)
        )
    )
    command, numbers = "history cameras production", []
    while command:
        before = len(desk.store.called("history"))
        reply = asked(desk, command)
        assert len(desk.store.called("history")) == before + 1
        numbers += [int(line.split("`")[1][1:]) for line in reply.text.splitlines()[1:]]
        command = buttons(reply).get("Earlier", "")
    assert numbers == list(range(2_000, 0, -1))


def test_stats_of_everything_is_a_bounded_number_of_reads() -> None:
    """And says what was not counted."""
    desk = Desk(many(300))
    reply = asked(desk, "stats")
    assert len(desk.store.calls) <= 60
    assert "250 more environments were not counted" in reply.text


def test_stats_say_how_far_back_they_go(desk: Desk) -> None:
    """Where an environment has more deployments than one answer looks at."""
    desk.store.put(*(ended(number, "142", NOW - 60 * (500 - number)) for number in range(1, 500)))
    assert "Only the newest 400 deployments" in asked(desk, "stats cameras production").text


@settings(max_examples=60)
@given(
    st.text(max_size=300),
    st.text(max_size=80),
    st.sampled_from(sorted(past._SAID)) | st.text(max_size=40),
)
def test_text_from_outside_marks_nothing_up(detail: str, author: str, event: str) -> None:
    """Reasons, authors and events that somebody made up stay text."""
    desk = Desk()
    desk.store.put(build("143", author=author, commit=author, reported_at=NOW))
    desk.store.commit(History("cameras", "production", "cameras-production-1", NOW, DEPLOYER, event, detail))
    desk.at(State.ASKING_RETRY, detail=detail, progress=author)
    for text in ("history cameras production", "versions cameras", "why cameras production"):
        shown = asked(desk, text).text
        assert "{team}" not in shown
        assert "U0EVIL" not in shown


def test_the_pages_stay_small_enough_for_the_reads_that_they_promise() -> None:
    """The docstrings say how many; this holds them to it."""
    assert (where.SIZE, stats.MOST, past.SIZE) == (10, 400, 20)


def test_a_page_that_is_not_there_is_the_last_one(desk: Desk) -> None:
    """An old button never fails."""
    with pytest.raises(Refused):
        parse("where page 0")
    assert asked(desk, "where page 99").text == asked(desk, "where").text
