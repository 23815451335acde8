"""What the SSM API shows of commands, invocations and nodes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.estate.agent import NOT_RUN

if TYPE_CHECKING:
    from sandbox.estate.agent import StepResult
    from sandbox.estate.commands import Command, Invocation
    from sandbox.platform.estate_port import Instance

ECHOED = ("Comment", "DocumentName", "MaxConcurrency", "MaxErrors", "Parameters", "Targets")
OUTPUT, STDOUT, STDERR = 2_500, 24_000, 8_000
"""Characters that are kept, from the start (SSM API reference, CommandPlugin and GetCommandInvocation)."""
CUT = "\n--output truncated--"
ERRORS = "\n----------ERROR-------\n"
"""What the agent puts between what a script wrote to its two outputs."""


def command(source: Command) -> dict[str, Any]:
    """A Command."""
    ended = [each for each in source.invocations if each.status not in {"Pending", "InProgress"}]
    shown = {name: value for name, value in source.request.items() if value}
    return {
        "MaxConcurrency": "50",
        "MaxErrors": "0",
        **shown,
        "CommandId": source.id,
        "InstanceIds": [] if shown.get("Targets") else [each.node.instance_id for each in source.invocations],
        "Status": source.status,
        "StatusDetails": source.details,
        "RequestedDateTime": _when(source.requested),
        "ExpiresAfter": _when(source.requested + source.timeout),
        "TimeoutSeconds": int(source.timeout),
        "TargetCount": len(source.invocations),
        "CompletedCount": len(ended),
        "ErrorCount": source.errors,
        "DeliveryTimedOutCount": sum(each.details == "DeliveryTimedOut" for each in source.invocations),
    }


def invocation(parent: Command, source: Invocation, *, details: bool) -> dict[str, Any]:
    """A CommandInvocation; with its plugins where details are wanted."""
    return {
        "CommandId": parent.id,
        "InstanceId": source.node.instance_id,
        "Comment": parent.request.get("Comment") or "",
        "DocumentName": parent.request["DocumentName"],
        "RequestedDateTime": _when(source.requested),
        "Status": source.status,
        "StatusDetails": source.details,
        "CommandPlugins": [_plugin(each) for each in source.results] if details else [],
    }


def _plugin(result: StepResult) -> dict[str, Any]:
    output = result.stdout + (ERRORS + result.stderr if result.stderr else "")
    return {
        "Name": result.name,
        "Status": result.status,
        "StatusDetails": _details(result),
        "ResponseCode": result.code,
        "ResponseStartDateTime": _when(result.started),
        "ResponseFinishDateTime": _when(result.finished or result.started),
        "Output": _cut(output, OUTPUT),
    }


def invocation_of_step(parent: Command, source: Invocation, name: str) -> dict[str, Any]:
    """GetCommandInvocation's answer for one step."""
    result = next((each for each in source.results if each.name == name), None)
    shown: dict[str, Any] = {
        "CommandId": parent.id,
        "InstanceId": source.node.instance_id,
        "Comment": parent.request.get("Comment") or "",
        "DocumentName": parent.request["DocumentName"],
        "PluginName": name,
    }
    if result is None:
        none = {"ResponseCode": NOT_RUN, "StandardOutputContent": "", "StandardErrorContent": ""}
        return {**shown, **none, "Status": source.status, "StatusDetails": source.details}
    return {
        **shown,
        "ResponseCode": result.code,
        "ExecutionStartDateTime": _when(result.started).isoformat(),
        "ExecutionEndDateTime": _when(result.finished).isoformat(),
        "ExecutionElapsedTime": f"PT{result.finished - result.started:.3f}S",
        "Status": result.status,
        "StatusDetails": _details(result),
        "StandardOutputContent": _cut(result.stdout, STDOUT),
        "StandardErrorContent": _cut(result.stderr, STDERR),
    }


def node(source: Instance, *, online: bool) -> dict[str, Any]:
    """An InstanceInformation."""
    return {
        "InstanceId": source.instance_id,
        "PingStatus": "Online" if online else "ConnectionLost",
        "LastPingDateTime": datetime.now(UTC),
        "AgentVersion": "3.3.0.0",
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2023",
        "ResourceType": "EC2Instance",
        "IPAddress": source.address,
        "ComputerName": source.instance_id,
    }


def _details(result: StepResult) -> str:
    return "ExecutionTimedOut" if result.status == "TimedOut" else result.status


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(CUT)] + CUT


def _when(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
