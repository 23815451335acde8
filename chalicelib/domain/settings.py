"""A team's configuration as the service reads it: `pointsman.yaml`, checked and normalized when it was published.

All times are whole seconds. The shapes are those of `cli/schema.json` after normalizing; what is checked there is not
checked again here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chalicelib.domain.errors import Refused
from chalicelib.domain.freezes import Freeze
from chalicelib.domain.reasons import Reason
from chalicelib.domain.roles import Grants

Strategy = Literal["weighted", "targets", "dns"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long each wait lasts, in seconds."""

    ask: int = 300
    ready: int = 86_400
    keep_old: int = 7_200
    build: int = 1_800
    retry: int = 1_800
    most_keep_old: int = 86_400
    lock: int = 28_800
    most_lock: int = 604_800
    turn: int = 300


@dataclass(frozen=True, slots=True)
class Approvals:
    """How many people beside the one who asked confirm each question of a protected environment; `risky` is how many
    more confirm the start and the switch of a deployment that can harm more (see domain/brief.py)."""

    start: int = 1
    finish: int = 1
    rollback: int = 1
    end: int = 1
    risky: int = 0


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One way in for traffic, by the names that the load balancer's console shows."""

    role: str
    strategy: Strategy
    load_balancers: tuple[str, ...]
    listener: int
    target_groups: tuple[str, ...]
    zone: str = ""
    record: str = ""


@dataclass(frozen=True, slots=True)
class Drain:
    """How the old hosts ask their clients to move: `hosts` at a time, `batch` clients, then `pause` seconds."""

    batch: int
    pause: int
    hosts: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """The team's Ansible folder as published: an S3 URL and its SHA-256."""

    url: str
    sha256: str


@dataclass(frozen=True)
class Frontend:
    """A service that is a web frontend: the bucket of its releases, how many are kept, and how files are served.

    `pages` are patterns of names, `cache` pairs of a pattern and a Cache-Control header (domain/release_rules.py).
    """

    bucket: str
    keep: int = 10
    pages: tuple[str, ...] = ()
    cache: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, found: dict[str, Any]) -> "Frontend":
        """The settings in a normalized service."""
        return cls(
            bucket=str(found["bucket"]),
            keep=int(found["keep"]),
            pages=tuple(found["pages"]),
            cache=tuple((str(files), str(control)) for files, control in found["cache"]),
        )


@dataclass(frozen=True, slots=True)
class Site:
    """Where one environment of a frontend is served from. With `pointer` (the ARN of a CloudFront key-value store) two
    folders take turns and one write says which is live; without it what differs is copied to one folder.
    """

    bucket: str
    keep: int
    environment: str
    url: str = ""
    distribution: str = ""
    pointer: str = ""
    service: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """Those below `live/` that releases are brought to. Neither a tag nor an environment has such a name."""
        turns = tuple(f"{self.service}_{self.environment}_{each}" for each in "ab")
        return turns if self.pointer else (self.environment,)

    def turn(self, live: str) -> str:
        """The folder that the next release is brought to."""
        return next(each for each in self.folders if each != live or not self.pointer)

    def folder(self, tag: str) -> str:
        """Where a release is of which no folder is known: with a pointer each had its own before folders took turns."""
        return tag if self.pointer else self.environment


_NO_BUNDLE = {"url": "", "sha256": ""}
"""A frontend configures no hosts."""


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """One service in one environment."""

    service: str
    name: str
    protected: bool
    channel: str
    roles: tuple[str, ...]
    routes: tuple[RouteSpec, ...]
    checks: tuple[str, ...]
    drain: Drain | None
    bundle: Bundle
    timeouts: Timeouts
    bake_seconds: int
    alarms: tuple[str, ...]
    old_fleet: Literal["terminate", "stop"]
    accept_mixed_images: bool
    prices: dict[str, float]
    approvals: Approvals = field(default_factory=Approvals)
    freezes: tuple[Freeze, ...] = ()
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """Everything that one `pointsman.yaml` says, and its published version. The newest one also knows what was granted
    in chat; an older one, which a running deployment goes by, does not."""

    version: int
    raw: dict[str, Any]
    grants: Grants = field(default_factory=Grants)

    @property
    def workspace(self) -> str:
        """The only chat workspace that may command."""
        return str(self.raw["workspace"])

    @property
    def channel(self) -> str:
        """Where things are announced that belong to no environment."""
        return str(self.raw["channel"])

    def configured(self, role: str) -> frozenset[str]:
        """User ids that hold a role by the configuration, for all services."""
        return frozenset(self.raw["people"].get(role, ()))

    def people(self, role: str, service: str = "") -> frozenset[str]:
        """User ids that hold just this role, by configuration or grant, for all services or for the one named."""
        return self.configured(role) | self.grants.people(role, service)

    def ci_services(self, source: str) -> frozenset[str]:
        """The services whose builds a CI source may report; empty where it is unknown."""
        return frozenset(self.raw.get("ci", {}).get(source, {}).get("services", ()))

    def services(self) -> dict[str, tuple[str, ...]]:
        """Each service with the names of its environments."""
        return {name: tuple(service["environments"]) for name, service in self.raw["services"].items()}

    def frontend(self, service: str) -> Frontend | None:
        """What is set for a web frontend; None where the service is servers or unknown."""
        found = self.raw["services"].get(service, {})
        return Frontend.of(found) if found.get("kind") == "frontend" else None

    def environment(self, service: str, environment: str) -> EnvironmentSettings:
        """The settings of one environment; Refused where service or environment is unknown."""
        services = self.raw["services"]
        if service not in services:
            raise Refused(Reason.UNKNOWN_SERVICE, service=service, known=names(services))
        environments = services[service]["environments"]
        if environment not in environments:
            raise Refused(
                Reason.UNKNOWN_ENVIRONMENT,
                service=service,
                environment=environment,
                known=names(environments),
            )
        return _environment(service, services[service], environment, environments[environment], self.channel)


def names(mapping: Mapping[str, object]) -> str:
    """The keys as people read them."""
    return ", ".join(f"`{name}`" for name in sorted(mapping)) or "none"


def _environment(
    service: str, shared: dict[str, Any], name: str, own: dict[str, Any], channel: str
) -> EnvironmentSettings:
    drain = shared.get("drain")
    bake = own.get("bake", {})
    return EnvironmentSettings(
        service=service,
        name=name,
        protected=bool(own.get("protected", True)),
        channel=str(own.get("channel", channel)),
        roles=tuple(shared.get("roles", ())),
        routes=tuple(_route(own["switch"], route) for route in own.get("traffic", ())),
        checks=tuple(shared.get("checks", ())),
        drain=Drain(**drain) if drain else None,
        bundle=Bundle(**shared.get("bundle", _NO_BUNDLE)),
        timeouts=Timeouts(**own.get("timeouts", {})),
        bake_seconds=int(bake.get("time", 0)),
        alarms=tuple(bake.get("alarms", ())),
        old_fleet=own.get("old_fleet", "terminate"),
        accept_mixed_images=own.get("mixed_images", "refuse") == "accept",
        prices=dict(shared.get("prices", {})),
        approvals=Approvals(**own.get("approvals", {})),
        freezes=tuple(Freeze(**each) for each in own.get("freezes", ())),
        site=_site(service, shared, name, own) if shared.get("kind") == "frontend" else None,
    )


def _site(service: str, shared: dict[str, Any], environment: str, own: dict[str, Any]) -> Site:
    ways = {key: str(own[key]) for key in ("url", "distribution", "pointer") if key in own}
    return Site(
        bucket=str(shared["bucket"]),
        keep=int(shared["keep"]),
        environment=environment,
        service=service,
        **ways,
    )


def _route(strategy: Strategy, route: dict[str, Any]) -> RouteSpec:
    return RouteSpec(
        role=route["role"],
        strategy=strategy,
        load_balancers=tuple(route["load_balancers"]),
        listener=int(route["listener"]),
        target_groups=tuple(route["target_groups"]),
        zone=route.get("zone", ""),
        record=route.get("record", ""),
    )
