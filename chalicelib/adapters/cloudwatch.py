"""CloudWatch alarms, read while a switch bakes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.boto_errors import aws

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.client import CloudWatchClient

NAMES = 100
"""DescribeAlarms takes 100 names and gives 100 alarms at most (CloudWatch API reference, DescribeAlarms)."""


class CloudWatchAlarms:
    """The port Alarms on CloudWatch."""

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client

    def firing(self, names: Sequence[str]) -> list[str]:
        """In the order asked; an alarm that does not exist counts, because nobody is watching then."""
        states: dict[str, str] = {}
        for start in range(0, len(names), NAMES):
            states |= self._states(names[start : start + NAMES])
        return [name for name in names if states.get(name, "ALARM") == "ALARM"]

    def _states(self, names: Sequence[str]) -> dict[str, str]:
        with aws("DescribeAlarms"):
            # Without AlarmTypes only metric alarms are given (same page).
            answer = self._client.describe_alarms(
                AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=NAMES
            )
        alarms = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
        return {alarm["AlarmName"]: str(alarm["StateValue"]) for alarm in alarms}
