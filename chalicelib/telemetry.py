"""Logs as JSON lines with the deployment's id, and X-Ray where the function is sampled. Nothing secret in either.

What is logged is named here field by field; events and records are never logged whole, because they carry task tokens.
"""

import json
import sys
import time

from chalicelib.domain.errors import PointsmanError


def log(level: str, message: str, **fields: str | float | None) -> None:
    """One line; fields that are None are left out."""
    line = {"level": level, "at": round(time.time(), 3), "message": message, **fields}
    print(json.dumps({key: value for key, value in line.items() if value is not None}), file=sys.stderr)


def log_error(message: str, error: BaseException, **fields: str | float | None) -> None:
    """An error by its class and, where it is one of ours, its text; foreign texts may quote what they were given."""
    said = str(error) if isinstance(error, PointsmanError) else None
    log("error", message, error=type(error).__name__, said=said, **fields)


def measure(name: str, value: float, unit: str) -> None:
    """One value of a metric, which CloudWatch reads out of the log ("Embedded metric format specification")."""
    metric = {"Namespace": "Pointsman", "Dimensions": [[]], "Metrics": [{"Name": name, "Unit": unit}]}
    stamp = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    print(json.dumps({"_aws": stamp, name: round(value, 3)}), file=sys.stderr)


def trace_aws_calls() -> None:
    """Let X-Ray see the calls of boto3's clients. Imported only here: its import costs a third of a second."""
    from aws_xray_sdk.core import patch  # noqa: PLC0415 - see above

    patch(["botocore"])
