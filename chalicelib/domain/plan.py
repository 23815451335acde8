"""The plan of a deployment: a mirror of the live fleet, where traffic goes, and the digest that people approve."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import EnvironmentSettings, Strategy

CLIENT_TOKEN_LIMIT = 64
"""EC2: a ClientToken has up to 64 ASCII characters (EC2 API reference, "Ensuring idempotency")."""
SPREAD_SECONDS = 120
"""Route 53's servers have a change within 60 seconds as a rule, and resolvers keep an alias of a load balancer for 60
more (Route 53 guide, "Values specific for simple alias records")."""


class HostState(StrEnum):
    """The tag `pointsman:state` of an instance."""

    BUILDING = "building"
    LIVE = "live"
    STANDBY = "standby"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """What makes two instances alike: everything that RunInstances takes from the instance it mirrors."""

    instance_type: str
    image: str
    subnet: str
    security_groups: tuple[str, ...]
    profile: str
    key_name: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One EC2 instance as it is now. `status` is EC2's own (pending, running, ...)."""

    id: str
    role: str
    spec: LaunchSpec
    address: str
    state: HostState
    status: str
    deployment: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """An instance as a plan or a deployment remembers it."""

    id: str
    role: str
    address: str = ""


def of_role(hosts: Iterable[Host], role: str) -> tuple[str, ...]:
    """The ids of the hosts of one role."""
    return tuple(host.id for host in hosts if host.role == role)


@dataclass(frozen=True, slots=True)
class LaunchGroup:
    """`count` instances of one role from one specification: one RunInstances call."""

    role: str
    spec: LaunchSpec
    count: int

    def client_token(self, deployment: str) -> str:
        """The same for every try of one deployment, so that EC2 launches once (64 ASCII characters at most)."""
        facts = json.dumps([deployment, asdict(self)], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:CLIENT_TOKEN_LIMIT]


@dataclass(frozen=True, slots=True)
class Route:
    """One way in for traffic, resolved to ARNs: what takes it now (old) and what will (new).

    weighted: two target groups of one listener. targets: one target group, so both are the same.
    dns: a target group behind each of two load balancers, and the record that names one of them.
    """

    role: str
    strategy: Strategy
    listener: str
    old_group: str
    new_group: str
    zone: str = ""
    record: str = ""
    old_name: str = ""
    new_name: str = ""
    old_zone: str = ""
    new_zone: str = ""

    @property
    def spread_seconds(self) -> int:
        """How long after a move clients may still be sent to the side that it left."""
        return SPREAD_SECONDS if self.strategy == "dns" else 0


@dataclass(frozen=True, slots=True)
class Files:
    """What enabling a frontend's release changes, in numbers of files; `size` is of what is copied, in bytes.

    `unread`: nobody can tell any more what is live, so all of it counts as added.
    """

    added: int
    changed: int
    gone: int
    pages: int
    size: int
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that will happen, as data. People approve its digest."""

    version: str
    sha256: str
    groups: tuple[LaunchGroup, ...]
    old: tuple[Host, ...]
    routes: tuple[Route, ...]
    usd_per_hour: float | None = None
    old_version: str = ""
    files: Files | None = None
    together: str = ""
    """The release of the frontend that goes with it and its manifest's SHA-256."""
    folder: str = ""
    """Where folders take turns: the one that a release is brought to ..."""
    old_folder: str = ""
    """... the one that is live ..."""
    spare: str = ""
    """... and the release that lies where the new one goes; empty where nobody knows."""

    @property
    def digest(self) -> str:
        """SHA-256 over what an approval covers: release, instances, images, target groups, the frontend that goes with
        it; neither the price nor where its files go."""
        covered = asdict(replace(self, usd_per_hour=None))
        for name in ("folder", "old_folder", "spare"):
            del covered[name]
        if not self.together:
            del covered["together"]
        if self.files is not None and not self.files.unread:
            del covered["files"]["unread"]
        return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()

    @property
    def size(self) -> int:
        """How many hosts the new fleet has."""
        return sum(group.count for group in self.groups)

    def count(self, role: str) -> int:
        """How many hosts of one role."""
        return sum(group.count for group in self.groups if group.role == role)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles, in the order of the configuration."""
        return tuple(dict.fromkeys(group.role for group in self.groups))


def released(version: str, old_version: str, sha256: str = "") -> Plan:
    """The plan of a version without a fleet: a frontend's release, or servers before anybody has looked at theirs."""
    return Plan(version, sha256, groups=(), old=(), routes=(), old_version=old_version)


def mirror(
    settings: EnvironmentSettings,
    live: Sequence[Instance],
    routes: Sequence[Route],
    *,
    version: str,
    sha256: str,
    old_version: str = "",
) -> Plan:
    """The plan that mirrors the live fleet; Refused where there is nothing to mirror or images are mixed."""
    fleet = [instance for instance in live if instance.role in settings.roles]
    missing = [role for role in settings.roles if not any(each.role == role for each in fleet)]
    if missing:
        raise Refused(
            Reason.NO_INSTANCES,
            service=settings.service,
            environment=settings.name,
            roles=", ".join(missing),
        )
    if not settings.accept_mixed_images:
        _refuse_mixed_images(fleet)
    groups = _groups(settings.roles, fleet)
    return Plan(
        version=version,
        sha256=sha256,
        groups=groups,
        old=tuple(
            sorted((Host(each.id, each.role, each.address) for each in fleet), key=lambda host: host.id)
        ),
        routes=tuple(routes),
        usd_per_hour=price(groups, settings.prices),
        old_version=old_version,
    )


def price(groups: Iterable[LaunchGroup], prices: dict[str, float]) -> float | None:
    """USD per hour of the second fleet; None where the price of a type is not configured."""
    known = [prices.get(group.spec.instance_type) for group in groups for _ in range(group.count)]
    return None if None in known else round(sum(each for each in known if each is not None), 4)


def difference(approved: Plan, now: Plan) -> str:
    """What changed since a plan was approved, in words; empty where nothing that was approved did."""
    changes = []
    before, after = {host.id for host in approved.old}, {host.id for host in now.old}
    gone, come = before - after, after - before
    if gone:
        changes.append(f"{', '.join(sorted(gone))} left the live fleet")
    if come:
        changes.append(f"{', '.join(sorted(come))} joined the live fleet")
    if approved.routes != now.routes:
        changes.append("traffic goes another way than when the plan was made")
    if not changes and approved.digest != now.digest:
        changes.append("the hosts to mirror have another type, image or network")
    return "; ".join(changes)


def _groups(roles: Sequence[str], fleet: Sequence[Instance]) -> tuple[LaunchGroup, ...]:
    counts = Counter((instance.role, instance.spec) for instance in fleet)
    order = sorted(
        counts, key=lambda key: (roles.index(key[0]), key[1].subnet, key[1].instance_type, key[1].image)
    )
    return tuple(LaunchGroup(role, spec, counts[role, spec]) for role, spec in order)


def _refuse_mixed_images(fleet: Sequence[Instance]) -> None:
    for role in sorted({instance.role for instance in fleet}):
        images = {instance.spec.image for instance in fleet if instance.role == role}
        if len(images) > 1:
            raise Refused(Reason.MIXED_IMAGES, images=", ".join(sorted(images)))
