"""What is true at one moment of a rig: the table, the hosts and where traffic goes."""

from dataclasses import dataclass

from chalicelib.domain.approval import Question
from chalicelib.domain.deployment import Deployment, Environment
from chalicelib.domain.history import History
from chalicelib.domain.plan import HostState
from chalicelib.usecases.ports import Health, Record
from tests.fakes.store import Place
from tests.machine.rig import Rig


@dataclass(frozen=True, slots=True)
class HostThen:
    """An instance as it was."""

    status: str
    state: HostState
    deployment: str

    @property
    def there(self) -> bool:
        """Whether EC2 has it, running or stopped."""
        return self.status not in {"shutting-down", "terminated"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One moment."""

    at: float
    records: dict[Place, Record]
    history: tuple[History, ...]
    seen: frozenset[str]
    hosts: dict[str, HostThen]
    groups: dict[str, dict[str, Health]]
    taking: frozenset[str]
    """The hosts that new connections reach."""
    serving: frozenset[str]
    """Those of them that answer."""
    fullest: int
    """How many of those the best of the target groups that take traffic has: fleets are not added up."""
    environment: Environment

    @property
    def deployments(self) -> dict[str, Deployment]:
        """Every deployment by its id."""
        return {each.id: each for each in self.records.values() if isinstance(each, Deployment)}

    @property
    def questions(self) -> dict[str, Question]:
        """Every question by its code."""
        return {each.code: each for each in self.records.values() if isinstance(each, Question)}


def picture(rig: Rig) -> Picture:
    """The moment as it is now; nothing of it changes later."""
    cloud, table = rig.cloud, rig.store.table
    hosts = {host.id: HostThen(host.status, host.state, host.deployment) for host in cloud.hosts.values()}
    taking = frozenset(rig.taking())
    environment = table.records.get(("environment", "cameras", rig.name))
    assert isinstance(environment, Environment)
    serving = frozenset(id_ for id_ in taking if id_ not in cloud.ill and hosts[id_].status == "running")
    return Picture(
        at=rig.clock.now(),
        records=dict(table.records),
        history=tuple(table.history),
        seen=frozenset(table.seen),
        hosts=hosts,
        groups={name: dict(members) for name, members in cloud.groups.items()},
        taking=taking,
        serving=serving,
        fullest=max((len(serving & set(cloud.groups[group])) for group in rig.live_groups()), default=0),
        environment=environment,
    )
