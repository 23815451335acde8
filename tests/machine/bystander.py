"""A sweeper that looks at everything after each step of every flow, and may touch nothing.

It has fakes of its own over the same table, cloud and executions, so that neither the calls that a test counts nor the
faults that it plans are used up by it.
"""

from chalicelib.domain.findings import Finding, Trouble
from chalicelib.domain.history import History
from chalicelib.usecases.ports import Change, Save
from chalicelib.usecases.sweep import Sweeper
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import Cloud
from tests.fakes.fleet import FakeFleet
from tests.fakes.store import FakeStore
from tests.fakes.workflow import FakeWorkflow


class _Look(FakeStore):
    """A store that notes what somebody wants to write, and writes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[str] = []

    def commit(self, *changes: Change) -> None:
        """Note the events, which name the repairs; that a deployment is stuck, or that somebody labeled a host by
        hand, is no news here."""
        told = [
            each.record for each in changes if isinstance(each, Save) and isinstance(each.record, Finding)
        ]
        if not any(each.trouble is Trouble.STUCK or not each.deployment for each in told):
            self.wanted += [f"{each.event} {each.detail}" for each in changes if isinstance(each, History)]


class Bystander:
    """`wishes` are the repairs that the sweeper would make now; none while nobody lets it look (conftest.py)."""

    watching = False

    def __init__(self, store: FakeStore, workflow: FakeWorkflow, cloud: Cloud, clock: FakeClock) -> None:
        self._store, self._workflow = store, workflow
        self._look, self._machine = _Look(), FakeWorkflow()
        self._sweeper = Sweeper(self._look, self._machine, FakeFleet(cloud), clock)

    def wishes(self) -> list[str]:
        """Sweep, and say what would have been done."""
        if not self.watching:
            return []
        self._look.table = self._store.table
        self._machine.runs = list(self._workflow.runs)
        self._machine.waiting = set(self._workflow.waiting)
        self._machine.ended = dict(self._workflow.ended)
        self._look.wanted.clear()
        self._sweeper.sweep()
        self._look.calls.clear()
        return list(self._look.wanted)
