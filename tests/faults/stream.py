"""Who follows the table's stream: batches in order; where a function fails, the same records come again, later each
time (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB")."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.clock import FakeClock
from tests.faults.product import Product
from tests.faults.wire import Killed, Wire

BATCH, WINDOW = 100, 1.0
"""What the stream brings at once, and how long it gathers that (resources.yaml, StreamToChat)."""
Record = Mapping[str, Any]


@dataclass
class Reader:
    """One function, and how far it has read. What it does not want never reaches it."""

    function: str
    call: Callable[[Sequence[Record]], None]
    wants: Callable[[Record], bool]
    read: int = 0
    tries: int = 0
    next_batch: float = 0.0

    def pending(self, stream: Sequence[Record]) -> bool:
        """Whether there is more for it."""
        while self.read < len(stream) and not self.wants(stream[self.read]):
            self.read += 1
        return self.read < len(stream)

    def deliver(
        self, stream: Sequence[Record], step: str, *, product: Product, wire: Wire, clock: FakeClock
    ) -> None:
        """One batch."""
        if not self.pending(stream):
            return
        batch = stream[self.read : self.read + BATCH]
        self.next_batch = clock.now() + WINDOW
        try:
            with wire.run_of(self.function, step):
                self.call([each for each in batch if self.wants(each)])
        except Killed:
            product.kill(self.function)
            self._failed(clock)
        except Exception:  # noqa: BLE001 - to the stream any error of the function is the same
            self._failed(clock)
        else:
            self.read += len(batch)
            self.tries = 0

    def _failed(self, clock: FakeClock) -> None:
        self.tries += 1
        self.next_batch = clock.now() + min(2.0**self.tries, 60.0)
