"""A state machine as people follow it: the phases of its track, read from an execution's history. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.front.tracks import Track

Status = Literal["ahead", "current", "done", "failed", "skipped"]

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
            left = _left(journey, previous, event["stateExitedEventDetails"]["name"])
            if left is not None:
                left.left = event["timestamp"].timestamp()
        elif previous is not None:
            _note(previous, kind, event)
        at_event[event["id"]] = visit
    return journey


def _left(journey: Journey, previous: Visit | None, name: str) -> Visit | None:
    """The stay that ends: the one that the chain leads to, or where several states were in it, one that is open."""
    if previous is not None and previous.name == name:
        return previous
    return next((v for v in reversed(journey.visits) if v.name == name and v.left is None), None)


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


def phases_of(journey: Journey, track: Track, *, running: bool) -> list[dict[str, Any]]:
    """The phases for the page, in order: the main line, with the detours that were taken after it."""
    taken = {track.phase_of.get(visit.name) for visit in journey.visits}
    detours = {name: states for name, states in track.detours.items() if name in taken}
    shown = [*track.main.items(), *detours.items()]
    phases = [_phase(name, states, journey, track, running=running) for name, states in shown]
    reached = max((n for n, name in enumerate(track.main) if name in taken), default=0)
    for phase in phases[:reached]:
        if phase["status"] == "ahead":
            phase["status"] = "skipped"  # as a confirmation where nobody has to confirm
    return phases


def _phase(
    name: str, states: tuple[str, ...], journey: Journey, track: Track, *, running: bool
) -> dict[str, Any]:
    visits = [v for v in journey.visits if v.name in states]
    inside = [v for v in visits if v.left is None and running]
    waiting = [v for v in inside if v.waits_for_answer and v.deadline]
    status: Status = "ahead" if running else "skipped"
    if visits:
        status = "current" if inside else "failed" if visits[-1].left is None or visits[-1].failed else "done"
    return {
        "name": name,
        "status": status,
        "detour": name in track.detours,
        "person": not track.waits.isdisjoint(states),
        "entered": visits[0].entered if visits else None,
        "left": visits[-1].left if visits and not inside else None,
        "deadline": waiting[-1].deadline if waiting else None,
        "since": (waiting or inside)[-1].entered if inside else None,
        "states": _states(inside),
    }


def _states(inside: list[Visit]) -> list[dict[str, Any]]:
    """The states that the execution is in now; once each, however many parts of a Map are in it."""
    last = {visit.name: visit for visit in inside}
    return [{"name": v.name, "attempts": v.attempts, "entered": v.entered} for v in last.values()]
