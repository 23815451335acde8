"""What came of it: a line for each flow, what did not survive, and `build/faults/report.json`."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.runner import Outcome, Trial

REPORT = Path("build/faults/report.json")
MOST_SHOWN = 12


def line(outcome: Outcome) -> str:
    """One flow."""
    tried, survived = len(outcome.trials), outcome.survived
    mark = "ok" if tried == survived and not outcome.without else "NOT"
    figures = f"{outcome.calls:>6} {outcome.places:>7} {survived:>6} / {tried:<6} {outcome.seconds:>7.1f} s"
    return f"{outcome.flow:<34} {figures}  {mark}"


HEADING = f"{'flow':<34} {'calls':>6} {'places':>7} {'survived / tried':>15}"


def problems(outcome: Outcome) -> list[str]:
    """The different things that went wrong, with how often and one example of each."""
    seen: Counter[str] = Counter()
    example: dict[str, Trial] = {}
    for trial in outcome.trials:
        if trial.problems:
            said = trial.problems[0][:240]
            seen[said] += 1
            example.setdefault(said, trial)
    wrong = [f"  without any fault: {each}" for each in outcome.without]
    for said, times in seen.most_common(MOST_SHOWN):
        trial = example[said]
        wrong.append(f"  {times} x {said}\n      as {trial.fault.value} at {trial.call}")
    return wrong


def document(outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """The whole as JSON takes it."""
    trials = [trial for outcome in outcomes for trial in outcome.trials]
    return {
        "flows": [_flow(outcome) for outcome in outcomes],
        "calls": sum(outcome.calls for outcome in outcomes),
        "places": sum(outcome.places for outcome in outcomes),
        "tried": len(trials),
        "survived": sum(not trial.problems for trial in trials),
        "seconds": round(seconds, 1),
        "by_fault": _by(trials, lambda trial: trial.fault.value),
        "by_operation": _by(trials, lambda trial: trial.call.operation),
    }


def write(outcomes: Sequence[Outcome], seconds: float) -> None:
    """Write the report."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(document(outcomes, seconds), indent=1) + "\n")


def _flow(outcome: Outcome) -> dict[str, Any]:
    failed = [trial for trial in outcome.trials if trial.problems]
    return {
        "name": outcome.flow,
        "calls": outcome.calls,
        "places": outcome.places,
        "tried": len(outcome.trials),
        "survived": outcome.survived,
        "seconds": round(outcome.seconds, 1),
        "without_fault": outcome.without,
        "failures": [
            {"call": str(trial.call), "fault": trial.fault.value, "problems": trial.problems}
            for trial in failed
        ],
    }


def _by(trials: Sequence[Trial], kind: Any) -> dict[str, dict[str, int]]:
    tried = Counter(kind(trial) for trial in trials)
    survived = Counter(kind(trial) for trial in trials if not trial.problems)
    return {name: {"tried": tried[name], "survived": survived[name]} for name in sorted(tried)}
