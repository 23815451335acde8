"""The small cloud behind the fakes: instances, target groups, listeners, records, commands and alarms in memory.

Nothing moves by itself. Reading a target group's health moves it one step (initial becomes healthy, draining becomes
gone) unless `still` is set; a command ends after it was looked at `polls` times.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.plan import HostState, LaunchSpec
from chalicelib.domain.settings import RouteSpec, Strategy
from chalicelib.usecases.ports import Health, HostCommand

SPEC = LaunchSpec(
    instance_type="t3.micro",
    image="ami-base",
    subnet="subnet-a",
    security_groups=("sg-a",),
    profile="arn:aws:iam::123456789012:instance-profile/hosts",
)


@dataclass(slots=True)
class Host:
    """One instance; `online` is its SSM agent."""

    id: str
    service: str
    environment: str
    role: str
    spec: LaunchSpec
    state: HostState
    deployment: str
    managed: bool = True
    status: str = "running"
    online: bool = True

    @property
    def there(self) -> bool:
        """Whether EC2 still has it."""
        return self.status not in {"shutting-down", "terminated"}

    @property
    def address(self) -> str:
        """An address that follows from the id."""
        number = int(self.id.removeprefix("i-"), base=16)
        return f"10.0.{number // 256}.{number % 256}"


@dataclass(slots=True)
class Command:
    """One command and the hosts that its tags matched when it was sent."""

    sent: HostCommand
    hosts: tuple[str, ...]
    polls: int


@dataclass(slots=True)
class Cloud:
    """Everything that the fakes share; a test sets up, makes ill, and looks."""

    hosts: dict[str, Host] = field(default_factory=dict)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, dict[str, Health]] = field(default_factory=dict)
    weights: dict[str, dict[str, int]] = field(default_factory=dict)
    records: dict[tuple[str, str], str] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)

    still: bool = False
    polls: int = 1
    ill: set[str] = field(default_factory=set)
    """Hosts whose health check never passes."""
    gone: set[str] = field(default_factory=set)
    """Images, types and subnets that EC2 does not know any more."""
    capacity: int | None = None
    """How many more instances EC2 has; None: enough."""
    failing: dict[tuple[str, str], str] = field(default_factory=dict)
    """(document, host id or `*`) to what is printed when the document fails there."""
    violations: list[str] = field(default_factory=list)
    """What must never happen and did: an instance ended while a target group listed it."""

    def add_hosts(
        self,
        role: str,
        count: int,
        *,
        state: HostState = HostState.LIVE,
        deployment: str = "cameras-141",
        service: str = "cameras",
        environment: str = "production",
        spec: LaunchSpec = SPEC,
    ) -> list[str]:
        """Running instances of a role; returns their ids."""
        made = [
            Host(f"i-{number:04x}", service, environment, role, spec, state, deployment)
            for number in range(len(self.hosts) + 1, len(self.hosts) + count + 1)
        ]
        self.hosts |= {host.id: host for host in made}
        return [host.id for host in made]

    def add_route(self, spec: RouteSpec, live: Iterable[str] = ()) -> None:
        """Load balancers, target groups and records of a route; the first of each is live and lists `live`."""
        for name in spec.target_groups:
            self.groups.setdefault(group_arn(name), {})
        self.groups[group_arn(spec.target_groups[0])] = dict.fromkeys(live, Health.HEALTHY)
        weights = {group_arn(name): 0 for name in spec.target_groups}
        weights[group_arn(spec.target_groups[0])] = 100
        if spec.strategy == "dns":
            self.records[spec.zone, spec.record] = spec.load_balancers[0]
        else:
            self.weights[listener_arn(spec)] = weights

    def advance(self, group: str) -> None:
        """One step of time for a target group."""
        members = self.groups[group]
        for id_, health in list(members.items()):
            if health is Health.DRAINING:
                del members[id_]
            elif id_ in self.ill or not self._answers(id_):
                members[id_] = Health.UNHEALTHY
            else:
                members[id_] = Health.HEALTHY

    def end(self, id_: str, status: str) -> None:
        """End an instance; noted where a target group still lists it."""
        for group, members in self.groups.items():
            if id_ in members:
                self.violations.append(f"{id_} became {status} while {members[id_]} in {group}")
            if status == "terminated":
                members.pop(id_, None)
        self.hosts[id_].status = status

    def _answers(self, id_: str) -> bool:
        return id_ not in self.hosts or self.hosts[id_].status == "running"


def group_arn(name: str) -> str:
    """The ARN of a target group here."""
    return f"arn:fake:targetgroup/{name}"


def listener_arn(spec: RouteSpec) -> str:
    """The ARN of a route's listener here."""
    return f"arn:fake:listener/{spec.load_balancers[0]}/{spec.listener}"


def route_spec(strategy: Strategy = "weighted", *, role: str = "control") -> RouteSpec:
    """A route of the sample service for each strategy."""
    balancers: Sequence[str] = ("cameras-a", "cameras-b") if strategy == "dns" else ("cameras",)
    groups: Sequence[str] = ("cameras",) if strategy == "targets" else ("cameras-blue", "cameras-green")
    zone, record = ("example.test", "cameras.example.test") if strategy == "dns" else ("", "")
    return RouteSpec(role, strategy, tuple(balancers), 9000, tuple(groups), zone, record)
