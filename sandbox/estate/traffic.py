"""Load balancers, target groups and records of the sample service, one arrangement for each way to switch.

weighted   one load balancer `cameras`; its listener forwards to `cameras-blue` (100) and `cameras-green` (0)
targets    one load balancer `cameras`; its listener forwards to `cameras`
dns        load balancers `cameras-a` and `cameras-b`, and the record that points to one of them
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.estate.network import Network

Strategy = Literal["weighted", "targets", "dns"]

ZONE = "example.test"
RECORD = "cameras.example.test"
CHECK_SECONDS = 5  # the shortest that ELB takes; the sandbox's balancer checks more often
DRAIN_SECONDS = {"weighted": "20", "targets": "40", "dns": "20"}
"""Deregistration delays. With `targets` it begins with the switch, and all devices have to move before it is over."""


@dataclass(slots=True)
class Ways:
    """What was made; the live fleet belongs into the first target group."""

    groups: dict[str, str] = field(default_factory=dict)  # arn by name
    listeners: dict[str, str] = field(default_factory=dict)  # arn by load balancer
    names: dict[str, str] = field(default_factory=dict)  # DNS name by load balancer
    zones: dict[str, str] = field(default_factory=dict)  # hosted zone by load balancer
    record: str = ""

    @property
    def live_group(self) -> str:
        """The group that takes traffic at first."""
        return next(iter(self.groups.values()))

    @property
    def live_balancer(self) -> str:
        """The load balancer that devices are sent to at first."""
        return next(iter(self.listeners))

    def register(self, elbv2: Any, ids: list[str]) -> None:
        """Put the live fleet into service."""
        elbv2.register_targets(TargetGroupArn=self.live_group, Targets=[{"Id": each} for each in ids])

    def healthy(self, elbv2: Any, ids: list[str]) -> bool:
        """Whether all of these are."""
        found = elbv2.describe_target_health(TargetGroupArn=self.live_group)["TargetHealthDescriptions"]
        states = {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in found}
        return all(states.get(each) == "healthy" for each in ids)


def make_ways(
    clients: Callable[[str], Any], network: Network, *, service: str, strategy: Strategy, port: int
) -> Ways:
    """Everything that one strategy needs."""
    ways = Ways()
    sides = {"weighted": ("blue", "green"), "targets": ("",), "dns": ("a", "b")}[strategy]
    names = [f"{service}-{side}" if side else service for side in sides]
    for name in names:
        ways.groups[name] = _group(clients("elbv2"), network, name, port, DRAIN_SECONDS[strategy])
    balancers = {name: [name] for name in names} if strategy == "dns" else {service: names}
    for name, groups in balancers.items():
        ways.listeners[name], ways.names[name], ways.zones[name] = _balancer(
            clients("elbv2"), network, name, [ways.groups[group] for group in groups], port
        )
    if strategy == "dns":
        ways.record = _record(clients("route53"), ways.names[names[0]], ways.zones[names[0]])
    return ways


def _group(elbv2: Any, network: Network, name: str, port: int, drain_seconds: str) -> str:
    arn: str = elbv2.create_target_group(
        Name=name,
        Protocol="TCP",
        Port=port,
        VpcId=network.vpc,
        TargetType="instance",
        HealthCheckProtocol="HTTP",
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=CHECK_SECONDS,
        HealthCheckTimeoutSeconds=CHECK_SECONDS,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group_attributes(
        TargetGroupArn=arn,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": drain_seconds}],
    )
    return arn


def _balancer(elbv2: Any, network: Network, name: str, groups: list[str], port: int) -> tuple[str, str, str]:
    """The listener's ARN, the DNS name and the hosted zone. The first group gets everything."""
    made = elbv2.create_load_balancer(Name=name, Subnets=list(network.subnets), Type="network")
    balancer = made["LoadBalancers"][0]
    weights = [
        {"TargetGroupArn": group, "Weight": 0 if number else 100} for number, group in enumerate(groups)
    ]
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="TCP",
        Port=port,
        DefaultActions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
    )
    return listener["Listeners"][0]["ListenerArn"], balancer["DNSName"], balancer["CanonicalHostedZoneId"]


def _record(route53: Any, target: str, target_zone: str) -> str:
    zone = route53.create_hosted_zone(Name=ZONE, CallerReference=ZONE)["HostedZone"]["Id"]
    change = {
        "Name": RECORD,
        "Type": "A",
        "AliasTarget": {"DNSName": target, "HostedZoneId": target_zone, "EvaluateTargetHealth": True},
    }
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": change}]}
    )
    return RECORD
