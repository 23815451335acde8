"""The flows of servers: every fault at every AWS and chat call."""

from collections.abc import Callable, Sequence
from itertools import takewhile

from tests.faults import forks
from tests.faults.acts import Act, Flow
from tests.faults.afterwards import over
from tests.faults.flows import FLOWS
from tests.faults.forks import Outcome, Ran, places
from tests.faults.run import Run
from tests.faults.wire import AFTER_EFFECT, Call, Fault


def executed(flow: Flow, decide: Callable[[Call], Fault | None]) -> tuple[Run, list[str]]:
    """A run of a flow, and what is wrong after it."""
    run = Run(**flow.settings)
    run.wire.decide = decide
    try:
        for act in flow.acts:
            run.marks.append(len(run.wire.calls))
            act.perform(run)
    except Exception as error:  # noqa: BLE001 - whatever ends a run early is a finding
        run.watch.note("liveness", f"{type(error).__name__}: {error}"[:500])
    run.settle()
    if not flow.ended([each.state for each in run.deployments()]):
        run.sweep()
    return run, over(run, flow)


def faults_of(call: Call) -> tuple[Fault, ...]:
    """Every fault; for a read those before its effect, because after it is the same."""
    return tuple(each for each in Fault if not (call.reads and each in AFTER_EFFECT))


def operations(calls: Sequence[Call]) -> list[Call]:
    """For the short version: the last call of each operation; of one that changes something, by each function."""
    last = {("" if call.reads else call.function, call.operation): call for call in calls}
    return sorted(last.values(), key=lambda call: call.number)


def steps(calls: Sequence[Call]) -> list[Call]:
    """The last call of each operation in each step."""
    last = {(call.function, call.step, call.operation): call for call in calls}
    return sorted(last.values(), key=lambda call: call.number)


def shared(flow: Flow, flows: Sequence[Flow]) -> int:
    """How many acts a flow begins with that an earlier one begins with too."""
    earlier = [each for each in flows[: flows.index(flow)] if each.settings == flow.settings]
    return max((_alike(flow.acts, each.acts) for each in earlier), default=0)


def _alike(acts: Sequence[Act], others: Sequence[Act]) -> int:
    alike = (one == other for one, other in zip(acts, others, strict=False))
    return sum(1 for _ in takewhile(bool, alike))


def short(name: str) -> Outcome:
    """The short version of a flow of this name, after what an earlier one begins with too."""
    flow = next(flow for flow in FLOWS if flow.name == name)
    return tried(flow, operations, after=shared(flow, FLOWS))


def tried(flow: Flow, choose: Callable[[Sequence[Call]], list[Call]] = places, *, after: int = 0) -> Outcome:
    """Every fault at every chosen call of a flow, those of its first acts left out (`after` so many)."""

    def run(decide: Callable[[Call], Fault | None]) -> Ran[Call]:
        made, wrong = executed(flow, decide)
        return Ran(made.wire.calls, wrong, marks=made.marks)

    return forks.tried(flow.name, run, choose, faults_of, after=after)
