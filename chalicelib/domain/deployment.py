"""A deployment: its states, the one table of transitions, and the record that every step reads and writes."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chalicelib.domain.brief import Brief
from chalicelib.domain.locks import Lock, Override, Place
from chalicelib.domain.people import Actor
from chalicelib.domain.plan import Host, Plan


class State(StrEnum):
    """Where a deployment is. The last eight are ends."""

    ACCEPTED = "accepted"
    ASKING_START = "asking_start"
    PREPARING = "preparing"
    TESTING = "testing"
    ASKING_RETRY = "asking_retry"
    READY = "ready"
    ASKING_FINISH = "asking_finish"
    SWITCHING = "switching"
    BAKING = "baking"
    KEEPING = "keeping"
    ASKING_ROLLBACK = "asking_rollback"
    ASKING_END = "asking_end"
    SWITCHING_BACK = "switching_back"
    DISCARDING = "discarding"
    RETIRING = "retiring"
    PLANNED = "planned"
    SUCCEEDED = "succeeded"
    ROLLED_BACK = "rolled_back"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FAILED = "failed"
    STUCK = "stuck"


class Machine(StrEnum):
    """The state machine that a deployment goes through: servers and frontends have one each."""

    DEPLOY = "deploy"
    RELEASE = "release"


class Trigger(StrEnum):
    """What moves a deployment."""

    PLAN_ONLY = "plan_only"
    ASK_START = "ask_start"
    BEGIN = "begin"
    TEST = "test"
    ASK_RETRY = "ask_retry"
    RETRY = "retry"
    BE_READY = "be_ready"
    ASK_FINISH = "ask_finish"
    SWITCH = "switch"
    PUBLISH = "publish"
    BAKE = "bake"
    KEEP = "keep"
    ASK_ROLLBACK = "ask_rollback"
    ASK_END = "ask_end"
    SWITCH_BACK = "switch_back"
    DISCARD = "discard"
    RETIRE = "retire"
    SUCCEED = "succeed"
    ROLL_BACK = "roll_back"
    REJECT = "reject"
    EXPIRE = "expire"
    CANCEL = "cancel"
    FAIL = "fail"
    GET_STUCK = "get_stuck"


S, T = State, Trigger

ENDS = frozenset(
    {S.PLANNED, S.SUCCEEDED, S.ROLLED_BACK, S.REJECTED, S.EXPIRED, S.CANCELED, S.FAILED, S.STUCK}
)
BEFORE_SWITCH = frozenset(
    {S.ACCEPTED, S.ASKING_START, S.PREPARING, S.TESTING, S.ASKING_RETRY, S.READY, S.ASKING_FINISH}
)
HAS_FLEET = frozenset({S.PREPARING, S.TESTING, S.READY, S.ASKING_FINISH})
"""States before the switch in which there is a new fleet that a failed step can be tried on again."""
UNTOLD = "untold"
"""Among a deployment's commands: the way on which its CDN could not be told to forget what changed."""
KEEPS_OLD = frozenset({S.KEEPING, S.ASKING_END, S.RETIRING})
"""States in which a deployment no longer blocks the next one: only the old fleet is still its business."""
GOES_BACK = frozenset({S.SWITCHING, S.BAKING, S.KEEPING, S.ASKING_ROLLBACK})

_FROM: dict[Trigger, tuple[frozenset[State], State]] = {
    T.PLAN_ONLY: (frozenset({S.ACCEPTED}), S.PLANNED),
    T.ASK_START: (frozenset({S.ACCEPTED}), S.ASKING_START),
    T.BEGIN: (frozenset({S.ACCEPTED, S.ASKING_START}), S.PREPARING),
    T.TEST: (frozenset({S.PREPARING}), S.TESTING),
    T.ASK_RETRY: (HAS_FLEET, S.ASKING_RETRY),
    T.RETRY: (frozenset({S.TESTING, S.ASKING_RETRY}), S.PREPARING),
    T.BE_READY: (frozenset({S.TESTING, S.ASKING_FINISH}), S.READY),
    T.ASK_FINISH: (frozenset({S.READY}), S.ASKING_FINISH),
    T.SWITCH: (frozenset({S.READY, S.ASKING_FINISH}), S.SWITCHING),
    # A frontend has no fleet to wait with: what was confirmed at the start goes live when it is there.
    T.PUBLISH: (frozenset({S.TESTING}), S.SWITCHING),
    T.BAKE: (frozenset({S.SWITCHING, S.ASKING_ROLLBACK}), S.BAKING),
    T.KEEP: (frozenset({S.BAKING, S.ASKING_ROLLBACK, S.ASKING_END}), S.KEEPING),
    T.ASK_ROLLBACK: (frozenset({S.BAKING, S.KEEPING}), S.ASKING_ROLLBACK),
    T.ASK_END: (frozenset({S.KEEPING}), S.ASKING_END),
    T.SWITCH_BACK: (GOES_BACK, S.SWITCHING_BACK),
    T.DISCARD: (BEFORE_SWITCH | {S.SWITCHING_BACK}, S.DISCARDING),
    T.RETIRE: (frozenset({S.KEEPING, S.ASKING_END}), S.RETIRING),
    T.SUCCEED: (frozenset({S.RETIRING}), S.SUCCEEDED),
    T.ROLL_BACK: (frozenset({S.DISCARDING}), S.ROLLED_BACK),
    T.REJECT: (frozenset({S.DISCARDING}), S.REJECTED),
    T.EXPIRE: (frozenset({S.DISCARDING}), S.EXPIRED),
    T.CANCEL: (frozenset({S.DISCARDING}), S.CANCELED),
    T.FAIL: (frozenset({S.DISCARDING, S.ACCEPTED}), S.FAILED),
    T.GET_STUCK: (frozenset(State) - ENDS, S.STUCK),
}

TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (source, trigger): target for trigger, (sources, target) in _FROM.items() for source in sources
}
"""The one table: what may happen in which state, and where it leads."""

_GOING_BACK = frozenset({S.REJECTED, S.EXPIRED, S.CANCELED, S.FAILED})
"""Outcomes that have a reason of their own."""

CLOSING: dict[State, Trigger] = {
    S.SUCCEEDED: T.SUCCEED,
    S.ROLLED_BACK: T.ROLL_BACK,
    S.REJECTED: T.REJECT,
    S.EXPIRED: T.EXPIRE,
    S.CANCELED: T.CANCEL,
    S.FAILED: T.FAIL,
}
"""How a decided outcome ends a deployment."""


class InvalidTransition(Exception):
    """A bug or a very late step: the trigger does not belong to the state."""


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Where a deployment's records are: the partition of service and environment, and its id."""

    service: str
    environment: str
    deployment: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A state and when it was entered (seconds since the epoch)."""

    state: State
    at: float


@dataclass(frozen=True, slots=True)
class Package:
    """The built package: S3 URL for the hosts, its SHA-256, and where it came from."""

    url: str
    sha256: str
    commit: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The record of one deployment. Changed only through `move` and `replace`, saved under its revision."""

    service: str
    environment: str
    id: str
    version: str
    requester: Actor
    requested_at: float
    config_version: int
    machine: Machine = Machine.DEPLOY
    fence: int = 0
    run: int = 1
    """Which execution of the state machine it is in; steps of an older one are refused."""
    state: State = State.ACCEPTED
    revision: int = 0
    plan_only: bool = False
    outcome: State | None = None
    reason: str = ""
    detail: str = ""
    output: str = ""
    package: Package | None = None
    plan: Plan | None = None
    brief: Brief | None = None
    """Of one that is only a plan: what its questions would tell."""
    new: tuple[Host, ...] = ()
    launching: float = 0.0
    commands: tuple[tuple[str, str], ...] = ()
    progress: str = ""
    wanted: str = ""
    wanted_by: Actor | None = None
    confirmed_by: Actor | None = None
    finished_by: Actor | None = None
    finish_confirmed_by: Actor | None = None
    rollback_by: Actor | None = None
    rollback_confirmed_by: Actor | None = None
    keep_until: float = 0.0
    switched_at: float = 0.0
    phases: tuple[Phase, ...] = ()
    channel: str = ""
    protected: bool = True
    replaced: str = ""
    closes: str = ""
    """The deployment whose rollback window this one closes."""
    closes_too: Ref | None = None
    """What that one goes with: their windows close together."""
    override: Override | None = None
    partner: Ref | None = None
    """The other of two that go together."""
    follows: bool = False
    """Whether it is the frontend of the two, which begins when its partner's traffic has switched."""
    stays: str = ""
    """The release that visitors keep seeing although this server goes back: there is none before it."""
    left: int = 0
    """How many hosts the sweeper found that were to end with it and did not."""
    uncleaned: str = ""
    """What cleaning up left to the next one, and why."""
    finish_note: str = ""
    """What whoever finished it was told and the second person has to know: that a freeze is in force."""

    @property
    def ref(self) -> Ref:
        """The ids that the state machine carries."""
        return Ref(self.service, self.environment, self.id)

    @property
    def ended(self) -> bool:
        """Nothing more will happen."""
        return self.state in ENDS

    @property
    def first_release(self) -> bool:
        """Whether a frontend shows nothing before it that could be gone back to: nothing at all, or nothing that is
        known any more."""
        if self.machine is not Machine.RELEASE or self.plan is None:
            return False
        unread = self.plan.files is not None and self.plan.files.unread
        return unread or not self.plan.old_version

    @property
    def untold(self) -> bool:
        """Whether its CDN was not told of the last change."""
        ways = self.command(UNTOLD)
        return bool(ways) and not self.command(ways[-1])

    def move(self, trigger: Trigger, now: float, **changes: Any) -> "Deployment":
        """The record after a trigger. A trigger that repeats is a no-op apart from the changes given with it.

        Raises InvalidTransition where the table has no such transition.
        """
        target = TRANSITIONS.get((self.state, trigger))
        if target is None:
            if self.state is _FROM[trigger][1]:
                return replace(self, **changes)
            raise InvalidTransition(f"{self.id}: {trigger} in {self.state}")
        return replace(self, state=target, phases=(*self.phases, Phase(target, now)), progress="", **changes)

    def resumed(self, now: float, **changes: Any) -> "Deployment":
        """The record for the next run of the state machine, in the state in which the last one stopped.

        What a step had found wrong is forgotten with it, unless it is why the deployment goes back.
        """
        stopped = self.state
        if stopped is State.STUCK:
            stopped = next(each.state for each in reversed(self.phases) if each.state is not State.STUCK)
        phases = (*self.phases, Phase(stopped, now)) if stopped is not self.state else self.phases
        again = replace(self, state=stopped, phases=phases, run=self.run + 1, progress="")
        if self.outcome not in _GOING_BACK:
            again = replace(again, reason="", detail="", output="")
        if stopped is State.TESTING:
            again = again.move(Trigger.RETRY, now)
        return replace(again, **changes)

    def command(self, step: str) -> tuple[str, ...]:
        """The ids of the commands that a step has sent already."""
        return tuple(command for name, command in self.commands if name == step)


@dataclass(frozen=True, slots=True)
class Slot:
    """A deployment's hold on its environment; writes with an older fence fail."""

    deployment: str
    fence: int
    since: float


@dataclass(frozen=True, slots=True)
class Environment:
    """One service in one environment: what is live, who holds it, which deployment keeps its old fleet."""

    service: str
    name: str
    revision: int = 0
    fence: int = 0
    counter: int = 0
    live_version: str = ""
    live_deployment: str = ""
    live_since: float = 0.0
    live_folder: str = ""
    """Where a pointer leads to; empty where folders do not take turns (domain/settings.py, `Site`)."""
    spare_version: str = ""
    """The release that lies in the other folder; empty where nobody knows."""
    active: Slot | None = None
    keeping: Slot | None = None
    lock: Lock | None = None
    queue: tuple[Place, ...] = ()
    tickets: int = 0
    """How many locks and places there have been."""

    def acquire(self, deployment: str, now: float) -> "Environment":
        """The environment with its lock taken under the next fencing number; the caller checked that it was free."""
        fence = self.fence + 1
        return replace(self, fence=fence, active=Slot(deployment, fence, now))

    def held_by(self, deployment: str, fence: int) -> bool:
        """Whether a deployment still holds one of the slots under its fencing number."""
        return any(
            slot is not None and slot.deployment == deployment and slot.fence == fence
            for slot in (self.active, self.keeping)
        )

    def released(self, deployment: str) -> "Environment":
        """The environment without any hold of a deployment; holds of others stay."""
        active = None if self.active and self.active.deployment == deployment else self.active
        keeping = None if self.keeping and self.keeping.deployment == deployment else self.keeping
        return replace(self, active=active, keeping=keeping)
