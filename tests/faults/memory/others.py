"""SSM Run Command, Route 53 and CloudWatch in memory.

Facts: SSM API reference, SendCommand (targets by tag, all of which a host must carry), ListCommands,
ListCommandInvocations; Route 53 API reference, ChangeResourceRecordSets (PENDING, then INSYNC); CloudWatch API
reference, DescribeAlarms.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.memory.boto import Refusal
from tests.faults.memory.ec2 import MemoryEc2, MemoryInstance

ONLINE_AFTER, RUNS = 8.0, 6.0
"""Seconds until the agent of a new host answers, and that a command runs."""


@dataclass(frozen=True, slots=True)
class Command:
    """A document that was sent, and the hosts that its targets matched."""

    id: str
    document: str
    hosts: tuple[str, ...]
    at: float


@dataclass(slots=True)
class MemorySsm:
    """`failing`: (document, instance id or `*`) to what is printed where it fails."""

    now: Callable[[], float]
    ec2: MemoryEc2
    commands: dict[str, Command] = field(default_factory=dict)
    failing: dict[tuple[str, str], str] = field(default_factory=dict)

    def answer(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers."""
        handlers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "DescribeInstanceInformation": self._online,
            "SendCommand": self._send,
            "ListCommands": self._list,
            "ListCommandInvocations": self._invocations,
        }
        if operation not in handlers:
            raise Refusal("InvalidAction", f"{operation} is not in memory")
        return handlers[operation](given)

    def _answers(self, instance: MemoryInstance) -> bool:
        up = self.now() >= instance.started + ONLINE_AFTER
        return up and instance.status(self.now()) == "running"

    def _online(self, given: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {value for each in given["Filters"] for value in each["Values"]}
        return {
            "InstanceInformationList": [
                {"InstanceId": id_, "PingStatus": "Online"}
                for id_, each in self.ec2.instances.items()
                if id_ in wanted and self._answers(each)
            ]
        }

    def _send(self, given: Mapping[str, Any]) -> dict[str, Any]:
        hosts = [
            each.id
            for each in self.ec2.instances.values()
            if self._answers(each)
            and all(
                each.tags.get(target["Key"].removeprefix("tag:")) in target["Values"]
                for target in given["Targets"]
            )
        ]
        made = Command(f"{len(self.commands) + 1:036}", given["DocumentName"], tuple(hosts), self.now())
        self.commands[made.id] = made
        return {"Command": {"CommandId": made.id, "Status": "Pending"}}

    def _find(self, given: Mapping[str, Any]) -> Command:
        if given["CommandId"] not in self.commands:
            raise Refusal("InvalidCommandId")
        return self.commands[given["CommandId"]]

    def _list(self, given: Mapping[str, Any]) -> dict[str, Any]:
        command = self._find(given)
        states = {each["Status"] for each in self._ran(command)}
        ended = "Failed" if "Failed" in states else "Success"
        over = self.now() >= command.at + RUNS
        return {"Commands": [{"CommandId": command.id, "Status": ended if over else "InProgress"}]}

    def _invocations(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"CommandInvocations": self._ran(self._find(given))}

    def _ran(self, command: Command) -> list[dict[str, Any]]:
        if self.now() < command.at + RUNS:
            return [
                {"InstanceId": id_, "Status": "InProgress", "StatusDetails": "InProgress"}
                for id_ in command.hosts
            ]
        return [_ended(id_, self._printed(command, id_)) for id_ in command.hosts]

    def _printed(self, command: Command, id_: str) -> str | None:
        failing = self.failing
        return failing.get((command.document, id_), failing.get((command.document, "*")))


def _ended(id_: str, failed: str | None) -> dict[str, Any]:
    status = "Success" if failed is None else "Failed"
    plugin = {"Status": status, "Output": failed or "done"}
    return {"InstanceId": id_, "Status": status, "StatusDetails": status, "CommandPlugins": [plugin]}


@dataclass(slots=True)
class MemoryRoute53:
    """One hosted zone with alias records of load balancers; `after_change` is called when one has moved."""

    zone: str = "example.test"
    records: dict[str, str] = field(default_factory=dict)
    after_change: Callable[[], None] = lambda: None

    def answer(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers."""
        if operation == "ListHostedZonesByName":
            found = (
                [{"Id": "/hostedzone/Z1", "Name": f"{self.zone}."}] if given["DNSName"] == self.zone else []
            )
            return {"HostedZones": found, "IsTruncated": False, "MaxItems": "3"}
        if operation == "ListResourceRecordSets":
            records = [_alias(name, target) for name, target in self.records.items()]
            return {"ResourceRecordSets": records, "IsTruncated": False, "MaxItems": "20"}
        if operation == "ChangeResourceRecordSets":
            for change in given["ChangeBatch"]["Changes"]:
                moved = change["ResourceRecordSet"]
                self.records[moved["Name"]] = moved["AliasTarget"]["DNSName"].removeprefix("dualstack.")
            self.after_change()
            return {"ChangeInfo": {"Id": "C1", "Status": "PENDING"}}
        raise Refusal("InvalidAction", f"{operation} is not in memory")


def _alias(name: str, target: str) -> dict[str, Any]:
    alias = {
        "DNSName": f"dualstack.{target}.",
        "HostedZoneId": "Z26RNL4JYFTOTI",
        "EvaluateTargetHealth": True,
    }
    return {"Name": f"{name}.", "Type": "A", "AliasTarget": alias}


@dataclass(slots=True)
class MemoryCloudWatch:
    """Alarms by name."""

    alarms: dict[str, str] = field(default_factory=dict)

    def answer(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers."""
        if operation != "DescribeAlarms":
            raise Refusal("InvalidAction", f"{operation} is not in memory")
        found = [
            {"AlarmName": name, "StateValue": self.alarms[name]}
            for name in given["AlarmNames"]
            if name in self.alarms
        ]
        return {"MetricAlarms": found, "CompositeAlarms": []}
