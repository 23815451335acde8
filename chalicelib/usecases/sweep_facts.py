"""What the sweeper has seen of an environment, and what it can decide to do about it."""

from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.domain.approval import Question
from chalicelib.domain.deployment import Deployment, Environment, Slot
from chalicelib.domain.findings import Trouble
from chalicelib.domain.plan import Instance
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Execution


class Why(StrEnum):
    """Reason codes: they are the events in the history."""

    HOLDER_GONE = "holder_gone"
    HOLDER_ENDED = "holder_ended"
    NEVER_STARTED = "never_started"
    NOT_WOKEN = "not_woken"
    OVERDUE = "overdue"
    RUN_ENDED = "run_ended"
    STOPPED_BY_HAND = "stopped_by_hand"
    TOO_MANY_RUNS = "too_many_runs"
    LOCK_LOST = "lock_lost"
    LEFT_OPEN = "left_open"
    PLAN_NEVER_ENDED = "plan_never_ended"
    FLEET_LEFT = "fleet_left"
    PARTNER_LEFT = "partner_left"


@dataclass(frozen=True, slots=True)
class Release:
    """Free the environment of a slot whose holder is no more."""

    slot: Slot
    why: Why


@dataclass(frozen=True, slots=True)
class Start:
    """Start the execution of a deployment's present run."""

    deployment: Deployment
    why: Why = Why.NEVER_STARTED


@dataclass(frozen=True, slots=True)
class Wake:
    """Wake the machine that waits with a question."""

    question: Question
    why: Why


@dataclass(frozen=True, slots=True)
class Resume:
    """Begin the next run; `stopped`: with the outcome `canceled`, so that it takes its new fleet away and closes."""

    deployment: Deployment
    why: Why
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Mark a deployment stuck, with a reason; nothing is moved."""

    deployment: Deployment
    reason: Reason
    why: Why


@dataclass(frozen=True, slots=True)
class Settle:
    """Close a question that an ended deployment has left open."""

    question: Question
    why: Why = Why.LEFT_OPEN


@dataclass(frozen=True, slots=True)
class FailPlan:
    """End a plan that never came."""

    deployment: Deployment
    reason: Reason
    why: Why


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Let a deployment that has ended end the fleet that it left, by its own steps and under a new fencing number."""

    deployment: Deployment
    hosts: int
    why: Why = Why.FLEET_LEFT


@dataclass(frozen=True, slots=True)
class SendBack:
    """Let a deployment that is kept go back, since what it goes with did not stay."""

    deployment: Deployment
    partner: Deployment
    why: Why = Why.PARTNER_LEFT


@dataclass(frozen=True, slots=True)
class Report:
    """Tell people; `deployment` is empty where none is known."""

    trouble: Trouble
    deployment: str
    detail: str


Repair = Release | Start | Wake | Resume | GiveUp | Settle | FailPlan | CleanUp | SendBack


@dataclass(frozen=True, slots=True)
class Subject:
    """A deployment as found. `execution` is None where it was not asked for, or the record moved on meanwhile."""

    deployment: Deployment
    execution: Execution | None = None
    questions: tuple[Question, ...] = ()
    partner: Deployment | None = None
    """The other of two that go together, where it matters."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One environment as it is. `subjects` are the holders of its slots and its newest deployments; `instances` those
    that are labeled as neither live nor foreign; `creators` the records that only their tags name."""

    now: float
    environment: Environment
    subjects: tuple[Subject, ...] = ()
    instances: tuple[Instance, ...] = ()
    creators: tuple[Deployment, ...] = ()
    stopping: frozenset[str] = field(default_factory=frozenset)
    """Deployments whose old fleet is stopped and kept, by their settings; the empty id stands for today's settings."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Who holds the environment."""
        found = (self.environment.active, self.environment.keeping)
        return tuple(slot for slot in found if slot is not None)

    def subject(self, identifier: str) -> Subject | None:
        """A deployment that was looked at."""
        return next((each for each in self.subjects if each.deployment.id == identifier), None)

    def holds(self, deployment: Deployment) -> bool:
        """Whether it has a slot."""
        return any(slot.deployment == deployment.id for slot in self.slots)
