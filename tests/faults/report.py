"""What came of it: a line for each flow, what did not survive, and the whole as JSON."""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.faults.forks import Outcome, Trial

PROCESSES = 2
MOST_SHOWN = 12


def of_all(names: Sequence[str], one: Callable[[str], Outcome], path: Path) -> int:
    """Try flows by their names, in two processes, and report; 0 where everything survived."""
    started = time.monotonic()
    outcomes: list[Outcome] = []
    print(HEADING, flush=True)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        for done in as_completed([pool.submit(one, name) for name in names]):
            outcomes.append(done.result())
            print(line(outcomes[-1]), *problems(outcomes[-1]), sep="\n", flush=True)
    outcomes.sort(key=lambda outcome: names.index(outcome.flow))
    whole = document(outcomes, time.monotonic() - started)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole, indent=1) + "\n")
    crawled = "; the crawler made {loads} loads, {missing} were missing" if whole["loads"] else ""
    said = "survived {survived} / tried {tried} in {seconds:.0f} s" + crawled
    print(f"{said.format(**whole)}; {path} has each")
    return 0 if whole["survived"] == whole["tried"] and not any(each.without for each in outcomes) else 1


def line(outcome: Outcome) -> str:
    """One flow."""
    tried, survived = len(outcome.trials), outcome.survived
    mark = "ok" if tried == survived and not outcome.without else "NOT"
    figures = f"{outcome.calls:>6} {outcome.places:>7} {survived:>6} / {tried:<6} {outcome.seconds:>7.1f} s"
    crawled = f"  {outcome.loads} loads, {outcome.missing} missing" if outcome.loads else ""
    return f"{outcome.flow:<{_NAME}} {figures}  {mark}{crawled}"


_NAME = 62
HEADING = f"{'flow':<{_NAME}} {'calls':>6} {'places':>7} {'survived / tried':>15}"


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
        "loads": sum(outcome.loads for outcome in outcomes),
        "missing": sum(outcome.missing for outcome in outcomes),
        "by_fault": _by(trials, lambda trial: trial.fault.value),
        "by_operation": _by(trials, lambda trial: trial.call.operation),
    }


def _flow(outcome: Outcome) -> dict[str, Any]:
    failed = [trial for trial in outcome.trials if trial.problems]
    return {
        "name": outcome.flow,
        "calls": outcome.calls,
        "places": outcome.places,
        "tried": len(outcome.trials),
        "survived": outcome.survived,
        "seconds": round(outcome.seconds, 1),
        "loads": outcome.loads,
        "missing": outcome.missing,
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
