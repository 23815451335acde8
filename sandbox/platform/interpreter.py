"""moto's Step Functions interpreter, made to follow the virtual clock and to keep the promises about task tokens.

Waiting is virtual: Wait states, Retry intervals, the time limits of token tasks and of whole machines. Work is
real: a task that only runs a function is limited in real seconds, as long as the function itself, so that a
fast-forward never ends work that is under way.

Sources of the rules: docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html (task tokens),
docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html (TaskTimedOut).
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser import api, models
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state import state as state_module
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.asl.eval.event import event_manager
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.backend import execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from sandbox.clock import GLANCE
from sandbox.platform import definitions
from sandbox.platform.override import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clock import VirtualClock

STATUS: dict[type, api.ExecutionStatus] = {
    ProgramEnded: api.ExecutionStatus.SUCCEEDED,
    ProgramStopped: api.ExecutionStatus.ABORTED,
    ProgramError: api.ExecutionStatus.FAILED,
    ProgramTimedOut: api.ExecutionStatus.TIMED_OUT,
}
TERMINAL = {
    "States.DataLimitExceeded",
    "States.Runtime",
}  # States.ALL matches neither (concepts-error-handling.html)

_matches = ErrorEqualsDecl._eval_body  # noqa: SLF001 # moto's interpreter has no public parts
LIMIT_GLANCE = 0.25
"""Real seconds between two looks whether the time of a whole machine is over: hundreds may be waiting at once."""
TASK_GLANCE = 0.1
"""The same for a task."""
Environment = Any  # moto's; its annotations promise less than what is there

_start_details: Any = execution.Execution.get_start_execution_details


class TokenEndpoint(callback.CallbackEndpoint):
    """The waiting end of a task token: it takes one answer, and none after its deadline."""

    clock: VirtualClock
    issued: dict[str, TokenEndpoint] = {}  # noqa: RUF012 # the registry of every token of this process

    def __init__(self, callback_id: str) -> None:
        super().__init__(callback_id)
        self.deadline = float("inf")
        self.awaited: Callable[[], bool] = lambda: True  # False once the branch or the execution was stopped
        self._settling = threading.Lock()
        self._closed = False
        self.issued[callback_id] = self

    def settle(self, outcome: callback.CallbackOutcome) -> bool:
        """Take the answer; False when the token was used, its time is over or its task is closed."""
        with self._settling:
            if self._closed or self.clock.now() >= self.deadline or not self.awaited():
                return False
            self._closed = True
            self.notify(outcome)
            return True

    def close(self) -> bool:
        """Take no answer any more; True when there was none."""
        with self._settling:
            self._closed = True
            unanswered = self.get_outcome() is None
            self._notify_event.set()
            return unanswered

    def wait(self, timeout: float | None = None) -> callback.CallbackOutcome | None:
        """Wait for the answer or for `close`; the attempt that owns the token watches the time."""
        del timeout
        self._notify_event.wait()
        return self.get_outcome()


class Attempt:
    """One attempt of a Task, Parallel or Map state, run in its own thread and frame."""

    def __init__(self, state: ExecutionState, env: Environment) -> None:
        self.error: Exception | None = None
        self._done = threading.Event()
        self._state = state
        self._env = env
        self.frame = env.open_frame()
        self.frame.states.reset(input_value=env.states.get_input())
        self.frame.stack = copy.deepcopy(env.stack)

    def run(self, seconds_left: Callable[[], float]) -> bool:
        """Run until it is done, its time is over or the execution has ended; True when it is done."""
        threading.Thread(target=self._evaluate, daemon=True).start()
        while not self._done.wait(TASK_GLANCE):
            if seconds_left() <= 0 or not self._env.is_running():
                return False
        return True

    def finish(self) -> None:
        """Wait for the rest of an attempt whose token was answered just in time."""
        self._done.wait()

    def _evaluate(self) -> None:
        try:
            self._state._eval_execution(self.frame)  # noqa: SLF001 # moto's interpreter has no public parts
        except Exception as error:  # noqa: BLE001 # handed to the state's Retry and Catch
            self.error = error
        self._done.set()


def _evaluate_with_timeout(self: ExecutionState, env: Environment) -> None:
    """Replace ExecutionState._evaluate_with_timeout: virtual limits for tokens, real limits for work."""
    self.timeout.eval(env=env)
    limit: float = env.stack.pop()
    token = _fresh_token(self, env)
    if token:
        token.deadline = token.clock.now() + limit
        token.awaited = env.is_running
        attempt = Attempt(self, env)
        done = attempt.run(lambda: token.deadline - token.clock.now())
        if token.close() is False:
            attempt.finish()
            done = True
    else:
        deadline = time.monotonic() + limit
        attempt = Attempt(self, env)
        done = attempt.run(lambda: deadline - time.monotonic())
    attempt.frame.set_ended()
    env.close_frame(attempt.frame)
    if attempt.error:
        raise attempt.error
    if not env.is_running():
        return
    if not done:
        raise EvalTimeoutError
    _take_result(self, env, attempt.frame.stack.pop())


def _fresh_token(state: ExecutionState, env: Environment) -> TokenEndpoint | None:
    """Return the token of this attempt: every retry waits for a token of its own."""
    resource = getattr(state, "resource", None)
    if getattr(resource, "condition", None) != ResourceCondition.WaitForTaskToken:
        return None
    context = env.states.context_object
    if context.context_object_data["State"]["RetryCount"]:
        env.callback_pool_manager.add(context.update_task_token())
    endpoint: TokenEndpoint = env.callback_pool_manager.get(context.context_object_data["Task"]["Token"])
    return endpoint


def _take_result(state: ExecutionState, env: Environment, output: Any) -> None:
    """Do what moto does with the result of an attempt (JSONPath only, the language of this project)."""
    env.stack.append(output)
    if state.assign_decl:
        state.assign_decl.eval(env=env)
    if state.result_selector:
        state.result_selector.eval(env=env)
    if state.result_path:
        state.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


def _matches_but_terminal(self: ErrorEqualsDecl, env: Environment) -> None:
    """Let States.ALL match everything but the errors that always end an execution."""
    wildcard = self._STATE_ALL_ERROR in self.error_names  # as above
    if wildcard and env.stack[-1].error_name in TERMINAL:
        env.stack[-1] = False
    else:
        _matches(self, env)


def _run_program(evaluate: Callable[..., None], clock: VirtualClock) -> Callable[..., None]:
    """Make Program.eval that limits a whole machine in virtual time."""

    def run(self: Program, env: Environment) -> None:
        limit = self.timeout_seconds.timeout_seconds if self.timeout_seconds else float("inf")
        deadline = clock.now() + limit
        env.next_state_name = self.start_at.start_at_name
        thread = threading.Thread(target=evaluate, args=(self, env), daemon=True)
        thread.start()
        while thread.is_alive() and clock.now() < deadline:
            thread.join(LIMIT_GLANCE)
        if thread.is_alive():
            env.set_timed_out()

    return run


def _virtual_datetime(clock: VirtualClock) -> type[dt.datetime]:
    """Make a datetime whose `now` is virtual and whose text is what the context object shows."""

    class VirtualDatetime(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> VirtualDatetime:
            utc = cls.fromtimestamp(clock.now(), dt.UTC)
            return utc if tz else utc.replace(tzinfo=None)

        def isoformat(self, sep: str = "T", timespec: str = "milliseconds") -> str:
            return super().isoformat(sep, timespec).replace("+00:00", "Z")

    return VirtualDatetime


def _started_as_text(self: Any) -> Any:
    """`$$.Execution.StartTime` is text, not an object that JSON does not know."""
    details = _start_details(self)
    details.start_time = self.start_date.isoformat()
    return details


def _record_end(self: Any) -> None:
    """Record how an execution ended, the status last: whoever sees it finds the output (JSON text) as well."""
    ended, env = self.execution, self.execution.exec_worker.env
    final = env.program_state()
    ended.stop_date = dt.datetime.fromtimestamp(TokenEndpoint.clock.now(), dt.UTC)
    if isinstance(final, ProgramEnded):
        ended.output = json.dumps(env.states.get_input())
    if isinstance(final, ProgramError) and final.error:
        ended.error, ended.cause = final.error.get("error"), final.error.get("cause")
    ended.exec_status = STATUS[type(final)]


def _stop(self: Any, **why: Any) -> None:
    """Stop an execution, also one that has just started and still reads its definition."""
    while self.env is None:
        time.sleep(GLANCE)
    self.env.set_stop(**why)


def install(clock: VirtualClock) -> None:
    """Bind moto's interpreter to the clock; once in a process."""

    def wait(_self: WaitFunction, env: Environment, wait_seconds: float) -> None:
        for pause in clock.pauses(clock.now() + wait_seconds):
            if not env.is_running():
                return
            time.sleep(pause)

    definitions.install()
    TokenEndpoint.clock = clock
    override(callback, "CallbackEndpoint", TokenEndpoint)
    override(Program, "eval", _run_program(super(Program, Program).eval, clock))
    override(ErrorEqualsDecl, "_eval_body", _matches_but_terminal)
    override(WaitFunction, "_wait_interval", wait)
    override(ExecutionState, "_evaluate_with_timeout", _evaluate_with_timeout)
    override(execution.BaseExecutionWorkerCommunication, "terminated", _record_end)
    override(ExecutionWorker, "stop", _stop)
    override(execution.Execution, "get_start_execution_details", _started_as_text)
    override(retrier_decl, "time", SimpleNamespace(sleep=clock.sleep))
    dates = SimpleNamespace(datetime=_virtual_datetime(clock), timezone=dt.timezone, timedelta=dt.timedelta)
    for module in (event_manager, state_module, execution, timestamp, models):
        override(module, "datetime", dates)
