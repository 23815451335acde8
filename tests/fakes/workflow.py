"""Fake of the port Workflow: what was started, and which tokens the machine still waits for."""

from chalicelib.domain.deployment import Ref
from tests.fakes.recorder import Recorder


class FakeWorkflow(Recorder):
    """`waiting` are the tokens that wake somebody, each once."""

    def __init__(self, *waiting: str) -> None:
        super().__init__()
        self.started: list[Ref] = []
        self.runs: list[tuple[Ref, int]] = []
        self.woken: list[str] = []
        self.waiting: set[str] = set(waiting)

    def start(self, ref: Ref, run: int = 1) -> None:
        """A second start of the same run finds the first."""
        with self._call("start", ref=ref, run=run):
            if (ref, run) not in self.runs:
                self.runs.append((ref, run))
                self.started.append(ref)

    def wake(self, token: str) -> bool:
        """True once for each token that is waited for."""
        with self._call("wake", token=token):
            if token not in self.waiting:
                return False
            self.waiting.remove(token)
            self.woken.append(token)
            return True
