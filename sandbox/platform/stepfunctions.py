"""Rules of the Step Functions API that moto lacks: tokens, names, sizes and pages.

Source: docs.aws.amazon.com/step-functions/latest/apireference/ (API_StartExecution, API_SendTaskSuccess,
API_SendTaskFailure, API_GetExecutionHistory) and .../dg/service-quotas.html.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import uuid
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions import exceptions
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from sandbox.platform import interpreter
from sandbox.platform.interpreter import TokenEndpoint
from sandbox.platform.override import override

if TYPE_CHECKING:
    from sandbox.clock import VirtualClock

MAX_PAYLOAD = 262_144  # bytes of UTF-8
MAX_NAME = 80
FORBIDDEN_IN_NAMES = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")
PAGE, MAX_PAGE = 100, 1000
CLOSED = "Task Timed Out: 'Provided task does not exist anymore'"


class TaskTimedOut(AWSError):
    """The token has expired, or its task has already been closed."""

    TYPE = "TaskTimedOut"


class InvalidOutput(AWSError):
    """The output is not JSON."""

    TYPE = "InvalidOutput"


_start_execution: Any = StepFunctionsParserBackend.start_execution
_starting = threading.Lock()


def start_execution(
    self: StepFunctionsParserBackend,
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    trace_header: str | None = None,
) -> Any:
    """Check name and size, then start; one at a time, so that a name can be taken only once."""
    name = name or str(uuid.uuid4())
    if len(name) > MAX_NAME:
        raise exceptions.NameTooLongException(name)
    if FORBIDDEN_IN_NAMES.search(name):
        raise exceptions.InvalidName(f"Invalid Name: '{name}'")
    _check_size("input", execution_input or "{}")
    with _starting:
        return _start_execution(self, state_machine_arn, name, execution_input, trace_header)


def send_task_success(self: StepFunctionResponse) -> EmptyResult:
    """Answer a token once."""
    token, output = self._get_param("taskToken"), self._get_param("output")
    _check_size("output", output)
    try:
        json.loads(output)
    except ValueError as error:
        raise InvalidOutput(f"Invalid Output: '{error}'") from error
    _settle(CallbackOutcomeSuccess(callback_id=token, output=output))
    return EmptyResult()


def send_task_failure(self: StepFunctionResponse) -> EmptyResult:
    """Fail a token once, with its cause, which moto drops."""
    token, error, cause = (self._get_param(name) for name in ("taskToken", "error", "cause"))
    _settle(CallbackOutcomeFailure(callback_id=token, error=error, cause=cause))
    return EmptyResult()


def _settle(outcome: CallbackOutcomeSuccess | CallbackOutcomeFailure) -> None:
    endpoint = TokenEndpoint.issued.get(outcome.callback_id)
    if endpoint is None:
        raise exceptions.InvalidToken
    if not endpoint.settle(outcome):
        raise TaskTimedOut(CLOSED)


def _check_size(field: str, text: str) -> None:
    if len(text.encode()) > MAX_PAYLOAD:
        raise exceptions.ValidationException(
            f"1 validation error detected: Value at '{field}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_PAYLOAD}"
        )


def get_execution_history(self: StepFunctionResponse) -> ActionResult:
    """Answer one page; the token carries how many events came before it, and the last event when reversed."""
    history = self.stepfunction_backend.get_execution_history(self._get_param("executionArn"))
    start, end = _parse_page(self._get_param("nextToken"))
    events = history["events"][:end]
    end = len(events) if self._get_param("reverseOrder") else None
    if end is not None:
        events = events[::-1]
    size = min(int(self._get_param("maxResults") or PAGE), MAX_PAGE)
    result: dict[str, Any] = {"events": events[start : start + size]}
    if start + size < len(events):
        page = json.dumps([start + size, end])
        result["nextToken"] = base64.urlsafe_b64encode(page.encode()).decode()
    return ActionResult(result)


def _parse_page(token: str | None) -> tuple[int, int | None]:
    if not token:
        return 0, None
    try:
        start, end = json.loads(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise exceptions.InvalidToken from error
    return start, end


def install(clock: VirtualClock) -> None:
    """Bind the rules into moto; once in a process."""
    interpreter.install(clock)
    override(StepFunctionsParserBackend, "start_execution", start_execution)
    override(StepFunctionResponse, "send_task_success", send_task_success)
    override(StepFunctionResponse, "send_task_failure", send_task_failure)
    override(StepFunctionResponse, "get_execution_history", get_execution_history)
