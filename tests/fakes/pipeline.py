"""Fake of the port Pipeline: builds that go on until a test says how they ended."""

from dataclasses import replace

from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.update_ports import Building, PipelineBuild
from tests.fakes.recorder import Recorder


class FakePipeline(Recorder):
    """`head` is the commit that a build finds where none is named; `refuses` what it says to every start."""

    def __init__(self, head: str = "d" * 40) -> None:
        super().__init__()
        self.head = head
        self.refuses = ""
        self.builds: dict[str, PipelineBuild] = {}
        self._of: dict[str, str] = {}

    def start(self, update: str, revision: str) -> str:
        """One build for each update."""
        with self._call("start", update=update, revision=revision):
            if self.refuses:
                raise Refused(Reason.PIPELINE_REFUSED, said=self.refuses)
            if update not in self._of:
                self._of[update] = self._new(update, revision or self.head)
            return self._of[update]

    def build(self, identifier: str) -> PipelineBuild:
        """How it is."""
        with self._call("build", identifier=identifier):
            if identifier not in self.builds:
                raise Refused(Reason.PIPELINE_REFUSED, said=f"it knows no build {identifier}")
            return self.builds[identifier]

    def push(self) -> str:
        """Somebody pushed, and a build began."""
        return self._new("", self.head)

    def end(self, identifier: str, why: str = "") -> None:
        """It succeeded, or failed and says why."""
        building = Building.FAILED if why else Building.SUCCEEDED
        self.builds[identifier] = replace(self.builds[identifier], building=building, why=why)

    def _new(self, update: str, revision: str) -> str:
        made = f"pointsman-updates:{len(self.builds) + 1:08}-0000-4000-8000-000000000000"
        self.builds[made] = PipelineBuild(made, Building.RUNNING, update, revision, log="https://log")
        return made
