"""Functions on a schedule, in virtual time.

Documentation: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from moto.events.models import events_backends

from sandbox.clock import VirtualClock
from sandbox.platform.pool import Reply
from sandbox.platform.schedules import Scheduler
from sandbox.platform.serverless import period, schedules
from sandbox.platform.settings import Settings
from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import RunningPlatform


def ticks(platform: RunningPlatform) -> list[dict[str, Any]]:
    """Every invocation so far."""
    file = platform.folder / "ticks"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_function_runs_once_a_minute_of_virtual_time(platform: RunningPlatform) -> None:
    """It is invoked again when a minute has gone by, with EventBridge's event."""
    before = len(ticks(platform))
    platform.clock.advance(60)
    eventually(lambda: len(ticks(platform)) > before)
    platform.clock.advance(60)
    eventually(lambda: len(ticks(platform)) > before + 1)
    last, second = ticks(platform)[-1], ticks(platform)[-2]
    assert (last["source"], last["detail-type"]) == ("aws.events", "Scheduled Event")
    assert last["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/TickEveryMinute"]
    assert last["at"] - second["at"] > 30, "not twice for one minute"


def test_hours_that_were_skipped_are_not_made_up_for(tmp_path: Path) -> None:
    """Time that was moved forward by two hours brings one invocation, not a hundred and twenty."""
    clock, invoked = VirtualClock.create(tmp_path / "clock", rate=0), []

    def invoke(name: str, _event: object) -> Reply:
        invoked.append(name)
        return Reply("{}", failed=False)

    rules = events_backends["111111111111"]["eu-north-1"]
    rules.put_rule("minute", scheduled_expression="rate(1 minute)")
    rules.put_targets("minute", None, [{"Arn": "arn:aws:lambda:tick", "Id": "tick"}])
    scheduler = Scheduler(
        settings=Settings(account="111111111111", region="eu-north-1"), clock=clock, invoke=invoke
    )
    for seconds, runs in ((0, 0), (59, 0), (1, 1), (0, 1), (7_200, 2), (0, 2), (61, 3)):
        clock.advance(seconds)
        scheduler.look()
        assert len(invoked) == runs


@pytest.mark.parametrize(
    ("expression", "seconds"), [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 hours)", 7_200)]
)
def test_rates_are_read(expression: str, seconds: float) -> None:
    """Minutes, hours and days, singular and plural."""
    assert period(expression) == seconds


@pytest.mark.parametrize("expression", ["cron(0 10 * * ? *)", "rate(0 minutes)", "rate(1 second)", ""])
def test_what_the_platform_would_not_run_is_refused(expression: str) -> None:
    """A schedule is never dropped silently."""
    with pytest.raises(ValueError, match="rates only"):
        period(expression)


def test_only_schedules_become_rules() -> None:
    """The events of an API have their counterpart elsewhere; a disabled schedule stays so."""
    events = {
        "Minute": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)"}},
        "Off": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 hour)", "Enabled": False}},
        "Door": {"Type": "Api", "Properties": {"Path": "/", "Method": "post"}},
    }
    assert schedules("Tick", {"Events": events}) == {
        "TickMinute": {"ScheduleExpression": "rate(1 minute)", "State": "ENABLED"},
        "TickOff": {"ScheduleExpression": "rate(1 hour)", "State": "DISABLED"},
    }
