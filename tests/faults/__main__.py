"""`make faults`: every fault at every place of every flow, in two processes.

With names, only these flows. `--once`: what several flows begin with is tried in the first of them only. `--steps`: of
the calls of one operation in one step only the last. `--changes`: only calls that change something.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.faults import report
from tests.faults.flows import FLOWS
from tests.faults.runner import Outcome, places, shared, steps, tried
from tests.faults.wire import Call

PROCESSES = 2


def one(name: str, *, once: bool, by_step: bool, changes: bool) -> Outcome:
    """One flow, in a process of the pool."""
    flow = next(flow for flow in FLOWS if flow.name == name)

    def chosen(calls: Sequence[Call]) -> list[Call]:
        found = steps(calls) if by_step else places(calls)
        return [call for call in found if not (changes and call.reads)]

    return tried(flow, chosen, after=shared(flow, FLOWS) if once else 0)


def main() -> int:
    """0 where everything survived."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("flows", nargs="*")
    options.add_argument("--once", action="store_true")
    options.add_argument("--steps", action="store_true")
    options.add_argument("--changes", action="store_true")
    given = options.parse_args()
    kind = {"once": given.once, "by_step": given.steps, "changes": given.changes}
    chosen = [flow for flow in FLOWS if not given.flows or flow.name in given.flows]
    started = time.monotonic()
    outcomes: list[Outcome] = []
    print(report.HEADING, flush=True)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        work = [pool.submit(one, flow.name, **kind) for flow in chosen]
        for done in as_completed(work):
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
    sys.exit(main())
