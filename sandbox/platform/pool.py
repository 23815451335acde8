"""Worker processes for Lambda functions: a pool for each function that grows on demand, one request per worker.

Where a limit is set, no more requests than that run at a time in the whole pool, and the others wait for their turn:
hundreds of processes would only take the time of a small machine from each other.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
import uuid
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox import clock as clock_module
from sandbox.platform.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Mapping

LATEST = "$LATEST"
WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class FunctionSpec:
    """All that decides how a function, or a version of it, runs; a changed spec gets new workers."""

    name: str
    arn: str
    handler: str
    folders: tuple[Path, ...]  # package, then layers
    environment: Mapping[str, str] = field(hash=False)
    timeout: float = 60.0  # real seconds
    memory: int = 128
    version: str = LATEST


class Reply(NamedTuple):
    """What a function answered: JSON text, whether it is an error, and which version it was."""

    payload: str
    failed: bool = False
    version: str = LATEST


class WorkerDied(Exception):
    """The worker ended without an answer."""


class Worker:
    """One process of one function."""

    def __init__(self, spec: FunctionSpec, clock_file: Path, log: Path) -> None:
        self.name = spec.name
        self._unread = b""
        program = [sys.executable, "-I", "-S", "-B", str(WORKER)]
        arguments = [str(clock_file), clock_module.__file__, spec.handler, *map(str, spec.folders)]
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*program, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(spec),
                cwd=spec.folders[0],
                start_new_session=True,  # Ctrl-C in the terminal is the sandbox's to handle
            )

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send one request; raises TimeoutError or WorkerDied, after which the worker is gone."""
        if self._process.stdin is None:
            raise WorkerDied
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            reply: dict[str, Any] = json.loads(self._read_line(time.monotonic() + seconds))
        except (TimeoutError, BrokenPipeError, WorkerDied) as error:
            self.kill()
            if isinstance(error, TimeoutError):
                raise
            raise WorkerDied(f"exit status {self._process.returncode}") from error
        return reply

    def end(self) -> None:
        """Kill the process under whoever is asking it, who then sees that it died."""
        self._process.kill()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # what it had not read is lost with it

    def _read_line(self, deadline: float) -> bytes:
        stream = self._process.stdout
        if stream is None:
            raise WorkerDied
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                raise TimeoutError
            chunk = os.read(stream.fileno(), 65536)
            if not chunk:
                self._process.wait()
                raise WorkerDied
            self._unread += chunk
        line, _, self._unread = self._unread.partition(b"\n")
        return line


class WorkerPool:
    """Every worker of the sandbox, idle ones kept by the function, or version of one, that they were started for."""

    def __init__(self, *, clock_file: Path, logs: Path, limit: int = 0) -> None:
        self._clock_file = clock_file
        self._logs = logs
        self.figures = Figures()
        self._turns = threading.BoundedSemaphore(limit) if limit else nullcontext()
        self._idle: dict[str, list[tuple[FunctionSpec, Worker]]] = {}
        self._lock = threading.Lock()
        self._all: set[Worker] = set()
        logs.mkdir(parents=True, exist_ok=True)

    def invoke(self, spec: FunctionSpec, event: Any) -> Reply:
        """Run one request in an idle worker, or in a new one."""
        asked = time.monotonic()
        with self._turns, self.figures.watch(spec.name, asked) as seen:
            reply = self._run(spec, event)
            seen.failed = reply.failed
        return reply._replace(version=spec.version)

    def _run(self, spec: FunctionSpec, event: Any) -> Reply:
        request_id = str(uuid.uuid4())
        worker = self._take(spec)
        request = {"event": event, "request_id": request_id, "arn": spec.arn, "timeout": spec.timeout}
        try:
            reply = worker.ask(request, spec.timeout)
        except TimeoutError:
            self._all.discard(worker)
            message = f"{request_id} Task timed out after {spec.timeout:.2f} seconds"
            return _failure("Sandbox.Timedout", message)
        except WorkerDied as error:
            self._all.discard(worker)
            message = f"RequestId: {request_id} Error: Runtime exited without providing a reason ({error})"
            return _failure("Runtime.ExitError", message)
        self._give_back(spec, worker)
        if "error" in reply:
            return Reply(json.dumps(reply["error"]), failed=True)
        return Reply(reply["result"])

    def kill_busy(self, name: str) -> int:
        """Kill a function's workers that run a request; returns how many there were."""
        with self._lock:
            idle = {worker for each in self._idle.values() for _, worker in each}
            busy = [each for each in list(self._all) if each.name == name and each not in idle]
        for worker in busy:
            worker.end()
        return len(busy)

    def close(self) -> None:
        """End every worker."""
        for worker in list(self._all):
            worker.kill()

    def _take(self, spec: FunctionSpec) -> Worker:
        with self._lock:
            idle = self._idle.setdefault(spec.arn, [])
            while idle:
                known, worker = idle.pop()
                if known == spec:
                    return worker
                self._all.discard(worker)
                worker.kill()
            worker = Worker(spec, self._clock_file, self._logs / f"{spec.name}.log")
            self.figures.started(spec.name)
            self._all.add(worker)
            return worker

    def _give_back(self, spec: FunctionSpec, worker: Worker) -> None:
        with self._lock:
            self._idle[spec.arn].append((spec, worker))


def _failure(kind: str, message: str) -> Reply:
    return Reply(json.dumps({"errorMessage": message, "errorType": kind}), failed=True)


def _environment(spec: FunctionSpec) -> dict[str, str]:
    """Lambda's reserved variables beside the template's; nothing of this machine but what Python needs to run."""
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        **spec.environment,
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "sandbox",
    }
