"""`make faults`: every fault at every place of every flow, in two processes; with names, only these flows."""

import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.faults import report
from tests.faults.flows import FLOWS
from tests.faults.runner import Outcome, tried

PROCESSES = 2


def one(name: str) -> Outcome:
    """One flow, in a process of the pool."""
    return tried(next(flow for flow in FLOWS if flow.name == name))


def main(names: list[str]) -> int:
    """0 where everything survived."""
    chosen = [flow for flow in FLOWS if not names or flow.name in names]
    started = time.monotonic()
    outcomes: list[Outcome] = []
    print(report.HEADING, flush=True)
    context = get_context("fork")
    with ProcessPoolExecutor(PROCESSES, mp_context=context, max_tasks_per_child=None) as pool:
        longest_first = sorted(chosen, key=lambda flow: -len(flow.acts))
        for done in as_completed([pool.submit(one, flow.name) for flow in longest_first]):
            outcomes.append(done.result())
            print(report.line(outcomes[-1]), *report.problems(outcomes[-1]), sep="\n", flush=True)
    order = [flow.name for flow in FLOWS]
    outcomes.sort(key=lambda outcome: order.index(outcome.flow))
    seconds = time.monotonic() - started
    report.write(outcomes, seconds)
    tries = sum(len(outcome.trials) for outcome in outcomes)
    survived = sum(outcome.survived for outcome in outcomes)
    print(f"survived {survived} / tried {tries} in {seconds:.0f} s; {report.REPORT} has each")
    return 0 if survived == tries and not any(outcome.without for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
