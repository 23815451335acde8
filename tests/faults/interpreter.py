"""The deploy machine's own definition, whose tasks are functions of the product that can die.

What Step Functions is told when a process dies: `Lambda.Unknown` of old runtimes (out of memory, timeouts), and
`Sandbox.Timedout` and `Runtime.ExitError` of newer ones (Step Functions guide, "Handle Lambda service exceptions";
Lambda guide, "Troubleshoot execution issues in Lambda").
"""

import json
from itertools import cycle
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.clock import FakeClock
from tests.faults.memory.states import MemoryStates
from tests.faults.product import Product
from tests.faults.wire import Killed, Wire
from tests.machine.driver import STEP_SECONDS, Machine
from tests.machine.language import Failed

if TYPE_CHECKING:
    from tests.fakes.store import FakeStore
    from tests.fakes.workflow import FakeWorkflow

DEATHS = ("Lambda.Unknown", "Sandbox.Timedout", "Runtime.ExitError")


class Interpreter(Machine):
    """Every input and output of a state is kept, without the tokens that Step Functions itself puts in."""

    def __init__(self, product: Product, states: MemoryStates, wire: Wire, clock: FakeClock) -> None:
        # The driver needs of store and functions nothing but what `_invoke` does with them, and of a workflow what
        # MemoryStates has.
        super().__init__(cast("FakeStore", None), cast("FakeWorkflow", states), clock, {})
        self._product = product
        self._wire = wire
        self._deaths = cycle(DEATHS)
        self.inputs: list[str] = []

    def _invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        name = function.removeprefix("${").removesuffix("FunctionArn}").lower()
        self._clock.advance(STEP_SECONDS)
        self.inputs.append(json.dumps({key: each for key, each in payload.items() if key != "token"}))
        try:
            with self._wire.run_of(name, payload["step"]):
                answer = self._product.step(name, payload)
        except Killed as killed:
            self._product.kill(name)
            raise Failed(next(self._deaths), json.dumps({"errorMessage": "the process ended"})) from killed
        except Exception as error:  # Lambda reports whatever is raised by the name of its class
            raise Failed(type(error).__name__, json.dumps({"errorMessage": str(error)})) from error
        self.inputs.append(json.dumps(answer))
        return answer
