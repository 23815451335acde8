"""Elastic Load Balancing in memory: target groups whose targets pass through `initial` and `draining` as time goes on.

Facts: ELB API reference, DescribeTargetHealth (states and reasons), RegisterTargets (ends draining), DeregisterTargets,
ModifyListener; Network Load Balancer guide, "Deregistration delay".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.memory.boto import Refusal
from tests.faults.memory.ec2 import MemoryEc2

HEALTHY_AFTER, DRAINS = 6.0, 40.0
"""Seconds that a target is `initial`, and `draining`."""


@dataclass(slots=True)
class Target:
    """One registered instance; `left` is when it was deregistered."""

    since: float
    left: float = 0.0


@dataclass(slots=True)
class Balancer:
    """A load balancer with its one listener."""

    name: str
    port: int
    weights: dict[str, int]

    @property
    def arn(self) -> str:
        """As the service writes it, more or less."""
        return f"arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/{self.name}"

    @property
    def listener(self) -> str:
        """Its listener."""
        return f"{self.arn}/listener/{self.port}"

    @property
    def dns_name(self) -> str:
        """What an alias record names."""
        return f"{self.name}.elb.us-east-1.amazonaws.com"


def group_arn(name: str) -> str:
    """The ARN of a target group by its name."""
    return f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}"


@dataclass(slots=True)
class MemoryElb:
    """`ill` are instances whose health check fails; `after_change` is called when traffic may have moved."""

    now: Callable[[], float]
    ec2: MemoryEc2
    balancers: list[Balancer] = field(default_factory=list)
    groups: dict[str, dict[str, Target]] = field(default_factory=dict)
    ill: set[str] = field(default_factory=set)
    after_change: Callable[[], None] = lambda: None

    def answer(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers."""
        handlers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "DescribeLoadBalancers": self._balancers,
            "DescribeTargetGroups": self._groups,
            "DescribeListeners": self._listeners,
            "DescribeTargetHealth": self._health,
            "ModifyListener": self._modify,
            "RegisterTargets": self._register,
            "DeregisterTargets": self._deregister,
        }
        if operation not in handlers:
            raise Refusal("InvalidAction", f"{operation} is not in memory")
        return handlers[operation](given)

    def health(self, group: str, id_: str) -> str:
        """The state of one target now; empty where it is not registered."""
        target = self.groups[group].get(id_)
        if target is None or (target.left and self.now() >= target.left + DRAINS):
            return ""
        if target.left:
            return "draining"
        if id_ not in self.ec2.instances or self.ec2.instances[id_].status(self.now()) != "running":
            return "unused"
        if self.now() < target.since + HEALTHY_AFTER:
            return "initial"
        return "unhealthy" if id_ in self.ill else "healthy"

    def members(self, group: str) -> dict[str, str]:
        """Every target of a group that is registered or draining, with its state."""
        found = {id_: self.health(group, id_) for id_ in self.groups[group]}
        return {id_: state for id_, state in found.items() if state}

    def _balancers(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = [each for each in self.balancers if each.name in given["Names"]]
        if len(found) != len(set(given["Names"])):
            raise Refusal("LoadBalancerNotFound", "One or more load balancers not found")
        return {
            "LoadBalancers": [
                {
                    "LoadBalancerArn": each.arn,
                    "LoadBalancerName": each.name,
                    "DNSName": each.dns_name,
                    "CanonicalHostedZoneId": "Z26RNL4JYFTOTI",
                }
                for each in found
            ]
        }

    def _groups(self, given: Mapping[str, Any]) -> dict[str, Any]:
        arns = {group_arn(name): name for name in given["Names"]}
        if not set(arns) <= set(self.groups):
            raise Refusal("TargetGroupNotFound", "One or more target groups not found")
        return {
            "TargetGroups": [
                {
                    "TargetGroupArn": arn,
                    "TargetGroupName": name,
                    "LoadBalancerArns": [each.arn for each in self.balancers if arn in each.weights],
                }
                for arn, name in arns.items()
            ]
        }

    def _listeners(self, given: Mapping[str, Any]) -> dict[str, Any]:
        wanted = given.get("ListenerArns") or []
        found = [
            each
            for each in self.balancers
            if each.listener in wanted or each.arn == given.get("LoadBalancerArn")
        ]
        if wanted and not found:
            raise Refusal("ListenerNotFound", "One or more listeners not found")
        return {"Listeners": [_shown(each) for each in found]}

    def _health(self, given: Mapping[str, Any]) -> dict[str, Any]:
        members = self.members(self._known(given)).items()
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": id_, "Port": 9000}, "TargetHealth": _described(state)}
                for id_, state in members
            ]
        }

    def _modify(self, given: Mapping[str, Any]) -> dict[str, Any]:
        balancer = next((each for each in self.balancers if each.listener == given["ListenerArn"]), None)
        if balancer is None:
            raise Refusal("ListenerNotFound", "One or more listeners not found")
        groups = given["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
        balancer.weights = {each["TargetGroupArn"]: each["Weight"] for each in groups}
        self.after_change()
        return {"Listeners": [_shown(balancer)]}

    def _register(self, given: Mapping[str, Any]) -> dict[str, Any]:
        group = self.groups[self._known(given)]
        for each in given["Targets"]:
            instance = self.ec2.instances.get(each["Id"])
            if instance is None or instance.status(self.now()) != "running":
                raise Refusal("InvalidTarget", f"{each['Id']} is not in a valid state")
        for each in given["Targets"]:
            known = group.get(each["Id"])
            if known is None or known.left:
                group[each["Id"]] = Target(self.now())
        self.after_change()
        return {}

    def _deregister(self, given: Mapping[str, Any]) -> dict[str, Any]:
        group = self.groups[self._known(given)]
        for each in given["Targets"]:
            target = group.get(each["Id"])
            if target is not None and not target.left:
                target.left = self.now()
        self.after_change()
        return {}

    def _known(self, given: Mapping[str, Any]) -> str:
        if given["TargetGroupArn"] not in self.groups:
            raise Refusal("TargetGroupNotFound", "One or more target groups not found")
        return str(given["TargetGroupArn"])


def _shown(balancer: Balancer) -> dict[str, Any]:
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in balancer.weights.items()]
    return {
        "ListenerArn": balancer.listener,
        "LoadBalancerArn": balancer.arn,
        "Port": balancer.port,
        "DefaultActions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
    }


def _described(state: str) -> dict[str, str]:
    reasons = {
        "initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
        "unhealthy": ("Target.FailedHealthChecks", "Health checks failed"),
        "draining": ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
        "unused": ("Target.InvalidState", "Target is in the stopped state"),
    }
    reason, description = reasons.get(state, ("", ""))
    return {"State": state, "Reason": reason, "Description": description} if reason else {"State": state}
