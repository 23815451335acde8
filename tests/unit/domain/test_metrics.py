"""The four key metrics against an oracle that counts by hand, and where there is too little to say."""

import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.deployment import State
from chalicelib.domain.metrics import DAY, ENOUGH, WEEK, Change, changes, metrics, weeks
from tests.builders import NOW, deployment
from tests.unit.usecases.past_world import ended, season

MOMENTS = st.floats(min_value=NOW - 60 * DAY, max_value=NOW + DAY, allow_nan=False)
CHANGES = st.lists(
    st.builds(
        lambda at, lead, took: Change(at, lead, at + took if took else 0.0, failed=took is not None),
        MOMENTS,
        st.none() | st.floats(min_value=0, max_value=9 * DAY),
        st.none() | st.floats(min_value=1, max_value=DAY),
    ),
    max_size=40,
)


def test_what_went_live_is_a_change_and_what_was_taken_back_a_failed_one() -> None:
    """A deployment that never had traffic is none, however it ended."""
    made = [
        ended(1, "141", NOW - 5 * DAY),
        ended(2, "142", NOW - 4 * DAY, back=900),
        deployment(State.FAILED, id="cameras-production-3"),
    ]
    assert changes(made, {("cameras", "141"): NOW - 6 * DAY}) == [
        Change(NOW - 5 * DAY, lead=DAY),
        Change(NOW - 4 * DAY, back=NOW - 4 * DAY + 900, failed=True),
    ]


def test_a_build_that_was_reported_again_after_it_went_live_has_no_lead_time() -> None:
    """A negative one would make the median better than it is."""
    (change,) = changes([ended(1, "141", NOW - DAY)], {("cameras", "141"): NOW})
    assert change.lead is None


def test_the_season_is_counted() -> None:
    """Eight changes in the last thirty days, four in the thirty before, one of each taken back."""
    found = changes(season(), {})
    now, before = metrics(found, NOW - 30 * DAY, NOW), metrics(found, NOW - 60 * DAY, NOW - 30 * DAY)
    assert (now.changes, now.failed, now.rate) == (8, 1, 1 / 8)
    assert (before.changes, before.failed, before.rate) == (4, 1, 1 / 4)
    assert (now.lead, now.restore) == (None, None)


def test_what_went_live_between_two_periods_counts_once() -> None:
    """A period has its first moment and not its last."""
    found = [Change(NOW - DAY), Change(NOW)]
    assert (metrics(found, NOW - DAY, NOW).changes, metrics(found, NOW, NOW + DAY).changes) == (1, 1)


@pytest.mark.parametrize("count", range(ENOUGH))
def test_few_values_make_no_number(count: int) -> None:
    """Nothing is said of one or two."""
    found = metrics([Change(NOW - 1, 60.0, NOW, failed=True)] * count, NOW - DAY, NOW)
    assert (found.lead, found.rate, found.restore) == (None, None, None)
    assert (found.leads, found.restored) == (count, count)


@given(CHANGES)
def test_the_numbers_are_those_of_a_naive_count(found: list[Change]) -> None:
    """Of what went live inside the period, and of nothing else."""
    start, end = NOW - 30 * DAY, NOW
    inside = [each for each in found if each.at >= start and each.at < end]
    leads = [each.lead for each in inside if each.lead is not None]
    restores = [each.back - each.at for each in inside if each.failed and each.back]
    counted = metrics(found, start, end)
    assert counted.changes == len(inside)
    assert counted.per_week == pytest.approx(len(inside) / 30 * 7)
    assert counted.lead == (pytest.approx(statistics.median(leads)) if len(leads) >= ENOUGH else None)
    assert counted.restore == (
        pytest.approx(statistics.median(restores)) if len(restores) >= ENOUGH else None
    )
    share = sum(each.failed for each in inside) / len(inside) if len(inside) >= ENOUGH else None
    assert counted.rate == share


@given(CHANGES, st.sampled_from([30, 90]))
def test_the_weeks_hold_every_change_once(found: list[Change], days: int) -> None:
    """They touch, end now, and their sums are the period's."""
    start = NOW - days * DAY
    rows = weeks(found, start, NOW)
    assert rows[0].since == start
    assert all(0 < later.since - earlier.since <= WEEK for earlier, later in pairwise(rows))
    counted = metrics(found, start, NOW)
    assert sum(each.stayed + each.failed for each in rows) == counted.changes
    assert sum(each.failed for each in rows) == counted.failed
