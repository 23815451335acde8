"""What the platform asks of the estate: real hosts behind EC2, a real balancer behind ELBv2, real commands behind SSM.

The platform process owns every AWS API. Whatever an emulator cannot do by itself it asks of an `Estate`:

    ec2.RunInstances      -> start_host          elbv2.* (any change) -> push_routes
    ec2.Stop/Terminate    -> stop_host           elbv2.DescribeTargetHealth -> target_health

and the SSM stand-in is installed into the process by `sandbox.estate.ssm.install(platform)`, where `platform` is a
`Platform`. Hosts and balancer live in real time; nothing here knows about the virtual clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.clock import VirtualClock

Health = Literal["initial", "healthy", "unhealthy", "draining", "unused"]


class TargetKey(NamedTuple):
    """One registration: the same instance may stand in several groups, on several ports."""

    target_group_arn: str
    target_id: str
    port: int


class TargetHealth(NamedTuple):
    """State and reason code as DescribeTargetHealth reports them; the reason is empty for a healthy target."""

    state: Health
    reason: str = ""


class Forward(TypedDict):
    """One target group of a forward action; new connections are shared in proportion to the weights."""

    target_group_arn: str
    weight: int


class Listener(TypedDict):
    """A listener of a load balancer on the balancer's own loopback address."""

    arn: str
    address: str
    port: int
    forward: list[Forward]


class HealthCheck(TypedDict):
    """Health check of a target group; times are real seconds, `path` is empty for a plain TCP check."""

    path: str
    interval: float
    timeout: float
    healthy: int
    unhealthy: int


class Target(TypedDict):
    """A registered target; a draining one keeps its connections and gets no new ones."""

    id: str
    address: str
    port: int
    draining: bool


class TargetGroup(TypedDict):
    """Targets and how they are checked; `port` is the default traffic port."""

    protocol: str
    port: int
    health: HealthCheck
    targets: list[Target]


class Routes(TypedDict):
    """The whole routing configuration, pushed before the API call that changed it returns."""

    listeners: list[Listener]
    target_groups: dict[str, TargetGroup]


class Estate(Protocol):
    """Hosts and balancer. Every call is synchronous and safe to repeat."""

    def start_host(self, instance_id: str, address: str, tags: Mapping[str, str], folder: Path) -> None:
        """Start the process group of an instance on its loopback address; a running one is left alone."""

    def stop_host(self, instance_id: str) -> None:
        """End the process group of an instance and return when it is gone; an unknown one is ignored."""

    def host_alive(self, instance_id: str) -> bool:
        """Tell whether the host's init answers."""

    def push_routes(self, routes: Routes) -> None:
        """Replace the balancer's configuration; returns when new connections follow it."""

    def target_health(self) -> dict[TargetKey, TargetHealth]:
        """Return what the balancer's checks have found; draining is the platform's to add."""


class Instance(NamedTuple):
    """An EC2 instance as the SSM stand-in and the live page need it."""

    instance_id: str
    address: str
    state: str  # pending | running | shutting-down | terminated | stopping | stopped
    tags: Mapping[str, str]
    folder: Path


class Platform(Protocol):
    """What `sandbox.estate.ssm.install(platform)` gets."""

    account: str
    region: str
    folder: Path  # build/sandbox
    endpoint: str  # http://127.0.0.1:PORT of this process
    clock: VirtualClock
    estate: Estate

    def instances(self) -> list[Instance]:
        """Every instance that EC2 knows, terminated ones included."""
