"""One run of a flow: the account, the product over it, the state machine, people, and the watch over all of it."""

import contextlib
import io
import urllib.request
from collections.abc import Mapping
from functools import cache
from typing import Any

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.errors import PointsmanError, Unavailable
from tests.fakes.clock import FakeClock
from tests.faults.interpreter import Interpreter
from tests.faults.invariants import Watch
from tests.faults.memory.account import MemoryAccount
from tests.faults.memory.slack import SlackOverHttp
from tests.faults.people import BOT_TOKEN, SECRETS, Door
from tests.faults.product import Product
from tests.faults.stream import Reader
from tests.faults.wire import Killed, Wire

SERVICE, ENVIRONMENT = "cameras", "production"
MOST_TRIES = 100
ASYNCHRONOUS = (0.0, 60.0, 120.0)
"""Seconds before each try of an asynchronous invocation."""
SWEEP_SECONDS, SWEEPS = 61.0, 2
"""The sweeper lets everybody finish for a minute (sweep_rules.PATIENCE)."""


def _of_updates(record: Mapping[str, Any]) -> bool:
    """The filter of the updater's mapping (resources.yaml, StreamToUpdater)."""
    return bool(record["dynamodb"]["Keys"]["pk"]["S"] == "UPDATES")


@cache
def over_http() -> SlackOverHttp:
    """urllib's opener of this process: slack_sdk sends through it."""
    handler = SlackOverHttp()
    urllib.request.install_opener(urllib.request.build_opener(handler))
    return handler


def identifier(number: int) -> str:
    """The id of a deployment by its number."""
    return f"{SERVICE}-{ENVIRONMENT}-{number}"


class Run:
    """Nothing happens unless somebody acts or lets time pass."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FakeClock()
        self.wire = Wire()
        self.log = io.StringIO()
        self.account = MemoryAccount(self.clock, bot_token=BOT_TOKEN)
        self.account.publish(**settings)
        self.account.connect(self.wire)
        over_http().workspace, over_http().wire = self.account.slack, self.wire
        self.product = Product(self.account, self.wire, self.clock, SECRETS)
        self.machine = Interpreter(self.product, self.account.states, self.wire, self.clock)
        self.machine.after_each_step = self._after_step
        self.people = Door(self.product, self.account.slack, self.wire, self.clock)
        self.watch = Watch(self.account)
        self.outside: set[str] = self.watch.outside
        self.marks: list[int] = []
        """How many calls there were before each act."""
        self._readers = (
            Reader("chat", self.product.announce, lambda _: True),
            Reader("updater", lambda records: self.product.update({"Records": records}), _of_updates),
        )

    # --- going on -----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let everything go on until only people and clocks could move it, chat included."""
        with contextlib.redirect_stderr(self.log):
            self.machine.run()
            self._deliver_all()

    def until(self, task: str) -> None:
        """Go on until a task is about to run."""
        with contextlib.redirect_stderr(self.log):
            self.machine.run(until=task)

    def let(self, seconds: float) -> None:
        """Let time pass."""
        with contextlib.redirect_stderr(self.log):
            self.machine.let(seconds)
            self._deliver_all()

    def sweep(self) -> None:
        """A minute and more goes by, and the sweeper looks; where it dies, it looks again a minute later."""
        for _ in range(SWEEPS):
            self.let(SWEEP_SECONDS)
            try:
                with contextlib.redirect_stderr(self.log), self.wire.run_of("sweeper", "sweep"):
                    self.product.sweep()
            except Killed:
                self.product.kill("sweeper")
            except Unavailable as error:
                self.log.write(f"not swept: {error}\n")
            self.settle()

    def _after_step(self) -> None:
        for each in self._readers:
            if self.clock.now() >= each.next_batch:
                self._deliver(each)

    def _deliver_all(self) -> None:
        for _ in range(MOST_TRIES):
            while any(each.pending(self._stream) and each.tries == 0 for each in self._readers):
                for each in self._readers:
                    if each.tries == 0:
                        self._deliver(each)
            waiting = [each for each in self._readers if each.pending(self._stream)]
            if not waiting and not self._wake():
                return
            for each in waiting:
                self.clock.advance(max(0.0, each.next_batch - self.clock.now()))
                self._deliver(each)

    def _wake(self) -> bool:
        """What the queue brings next; False where it is empty."""
        due = self.product.queue.due()
        if due is None:
            return False
        self.clock.advance(max(0.0, due - self.clock.now()))
        record = self.product.queue.receive()
        try:
            with self.wire.run_of("chat", f"wake {self._state()}"):
                self.product.announce([record])
        except Killed:
            self.product.kill("chat")
            self.product.queue.again(record, self.clock.now())
        except Exception:  # noqa: BLE001 - to the queue any error of the function is the same
            self.product.queue.again(record, self.clock.now())
        return True

    @property
    def _stream(self) -> list[dict[str, Any]]:
        return self.account.table.stream

    def _deliver(self, reader: Reader) -> None:
        """One batch of the stream."""
        step = f"announce {self._state()}" if reader.function == "chat" else "begin"
        reader.deliver(self._stream, step, product=self.product, wire=self.wire, clock=self.clock)

    def pipeline(self, build: str) -> None:
        """Something happened to a build of the pipeline, and an event says so; Lambda tries twice more."""
        arn = f"arn:aws:codebuild:us-east-1:123456789012:build/{build}"
        event = {"source": "aws.codebuild", "detail": {"build-id": arn}}
        with contextlib.redirect_stderr(self.log):
            for pause in ASYNCHRONOUS:
                self.clock.advance(pause)
                try:
                    with self.wire.run_of("updater", "heard"):
                        self.product.update(event)
                except Killed:
                    self.product.kill("updater")
                except PointsmanError as error:
                    self.log.write(f"update not followed: {error}\n")
                else:
                    break
        self.settle()

    def _state(self) -> str:
        """The state of the newest deployment, so that announcing each is a place of its own."""
        deployments = [item for (_, sk), item in self.account.table.items() if sk.startswith("DEPLOYMENT#")]
        return str(deployments[-1]["state"]["S"]) if deployments else "nothing"

    # --- looking ------------------------------------------------------------------------------------------------

    def deployments(self) -> list[Deployment]:
        """Every deployment, oldest first."""
        count = self.environment().counter
        refs = [Ref(SERVICE, ENVIRONMENT, identifier(number)) for number in range(1, count + 1)]
        found = [self.account.store.deployment(ref) for ref in refs]
        return [each for each in found if each is not None]

    def environment(self) -> Environment:
        """What is live and who holds it."""
        return self.account.store.environment(SERVICE, ENVIRONMENT)

    def open(self) -> list[Question]:
        """Every question that nobody has decided."""
        asked = [each for made in self.deployments() for each in self.account.store.questions(made.ref)]
        return [each for each in asked if each.answer is None]

    def asked(self, kind: Kind) -> Question | None:
        """The newest open question of a kind."""
        found = [each for each in self.open() if each.kind is kind and each.open_at(self.clock.now())]
        return max(found, key=lambda each: each.asked_at, default=None)
