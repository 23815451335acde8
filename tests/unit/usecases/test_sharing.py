"""Key metrics that are shown to the team: as they were then, once, and only what can be told from the records."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.metrics import WEEK, Figures, Metrics, Week
from chalicelib.domain.reasons import Reason
from chalicelib.domain.sharing import Shared
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.chat_ports import Chart, Column, Number
from chalicelib.usecases.shown import shown_message
from chalicelib.wire.slack_message import blocks_of
from sandbox.front.blocks import check_blocks
from tests.builders import APPROVER, DEPLOYER, GUEST, LEAD, NOW, build, raw_config
from tests.fakes.chat import FakeChat, Shown
from tests.fakes.lines import FakeLines, FakeWakes
from tests.unit.usecases.desk import Desk
from tests.unit.usecases.past_world import season

AT = "cameras production"
SAY = f"stats {AT} 30d shared"


@pytest.fixture
def desk() -> Desk:
    """A team with eight weeks of deployments."""
    made = Desk()
    made.store.put(
        *season(), *(build(each.version, reported_at=each.switched_at - 5 * 3600) for each in season())
    )
    return made


def kept(desk: Desk) -> list[Shared]:
    """What was written down to be shown."""
    return [each for each in desk.store.table.records.values() if isinstance(each, Shared)]


def channel(desk: Desk) -> list[Shown]:
    """What the team sees of it once chat has brought everything up to date, in the order of posting."""
    chat, wakes = FakeChat(desk.clock), FakeWakes(desk.clock)
    announcer = Announcer(desk.store, chat, desk.clock, FakeLines(), wakes)
    announcer.tickets(each.key for each in kept(desk))
    for _ in range(20):
        due, wakes.due[:] = list(wakes.due), []
        desk.clock.advance(60)
        announcer.wake(line for _, line in due)
    return list(chat.shown.values())


def test_the_channel_shows_who_the_period_the_numbers_and_a_picture(desk: Desk) -> None:
    """Each number beside the one before; the picture comes after its message."""
    assert "I show it in the channel of *production* now" in desk.say(SAY, GUEST)
    (shown,) = channel(desk)
    assert (shown.channel, shown.updates) == ("C0DEPLOYS", 1)
    message = shown.message
    assert message.title == "📊 Key metrics of cameras in production"
    assert message.lines == (
        f"{{person:{GUEST}}} shows the last 30 days up to {{when:{NOW:.0f}}}, beside the 30 before.",
    )
    assert message.fields == (
        ("Deployment frequency", "1.9 a week, 8 in all\n(before: 0.9 a week, 4 in all)"),
        ("Lead time for changes", "5 h, the median of 8\n(before: 5 h, the median of 4)"),
        ("Change failure rate", "12%, 1 of 8\n(before: 25%, 1 of 4)"),
        ("Time to restore", "too little data, 1 value\n(before: too little data, 1 value)"),
    )
    assert isinstance(message.picture, Chart)
    assert message.picture.file


def test_the_picture_is_the_numbers_and_a_column_for_each_week_and_says_it_in_words(desk: Desk) -> None:
    """What stayed live and what was taken back apart."""
    desk.say(SAY)
    picture = shown_message(kept(desk)[0]).picture
    assert isinstance(picture, Chart)
    assert picture.numbers[2] == Number("Change failure rate", "12%", ("1 of 8", "before: 25%"))
    assert picture.columns == (
        Column("22 Aug", (0, 0)),
        Column("24 Aug", (2, 0)),
        Column("31 Aug", (1, 0)),
        Column("07 Sep", (2, 1)),
        Column("14 Sep", (2, 0)),
    )
    assert picture.alt == (
        "Key metrics of cameras in production, the last 30 days. "
        "Deployment frequency: 1.9 a week, 8 in all (before: 0.9 a week, 4 in all); "
        "Lead time for changes: 5 h, the median of 8 (before: 5 h, the median of 4); "
        "Change failure rate: 12%, 1 of 8 (before: 25%, 1 of 4); "
        "Time to restore: too little data, 1 value (before: too little data, 1 value). "
        "Went live in the weeks from: 22 Aug 0; 24 Aug 2; 31 Aug 1; 07 Sep 3, 1 taken back; 14 Sep 2."
    )


def test_what_is_shown_stays_as_it_was(desk: Desk) -> None:
    """A deployment later the record, and so the message, is the same."""
    desk.say(SAY)
    before = shown_message(kept(desk)[0])
    desk.store.put(*(replace(each, phases=()) for each in season()))
    assert shown_message(kept(desk)[0]) == before


def test_the_same_is_shown_once_a_minute_whoever_shows_it(desk: Desk) -> None:
    """Also where another minute of the clock begins in between, and whatever the period; other things are no matter."""
    desk.clock.advance(59 - NOW % 60)
    desk.say(SAY, LEAD)
    desk.clock.advance(2)
    refused = desk.refused(f"stats {AT} 90d shared", APPROVER)
    assert refused.reason is Reason.SHOWN_LATELY
    assert f"{{person:{LEAD}}} showed the same" in refused.text
    desk.say("stats cameras 30d shared", APPROVER)
    desk.clock.advance(58)
    desk.say(SAY, APPROVER)
    assert len(kept(desk)) == 3


def test_the_same_click_shows_it_once(desk: Desk) -> None:
    """Slack delivers it again where our answer was lost."""
    desk.say(SAY, event="the-same")
    assert "nothing was done twice" in desk.say(SAY, event="the-same")
    assert len(kept(desk)) == 1


@pytest.mark.parametrize("about", ["", "cameras"])
def test_of_many_environments_the_team_s_channel_is_told(desk: Desk, about: str) -> None:
    """A single environment has its own."""
    raw = raw_config()
    raw["channel"] = "C0TEAM"
    raw["services"]["cameras"]["environments"]["production"]["channel"] = "C0PRODUCTION"
    desk.store.publish(raw)
    desk.say(f"stats {about} 30d shared")
    desk.say(SAY)
    titles = {each.channel: each.message.title for each in channel(desk)}
    assert "protected environments" in titles["C0TEAM"]
    assert "cameras in production" in titles["C0PRODUCTION"]


def test_an_environment_that_is_not_configured_any_more_is_shown_nowhere(desk: Desk) -> None:
    """Nobody is told where nobody talks about it."""
    desk.say(SAY)
    raw = raw_config()
    del raw["services"]["cameras"]["environments"]["production"]
    desk.store.publish(raw)
    assert channel(desk) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stats doors 30d shared", Reason.UNKNOWN_SERVICE),
        ("stats cameras moon 30d shared", Reason.UNKNOWN_ENVIRONMENT),
    ],
)
def test_what_is_not_there_is_not_shown(desk: Desk, text: str, reason: Reason) -> None:
    """As where one looks oneself."""
    assert desk.refused(text).reason is reason


def test_who_may_not_look_may_not_show() -> None:
    """Where not everybody is a viewer."""
    raw = raw_config()
    raw["people"]["viewer"] = []
    assert Desk(raw).refused(SAY, GUEST).reason is Reason.NOT_ALLOWED


def test_where_nothing_went_live_the_words_are_enough() -> None:
    """There is nothing to draw."""
    desk = Desk()
    desk.say(SAY)
    (shown,) = channel(desk)
    assert shown.message.picture is None
    assert shown.message.fields[0] == ("Deployment frequency", "none\n(before: none)")


def test_what_was_not_counted_is_said_to_the_team_too() -> None:
    """Numbers that are seen by many are taken for whole."""
    figures = Figures(90, NOW, Metrics(3, 0.2), Metrics(0, 0.0), newest=400, reaches=NOW - 9, left_out=7)
    said = "\n".join(shown_message(Shared("cameras", "", 1, DEPLOYER, figures)).lines)
    assert "Only the newest 400 deployments" in said
    assert "7 more environments were not counted" in said


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=14),
    st.floats(0, 1e9),
    st.sampled_from(["", "s" * 32]),
)
def test_whatever_was_counted_slack_takes_the_message(
    counts: list[tuple[int, int]], seconds: float, service: str
) -> None:
    """Also the description of its picture, with names as long as they may be."""
    weeks = tuple(Week(NOW + number * WEEK, *each) for number, each in enumerate(counts))
    metrics = Metrics(sum(map(sum, counts)), 57.0, seconds, 400, 399, 0.99, seconds, 400)
    figures = Figures(90, NOW, metrics, metrics, weeks, 400, NOW, 250)
    message = shown_message(Shared(service, "e" * 32 if service else "", 1, DEPLOYER, figures))
    picture = message.picture
    assert (picture is None) == (metrics.changes == 0)
    filed = replace(message, picture=replace(picture, file="F0000001") if picture else None)
    assert check_blocks(blocks_of(filed)) == []
