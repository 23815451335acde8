"""What people ask to see, word for word, and that it stays within limits and reads, however much there is."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.approval import Kind
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Phase, Ref, Slot, State
from chalicelib.domain.errors import Refused
from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.history import History
from chalicelib.domain.locks import Lock, Place
from chalicelib.domain.reasons import Reason
from chalicelib.usecases import past, stats, where
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chat_ports import Reply
from chalicelib.wire.slack_message import reply_of
from chalicelib.wire.slack_text import LONGEST_REPLY
from sandbox.front.blocks import check_blocks
from tests.builders import (
    APPROVER,
    DEPLOYER,
    GUEST,
    NOW,
    build,
    deployment,
    hosts,
    plan,
    question,
    raw_config,
)
from tests.unit.usecases.desk import Desk
from tests.unit.usecases.past_world import DAY, ended, season

WHERE = """\
*cameras*
• *production*: `142` since {when:1789999400}, asked for by {person:T0TEST/U0DEPLOYER}
    under way: *cameras-production-1* (`142`), live, the old fleet stands by, asked for by {person:T0TEST/U0DEPLOYER}
• *staging*: I have deployed nothing here yet"""

KEEPING = """\
*cameras* in *production*: `142` is live since {when:1789999400}.

*cameras-production-1* (`142`) is *live, the old fleet stands by*, for 60 s (since {when:1789999940}).
• *Waits for:* nobody: the new fleet is live, the old one stands by
• *Who may act:* roll back, keep the old fleet longer or end it: {person:T0TEST/U0DEPLOYER}, {person:T0TEST/U0LEAD} \
(role *deployer*)
• *By itself:* the old fleet ends {when:1790007200} ({left:1790007200})

• *Way back:* possible right now: the old fleet stands by until {when:1790007200}, and one move puts `141` back \
(`/deploy rollback cameras production`). How long a rollback takes here is not known yet."""

VERSIONS = """\
Builds of *cameras*, newest first:
• `142` 📦 passed {when:1789999102} · `0123456789ab` by build-server
• `141` 📦 passed {when:1789999101} · `0123456789ab` by build-server · live in *production*
• `140` 📦 passed {when:1789999100} · `0123456789ab` by build-server"""

STATS = """\
*Key metrics* of *cameras* in *production*: the last 30 days, and the 30 before
• Deployment frequency: *1.9 a week, 8 in all* (before: 0.9 a week, 4 in all)
• Lead time for changes: *5 h* (before: 5 h)
• Change failure rate: *12%, 1 of 8* (before: 25%, 1 of 4)
• Time to restore: *too little data (1 value)* (before: too little data (1 value))
```
week from (UTC)   █ stayed live  ░ taken back
22 Aug  0
24 Aug  ████████ 2
31 Aug  ████ 1
07 Sep  ████████░░░░ 3, 1 taken back
14 Sep  ████████ 2
```"""


@pytest.fixture
def desk() -> Desk:
    """A team at its desk."""
    return Desk()


def asked(desk: Desk, text: str) -> Reply:
    """The whole answer, which must fit what Slack takes."""
    reply = desk.chatops.handle(Request(parse(text), DEPLOYER, "slack-look"))
    sent = reply_of(reply)
    assert len(sent["text"]) <= LONGEST_REPLY
    check_blocks(sent.get("blocks", []))
    return reply


def buttons(reply: Reply) -> dict[str, str]:
    """The command of each button, which must be one that can be typed."""
    commands = {
        each.label: each.value if each.verb == "deploy" else f"{each.verb} {each.value}"
        for each in reply.actions
    }
    for command in commands.values():
        parse(command)
    return commands


def keeping(desk: Desk) -> None:
    """142 went live and keeps its old fleet."""
    phases = (Phase(State.ACCEPTED, NOW - 600), Phase(State.KEEPING, NOW - 60))
    desk.keeping(plan=plan(), new=hosts("i-1"), phases=phases)
    desk.store.put(replace(desk.environment(), live_deployment="cameras-production-1"))


# --- word for word ------------------------------------------------------------------------------------------------


def test_where_says_what_is_live_since_when_and_by_whom(desk: Desk) -> None:
    """And what is under way."""
    keeping(desk)
    assert asked(desk, "where").text == WHERE
    assert asked(desk, "where cameras").text == WHERE


def test_why_says_state_people_clock_and_the_way_back(desk: Desk) -> None:
    """With the buttons of what may be done."""
    keeping(desk)
    reply = asked(desk, "why cameras production")
    assert reply.text == KEEPING
    assert set(buttons(reply)) == {"Roll back", "Keep 2 h longer", "End the old fleet now"}


def test_versions_says_what_ci_reported_and_offers_to_deploy_it(desk: Desk) -> None:
    """Not where it is live already."""
    reply = asked(desk, "versions cameras")
    assert reply.text == VERSIONS
    assert buttons(reply)["142 to production"] == "cameras@142 to production"
    assert "141 to production" not in buttons(reply)


def test_stats_says_the_four_numbers_beside_those_before(desk: Desk) -> None:
    """With a bar for each week and a line for each definition."""
    desk.store.put(
        *season(), *(build(each.version, reported_at=each.switched_at - 5 * 3600) for each in season())
    )
    reply = asked(desk, "stats cameras production")
    assert reply.text.startswith(STATS)
    assert reply.text.count("\n• *") == 4
    assert buttons(reply) == {"Last 90 days": "stats cameras production 90d"}


def test_history_reads_as_sentences(desk: Desk) -> None:
    """Who did what when, with reasons; newest first."""
    ref = deployment().ref
    desk.store.commit(
        History(*_of(ref), NOW, DEPLOYER, "accepted"),
        History(*_of(ref), NOW + 5, DEPLOYER, "plan", "ab" * 32),
        History(*_of(ref), NOW + 60, APPROVER, "reject_start", "not before the `demo`"),
    )
    assert asked(desk, "history cameras production").text == (
        "What happened to *cameras* in *production*, newest first:\n"
        "`#3` {when:1790000060} · cameras-production-1: {person:T0TEST/U0APPROVER} rejected the start "
        "(not before the 'demo')\n"
        "`#2` {when:1790000005} · cameras-production-1: {person:T0TEST/U0DEPLOYER} the plan was made\n"
        "`#1` {when:1790000000} · cameras-production-1: {person:T0TEST/U0DEPLOYER} asked for it"
    )


def _of(ref: Ref) -> tuple[str, str, str]:
    return ref.service, ref.environment, ref.deployment


# --- why, in every state ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [each for each in State if each is not State.PLANNED])
def test_why_answers_in_every_state(desk: Desk, state: State) -> None:
    """State, who may act, what happens by itself: whatever it is."""
    desk.at(state, question(Kind.READY) if state is State.READY else question(), plan=plan())
    text = asked(desk, "why cameras production").text
    for part in ("*Who may act:*", "*By itself:*", "*Way back:*"):
        assert part in text


def test_why_names_what_it_waits_for(desk: Desk) -> None:
    """Hosts that are not healthy, and a build that was not reported."""
    desk.at(State.TESTING, question(Kind.BUILD), progress="2 hosts are not healthy yet")
    text = asked(desk, "why cameras production").text
    assert "CI to report the build of `142`; 2 hosts are not healthy yet" in text


def test_why_never_names_the_requester_as_the_one_to_confirm(desk: Desk) -> None:
    """The lead holds both roles and asked."""
    desk.at(State.ASKING_START, replace(question(), requester=replace(DEPLOYER, user="U0LEAD")))
    text = asked(desk, "why cameras production").text
    assert "confirm or reject `K7Q2F`: {person:T0TEST/U0APPROVER} (role *approver*)" in text


def test_why_counts_people_where_they_are_many() -> None:
    """A role with dozens of people is told as such."""
    raw = raw_config()
    raw["people"]["approver"] = [f"U{number:04}" for number in range(30)]
    desk = Desk(raw)
    desk.at(State.ASKING_START, question())
    assert "30 people with the role *approver*" in asked(desk, "why cameras production").text


def test_why_says_how_long_going_back_took(desk: Desk) -> None:
    """Measured on what was rolled back here before."""
    keeping(desk)
    desk.store.put(ended(7, "140", NOW - 9 * DAY, back=600))
    assert "The last time a rollback took 12 s here." in asked(desk, "why cameras production").text


def test_why_offers_the_earlier_version_where_nothing_stands_by(desk: Desk) -> None:
    """And says why one move does not do it."""
    desk.store.put(ended(1, "140", NOW - 9 * DAY), ended(2, "141", NOW - DAY))
    text = asked(desk, "why cameras production").text
    assert "not by one move: no old fleet stands by" in text
    assert "`/deploy cameras@140 to production`" in text
    assert "preparing a new fleet took 6 min 40 s here" in text


def test_why_does_not_promise_a_way_back_with_an_ill_old_fleet(desk: Desk) -> None:
    """What the sweeper found stands with it."""
    keeping(desk)
    at = ("cameras", "production")
    desk.store.put(Finding(*at, Trouble.STANDBY_ILL, "cameras-production-1", "i-1 is gone", NOW))
    text = asked(desk, "why cameras production").text
    assert "not by one move: the old fleet has lost hosts" in text
    assert "⚠ The old fleet is not whole: i-1 is gone" in text


def test_why_does_not_promise_a_way_back_while_the_next_is_under_way(desk: Desk) -> None:
    """It has taken the environment."""
    keeping(desk)
    made = deployment(State.PREPARING, id="cameras-production-2", version="143")
    desk.store.put(replace(desk.environment(), active=Slot(made.id, 2, NOW)), made)
    assert "not by one move: another deployment is under way" in asked(desk, "why cameras production").text


def test_who_keeps_an_environment_and_who_waits_stand_with_it(desk: Desk) -> None:
    """Wherever it is shown; a lock that is over is not."""
    lock = Lock("cameras", "production", 1, APPROVER, "a `demo`", NOW, NOW + 600)
    place = Place("cameras", "production", 2, DEPLOYER, "142", NOW)
    desk.store.put(replace(desk.environment(), lock=lock, queue=(place,)))
    for text in ("where", "status", "why cameras production"):
        said = asked(desk, text).text
        assert "🔒 locked by {person:T0TEST/U0APPROVER} until {when:1790000600}: a 'demo'" in said
        assert "🧍 1. in the queue: {person:T0TEST/U0DEPLOYER} with" in said
    desk.clock.advance(600)
    assert "locked" not in asked(desk, "where").text


# --- limits -------------------------------------------------------------------------------------------------------


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


@settings(max_examples=60, deadline=None)
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
