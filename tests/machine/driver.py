"""Walks the deploy machine's own definition over the fakes: whole flows in milliseconds, no emulator, no waiting.

Executions and the branches of a Parallel are fibers in one simulated time. A task runs at one moment; a Retry sleeps;
a task token waits for `FakeWorkflow.wake` or for its timeout. Nothing runs unless a test lets it.
"""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.adapters.stepfunctions import execution_name
from chalicelib.domain.deployment import Machine as Kind
from chalicelib.usecases.ports import Execution
from chalicelib.usecases.steps.work import run
from chalicelib.wire.step_event import parse_step
from tests.fakes.clock import FakeClock
from tests.fakes.recorder import Killed
from tests.fakes.store import FakeStore
from tests.fakes.workflow import FakeWorkflow
from tests.machine.language import Failed, at, branches_of, caught, chosen, error_of, put, resolved, retry_in

DEFINITIONS: dict[str, dict[str, Any]] = {
    each: json.loads(Path(f"stepfunctions/{each}.asl.json").read_text()) for each in Kind
}
STEP_SECONDS = 0.05
"""How long a task takes here, so that no state is entered twice at the same time."""
MOST_STEPS = 5_000


@dataclass(frozen=True, slots=True)
class Pause:
    """What a fiber waits for: a time, and where they are given a token or the end of other fibers."""

    until: float
    token: str = ""
    fibers: tuple["Fiber", ...] = ()


Walk = Generator[Pause, None, dict[str, Any]]


@dataclass(eq=False, slots=True)
class Fiber:
    """One execution or one branch: the state it is in, what it waits for, and how it ended."""

    name: str
    walk: Iterator[Pause] = field(default=iter(()), repr=False)
    pause: Pause = field(default_factory=lambda: Pause(0.0))
    state: str = ""
    states: list[str] = field(default_factory=list)
    done: bool = False
    aborted: bool = False
    failed: Failed | None = None
    machine: dict[str, Any] = field(default_factory=dict, repr=False)
    ids: dict[str, Any] = field(default_factory=dict, repr=False)
    data: dict[str, Any] = field(default_factory=dict)
    """The input of the state it is in."""
    entered: str = ""
    branches: tuple["Fiber", ...] = ()

    @property
    def status(self) -> str:
        """As DescribeExecution says it."""
        if self.aborted:
            return "ABORTED"
        return "FAILED" if self.failed else "SUCCEEDED" if self.done else "RUNNING"


class Machine:
    """The machine with everything that it has started. `functions`: the steps of each function, by its name."""

    def __init__(
        self, store: FakeStore, workflow: FakeWorkflow, clock: FakeClock, functions: Mapping[str, object]
    ) -> None:
        self._store = store
        self._workflow = workflow
        self._clock = clock
        self._functions = functions
        self._tokens = 0
        self.definitions = DEFINITIONS
        self.fibers: list[Fiber] = []
        self.after_each_step: Callable[[], None] = lambda: None
        self.stepped: Fiber | None = None
        """Whose step was the last."""
        self.lost: list[str] = []
        """States whose next task happens, and whose reply gets lost."""

    def wrap(self, around: Callable[[object], object]) -> None:
        """Put something around the steps of each function."""
        self._functions = {name: around(steps) for name, steps in self._functions.items()}

    def execution(self, deployment: str) -> Fiber:
        """The execution of a deployment."""
        return next(fiber for fiber in self.fibers if fiber.name == deployment)

    def abort(self, name: str) -> None:
        """Stop an execution with its branches where they are, as somebody does in the console (StopExecution)."""
        for fiber in self.fibers:
            if fiber.name.partition("/")[0] == name and not fiber.done:
                self._workflow.waiting.discard(fiber.pause.token)
                fiber.done = fiber.aborted = True
        self._tell_statuses()

    def redrive(self, execution: str, *, enters: bool = False) -> None:
        """Start one that failed or was stopped again from the state where it ended, with that state's input and no try
        counted (RedriveExecution); of a Parallel only the branches that had not succeeded. `enters`: the state has
        a new time of entering, as the documentation leaves open."""
        fiber = self.execution(execution)
        assert fiber.status in {"FAILED", "ABORTED"}, f"{execution} can not be redriven: {fiber.status}"
        for each in (fiber, *fiber.branches):
            if each.status in {"FAILED", "ABORTED"}:
                each.done, each.aborted, each.failed, each.pause = False, False, None, Pause(0.0)
                each.entered = "" if enters else each.entered
                each.walk = self._walk(each, again=True)
                self._workflow.ended.pop(each.name, None)

    def run(self, *, until: str = "") -> None:
        """Let everything go on until only people and clocks of waits could move it, or some fiber is about to run the
        task `until`. Time passes as the retries say."""
        self._go_on(until, limit=None)

    def let(self, seconds: float) -> None:
        """Let time pass, waits that time out meanwhile included, then run."""
        self.elapse(seconds)
        self.run()

    def elapse(self, seconds: float) -> None:
        """Let just so much time pass, whoever waits for the world then."""
        end = self._clock.now() + seconds
        self._go_on("", limit=end)
        self._clock.advance(max(0.0, end - self._clock.now()))

    def step(self) -> None:
        """One step of whoever goes on first."""
        self._begin()
        fiber = self._next(None)
        assert fiber is not None, "everybody waits"
        self._step(fiber)

    def busy(self) -> bool:
        """Whether anything goes on before somebody answers or a wait times out."""
        self._begin()
        return self._next(None) is not None

    def _go_on(self, until: str, limit: float | None) -> None:
        entered = {id(fiber): len(fiber.states) for fiber in self.fibers}
        for _ in range(MOST_STEPS):
            self._begin()
            fiber = self._next(limit)
            if fiber is None:
                assert not until, f"{until} was never reached: {[(f.name, f.states) for f in self.fibers]}"
                return
            self._step(fiber)
            news = fiber.states[entered.get(id(fiber), 0) :]
            if until and until in news and not fiber.done:
                return
        raise AssertionError(f"{MOST_STEPS} steps and no end")

    def _begin(self) -> None:
        known = {fiber.name for fiber in self.fibers}
        for ref, run_ in self._workflow.runs:
            name = execution_name(ref, run_)
            if name not in known:
                ids = {**asdict(ref), "run": run_}
                self._spawn(name, self.definitions[self._workflow.machines[ref]], ids, ids)

    def _spawn(self, name: str, machine: dict[str, Any], ids: dict[str, Any], data: dict[str, Any]) -> Fiber:
        fiber = Fiber(name, state=machine["StartAt"], machine=machine, ids=ids, data=dict(data))
        fiber.walk = self._walk(fiber)
        self.fibers.append(fiber)
        return fiber

    def _next(self, limit: float | None) -> Fiber | None:
        """The fiber that goes on first. A wait's own timeout counts where time is let pass or others retry until it."""
        ready = [(self._when(fiber), fiber) for fiber in self.fibers if not fiber.done]
        busy = [when for when, fiber in ready if when is not None and not self._waits(fiber)]
        horizon = limit if limit is not None else min(busy, default=None)
        if horizon is None:
            return None
        due = [(when, fiber) for when, fiber in ready if when is not None and when <= horizon]
        return min(due, key=lambda each: each[0], default=(0.0, None))[1]

    def _when(self, fiber: Fiber) -> float | None:
        if fiber.pause.fibers:
            ended = all(each.done for each in fiber.pause.fibers) or any(
                each.failed for each in fiber.pause.fibers
            )
            return self._clock.now() if ended else None
        if fiber.pause.token and fiber.pause.token not in self._workflow.waiting:
            return self._clock.now()
        return max(fiber.pause.until, self._clock.now())

    def _waits(self, fiber: Fiber) -> bool:
        return bool(fiber.pause.token) and fiber.pause.token in self._workflow.waiting

    def _step(self, fiber: Fiber) -> None:
        when = self._when(fiber)
        self._clock.advance(max(0.0, (when or 0.0) - self._clock.now()))
        try:
            fiber.pause = next(fiber.walk)
        except StopIteration:
            fiber.done = True
        except Failed as failed:
            fiber.done, fiber.failed = True, failed
        self.stepped = fiber
        self._tell_statuses()
        self.after_each_step()

    def _tell_statuses(self) -> None:
        """What DescribeExecution would answer from now on."""
        done = {fiber.name: Execution(fiber.status.lower()) for fiber in self.fibers if fiber.done}
        self._workflow.ended |= done

    # --- the States Language ------------------------------------------------------------------------------------

    def _walk(self, fiber: Fiber, *, again: bool = False) -> Walk:
        """From the state that the fiber is in to its end; `again`: that state is redriven."""
        while True:
            state = fiber.machine["States"][fiber.state]
            fiber.states.append(fiber.state)
            if state["Type"] == "Fail":
                raise Failed(*error_of(state, fiber.data))
            name: str | None
            if state["Type"] == "Choice":
                name = chosen(state, fiber.data)
            elif state["Type"] == "Succeed":
                return fiber.data
            elif state["Type"] == "Pass":
                made = dict(resolved(state["Parameters"], {}, fiber.data))
                name, fiber.data = state["Next"], put(fiber.data, state["ResultPath"], made)
            else:
                yield Pause(self._clock.now())
                name, fiber.data = yield from self._tried(fiber, state, again=again)
            if not name:
                return fiber.data
            fiber.state, fiber.entered, fiber.branches, again = name, "", (), False

    def _tried(
        self, fiber: Fiber, state: dict[str, Any], *, again: bool
    ) -> Generator[Pause, None, tuple[str | None, dict[str, Any]]]:
        """A Task or Parallel with its Retry and Catch."""
        attempts = [0] * len(state.get("Retry", ()))
        fiber.entered = fiber.entered or f"{self._clock.now():.3f}"
        while True:
            try:
                if state["Type"] in {"Parallel", "Map"}:
                    yield from self._parallel(fiber, state, again=again)
                    return state.get("Next"), fiber.data
                result = yield from self._task(fiber, state)
                return state.get("Next"), put(fiber.data, state.get("ResultPath", "$"), result)
            except Failed as failed:
                wait = retry_in(state, failed, attempts)
                if wait is None:
                    return caught(state, failed, fiber.data)
                yield Pause(self._clock.now() + wait)

    def _parallel(self, fiber: Fiber, state: dict[str, Any], *, again: bool) -> Generator[Pause, None, None]:
        if not (again and fiber.branches):
            fiber.branches = tuple(
                self._spawn(f"{fiber.name}/{number}", branch, fiber.ids, data)
                for number, (branch, data) in enumerate(branches_of(state, fiber.data))
            )
        branches = fiber.branches
        yield Pause(self._clock.now(), fibers=branches)
        for branch in branches:
            if not branch.done:  # the other one failed: this one is stopped where it is
                self._workflow.waiting.discard(branch.pause.token)
                branch.done = branch.aborted = True
        for branch in branches:
            fiber.states += branch.states
            if branch.failed:
                raise branch.failed

    def _task(self, fiber: Fiber, state: dict[str, Any]) -> Generator[Pause, None, dict[str, Any]]:
        self._tokens += 1
        data = fiber.data
        token = f"token-{self._tokens}" if "TimeoutSecondsPath" in state else ""
        context = {
            "$$.State.Name": fiber.state,
            "$$.State.EnteredTime": fiber.entered,
            "$$.Execution.Input": fiber.ids,
            "$$.Task.Token": token,
        }
        payload = dict(resolved(state["Parameters"]["Payload"], context, data))
        if token:
            self._workflow.waiting.add(token)
        try:
            answer = self._invoke(state["Parameters"]["FunctionName"], payload)
        except Failed:
            self._workflow.waiting.discard(token)
            raise
        if not token:
            return dict(resolved(state.get("ResultSelector", {}), {}, {"Payload": answer}))
        deadline = self._clock.now() + int(at(state["TimeoutSecondsPath"], data))
        yield Pause(deadline, token=token)
        if token in self._workflow.waiting:
            self._workflow.waiting.remove(token)
            raise Failed("States.Timeout")
        return {}

    def _invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        name = function.removeprefix("${").removesuffix("FunctionArn}").lower()
        self._clock.advance(STEP_SECONDS)
        try:
            event = parse_step(payload)
            answer = run(
                self._functions[name], self._store, self._clock, event, keep_reason=name != "terminate"
            )
        except (
            Killed
        ) as killed:  # as Step Functions words it ("Handle Lambda service exceptions", developer guide)
            raise Failed("Lambda.Unknown") from killed
        except Exception as error:  # Lambda reports whatever is raised by the name of its class
            raise Failed(type(error).__name__, json.dumps({"errorMessage": str(error)})) from error
        if event.step in self.lost:
            self.lost.remove(event.step)
            raise Failed("Lambda.ServiceException")
        return answer
