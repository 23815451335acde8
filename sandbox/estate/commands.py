"""Run Command: a command, its invocations, and the rate control between them.

Statuses follow docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html, concurrency and error limits
send-commands-multiple.html. Hosts live in real time, so timeouts here are real seconds too.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.estate.agent import HostGone, StepResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.estate.documents import Step

GLANCE = 0.05
"""Seconds between two looks at a host whose agent does not answer yet."""
ACTIVE = frozenset({"Pending", "InProgress"})
COUNTED = frozenset({"Failed", "ExecutionTimedOut"})
"""Only these count against MaxErrors: delivery timeouts and undeliverable invocations do not."""


class Runner(Protocol):
    """The agent of one host."""

    def run(self, command_id: str, steps: list[Step]) -> Iterator[StepResult]:
        """Run the steps; each result as it ends. Raises HostGone."""


@dataclass(frozen=True, slots=True)
class Node:
    """A host as a command sees it."""

    instance_id: str
    agent: Runner
    online: Callable[[], bool]


@dataclass(slots=True)
class Invocation:
    """The command on one host. `details` is SSM's StatusDetails."""

    node: Node
    details: str = "Pending"
    results: list[StepResult] = field(default_factory=list)
    requested: float = field(default_factory=time.time)

    @property
    def status(self) -> str:
        """The coarser status that `details` belongs to."""
        return STATUS.get(self.details, self.details)


STATUS = {
    "DeliveryTimedOut": "TimedOut",
    "ExecutionTimedOut": "TimedOut",
    "Terminated": "Cancelled",
    "Undeliverable": "Failed",
    "Incomplete": "Failed",
    "NoInstancesInTag": "Success",  # as the service reports it: nothing was asked, nothing failed
}


@dataclass(slots=True)
class Command:
    """One SendCommand."""

    request: dict[str, Any]
    steps: list[Step]
    invocations: list[Invocation]
    concurrency: int
    most_errors: int
    timeout: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    requested: float = field(default_factory=time.time)
    canceled: bool = False
    _began: float = field(default_factory=time.monotonic)
    _taken: set[str] = field(default_factory=set)
    _change: threading.Condition = field(default_factory=threading.Condition)

    def start(self) -> None:
        """Begin on the first hosts; the rest follow as they end."""
        for _ in range(min(self.concurrency, len(self.invocations))):
            threading.Thread(target=self._work, name=f"ssm-{self.id[:8]}", daemon=True).start()

    def cancel(self) -> None:
        """Stop what has not started yet (the service promises no more)."""
        with self._change:
            self.canceled = True
            self._end_pending("Cancelled")

    def wait(self, seconds: float) -> bool:
        """Until it has ended everywhere; False where it has not within this time."""
        with self._change:
            return self._change.wait_for(lambda: self.details not in ACTIVE, seconds)

    @property
    def errors(self) -> int:
        """Invocations that count against MaxErrors."""
        return sum(each.details in COUNTED for each in self.invocations)

    @property
    def details(self) -> str:
        """The whole command's StatusDetails."""
        found = {each.details for each in self.invocations}
        if not found:
            return "NoInstancesInTag"
        if found & ACTIVE:
            return "Pending" if found == {"Pending"} else "InProgress"
        if found <= {"Success"}:
            return "Success"
        if self.canceled:
            return "Cancelled"
        if self.errors > self.most_errors:
            return "ExecutionTimedOut" if "Failed" not in found else "Failed"
        return "DeliveryTimedOut" if found == {"DeliveryTimedOut"} else "Incomplete"

    @property
    def status(self) -> str:
        """The coarser status that `details` belongs to."""
        return STATUS.get(self.details, self.details)

    def _work(self) -> None:
        while invocation := self._next():
            self._run(invocation)

    def _next(self) -> Invocation | None:
        """The next host that waits; none where too many have failed, and then the rest is terminated."""
        with self._change:
            if self.errors > self.most_errors:
                self._end_pending("Terminated")
            waiting = (each for each in self.invocations if each.details == "Pending")
            found = next((each for each in waiting if each.node.instance_id not in self._taken), None)
            if found:
                self._taken.add(found.node.instance_id)
            return found

    def _run(self, invocation: Invocation) -> None:
        if not self._delivered(invocation):
            return
        try:
            for result in invocation.node.agent.run(self.id, self.steps):
                invocation.results.append(result)
            last = invocation.results[-1].status
            self._set(invocation, "ExecutionTimedOut" if last == "TimedOut" else last)
        except HostGone:
            self._set(invocation, "Undeliverable")

    def _delivered(self, invocation: Invocation) -> bool:
        """Wait for the agent, at most until the delivery timeout."""
        while not invocation.node.online():
            if time.monotonic() > self._began + self.timeout:
                self._set(invocation, "DeliveryTimedOut")
            if invocation.details != "Pending":
                return False
            time.sleep(GLANCE)
        with self._change:
            if invocation.details == "Pending":
                invocation.details = "InProgress"
            return invocation.details == "InProgress"

    def _set(self, invocation: Invocation, details: str) -> None:
        with self._change:
            invocation.details = details
            if self.errors > self.most_errors:
                self._end_pending("Terminated")
            self._change.notify_all()

    def _end_pending(self, details: str) -> None:
        for each in self.invocations:
            if each.details == "Pending":
                each.details = details
        self._change.notify_all()


def limit(text: str, total: int, *, least: int) -> int:
    """A number or a percentage of all targets, as MaxConcurrency and MaxErrors are given; rounded up."""
    number = math.ceil(total * int(text[:-1]) / 100) if text.endswith("%") else int(text)
    return max(least, number)
