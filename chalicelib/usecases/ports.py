"""The outside world as the use cases see it: a Protocol for each outside system, with the errors it may raise.

Every port raises Unavailable where its system did not answer or was busy, and the state machine or the caller tries
again; what else it may raise stands with the method. `tests/contract` has one suite for each port.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from chalicelib.domain.approval import Question
from chalicelib.domain.builds import Build
from chalicelib.domain.deployment import Deployment, Environment, Machine, Ref
from chalicelib.domain.findings import Finding, FindingKey
from chalicelib.domain.history import Head, History
from chalicelib.domain.locks import Ask, Lock, Place, Ticket, TicketKey
from chalicelib.domain.people import Actor
from chalicelib.domain.plan import HostState, Instance, LaunchGroup, Route
from chalicelib.domain.pushed import Release
from chalicelib.domain.roles import Grants
from chalicelib.domain.settings import RouteSpec, Team
from chalicelib.domain.sharing import Shared
from chalicelib.domain.updates import Updates
from chalicelib.domain.visits import Visit
from chalicelib.usecases.chat_ports import Posted


class Clock(Protocol):
    """Time, injected so that nothing sleeps in a test and the sandbox can run faster than the wall."""

    def now(self) -> float:
        """Seconds since the epoch."""


# --- state ------------------------------------------------------------------------------------------------------

Record = (
    Deployment
    | Environment
    | Question
    | Build
    | Release
    | Finding
    | Visit
    | Grants
    | Updates
    | Lock
    | Place
    | Ask
    | Shared
)


@dataclass(frozen=True, slots=True)
class Save:
    """Write a record, where it still has the revision it was read with (0: where it does not exist yet)."""

    record: Record


@dataclass(frozen=True, slots=True)
class Hold:
    """Write the others only while this deployment still holds its environment under this fencing number."""

    ref: Ref
    fence: int


@dataclass(frozen=True, slots=True)
class Seen:
    """An outside event (a click, a webhook) that is handled at most once; remembered for `seconds`."""

    event: str
    at: float
    seconds: int = 86_400
    result: str = ""


Change = Save | Hold | History | Seen


@dataclass(frozen=True, slots=True)
class Overview:
    """One environment in one query."""

    environment: Environment
    deployments: tuple[Deployment, ...] = ()
    questions: tuple[Question, ...] = ()


class Store(Protocol):
    """The one table."""

    def commit(self, *changes: Change) -> None:
        """Write all changes or none. Lines of history go to the end of their environment's chain, in the order given.

        Raises Duplicate (a Seen was seen), LostLock (a Hold is gone), Conflict (a Save lost its race).
        """

    def seen(self, event: str) -> str | None:
        """The result that was stored with an event; None where it was never seen."""

    def environment(self, service: str, name: str) -> Environment:
        """The environment; a fresh one where nothing was ever deployed."""

    def deployment(self, ref: Ref) -> Deployment | None:
        """One deployment, strongly consistent."""

    def question(self, code: str) -> Question | None:
        """One question by its code, strongly consistent."""

    def overview(self, service: str, name: str, *, deployments: int = 5) -> Overview:
        """The environment, its newest deployments and every question that is not decided."""

    def questions(self, ref: Ref) -> tuple[Question, ...]:
        """Every question of a deployment, oldest first."""

    def findings(self, service: str, name: str) -> tuple[Finding, ...]:
        """What was found in an environment, with what was resolved lately."""

    def finding(self, key: FindingKey) -> Finding | None:
        """One finding."""

    def asked(self, key: TicketKey) -> Ask | None:
        """That the holder was asked."""

    def shared(self, key: TicketKey) -> Shared | None:
        """What somebody showed to the team; it may be missing once that is long ago."""

    def ticket(self, key: TicketKey) -> Ticket | None:
        """A lock or a place in the queue, as chat shows it."""

    def past(self, service: str, name: str, *, limit: int) -> tuple[Deployment, ...]:
        """The newest deployments, newest first, as far as people look back at them: without plan, hosts, commands and
        output, so they are never to be saved."""

    def history(
        self, service: str, name: str, *, limit: int | None = 50, before: int = 0
    ) -> tuple[History, ...]:
        """The lines as they are stored, newest first; None: all of them. `before`: only those of smaller numbers."""

    def history_head(self, service: str, name: str) -> Head:
        """Number and hash of the newest line, as kept apart from the lines; of number 0 where nothing was written."""

    def builds(self, service: str, *, limit: int = 10) -> tuple[Build, ...]:
        """The builds that were reported last, newest first."""

    def build(self, service: str, version: str) -> Build | None:
        """One build."""

    def releases(self, service: str, *, limit: int = 10) -> tuple[Release, ...]:
        """The releases of a frontend, newest tag first."""

    def release(self, service: str, tag: str) -> Release | None:
        """One release."""

    def team(self, version: int | None = None) -> Team:
        """A published configuration; Refused where there is none. Where no version is named, the newest with what is
        granted in chat now, strongly consistent."""

    def publish(self, raw: dict[str, object]) -> int:
        """Store a new version of the configuration and return its number."""

    def updates(self) -> Updates:
        """The latest updates of the service itself, strongly consistent; nothing where there was none."""

    def visit(self, who: Actor) -> Visit | None:
        """When somebody opened their home last; None where that is long ago."""

    def visits(self) -> tuple[Visit, ...]:
        """Everybody who opened theirs, in no order; who did so long ago may be missing."""

    def post(self, ref: Ref, key: str) -> Posted | None:
        """What chat was told under a key, so that it can be updated in place."""

    def posts(self, ref: Ref) -> Mapping[str, Posted]:
        """All that chat was told about a record, by key."""

    def save_post(self, ref: Ref, key: str, posted: Posted) -> None:
        """Remember a message that was posted or updated."""


# --- the state machine ------------------------------------------------------------------------------------------


class Execution(StrEnum):
    """How an execution is, in Step Functions' words; missing: there is none of this name."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    ABORTED = "aborted"
    MISSING = "missing"


class Workflow(Protocol):
    """Step Functions, from the edge, the function `ledger` and the sweeper."""

    def start(self, ref: Ref, run: int = 1, machine: Machine = Machine.DEPLOY) -> None:
        """Start an execution of a deployment; no error where this run of it was started before."""

    def status(self, ref: Ref, run: int, machine: Machine = Machine.DEPLOY) -> Execution:
        """How a run of a deployment is."""

    def wake(self, token: str) -> bool:
        """Answer a task token; False where the machine does not wait for it any more."""


# --- servers ----------------------------------------------------------------------------------------------------


class Fleet(Protocol):
    """EC2, by tags."""

    def instances(
        self,
        service: str,
        environment: str,
        *,
        states: Sequence[HostState] = (),
        deployment: str = "",
    ) -> list[Instance]:
        """Managed instances that are not terminated (nor shutting down), whatever their EC2 status."""

    def launch(self, group: LaunchGroup, *, service: str, environment: str, deployment: str) -> list[str]:
        """Exactly `group.count` instances, tagged `building`; the same ones however often it is called.

        Raises StepFailed(LAUNCH_FAILED) for an image, type or subnet that is gone and for missing capacity.
        """

    def relabel(self, ids: Sequence[str], state: HostState) -> None:
        """Set the tag `pointsman:state`: one call."""


class Reaper(Protocol):
    """EC2, for the one function that ends instances."""

    def end(self, ids: Sequence[str], *, stop: bool) -> None:
        """Terminate (or stop) these, each of which must carry the tag `retired`; ended ones are skipped.

        Raises StepFailed(INTERNAL) naming every instance that is not `retired`, and then ends none.
        """


@dataclass(frozen=True, slots=True)
class HostCommand:
    """One SSM document, run on hosts by tags: service, environment, role, state, and the deployment where given."""

    document: str
    service: str
    environment: str
    role: str
    parameters: dict[str, str]
    deployment: str = ""
    state: HostState = HostState.BUILDING
    at_once: str = "100%"
    timeout_seconds: int = 900


@dataclass(frozen=True, slots=True)
class HostFailure:
    """What one host answered when a command failed there."""

    instance: str
    status: str
    output: str


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """How far a command is: hosts that succeeded, hosts that failed, and whether it has ended everywhere."""

    succeeded: frozenset[str]
    failures: tuple[HostFailure, ...]
    ended: bool


class Hosts(Protocol):
    """SSM Run Command, with the project's own documents only."""

    def online(self, ids: Sequence[str]) -> set[str]:
        """The hosts whose agent answers."""

    def send(self, command: HostCommand) -> str:
        """Run a document on every matching host; returns the command id."""

    def outcome(self, command_id: str) -> CommandOutcome:
        """What became of it, with what failed hosts printed."""


class Health(StrEnum):
    """Target health, in ELB's words."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"
    UNUSED = "unused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class TargetReport:
    """Health of exact ids in one target group; an id that is not registered is `unused`."""

    health: dict[str, Health] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def missing(self) -> dict[str, str]:
        """Every id that is not healthy, with why."""
        return {
            each: self.why.get(each) or health.value
            for each, health in self.health.items()
            if health is not Health.HEALTHY
        }


class Side(StrEnum):
    """Which fleet takes a route's new connections."""

    OLD = "old"
    NEW = "new"
    SPLIT = "split"


class Traffic(Protocol):
    """Load balancers and DNS: three strategies, one port. Every move is idempotent and can be asked again."""

    def resolve(self, spec: RouteSpec) -> Route:
        """Names to ARNs, and which side is live now; Refused(TRAFFIC_UNCLEAR) where that can not be told."""

    def side(self, route: Route, *, old: Sequence[str], new: Sequence[str]) -> Side:
        """Which fleet takes new connections now."""

    def attach(self, route: Route, new: Sequence[str]) -> None:
        """Register the new hosts where they take no traffic yet; nothing to do for `targets`."""

    def standby(self, route: Route) -> tuple[str, ...]:
        """Ids registered on the standby side now; empty for `targets`."""

    def health(self, route: Route, ids: Sequence[str], *, side: Side) -> TargetReport:
        """Health of exact ids on a side. For `targets`, hosts not yet registered are reported as healthy: their own
        checks have run."""

    def switch(self, route: Route, *, to: Side, old: Sequence[str], new: Sequence[str]) -> None:
        """Move new connections to a side. Raises NotReady until the move is in force.

        `targets`: registers the one side, waits for its health, then deregisters the other.
        """

    def deregister(self, route: Route, ids: Sequence[str], *, side: Side) -> None:
        """Take hosts off a side; ids that are not registered are skipped."""

    def draining(self, route: Route, ids: Sequence[str], *, side: Side) -> set[str]:
        """Ids that still hold connections or are still registered on a side."""


class Alarms(Protocol):
    """CloudWatch alarms."""

    def firing(self, names: Sequence[str]) -> list[str]:
        """Those of the named alarms that are in ALARM, and those that do not exist."""
