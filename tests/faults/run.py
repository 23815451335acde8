"""One run of a flow: the account, the product over it, the state machine, people, and the watch over all of it."""

import contextlib
import io
import urllib.request
from functools import cache
from typing import Any

from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.errors import Unavailable
from tests.fakes.clock import FakeClock
from tests.faults.interpreter import Interpreter
from tests.faults.invariants import Watch
from tests.faults.memory.account import MemoryAccount
from tests.faults.memory.slack import SlackOverHttp
from tests.faults.people import BOT_TOKEN, SECRETS, Door
from tests.faults.product import Product
from tests.faults.wire import Killed, Wire

SERVICE, ENVIRONMENT = "cameras", "production"
BATCH, WINDOW = 100, 1.0
"""What the stream brings at once, and how long it gathers that (resources.yaml, StreamToChat)."""
MOST_TRIES = 100
SWEEP_SECONDS, SWEEPS = 61.0, 2
"""The sweeper lets everybody finish for a minute (sweep_rules.PATIENCE)."""


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
        self._read = 0
        self._tries = 0
        self._next_batch = 0.0

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
        if self.clock.now() >= self._next_batch:
            self._deliver()

    def _deliver_all(self) -> None:
        for _ in range(MOST_TRIES):
            while self._pending() and self._tries == 0:
                self._deliver()
            if not self._pending() and not self._wake():
                return
            if self._pending():
                self.clock.advance(max(0.0, self._next_batch - self.clock.now()))
                self._deliver()

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

    def _pending(self) -> bool:
        return len(self.account.table.stream) > self._read

    def _deliver(self) -> None:
        """One batch of the stream; where the function fails, the same records come again, later each time."""
        batch = self.account.table.stream[self._read : self._read + BATCH]
        if not batch:
            return
        self._next_batch = self.clock.now() + WINDOW
        try:
            with self.wire.run_of("chat", f"announce {self._state()}"):
                self.product.announce(batch)
        except Killed:
            self.product.kill("chat")
            self._failed()
        except Exception:  # noqa: BLE001 - to the stream any error of the function is the same
            self._failed()
        else:
            self._read += len(batch)
            self._tries = 0

    def _failed(self) -> None:
        self._tries += 1
        self._next_batch = self.clock.now() + min(2.0**self._tries, 60.0)

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
