"""The state machine as people follow it: its states gathered into phases, read from an execution's history. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = Literal["ahead", "current", "done", "failed", "skipped"]

# The main line first, in order; then the ways around it, shown only once they are taken.
PHASES: dict[str, tuple[str, ...]] = {
    "Plan": ("Plan",),
    "Confirm start": ("AskToStart", "ReadStart"),
    "Prepare": (
        "Prepare",
        "FindPackage",
        "AwaitBuild",
        "ReadBuild",
        "Launch",
        "AwaitRunning",
        "Configure",
        "AwaitConfigured",
    ),
    "Install": ("Install", "AwaitInstalled"),
    "Attach": ("ClearStandby", "Attach", "AwaitHealthy"),
    "Smoke test": ("SmokeTest", "AwaitSmokeTest"),
    "Ready": ("AwaitFinish", "ReadFinish"),
    "Confirm finish": ("AskToFinish", "ReadFinishAnswer"),
    "Switch": ("Switch", "Promote", "Drain", "AwaitDrain"),
    "Bake": ("Bake",),
    "Keep old": ("KeepOld", "ReadKeep"),
    "Retire": ("Retire", "Deregister", "AwaitDeregistered", "Terminate"),
    "Close": ("Close",),
}
DETOURS: dict[str, tuple[str, ...]] = {
    "Confirm rollback": ("AskToRollBack", "ReadRollBack"),
    "Confirm end": ("AskToEnd", "ReadEnd"),
    "Switch back": ("RecordTrouble", "SwitchBack", "Demote", "DrainBack", "AwaitDrainBack"),
    "Failed": ("Fail", "AwaitRetry", "ReadRetry"),
    "Discard": ("Discard",),
    "Stuck": ("Stuck",),
}
PHASE_OF = {state: phase for phase, states in (PHASES | DETOURS).items() for state in states}
# States that last until somebody answers, or until their time is up.
WAITS_FOR_PEOPLE = {
    "AskToStart", "AwaitFinish", "AskToFinish", "KeepOld", "AskToRollBack", "AskToEnd", "AwaitRetry", "Stuck",
}  # fmt: skip
CONTROL_FLOW = {"Choice", "Pass", "Succeed", "Fail"}  # states that do nothing anybody could watch


@dataclass
class Visit:
    """One stay in a state; times are virtual seconds, `attempts` counts how often its task was started."""

    name: str
    entered: float
    left: float | None = None
    attempts: int = 0
    deadline: float | None = None
    failed: bool = False
    waits_for_answer: bool = False


@dataclass
class Journey:
    """The visits of one execution in the order of their beginning."""

    visits: list[Visit] = field(default_factory=list)

    def latest(self, name: str) -> Visit | None:
        """The last stay in a state."""
        return next((v for v in reversed(self.visits) if v.name == name), None)


def journey_of(events: Iterable[dict[str, Any]]) -> Journey:
    """Read an execution's history (GetExecutionHistory, oldest first).

    Branches of a Parallel are interleaved: an event belongs to the state that its chain of previousEventId leads to.
    """
    journey = Journey()
    at_event: dict[int, Visit | None] = {}
    for event in events:
        kind, previous = event["type"], at_event.get(event.get("previousEventId", 0))
        visit = previous
        if kind.endswith("StateEntered") and kind.removesuffix("StateEntered") not in CONTROL_FLOW:
            visit = Visit(event["stateEnteredEventDetails"]["name"], event["timestamp"].timestamp())
            journey.visits.append(visit)
        elif kind.endswith("StateExited"):
            left = journey.latest(event["stateExitedEventDetails"]["name"])
            if left is not None:
                left.left = event["timestamp"].timestamp()
        elif previous is not None:
            _note(previous, kind, event)
        at_event[event["id"]] = visit
    return journey


def _note(visit: Visit, kind: str, event: dict[str, Any]) -> None:
    if kind == "TaskScheduled":
        details = event.get("taskScheduledEventDetails", {})
        visit.attempts += 1
        visit.failed = False
        visit.waits_for_answer = str(details.get("resource", "")).endswith(".waitForTaskToken")
        timeout = details.get("timeoutInSeconds")
        visit.deadline = event["timestamp"].timestamp() + timeout if timeout else None
    elif kind == "TaskFailed" or (kind == "TaskTimedOut" and not visit.waits_for_answer):
        visit.failed = True  # a question that nobody answered in time has gone its ordinary way


def phases_of(journey: Journey, *, running: bool) -> list[dict[str, Any]]:
    """The phases for the page, in order: the main line, with the detours that were taken after it."""
    taken = {PHASE_OF.get(visit.name) for visit in journey.visits}
    detours = {name: states for name, states in DETOURS.items() if name in taken}
    return [_phase(name, states, journey, running) for name, states in (PHASES | detours).items()]


def _phase(name: str, states: tuple[str, ...], journey: Journey, running: bool) -> dict[str, Any]:
    visits = [v for v in journey.visits if v.name in states]
    inside = [v for v in visits if v.left is None and running]
    waiting = [v for v in inside if v.waits_for_answer and v.deadline]
    status: Status = "ahead" if running else "skipped"
    if visits:
        status = "current" if inside else "failed" if visits[-1].left is None or visits[-1].failed else "done"
    return {
        "name": name,
        "status": status,
        "detour": name in DETOURS,
        "person": bool(WAITS_FOR_PEOPLE.intersection(states)),
        "entered": visits[0].entered if visits else None,
        "left": visits[-1].left if visits and not inside else None,
        "deadline": waiting[-1].deadline if waiting else None,
        "since": (waiting or inside)[-1].entered if inside else None,
        "states": [{"name": v.name, "attempts": v.attempts, "entered": v.entered} for v in inside],
    }
