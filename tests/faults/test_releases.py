"""Frontend releases survive a fault at any call (the long version: `python -m tests.faults.releases`)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.faults import report
from tests.faults.couples import COUPLES, SHORT, Couple
from tests.faults.line import kinds
from tests.faults.releases import FLOWS, NAMED, of, short, tried

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from tests.machine.release_rig import ReleaseRig


@pytest.mark.parametrize("name", NAMED)
def test_a_release_survives_a_fault_at_a_call_of_each_kind(apart: ProcessPoolExecutor, name: str) -> None:
    """It ends as it would have, visitors see what they should, and the crawler misses nothing (docs/safety.md, I13)."""
    outcome = apart.submit(short, name).result()
    assert report.problems(outcome) == []
    assert outcome.calls >= 20


@pytest.mark.parametrize("name", SHORT)
def test_two_that_go_together_survive_a_fault_at_a_call_of_each_kind(
    apart: ProcessPoolExecutor, name: str
) -> None:
    """Both are live in the end, or neither is; the crawler misses nothing."""
    outcome = apart.submit(short, f"together: {name}").result()
    assert report.problems(outcome) == []
    assert len(outcome.trials) >= 80
    assert outcome.loads > 0


@pytest.mark.parametrize("flow", COUPLES, ids=lambda flow: flow.name)
def test_two_that_go_together_end_as_they_should_where_nothing_fails(flow: Couple) -> None:
    """What the faults are tried on."""
    assert flow.run(lambda _: None).problems == []


def test_what_the_crawler_misses_is_found_in_every_trial() -> None:
    """Also where the flow ends as it should."""
    kept = next(each for each in FLOWS if each.name == "the next release")

    def act(rig: ReleaseRig) -> None:
        rig.site.folders["production"].pop("only-0.html")
        kept.act(rig)

    outcome = tried("broken", of(replace(kept, act=act), pointed=False), lambda calls: kinds(calls)[-3:])
    assert outcome.survived == 0 < len(outcome.trials)
    assert outcome.missing >= len(outcome.trials)
    assert "the crawler missed" in report.problems(outcome)[0]
    assert "only-0.html" in report.problems(outcome)[0]
