"""Hosts in fleets, and the balancer in front of them, from the answers of EC2 and ELB. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A host registered with several groups shows the state that matters most for taking it away.
GRAVITY = ("unhealthy", "draining", "initial", "healthy", "unused", "unavailable")
ORDER = ("live", "building", "standby", "retired", "")


def hosts_of(reservations: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hosts of DescribeInstances' answer."""
    return [_host(instance) for r in reservations for instance in r["Instances"]]


def _host(instance: dict[str, Any]) -> dict[str, Any]:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    return {
        "id": instance["InstanceId"],
        "address": instance.get("PrivateIpAddress", ""),
        "running": instance["State"]["Name"],
        "role": tags.get("pointsman:role", ""),
        "state": tags.get("pointsman:state", ""),
        "fleet": tags.get("pointsman:deployment", ""),
        "service": tags.get("pointsman:service", ""),
        "environment": tags.get("pointsman:environment", ""),
    }


def fleets_of(
    hosts: Iterable[dict[str, Any]], groups: Iterable[dict[str, Any]], seen: Mapping[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Hosts by the deployment that made them, live first; `seen` adds what was seen at an address.

    A fleet that has ended altogether is left out.
    """
    registered = _registered(groups)
    fleets: dict[str, list[dict[str, Any]]] = {}
    for host in hosts:
        side, health = registered.get(host["id"], ("", ""))
        detail = {**host, "side": side, "health": health, **seen.get(host["address"], {})}
        fleets.setdefault(host["fleet"], []).append(detail)
    pictures = [_fleet(name, members) for name, members in fleets.items() if any(map(_present, members))]
    return sorted(pictures, key=lambda fleet: (ORDER.index(fleet["state"]), fleet["name"]))


def _fleet(name: str, members: list[dict[str, Any]]) -> dict[str, Any]:
    states = {m["state"] for m in members if _present(m)}
    sides = sorted({m["side"] for m in members if m["side"]})
    return {
        "name": name,
        "state": next((state for state in ORDER if state in states), ""),
        "side": " + ".join(sides),
        "hosts": sorted(members, key=lambda m: (m["role"], m["address"], m["id"])),
    }


def _present(host: dict[str, Any]) -> bool:
    return host["running"] not in {"terminated", "shutting-down"}


def _registered(groups: Iterable[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Instance id -> (side, health)."""
    found: dict[str, tuple[str, str]] = {}
    for group in groups:
        for target in group["targets"]:
            known = found.get(target["id"])
            if known is None or GRAVITY.index(target["health"]) < GRAVITY.index(known[1]):
                found[target["id"]] = (side_of(group["name"]), target["health"])
    return found


def side_of(group_name: str) -> str:
    """The side a target group's name ends in, as in `cameras-blue`; else the whole name."""
    return group_name.rpartition("-")[2] or group_name


def group_of(group: dict[str, Any], health: Iterable[dict[str, Any]], weight: int | None) -> dict[str, Any]:
    """A target group with its targets and the share of new connections it gets (None: not behind a listener)."""
    targets = [
        {
            "id": t["Target"]["Id"],
            "health": t["TargetHealth"]["State"],
            "reason": t["TargetHealth"].get("Reason"),
        }
        for t in health
    ]
    return {
        "name": group["TargetGroupName"],
        "side": side_of(group["TargetGroupName"]),
        "weight": weight,
        "targets": targets,
        "healthy": sum(t["health"] == "healthy" for t in targets),
    }


def weights_of(actions: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Target group ARN -> weight, of a listener's or a rule's actions."""
    weights: dict[str, int] = {}
    for action in actions:
        several = action.get("ForwardConfig", {}).get("TargetGroups", [])
        for group in several:
            weights[group["TargetGroupArn"]] = int(group.get("Weight", 1))
        if not several and "TargetGroupArn" in action:
            weights[action["TargetGroupArn"]] = 1
    return weights
