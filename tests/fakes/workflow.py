"""Fake of the port Workflow: what was started, and which tokens the machine still waits for."""

from chalicelib.adapters.stepfunctions import execution_name
from chalicelib.domain.deployment import Machine, Ref
from chalicelib.usecases.ports import Execution
from tests.fakes.recorder import Recorder


class FakeWorkflow(Recorder):
    """`waiting` are the tokens that wake somebody, each once; `ended` says of executions by name how they ended."""

    def __init__(self, *waiting: str) -> None:
        super().__init__()
        self.started: list[Ref] = []
        self.runs: list[tuple[Ref, int]] = []
        self.machines: dict[Ref, Machine] = {}
        self.woken: list[str] = []
        self.waiting: set[str] = set(waiting)
        self.ended: dict[str, Execution] = {}

    def start(self, ref: Ref, run: int = 1, machine: Machine = Machine.DEPLOY) -> None:
        """A second start of the same run finds the first."""
        with self._call("start", ref=ref, run=run):
            self.machines[ref] = machine
            if (ref, run) not in self.runs:
                self.runs.append((ref, run))
                self.started.append(ref)

    def status(self, ref: Ref, run: int, machine: Machine = Machine.DEPLOY) -> Execution:  # noqa: ARG002 - names differ
        """Running from its start until something is in `ended`."""
        with self._call("status", ref=ref, run=run):
            started = Execution.RUNNING if (ref, run) in self.runs else Execution.MISSING
            return self.ended.get(execution_name(ref, run), started)

    def wake(self, token: str) -> bool:
        """True once for each token that is waited for."""
        with self._call("wake", token=token):
            if token not in self.waiting:
                return False
            self.waiting.remove(token)
            self.woken.append(token)
            return True
