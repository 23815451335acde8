"""What people ask to see, word for word."""

import pytest

from chalicelib.domain.deployment import Ref
from chalicelib.domain.history import History
from tests.builders import (
    APPROVER,
    DEPLOYER,
    NOW,
    build,
    deployment,
)
from tests.unit.usecases.desk import Desk
from tests.unit.usecases.looking import asked, buttons, keeping
from tests.unit.usecases.past_world import season

WHERE = """\
*cameras*
• *production*: `142` is live since {when:1789999400}, asked for by {person:T0TEST/U0DEPLOYER}
    under way: *cameras-production-1* (`142`), live, with the old fleet standing by, \
asked for by {person:T0TEST/U0DEPLOYER}
• *staging*: I have deployed nothing here yet"""

VERSIONS = """\
Builds of *cameras*, newest first:
• `142` 📦 passed {when:1789999102} · `0123456789ab` by build-server
• `141` 📦 passed {when:1789999101} · `0123456789ab` by build-server · live in *production*
• `140` 📦 passed {when:1789999100} · `0123456789ab` by build-server"""

STATS = """\
*Key metrics* of *cameras* in *production*: the last 30 days, and the 30 before
• Deployment frequency: *1.9 a week, 8 in all* (before: 0.9 a week, 4 in all)
• Lead time for changes: *5 h, the median of 8* (before: 5 h, the median of 4)
• Change failure rate: *12%, 1 of 8* (before: 25%, 1 of 4)
• Time to restore: *too little data, 1 value* (before: too little data, 1 value)
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


def test_where_says_what_is_live_since_when_and_by_whom(desk: Desk) -> None:
    """And what is under way."""
    keeping(desk)
    assert asked(desk, "where").text == WHERE
    assert asked(desk, "where cameras").text == WHERE


def test_versions_says_what_ci_reported_and_offers_to_deploy_it(desk: Desk) -> None:
    """Not where it is live already."""
    reply = asked(desk, "versions cameras")
    assert reply.text == VERSIONS
    assert buttons(reply)["To production: 142"] == "cameras@142 to production"
    assert "141 to production" not in buttons(reply)


def test_stats_says_the_four_numbers_beside_those_before(desk: Desk) -> None:
    """With a bar for each week and a line for each definition."""
    desk.store.put(
        *season(), *(build(each.version, reported_at=each.switched_at - 5 * 3600) for each in season())
    )
    reply = asked(desk, "stats cameras production")
    assert reply.text.startswith(STATS)
    assert reply.text.count("\n• *") == 4
    assert buttons(reply) == {
        "Last 90 days": "stats cameras production 90d",
        "Show the team": "stats cameras production 30d shared",
    }


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
