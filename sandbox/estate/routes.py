"""Where a new connection goes: listeners, weighted target groups, targets and what their checks have found. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(slots=True)
class Target:
    """One registration and its life."""

    group: str
    id: str
    address: str
    port: int
    draining: bool = False
    state: str = "initial"
    reason: str = "Elb.InitialHealthChecking"
    open: int = 0
    total: int = 0
    streak: int = 0  # checks in a row that contradict the state, or failed ones while it is initial

    @property
    def key(self) -> str:
        """How the control API names it."""
        return f"{self.group}|{self.id}|{self.port}"


@dataclass(frozen=True, slots=True)
class Checks:
    """How a target group checks its targets; seconds, and checks in a row."""

    path: str
    interval: float
    timeout: float
    healthy: int
    unhealthy: int


@dataclass(slots=True)
class Group:
    """A target group."""

    arn: str
    checks: Checks
    targets: dict[str, Target] = field(default_factory=dict)

    def choose(self) -> Target | None:
        """The eligible target with the fewest open connections (of those, the one with the fewest ever)."""
        return min(self.eligible(), key=lambda each: (each.open, each.total), default=None)

    def eligible(self) -> list[Target]:
        """Healthy targets; all of them where none is healthy, since the load balancer then fails open."""
        present = [each for each in self.targets.values() if not each.draining]
        return [each for each in present if each.state == "healthy"] or present


@dataclass(slots=True)
class Listener:
    """An address and port, and the shares of its groups."""

    arn: str
    address: str
    port: int
    weights: dict[str, int]
    total: int = 0
    credit: dict[str, int] = field(default_factory=dict)

    def choose(self) -> str | None:
        """The group of the next connection: shares are exact over any run of connections, not just on average."""
        whole = sum(self.weights.values())
        if not whole:
            return None
        for arn, weight in self.weights.items():
            self.credit[arn] = self.credit.get(arn, 0) + weight
        chosen = max(self.weights, key=lambda arn: self.credit[arn])
        self.credit[chosen] -= whole
        return chosen


@dataclass(slots=True)
class Table:
    """The whole configuration; replacing it keeps what is known about targets that stay."""

    listeners: dict[str, Listener] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    def replace(self, routes: Mapping[str, Any]) -> list[Target]:
        """Take a new configuration as the control API gives it; returns the targets that are gone."""
        before = {each.key: each for each in self.targets()}
        self.groups = {arn: _group(arn, raw, before) for arn, raw in routes["target_groups"].items()}
        totals = {arn: each.total for arn, each in self.listeners.items()}
        self.listeners = {
            raw["arn"]: Listener(
                raw["arn"],
                raw["address"],
                int(raw["port"]),
                {each["target_group_arn"]: int(each["weight"]) for each in raw["forward"]},
                totals.get(raw["arn"], 0),
            )
            for raw in routes["listeners"]
        }
        after = {each.key for each in self.targets()}
        return [target for key, target in before.items() if key not in after]

    def targets(self) -> Iterable[Target]:
        """Every registration."""
        return [target for group in self.groups.values() for target in group.targets.values()]

    def choose(self, listener: str) -> Target | None:
        """The target of a listener's next connection.

        A group without targets loses its share of connections: weights do not fail over to another group.
        """
        group = self.listeners[listener].choose()
        return self.groups[group].choose() if group in self.groups else None


def judge(target: Target, checks: Checks, reason: str | None) -> bool:
    """Count one check (`reason` is None where it passed); True where the target has just become unhealthy."""
    passed = reason is None
    settled = target.state == ("healthy" if passed else "unhealthy")
    target.streak = 0 if settled else target.streak + 1
    if settled:
        target.reason = reason or ""
    elif passed and (target.state == "initial" or target.streak >= checks.healthy):
        _turn(target, "healthy", "")
    elif not passed and target.streak >= checks.unhealthy:
        was_healthy = target.state == "healthy"
        _turn(target, "unhealthy", reason or "")
        return was_healthy
    return False


def _turn(target: Target, state: str, reason: str) -> None:
    target.state, target.reason, target.streak = state, reason, 0


def _group(arn: str, raw: Mapping[str, Any], before: Mapping[str, Target]) -> Group:
    health = raw["health"]
    checks = Checks(
        path=health["path"],
        interval=float(health["interval"]),
        timeout=float(health["timeout"]),
        healthy=int(health["healthy"]),
        unhealthy=int(health["unhealthy"]),
    )
    group = Group(arn, checks)
    for each in raw["targets"]:
        fresh = Target(arn, each["id"], each["address"], int(each["port"]), bool(each.get("draining")))
        known = before.get(fresh.key)
        if known and known.address == fresh.address and not (known.draining and not fresh.draining):
            known.draining = fresh.draining
            fresh = known
        group.targets[fresh.key] = fresh
    return group
