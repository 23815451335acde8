"""What people may type, matched strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.commands import Act, Command, Decide, Deploy, Help, Keep, parse
from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import longest, span
from chalicelib.domain.holding import LockIt
from chalicelib.domain.reading import Audit, Past, Share, Stats, Status, Versions, Where, Why
from chalicelib.domain.reasons import Reason

GOOD: list[tuple[str, Command]] = [
    ("cameras@142 to production", Deploy("cameras", "142", "production")),
    ("cameras to production", Deploy("cameras", None, "production")),
    ("plan cameras@1.2.3-rc.1 to staging", Deploy("cameras", "1.2.3-rc.1", "staging", plan_only=True)),
    ("finish cameras production", Act("finish", "cameras", "production")),
    (
        "finish cameras production cameras-production-12",
        Act("finish", "cameras", "production", "cameras-production-12"),
    ),
    (
        "keep cameras production end cameras-production-1",
        Act("end", "cameras", "production", "cameras-production-1"),
    ),
    (
        "keep cameras production +2h cameras-production-1",
        Keep("cameras", "production", 7200, "cameras-production-1"),
    ),
    (
        "cleanup cameras production cameras-production-1",
        Act("end", "cameras", "production", "cameras-production-1"),
    ),
    ("deploy cameras@142 to production", Deploy("cameras", "142", "production")),
    ("deploy finish cameras production", Act("finish", "cameras", "production")),
    ("deploy to production", Deploy("deploy", None, "production")),
    ("deploy", Help()),
    ("cancel cameras production", Act("cancel", "cameras", "production")),
    ("rollback cameras production", Act("rollback", "cameras", "production")),
    ("keep cameras production +2h", Keep("cameras", "production", 7200)),
    (
        "keep cameras production +2 hours cameras-production-1",
        Keep("cameras", "production", 7200, "cameras-production-1"),
    ),
    ("lock cameras production for 2 hours Lunch.", LockIt("cameras", "production", "Lunch.", 7200)),
    (
        "lock cameras production for 2h 3 hosts are down",
        LockIt("cameras", "production", "3 hosts are down", 7200),
    ),
    ("lock cameras production for lunch", LockIt("cameras", "production", "for lunch")),
    ("stats cameras 90 days shared", Share(Stats("cameras", days=90))),
    ("keep cameras production 30m", Keep("cameras", "production", 1800)),
    ("keep cameras production end", Act("end", "cameras", "production")),
    ("confirm k7q2f", Decide("confirm", "K7Q2F")),
    ("reject K7Q2F not before the demo", Decide("reject", "K7Q2F", "not before the demo")),
    ("status", Status()),
    ("status cameras", Status("cameras")),
    ("status cameras production", Status("cameras", "production")),
    ("audit cameras production", Audit("cameras", "production")),
    ("status page 3", Status(page=3)),
    ("status cameras page 2", Status("cameras", page=2)),
    ("where", Where()),
    ("where cameras page 2", Where("cameras", 2)),
    ("why cameras production", Why("cameras", "production")),
    ("history cameras production", Past("cameras", "production")),
    ("history cameras production before 120", Past("cameras", "production", 120)),
    ("versions cameras", Versions("cameras")),
    ("versions cameras page 9", Versions("cameras", 9)),
    ("stats", Stats()),
    ("stats 90d", Stats(days=90)),
    ("stats cameras production 90d", Stats("cameras", "production", 90)),
    ("stats 30d shared", Share(Stats())),
    ("stats cameras production 90d shared", Share(Stats("cameras", "production", 90))),
    ("stats cameras shared", Stats("cameras", "shared")),
    ("stats shared 90d shared", Share(Stats("shared", "", 90))),
    ("status page", Status("page")),
    ("", Help()),
    ("help", Help()),
    ("  cameras@142   to  production ", Deploy("cameras", "142", "production")),
]


@pytest.mark.parametrize(("text", "command"), GOOD)
def test_what_is_understood(text: str, command: Command) -> None:
    """Each form of each command."""
    assert parse(text) == command


BAD = [
    ("cameras@142 production", Reason.MALFORMED_COMMAND, "expected `to`"),
    ("cameras@142", Reason.UNKNOWN_COMMAND, "cameras"),
    ("cameras@1;rm -rf / to production", Reason.MALFORMED_COMMAND, "to"),
    ("cameras@$(reboot) to production", Reason.MALFORMED_COMMAND, "not a version"),
    ("cameras@-x to production", Reason.MALFORMED_COMMAND, "not a version"),
    ("Cameras to production", Reason.MALFORMED_COMMAND, "not a name"),
    ("cameras to prod uction", Reason.MALFORMED_COMMAND, "names a service"),
    ("finish cameras", Reason.MALFORMED_COMMAND, "needs a service and an environment"),
    ("where cameras production", Reason.MALFORMED_COMMAND, "a service at most"),
    ("why cameras", Reason.MALFORMED_COMMAND, "needs a service and an environment"),
    ("history cameras", Reason.MALFORMED_COMMAND, "needs a service and an environment"),
    ("history cameras production before", Reason.MALFORMED_COMMAND, "needs a service and an environment"),
    ("history cameras production before 0", Reason.MALFORMED_COMMAND, "not a number"),
    ("history cameras production before ٣", Reason.MALFORMED_COMMAND, "not a number"),
    ("versions", Reason.MALFORMED_COMMAND, "needs a service"),
    ("versions cameras page 123456789", Reason.MALFORMED_COMMAND, "not a number"),
    ("stats cameras 7d", Reason.MALFORMED_COMMAND, "`30d` or `90d`"),
    ("stats cameras 7d shared", Reason.MALFORMED_COMMAND, "`30d` or `90d`"),
    ("stats cameras production 30d shared please", Reason.MALFORMED_COMMAND, "at most"),
    ("stats cameras production 30d SHARED", Reason.MALFORMED_COMMAND, "at most"),
    ("stats cameras production now", Reason.MALFORMED_COMMAND, "at most"),
    ("audit", Reason.MALFORMED_COMMAND, "needs a service and an environment"),
    ("audit cameras production now", Reason.MALFORMED_COMMAND, "needs a service and an environment"),
    ("keep cameras production soon", Reason.MALFORMED_COMMAND, "not a time"),
    ("keep cameras production +0h", Reason.MALFORMED_COMMAND, "not a time"),
    (
        "finish cameras production cameras-staging-1",
        Reason.MALFORMED_COMMAND,
        "no deployment of cameras to production",
    ),
    ("finish cameras production cameras-production-", Reason.MALFORMED_COMMAND, "no deployment of"),
    ("keep cameras production +2h now", Reason.MALFORMED_COMMAND, "no deployment of"),
    (
        "keep cameras production +2 hours cameras-production-1 now",
        Reason.MALFORMED_COMMAND,
        "how much longer",
    ),
    (
        "lock cameras production for 2 weeks lunch",
        Reason.MALFORMED_COMMAND,
        "`2 weeks` is not a time like `30m`",
    ),
    ("lock cameras production for 2 hours", Reason.MALFORMED_COMMAND, "Say why"),
    ("confirm", Reason.MALFORMED_COMMAND, "code"),
    ("confirm ../x", Reason.MALFORMED_COMMAND, "not a code"),
    ("destroy everything", Reason.UNKNOWN_COMMAND, "destroy"),
    ("<!channel> to production", Reason.MALFORMED_COMMAND, "not a name"),
]


@pytest.mark.parametrize(("text", "reason", "says"), BAD)
def test_what_is_refused_and_what_is_said(text: str, reason: Reason, says: str) -> None:
    """A refusal names what was wrong and how to write it."""
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.reason is reason
    assert says in refused.value.text
    assert "<" not in refused.value.text


@given(st.text(max_size=300))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    """Whatever is typed, the answer is a command or a refusal whose text carries no markup from outside."""
    try:
        parse(text)
    except Refused as refused:
        assert "<" not in refused.text  # noqa: PT017 - both ways out are good


@given(st.integers(min_value=60, max_value=5_000_000))
def test_the_longest_time_that_can_be_typed_is_no_longer(most: int) -> None:
    """And misses it by less than an hour."""
    found, _ = span([longest(most)])
    assert most - 3_600 < found <= most


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        *(
            (each, 7_200)
            for each in ("2h", "+2h", "2 h", "2hours", "2 hours", "+2 Hours", "120 min", "120m", "7200 s")
        ),
        *((each, 5_400) for each in ("90 minutes", "90minutes", "1h30m", "1 h 30 min", "1 hour 30 minutes")),
        *((each, 86_400) for each in ("1d", "1 d", "1 day", "24 hours", "1 days")),
        *((each, 60) for each in ("1 minute", "1min", "60 seconds", "60 second")),
    ],
)
def test_a_length_of_time_may_be_said_in_ordinary_words(typed: str, seconds: int) -> None:
    """With a space or without, and as the answers write it; what follows is not part of it."""
    assert span([*typed.split(), "of", "lunch"]) == (seconds, ["of", "lunch"])


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "2",
        "h",
        "0h",
        "0 minutes",
        "-2h",
        "2.5h",
        "2hx",
        "2 hrs",
        "2 weeks",
        "2h,",
        "1h30",
        "٢h",
        "12345m",
    ],
)
def test_anything_else_is_no_length_of_time(typed: str) -> None:
    """Nothing is guessed."""
    assert span(typed.split()) == (0, typed.split())
