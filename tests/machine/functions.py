"""The functions of the deploy machine over any ports, and a way in for traffic as `pointsman.yaml` has it."""

from collections.abc import Callable
from typing import Any, Protocol

from chalicelib.domain.settings import RouteSpec
from chalicelib.usecases.ports import Alarms, Fleet, Hosts, Reaper, Traffic, Workflow
from chalicelib.usecases.release_ports import Manifests
from chalicelib.usecases.steps.ending import RetireSteps, TerminateSteps
from chalicelib.usecases.steps.fleet import FleetSteps
from chalicelib.usecases.steps.hosts import DrainSteps, HostsSteps
from chalicelib.usecases.steps.ledger import LedgerSteps
from chalicelib.usecases.steps.planner import PlannerSteps
from chalicelib.usecases.steps.traffic import TrafficSteps


class Ports(Protocol):
    """Whatever has these: a fake cloud, an emulated account."""

    @property
    def fleet(self) -> Fleet: ...
    @property
    def hosts(self) -> Hosts: ...
    @property
    def traffic(self) -> Traffic: ...
    @property
    def alarms(self) -> Alarms: ...
    @property
    def reaper(self) -> Reaper: ...


def no_manifests() -> Manifests:
    """Where no frontend goes with the servers nobody looks into a bucket."""
    raise AssertionError("a release was looked for")


def functions(
    ports: Ports, workflow: Workflow, manifests: Callable[[], Manifests] = no_manifests
) -> dict[str, object]:
    """The steps of each function, by its name."""
    return {
        "planner": PlannerSteps(ports.fleet, ports.traffic, manifests),
        "ledger": LedgerSteps(workflow),
        "fleet": FleetSteps(ports.fleet, ports.hosts),
        "hosts": HostsSteps(ports.hosts),
        "drain": DrainSteps(ports.hosts),
        "traffic": TrafficSteps(ports.traffic, ports.fleet, ports.alarms),
        "retire": RetireSteps(ports.fleet),
        "terminate": TerminateSteps(ports.fleet, ports.reaper),
    }


def as_configured(spec: RouteSpec) -> dict[str, Any]:
    """What `traffic` says of this way in."""
    return {
        "role": spec.role,
        "load_balancers": list(spec.load_balancers),
        "listener": spec.listener,
        "target_groups": list(spec.target_groups),
        "zone": spec.zone,
        "record": spec.record,
    }
