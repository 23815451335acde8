"""Elastic Load Balancing: members of target groups, and names to load balancers, listeners and target groups."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from chalicelib.adapters.boto_errors import aws
from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Health, TargetReport

if TYPE_CHECKING:
    from mypy_boto3_elbv2.client import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import (
        ForwardActionConfigTypeDef,
        ListenerTypeDef,
        LoadBalancerTypeDef,
        TargetDescriptionTypeDef,
        TargetGroupTupleTypeDef,
        TargetGroupTypeDef,
        TargetHealthDescriptionTypeDef,
    )

NOT_FOUND = dict.fromkeys(
    ("ListenerNotFound", "LoadBalancerNotFound", "TargetGroupNotFound"), Reason.TRAFFIC_UNCLEAR
)
NOT_REGISTERED = "Target.NotRegistered"
"""Of the reasons for `unused` the only one that means gone; the others (Target.NotInUse, Target.InvalidState) are
given for targets that are registered (ELB API reference, TargetHealth)."""
LEAVING = frozenset({"draining", "unhealthy.draining"})


def unclear(what: str) -> Refused:
    """The refusal of a route that can not be told."""
    return Refused(Reason.TRAFFIC_UNCLEAR, what=what)


class TargetGroups:
    """Members of target groups. Each method is one read and at most one change, however many hosts there are."""

    def __init__(self, client: "ElasticLoadBalancingv2Client") -> None:
        self._client = client

    def members(self, group: str) -> "dict[str, list[TargetHealthDescriptionTypeDef]]":
        """Everything registered or still draining, by instance id (one entry for each port).

        The whole group is asked rather than exact ids: an instance that is gone would fail the call with
        InvalidTarget, and a target that was registered with its own port would not be found by its id alone.
        """
        with aws("DescribeTargetHealth"):
            answer = self._client.describe_target_health(TargetGroupArn=group)
        found: dict[str, list[TargetHealthDescriptionTypeDef]] = {}
        for each in answer["TargetHealthDescriptions"]:
            if each.get("TargetHealth", {}).get("Reason") != NOT_REGISTERED:
                found.setdefault(each["Target"]["Id"], []).append(each)
        return found

    def taking(self, group: str) -> set[str]:
        """Ids that are registered and not on their way out."""
        return {id_ for id_, entries in self.members(group).items() if any(map(_stays, entries))}

    def register(self, group: str, ids: Sequence[str]) -> None:
        """Register those that are not; one that drains is taken back."""
        missing = sorted(set(ids) - self.taking(group))
        if missing:
            with aws("RegisterTargets", failures={"InvalidTarget": Reason.UNHEALTHY}):
                self._client.register_targets(
                    TargetGroupArn=group, Targets=[{"Id": each} for each in missing]
                )

    def deregister(self, group: str, ids: Sequence[str]) -> None:
        """Deregister those that are registered, each with the port it was registered with (which ELB asks for)."""
        members = self.members(group)
        targets: list[TargetDescriptionTypeDef] = [
            {"Id": id_, "Port": each["Target"]["Port"]} if "Port" in each["Target"] else {"Id": id_}
            for id_ in sorted(set(ids) & set(members))
            for each in members[id_]
            if _stays(each)
        ]
        if targets:
            with aws("DeregisterTargets"):
                self._client.deregister_targets(TargetGroupArn=group, Targets=targets)

    def health(self, group: str, ids: Sequence[str]) -> TargetReport:
        """Health of exact ids; of several ports the worst counts, and what is not registered is unused."""
        members = self.members(group)
        report = TargetReport()
        for id_ in ids:
            health, why = _worst(members.get(id_, ()))
            report.health[id_] = health
            if why:
                report.why[id_] = why
        return report


def _stays(entry: "TargetHealthDescriptionTypeDef") -> bool:
    return entry.get("TargetHealth", {}).get("State") not in LEAVING


def _worst(entries: "Sequence[TargetHealthDescriptionTypeDef]") -> tuple[Health, str]:
    for entry in entries:
        found = entry.get("TargetHealth", {})
        health = _health(found.get("State", ""))
        if health is not Health.HEALTHY:
            return health, found.get("Description") or found.get("Reason", "")
    return (Health.HEALTHY, "") if entries else (Health.UNUSED, "not registered")


def _health(state: str) -> Health:
    if state in LEAVING:
        return Health.DRAINING
    return Health(state) if state in set(Health) else Health.UNAVAILABLE


class LoadBalancers:
    """Names to load balancers, listeners and target groups; Refused(TRAFFIC_UNCLEAR) where one is not there."""

    def __init__(self, client: "ElasticLoadBalancingv2Client") -> None:
        self._client = client

    def named(self, names: Sequence[str]) -> "list[LoadBalancerTypeDef]":
        """Load balancers in the order of their names."""
        with aws("DescribeLoadBalancers", refusals=NOT_FOUND):
            found = self._client.describe_load_balancers(Names=list(names))["LoadBalancers"]
        return _in_order(names, {each.get("LoadBalancerName", ""): each for each in found}, "load balancer")

    def groups(self, names: Sequence[str]) -> "list[TargetGroupTypeDef]":
        """Target groups in the order of their names."""
        with aws("DescribeTargetGroups", refusals=NOT_FOUND):
            found = self._client.describe_target_groups(Names=list(names))["TargetGroups"]
        return _in_order(names, {each.get("TargetGroupName", ""): each for each in found}, "target group")

    def listener_on(self, balancer: str, port: int) -> "ListenerTypeDef":
        """The listener of a load balancer (its ARN) on a port."""
        with aws("DescribeListeners", refusals=NOT_FOUND):
            pages = self._client.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer)
            found = [each for page in pages for each in page["Listeners"] if each.get("Port") == port]
        if not found:
            raise unclear(f"the load balancer has no listener on port {port}")
        return found[0]

    def listener(self, arn: str) -> "ListenerTypeDef":
        """A listener as it is now."""
        with aws("DescribeListeners"):
            return self._client.describe_listeners(ListenerArns=[arn])["Listeners"][0]

    def forward(self, listener: "ListenerTypeDef", weights: Mapping[str, int]) -> None:
        """Set the weights of a listener's forward action in one ModifyListener. Everything else stays: stickiness is
        sent as it was, and properties that are not sent remain unchanged (ELB API reference, ModifyListener)."""
        tuples: list[TargetGroupTupleTypeDef] = [
            {"TargetGroupArn": group, "Weight": weight} for group, weight in weights.items()
        ]
        config: ForwardActionConfigTypeDef = {"TargetGroups": tuples}
        stickiness = listener["DefaultActions"][0].get("ForwardConfig", {}).get("TargetGroupStickinessConfig")
        if stickiness:
            config["TargetGroupStickinessConfig"] = stickiness
        with aws("ModifyListener"):
            self._client.modify_listener(
                ListenerArn=listener["ListenerArn"],
                DefaultActions=[{"Type": "forward", "ForwardConfig": config}],
            )


def weights(listener: "ListenerTypeDef") -> dict[str, int]:
    """Target group to weight of a listener's only action; empty where that is not one forward action."""
    actions = listener.get("DefaultActions", [])
    if len(actions) != 1 or actions[0]["Type"] != "forward":
        return {}
    several = actions[0].get("ForwardConfig", {}).get("TargetGroups", [])
    if several:
        return {each.get("TargetGroupArn", ""): each.get("Weight", 1) for each in several}
    return {actions[0]["TargetGroupArn"]: 1} if "TargetGroupArn" in actions[0] else {}


Named = TypeVar("Named")


def _in_order(names: Sequence[str], found: Mapping[str, Named], kind: str) -> list[Named]:
    missing = [name for name in names if name not in found]
    if missing:
        raise unclear(f"there is no {kind} `{missing[0]}`")
    return [found[name] for name in names]
