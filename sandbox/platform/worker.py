"""The process in which a Lambda function runs: started by the pool, one request at a time, from the package only.

    python -I -S -B worker.py CLOCK_FILE CLOCK_MODULE HANDLER FOLDER...

Isolation is what the flags give: no site-packages, no environment of the interpreter, so whatever the function
imports must be in its package or layer. Requests and replies are lines of JSON; what the function prints goes to
the log.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import socket
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Any, Any], Any]


LOOPBACK = "127.0.0.1"


@dataclass
class Context:
    """The part of Lambda's context object that runtimes for Python provide."""

    aws_request_id: str
    invoked_function_arn: str
    function_name: str
    memory_limit_in_mb: str
    function_version: str
    log_group_name: str = ""
    log_stream_name: str = "sandbox"
    identity: None = None
    client_context: None = None
    deadline: float = field(default=0.0, repr=False)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds of real time left before the function is ended."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def load_clock(clock_file: str, clock_module: str) -> None:
    """Make time virtual before the product is imported."""
    spec = importlib.util.spec_from_file_location("_sandbox_clock", clock_module)
    if spec is None or spec.loader is None:
        raise ImportError(clock_module)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.install(module.VirtualClock(Path(clock_file)))


def find_accounts() -> None:
    """Look names like `123456789012.127.0.0.1` up: the key-value store's SDK puts the account before the endpoint."""
    ask = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **named: Any) -> Any:
        here = isinstance(host, str) and host.endswith(f".{LOOPBACK}")
        return ask(LOOPBACK if here else host, *rest, **named)

    socket.getaddrinfo = look_up


def load_handler(handler: str) -> Handler:
    """Find `module.name` as Lambda does."""
    module, _, name = handler.rpartition(".")
    found: Handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    return found


def answer(handler: Handler, request: dict[str, Any]) -> dict[str, Any]:
    """Run one request; an exception becomes the error that Lambda reports."""
    context = Context(
        aws_request_id=request["request_id"],
        invoked_function_arn=request["arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        deadline=time.monotonic() + request["timeout"],
    )
    try:
        return {"result": json.dumps(handler(request["event"], context))}
    except Exception as error:  # noqa: BLE001 # whatever the function raises is its answer
        traceback.print_exc()
        return {"error": describe(error)}


def describe(error: BaseException) -> dict[str, Any]:
    """Describe an exception as the Python runtime of Lambda does: class name, message, stack."""
    stack = traceback.format_list(traceback.extract_tb(error.__traceback__))
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": stack[1:]}


def main(arguments: list[str]) -> None:
    """Serve requests until the pool closes the pipe."""
    clock_file, clock_module, name, *folders = arguments
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the function prints is log, not protocol
    load_clock(clock_file, clock_module)
    find_accounts()
    sys.path = [*folders, *(path for path in sys.path if path and path != str(Path(__file__).parent))]
    handler: Handler | None = None
    for line in sys.stdin:
        try:
            handler = handler or load_handler(name)
            reply = answer(handler, json.loads(line))
        except Exception as error:  # noqa: BLE001 # a package that cannot be imported is an answer too
            traceback.print_exc()
            module_missing = isinstance(error, (ImportError, AttributeError))
            kind = "Runtime.ImportModuleError" if module_missing else type(error).__name__
            reply = {"error": {**describe(error), "errorType": kind}}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
