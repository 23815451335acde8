"""Every AWS and chat call of the product goes over one wire, which records it and can break it.

A call is recorded when it is made, so a new call of the product is covered the day it is written.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

Answer = TypeVar("Answer")

THROTTLES = 4
"""How often a throttled operation is refused: more than the three tries of the JSON client, and of one step."""


class Fault(StrEnum):
    """What befalls one call. An error and a lost reply outlast the tries of the client itself."""

    ERROR = "error"
    THROTTLED = "throttled"
    LOST = "reply lost"
    LOST_ONCE = "reply lost once"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


AFTER_EFFECT = frozenset({Fault.LOST, Fault.LOST_ONCE, Fault.KILLED_AFTER})
"""Faults that differ from those before the effect only where there is an effect."""
READS = ("Get", "Query", "Describe", "List", "conversations.", "BatchGet")


class Killed(BaseException):
    """The process of a function is gone: nothing in it catches this."""


class Troubles(Protocol):
    """How one service fails, in the words of its own client."""

    def error(self) -> Exception:
        """A fault of the service's own, before any effect."""

    def lost(self) -> Exception:
        """The connection broke before the reply came."""

    def throttled(self) -> Exception:
        """Too many requests."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as recorded: which function made it, in which step, and the how-manieth of that run of the step."""

    number: int
    function: str
    step: str
    position: int
    operation: str

    @property
    def place(self) -> tuple[str, str, int, str]:
        """The same for every run of the step."""
        return self.function, self.step, self.position, self.operation

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, so that before and after its effect are one."""
        return self.operation.partition(".")[2].startswith(READS)

    def __str__(self) -> str:
        return f"{self.number} {self.function}/{self.step} #{self.position} {self.operation}"


class Sending:
    """One call under way: each try of the client is sent through `send`, and meets the fault of the call."""

    def __init__(self, wire: "Wire", call: Call, fault: Fault | None) -> None:
        self._wire = wire
        self._call = call
        self._fault = fault
        self._tries = 0

    def send(self, effect: Callable[[], Answer], troubles: Troubles) -> Answer:
        """One try: the effect, unless the fault comes before it; the reply, unless the fault comes after it."""
        self._tries += 1
        if self._wire.refuses(self._call.operation, self._fault):
            raise troubles.throttled()
        if self._fault is Fault.ERROR:
            raise troubles.error()
        if self._fault is Fault.KILLED_BEFORE:
            raise Killed
        if self._fault is Fault.KILLED_AFTER:
            self._quietly(effect)
            raise Killed
        if self._fault is Fault.LOST or (self._fault is Fault.LOST_ONCE and self._tries == 1):
            self._quietly(effect)
            raise troubles.lost()
        return effect()

    def _quietly(self, effect: Callable[[], object]) -> None:
        """What the service would have answered, a refusal too, reaches nobody."""
        try:
            effect()
        except Exception as refusal:  # noqa: BLE001 - each service has its own errors, and none is heard here
            self._wire.unheard.append(type(refusal).__name__)


class Wire:
    """Records every call. `decide` says which fault a call meets."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.unheard: list[str] = []
        self.decide: Callable[[Call], Fault | None] = lambda _: None
        self.hit: Call | None = None
        self._function = self._step = ""
        self._position = 0
        self._throttled = ""
        self._left = 0

    @contextmanager
    def run_of(self, function: str, step: str) -> Iterator[None]:
        """Everything that is called inside is called by this run of a function."""
        before = self._function, self._step, self._position
        self._function, self._step, self._position = function, step, 0
        try:
            yield
        finally:
            self._function, self._step, self._position = before

    def call(self, operation: str) -> Sending:
        """A call begins."""
        self._position += 1
        call = Call(len(self.calls), self._function, self._step, self._position, operation)
        self.calls.append(call)
        fault = self.decide(call)
        if fault is not None:
            self.hit = call
        if fault is Fault.THROTTLED:
            self._throttled, self._left = operation, THROTTLES
        return Sending(self, call, fault)

    def refuses(self, operation: str, fault: Fault | None) -> bool:
        """Whether a try of an operation is throttled: for a while every try of it, whoever makes it."""
        if self._left == 0 or operation != self._throttled or fault not in {None, Fault.THROTTLED}:
            return False
        self._left -= 1
        return True
