"""Both machines in one place: servers behind a load balancer, and a frontend that goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.people import ci
from chalicelib.domain.pushed import Release
from chalicelib.domain.release import manifest
from chalicelib.usecases.steps.cleaning import CleanupSteps
from chalicelib.usecases.steps.frontend import FrontendSteps
from tests.builders import NOW
from tests.fakes.releases import FakeBucket, FakeCdn, FakeCleaner, FakeViewer, Website
from tests.machine.driver import Machine
from tests.machine.functions import functions
from tests.machine.release_rig import ADDRESS, STORE, A, B, file, web
from tests.machine.rig import Rig

if TYPE_CHECKING:
    from chalicelib.domain.approval import Kind, Question

BOTH = f"cameras@142+web@{B}"
SERVERS = Ref("cameras", "production", "cameras-production-1")
PAGES = Ref("web", "production", "web-production-1")


class CoupleRig(Rig):
    """`cameras` runs 141 and `web` shows A; 142 and B are there to go together."""

    def __init__(self) -> None:
        super().__init__()
        raw = self.store.team().raw
        self.store.publish({**raw, "services": {**raw["services"], "web": web(pointed=True, keep=10)}})
        self.site = Website()
        self.bucket, self.cdn = FakeBucket(self.site), FakeCdn(self.site)
        self.viewer = FakeViewer(self.site, ADDRESS)
        steps = {
            **functions(self, self.workflow),
            "frontend": FrontendSteps(self.bucket, self.cdn, self.viewer),
            "cleanup": CleanupSteps(FakeCleaner(self.site)),
        }
        self.machine = Machine(self.store, self.workflow, self.clock, steps)
        self.machine.after_each_step = self.check
        for number, tag in enumerate((A, B)):
            made = manifest("web", tag, [file("index.html", f"page {number}", page=True)], int(NOW) + number)
            self.site.push(made)
            self.store.put(Release("web", tag, made.digest, ci("jenkins"), NOW, 1, 9, version=str(number)))
        self.bucket.place("pointsman-frontend-web", self.site.releases[A].files, A)
        self.cdn.point(STORE, A, instead_of="")
        self.store.put(Environment("web", "production", live_version=A, live_since=NOW - 600))

    def of(self, ref: Ref) -> Deployment:
        """A deployment's record."""
        found = self.store.deployment(ref)
        assert found is not None
        return found

    def question(self, ref: Ref, kind: Kind) -> Question:
        """The open question of a kind."""
        (found,) = (each for each in self.store.questions(ref) if each.kind is kind and each.answer is None)
        return found

    @property
    def shown(self) -> str:
        """The release that visitors see."""
        return self.cdn.pointer(STORE)
