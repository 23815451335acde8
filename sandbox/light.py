"""A house for many services: the whole control plane is real, hosts and balancer are only imagined.

Two hundred fleets do not fit on a small machine. Here EC2, ELB and SSM answer as if there were hosts (sandbox/platform/
estate.py, sandbox/estate/nodes.py); edge, table, stream, state machine, functions and chat are those of the sandbox.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from sandbox import ci
from sandbox.estate import seed
from sandbox.estate.network import make_network
from sandbox.estate.remote import Cloud, Published, eventually
from sandbox.estate.traffic import make_ways
from sandbox.front import endpoints, workspace
from sandbox.house import House
from sandbox.processes import ROOT, StartFailed, free_port

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.estate.traffic import Ways

LIVE, NEXT = "1", "2"
ENVIRONMENT = "production"
PORT = 9000
BOOT_SECONDS = "0.2"
DRAIN_SECONDS = "2"
PUBLISH_TRIES = 5


@dataclass
class LightHouse(House):
    """`services` services, s000 and so on, each with a live fleet of one host, in `channels` channels."""

    services: int = 10
    channels: int = 1
    at_a_time: int = 4

    @property
    def names(self) -> list[str]:
        """Every service."""
        return [f"s{number:03}" for number in range(self.services)]

    def channel_of(self, service: str) -> str:
        """Where a service's deployments are shown."""
        return f"C0TEAM{int(service[1:]) % self.channels:02}"

    def deployer(self, service: str) -> str:
        """The id of who starts its deployments."""
        return f"U0D{service[1:]}"

    def approver(self, service: str) -> str:
        """The id of who confirms them."""
        return f"U0A{service[1:]}"

    def _start_platform(self) -> None:
        port = free_port()
        endpoints.add(self.folder, aws=f"http://127.0.0.1:{port}")
        self._start(
            "sandbox.platform",
            "--folder", self.folder, "--port", port, "--network", self.network.first,
            "--boot-seconds", BOOT_SECONDS, "--stop-seconds", BOOT_SECONDS, "--at-a-time", self.at_a_time,
            ready=f"http://127.0.0.1:{port}/_sandbox/ready",
        )  # fmt: skip

    def _start_front(self) -> None:
        self.front_options = ("--channels", str(self.channels))
        workspace.open_channels(self.channels)
        super()._start_front()

    def _furnish(self) -> None:
        self._publish()
        self.tell(f"Making {self.services} live fleets of one host, which run {LIVE}")
        self._fleets()
        self.tell(f"CI reports {self.services} builds of {NEXT}")
        for service in self.names:
            _report(self.ci, service)

    def _publish(self) -> None:
        """The configuration of hundreds of services takes the emulator longer than the product waits for one write; on
        a machine that is busy besides it may need another try."""
        for _ in range(PUBLISH_TRIES - 1):
            try:
                super()._publish()
            except StartFailed as failed:
                self.tell(f"Publishing again: {failed}")
            else:
                return
        super()._publish()

    def _fleets(self) -> None:
        cloud = Cloud(self.aws)
        network = make_network(cloud("ec2"), cloud("iam"))
        nothing = Published("", "")
        made = {}
        for service in self.names:
            fleet = seed.Fleet(ENVIRONMENT, LIVE, nothing, nothing, service)
            ways = make_ways(cloud, network, service=service, strategy="weighted", port=PORT)
            _drain_quickly(cloud("elbv2"), ways)
            made[service] = ways, seed.launch(cloud("ec2"), network, fleet, "control", 1)
        eventually(lambda: {each["state"] for each in self.instances()} == {"running"}, "the live fleets")
        for ways, hosts in made.values():
            ways.register(cloud("elbv2"), hosts)

    def _configuration(self) -> Path:
        team = {
            "workspace": workspace.TEAM_ID,
            "channel": workspace.DEPLOYS,
            "people": {
                "viewer": ["*"],
                "deployer": [self.deployer(each) for each in self.names],
                "approver": [self.approver(each) for each in self.names],
                "admin": [self.approver(each) for each in self.names],
            },
            "ci": {ci.SOURCE: {"services": self.names}},
            "services": {service: self._service(service) for service in self.names},
        }
        path = self.folder / "pointsman.yaml"
        path.write_text(yaml.safe_dump(team, sort_keys=False), encoding="utf-8")
        return path

    def _service(self, service: str) -> dict[str, Any]:
        route = {
            "role": "control",
            "load_balancer": service,
            "listener": PORT,
            "target_groups": [f"{service}-blue", f"{service}-green"],
        }
        production = {
            "channel": self.channel_of(service),
            "traffic": [route],
            "bake": {"time": "30s"},
        }
        return {
            "roles": {"control": {}},
            "ansible": str(ROOT / "ansible"),
            "checks": ["connects"],
            "drain": {"batch": 25},
            "environments": {ENVIRONMENT: production},
        }


def _drain_quickly(elbv2: Any, ways: Ways) -> None:
    """Draining takes real seconds, and nobody is connected."""
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": DRAIN_SECONDS}
    for arn in ways.groups.values():
        elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])


def _report(server: ci.BuildServer, service: str) -> None:
    sha256 = hashlib.sha256(service.encode()).hexdigest()
    artifact = f"s3://artifacts/{service}-{NEXT}.tar.gz"
    code, said = server.report(NEXT, "passed", artifact=artifact, sha256=sha256, service=service)
    if code not in {200, 202}:
        raise RuntimeError(f"the CI door answered {code}: {said}")
