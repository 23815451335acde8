"""What a story did, in figures: `build/demo/report.json`, the transcript, and the summary that is printed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_stepfunctions.client import SFNClient
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

USD_PER_TRANSITION = 0.025 / 1000
"""Step Functions, standard workflows, us-east-1 list price; retries count as transitions."""
USD_PER_REQUEST = 0.20 / 1_000_000
USD_PER_GB_SECOND = 0.0000166667
"""Lambda, x86, us-east-1 list price."""
MEMORY_GB = 0.5
SECONDS_A_CALL = 0.3
"""A step's billed time on a 512 MB function; most of it waits for AWS."""


@dataclass
class Execution:
    """One execution of the deploy machine, from its history."""

    states: list[dict[str, Any]] = field(default_factory=list)
    transitions: int = 0
    calls: int = 0
    status: str = ""


def read_execution(client: SFNClient, machine: str) -> Execution:
    """The newest execution: every state entered, and how many transitions it cost (each retry is one)."""
    found = client.list_executions(stateMachineArn=machine)["executions"]
    if not found:
        return Execution()
    newest = max(found, key=lambda each: each["startDate"])
    pages = client.get_paginator("get_execution_history").paginate(executionArn=newest["executionArn"])
    events = [event for page in pages for event in page["events"]]
    kinds = Counter(event["type"] for event in events)
    entered = sum(count for kind, count in kinds.items() if kind.endswith("StateEntered"))
    retries = kinds["TaskScheduled"] - kinds["TaskStateEntered"]
    return Execution(_states(events), entered + max(0, retries), kinds["TaskScheduled"], newest["status"])


def _states(events: list[HistoryEventTypeDef]) -> list[dict[str, Any]]:
    """States in the order they were entered; a branch that was aborted has no time of leaving."""
    states: list[dict[str, Any]] = []
    for event in events:
        at = event["timestamp"].timestamp()
        if "stateEnteredEventDetails" in event:
            states.append({"name": event["stateEnteredEventDetails"]["name"], "entered": at, "left": None})
        elif "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            for state in reversed(states):
                if state["name"] == name and state["left"] is None:
                    state["left"] = at
                    break
    return states


def cost_usd(execution: Execution) -> float:
    """What the service itself cost for one deployment; the second fleet is in `second_fleet_usd`."""
    lambda_usd = execution.calls * (USD_PER_REQUEST + SECONDS_A_CALL * MEMORY_GB * USD_PER_GB_SECOND)
    return round(execution.transitions * USD_PER_TRANSITION + lambda_usd, 6)


def write(folder: Path, report: dict[str, Any], transcript: str) -> None:
    """Leave both files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    (folder / "transcript.md").write_text(transcript, encoding="utf-8")


def summary(report: dict[str, Any]) -> str:
    """The figures in a few lines."""
    devices, http, hosts = report["devices"], report["http"], report["hosts"]
    lines = [
        f"story            {report['story']}: {report['outcome']}",
        (
            f"devices          {devices['count']}, reconnected {devices['most_reconnects']} time(s) at most, "
            f"{devices['peak_reconnects_per_second']} a second at the peak"
        ),
        f"messages         {devices['messages_sent']} sent, {devices['messages_lost']} lost",
        f"HTTP             {http['requests']} requests, {http['failures']} failed",
        f"hosts            {len(hosts['before'])} before, {len(hosts['after'])} after, {len(hosts['orphans'])} orphans",
    ]
    if site := report["website"]:
        lines.append(
            f"website          {site['pages']} pages, {site['files']} files, {site['missing']} missing"
        )
    history = report["history"]
    lines.append(f"history          {history['records']} records, {'' if history['whole'] else 'NOT '}whole")
    if report["switch_seconds"] is not None:
        lines.append(
            f"switch           {report['switch_seconds']:.1f} s from the confirmation to all new traffic"
        )
    if report["state_transitions"]:
        lines.append(
            f"state machine    {report['state_transitions']} transitions, {report['cost_usd']:.4f} USD in all"
        )
    calls = ", ".join(f"{name} {count}" for name, count in report["aws_calls"].items() if not _reads(name))
    if calls:
        lines.append(f"changes on AWS   {calls}")
    return "\n".join(lines)


def _reads(call: str) -> bool:
    """Whether a call only looks; the state table's are the service's own."""
    operation = call.partition(".")[2]
    return operation.startswith(("Describe", "Get", "List", "Query", "BatchGet")) or call.startswith(
        "dynamodb."
    )
