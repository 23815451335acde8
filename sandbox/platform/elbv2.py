"""Load balancers that really balance: moto keeps the configuration, the estate's proxy follows it and checks targets.

Every change is pushed as a whole before the call that made it returns, so a reader never sees a configuration
that traffic does not follow. Sources, under docs.aws.amazon.com/elasticloadbalancing/latest/:
APIReference/API_TargetHealth.html (states, reasons), network/edit-target-group-attributes.html (deregistration delay).
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends
from moto.elbv2 import models
from moto.elbv2.exceptions import TargetGroupNotFoundError
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

from sandbox.platform.estate_port import (
    Estate,
    Forward,
    Listener,
    Routes,
    Target,
    TargetGroup,
    TargetHealth,
    TargetKey,
)
from sandbox.platform.locks import atomic
from sandbox.platform.override import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.platform.settings import Settings

log = logging.getLogger(__name__)

CHANGES = (
    "create_listener", "modify_listener", "delete_listener", "create_rule", "modify_rule", "delete_rule",
    "set_rule_priorities", "register_targets", "deregister_targets", "create_target_group", "modify_target_group",
    "delete_target_group", "create_load_balancer", "delete_load_balancer", "notify_terminate_instances",
)  # fmt: skip
DESCRIPTIONS = {
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.NotRegistered": "Target is not registered to the target group",
    "Target.InvalidState": "Target is in the stopped state",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
}


class Traffic:
    """The account's load balancers, and the targets that are on their way out."""

    def __init__(self, *, settings: Settings, estate: Estate) -> None:
        self._settings = settings
        self._estate = estate
        self._backend: ELBv2Backend = models.elbv2_backends[settings.account][settings.region]
        self._ec2 = ec2_backends[settings.account][settings.region]
        self._draining: dict[TargetKey, float] = {}  # real moment at which the delay is over
        self._addresses: dict[str, str] = {}
        self.pushed = Routes(listeners=[], target_groups={})

    def balancers(self) -> list[dict[str, str]]:
        """Where each load balancer listens, for whoever plays DNS."""
        return [
            {"arn": lb.arn, "name": lb.name, "dns": lb.dns_name, "address": self._address(lb.arn)}
            for lb in list(self._backend.load_balancers.values())
        ]

    def push(self) -> None:
        """Send the whole configuration to the balancer."""
        self.pushed = self.routes()
        self._estate.push_routes(self.pushed)

    def routes(self) -> Routes:
        """Return what the balancer should do now."""
        addresses = self._host_addresses()
        return Routes(
            listeners=[
                Listener(
                    arn=listener.arn,
                    address=self._address(lb.arn),
                    port=int(listener.port),
                    forward=_forward(listener),
                )
                for lb in self._backend.load_balancers.values()
                for listener in lb.listeners.values()
            ],
            target_groups={
                arn: self._group(group, addresses) for arn, group in self._backend.target_groups.items()
            },
        )

    def release(self, group: FakeTargetGroup, target: dict[str, Any]) -> None:
        """Deregister: no new connections, and the old ones until the delay is over."""
        key = _key(group, target)
        delay = float(str(group.attributes["deregistration_delay.timeout_seconds"]))
        self._draining[key] = time.monotonic() + delay
        timer = threading.Timer(delay, self._forget, args=(key,))
        timer.daemon = True
        timer.start()

    def readmit(self, group: FakeTargetGroup, target: dict[str, Any]) -> None:
        """Registering again ends the draining."""
        self._draining.pop(_key(group, target), None)

    def health(self, group: FakeTargetGroup, targets: list[dict[str, Any]]) -> list[FakeHealthStatus]:
        """Describe the asked targets, or every registered and draining one."""
        draining = [key for key in self._draining if key.target_group_arn == group.arn]
        asked = targets or [
            *group.targets.values(),
            *({"Id": key.target_id, "Port": key.port} for key in draining),
        ]
        checked = self._estate.target_health()
        return [self._describe(group, target, checked) for target in asked]

    def _describe(
        self, group: FakeTargetGroup, target: dict[str, Any], checked: dict[TargetKey, TargetHealth]
    ) -> FakeHealthStatus:
        key = _key(group, target)
        state, reason = self._state(group, key, checked)
        description = DESCRIPTIONS.get(reason, reason)
        return FakeHealthStatus(
            key.target_id, str(key.port), group.health_check_port, state, reason or None, description or None
        )

    def _state(
        self, group: FakeTargetGroup, key: TargetKey, checked: dict[TargetKey, TargetHealth]
    ) -> TargetHealth:
        if key in self._draining:
            return TargetHealth("draining", "Target.DeregistrationInProgress")
        if key.target_id not in group.targets:
            return TargetHealth("unused", "Target.NotRegistered")
        if not self._backend._any_listener_using(group.arn):  # noqa: SLF001 # moto has it, but not in public
            return TargetHealth("unused", "Target.NotInUse")
        instance = self._ec2.get_instance_by_id(key.target_id)
        if instance and instance.state in {"stopping", "stopped", "terminated"}:
            return TargetHealth("unused", "Target.InvalidState")
        return checked.get(key, TargetHealth("initial", "Elb.RegistrationInProgress"))

    def _forget(self, key: TargetKey) -> None:
        with atomic("elbv2"):
            if self._draining.get(key, float("inf")) > time.monotonic() + 0.01:
                return  # registered again meanwhile
            del self._draining[key]
            self.push()

    def _host_addresses(self) -> dict[str, str]:
        """By instance, in one look: moto searches all instances for each."""
        return {
            instance.id: str(instance.private_ip_address)
            for reservation in list(self._ec2.reservations.values())
            for instance in list(reservation.instances)
        }

    def _group(self, group: FakeTargetGroup, addresses: dict[str, str]) -> TargetGroup:
        return TargetGroup(
            protocol=group.protocol or "TCP",
            port=int(group.port),
            health={
                "path": (group.health_check_path or "/") if group.health_check_protocol != "TCP" else "",
                "interval": float(group.health_check_interval_seconds) / self._settings.health_pace,
                "timeout": float(group.health_check_timeout_seconds),
                "healthy": int(group.healthy_threshold_count),
                "unhealthy": int(group.unhealthy_threshold_count),
            },
            targets=list(self._targets(group, addresses)),
        )

    def _targets(self, group: FakeTargetGroup, addresses: dict[str, str]) -> Iterator[Target]:
        draining = [key for key in self._draining if key.target_group_arn == group.arn]
        for key in [*(_key(group, target) for target in group.targets.values()), *draining]:
            yield Target(
                id=key.target_id,
                address=addresses.get(key.target_id, key.target_id),
                port=key.port,
                draining=key in draining,
            )

    def _address(self, arn: str) -> str:
        return self._addresses.setdefault(arn, f"{self._settings.network}.0.{len(self._addresses) + 2}")


def _key(group: FakeTargetGroup, target: dict[str, Any]) -> TargetKey:
    known = group.targets.get(target["Id"], {})
    return TargetKey(group.arn, target["Id"], int(target.get("Port") or known.get("Port") or group.port))


def _forward(listener: models.FakeListener) -> list[Forward]:
    """Targets of the first rule: what a network load balancer has, and all that the sandbox routes by."""
    rule = next(iter(listener.rules.values()))
    for action in rule.actions:
        config = action.data.get("ForwardConfig", {}).get("TargetGroups", [])
        if config:
            return [
                Forward(target_group_arn=group["TargetGroupArn"], weight=int(group.get("Weight", 1)))
                for group in config
            ]
        if action.data.get("TargetGroupArn"):
            return [Forward(target_group_arn=action.data["TargetGroupArn"], weight=1)]
    return []


def install(traffic: Traffic) -> None:
    """Bind the balancers into moto's ELBv2; once in a process."""
    for name, change in _target_changes(traffic).items():
        override(FakeTargetGroup, name, change)

    def describe_target_health(
        self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]
    ) -> list[FakeHealthStatus]:
        group = self.target_groups.get(target_group_arn)
        if group is None:
            raise TargetGroupNotFoundError
        return traffic.health(group, targets)

    override(ELBv2Backend, "describe_target_health", describe_target_health)
    for name in CHANGES:
        override(ELBv2Backend, name, _then(getattr(ELBv2Backend, name), traffic.push))


def _target_changes(traffic: Traffic) -> dict[str, Callable[..., None]]:
    """Make the ways into and out of a target group, each with its part of the draining."""
    register, deregister = FakeTargetGroup.register, FakeTargetGroup.deregister
    drop_terminated = FakeTargetGroup.deregister_terminated_instances

    def register_and_readmit(self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
        register(self, targets)
        for target in targets:
            traffic.readmit(self, target)

    def deregister_and_drain(self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
        known = [target for target in targets if target["Id"] in self.targets]
        for target in known:
            traffic.release(self, target)
        deregister(self, known)

    def drain_terminated(self: FakeTargetGroup, instance_ids: list[str]) -> None:
        for instance_id in instance_ids:
            if instance_id in self.targets:
                traffic.release(self, self.targets[instance_id])
        drop_terminated(self, instance_ids)

    return {
        "register": register_and_readmit,
        "deregister": deregister_and_drain,
        "deregister_terminated_instances": drain_terminated,
    }


def _then(change: Callable[..., Any], push: Callable[[], None]) -> Callable[..., Any]:
    @functools.wraps(change)
    def changed(*arguments: Any, **keywords: Any) -> Any:
        with atomic("elbv2"):
            result = change(*arguments, **keywords)
            push()
            return result

    return changed
