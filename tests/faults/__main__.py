"""`make faults`: every fault at every place of every flow, in two processes.

With names, only these flows. `--once`: what several flows begin with is tried in the first of them only. `--steps`: of
the calls of one operation in one step only the last. `--changes`: only calls that change something.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.faults import report
from tests.faults.flows import FLOWS
from tests.faults.forks import Outcome, places
from tests.faults.runner import shared, steps, tried
from tests.faults.wire import Call

REPORT = Path("build/faults/report.json")


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
    names = [flow.name for flow in FLOWS if not given.flows or flow.name in given.flows]
    tries = partial(one, once=given.once, by_step=given.steps, changes=given.changes)
    return report.of_all(names, tries, REPORT)


if __name__ == "__main__":
    sys.exit(main())
