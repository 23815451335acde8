"""Two estates: the one of the sandbox (hosts in this process's care, a balancer behind a control port), and none."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

from sandbox.platform.estate_port import Estate, Health, Routes, TargetHealth, TargetKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.estate.hosts import HostManager

CONTROL_SECONDS = 5.0  # the balancer answers in milliseconds


class LocalEstate:
    """Hosts on this machine, and the balancer process at its control address."""

    def __init__(self, hosts: HostManager, balancer_control: str) -> None:
        self.hosts = hosts
        self._control = balancer_control.rstrip("/")

    def start_host(self, instance_id: str, address: str, tags: Mapping[str, str], folder: Path) -> None:
        """Start a host."""
        self.hosts.start(instance_id, address, folder, tags)

    def stop_host(self, instance_id: str) -> None:
        """End a host."""
        self.hosts.stop(instance_id)

    def host_alive(self, instance_id: str) -> bool:
        """Tell whether its init answers."""
        return self.hosts.alive(instance_id)

    def push_routes(self, routes: Routes) -> None:
        """PUT /routes; returns when new connections follow."""
        request = urllib.request.Request(  # noqa: S310 # the control address is the sandbox's own
            f"{self._control}/routes",
            data=json.dumps(routes).encode(),
            headers={"Content-Type": "application/json"},
            method="PUT",
        )
        with urllib.request.urlopen(request, timeout=CONTROL_SECONDS):  # noqa: S310 # as above
            pass

    def target_health(self) -> dict[TargetKey, TargetHealth]:
        """GET /health."""
        with urllib.request.urlopen(f"{self._control}/health", timeout=CONTROL_SECONDS) as reply:  # noqa: S310 # as above
            found = json.load(reply)
        return {
            parse_key(key): TargetHealth(value["state"], value.get("reason") or "")
            for key, value in found.items()
        }


class NoEstate:
    """Nothing behind the APIs: hosts are names in a set, and every target is in the state that was set for it."""

    def __init__(self) -> None:
        self.hosts: dict[str, str] = {}
        self.routes: Routes = {"listeners": [], "target_groups": {}}
        self.pushes = 0
        self.health: dict[TargetKey, TargetHealth] = {}
        self.default: Health = "healthy"

    def start_host(self, instance_id: str, address: str, tags: Mapping[str, str], folder: Path) -> None:
        """Remember a host."""
        del tags, folder
        self.hosts[instance_id] = address

    def stop_host(self, instance_id: str) -> None:
        """Forget a host."""
        self.hosts.pop(instance_id, None)

    def host_alive(self, instance_id: str) -> bool:
        """Tell whether it was started and not stopped."""
        return instance_id in self.hosts

    def push_routes(self, routes: Routes) -> None:
        """Remember the newest routes."""
        self.routes = routes
        self.pushes += 1

    def target_health(self) -> dict[TargetKey, TargetHealth]:
        """Tell what was set, for every target of the newest routes."""
        keys = [
            TargetKey(arn, target["id"], target["port"])
            for arn, group in self.routes["target_groups"].items()
            for target in group["targets"]
        ]
        return {key: self.health.get(key, TargetHealth(self.default)) for key in keys}


def parse_key(text: str) -> TargetKey:
    """Read `<target group arn>|<target id>|<port>`."""
    arn, target_id, port = text.rsplit("|", 2)
    return TargetKey(arn, target_id, int(port))


def connect(balancer_control: str) -> Estate:
    """Return the sandbox's estate, or none where no balancer is named."""
    if not balancer_control:
        return NoEstate()
    from sandbox.estate.hosts import HostManager  # noqa: PLC0415 # tests without hosts do not need it

    return LocalEstate(HostManager(), balancer_control)
