"""Both machines in one place: servers behind a load balancer, and a frontend that goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import Deployment, Environment, Ref, State
from chalicelib.usecases.steps.cleaning import CleanupSteps
from chalicelib.usecases.steps.frontend import FrontendSteps
from tests.builders import APPROVER, LEAD, NOW
from tests.fakes.releases import FakeBucket, FakeCdn, FakeCleaner, FakeViewer, Website
from tests.machine.browsers import Browsers
from tests.machine.driver import Machine
from tests.machine.functions import functions
from tests.machine.release_rig import ADDRESS, STORE, A, B, C, Edges, pushed, web
from tests.machine.rig import CONTROLS, Rig

if TYPE_CHECKING:
    from chalicelib.domain.approval import Question
    from chalicelib.domain.people import Actor
    from tests.fakes.recorder import Recorder

BOTH = f"cameras@142+web@{B}"
SERVERS, NEXT_SERVERS = (Ref("cameras", "production", f"cameras-production-{each}") for each in (1, 2))
PAGES, NEXT_PAGES = (Ref("web", "production", f"web-production-{each}") for each in (1, 2))
BUCKET = "pointsman-frontend-web"


class CoupleRig(Rig):
    """`cameras` runs 141 and `web` shows A, or nothing yet; 142 and B are there to go together. `of_web` changes the
    frontend's environment."""

    def __init__(self, *, pointed: bool = True, first: bool = False, **of_web: Any) -> None:
        super().__init__()
        raw, pages = self.store.team().raw, web(pointed=pointed, keep=2)
        pages["environments"]["production"].update(of_web)
        self.store.publish({**raw, "services": {**raw["services"], "web": pages}})
        self.site = Website()
        self.first = first
        self.bucket, self.cdn = FakeBucket(self.site), FakeCdn(self.site)
        self.viewer, self.cleaner = FakeViewer(self.site, ADDRESS), FakeCleaner(self.site)
        steps = {
            **functions(self, self.workflow, lambda: self.bucket),
            "frontend": FrontendSteps(self.bucket, self.cdn, self.viewer),
            "cleanup": CleanupSteps(self.cleaner),
        }
        self.machine = Machine(self.store, self.workflow, self.clock, steps)
        self.machine.after_each_step = self.check
        self.browsers = Browsers(self.site, self.clock, pointed=pointed)
        self._edges = Edges(self.site, self.clock)
        for number, tag in enumerate((A, B, C)):
            self.store.put(pushed(self.site, number, tag))
        if not first:
            self._shows_a(pointed=pointed)
        if not pointed:
            self.site.shown = "production"

    def _shows_a(self, *, pointed: bool) -> None:
        """With a pointer from the time when each release had a folder of its own."""
        self.bucket.place(BUCKET, self.site.releases[A].files, A if pointed else "production")
        if pointed:
            self.cdn.point(STORE, A, A, instead_of="")
        self.store.put(Environment("web", "production", live_version=A, live_since=NOW - 600))

    @property
    def fakes(self) -> list[Recorder]:
        """All that the steps of the frontend call, and the table."""
        return [self.store, self.workflow, self.bucket, self.cdn, self.viewer, self.cleaner]

    # --- acting -------------------------------------------------------------------------------------------------

    def confirm(self, kind: Kind, ref: Ref = SERVERS) -> None:
        """A second person says yes."""
        self.decide_of(ref, kind)

    def decide_of(self, ref: Ref, kind: Kind, verb: str = "confirm", *, run: bool = True) -> None:
        """A second person answers."""
        self.say(f"{verb} {self.question(ref, kind).code}", APPROVER, run=run)

    def said(self, text: str, by: Actor = LEAD, *, seconds: float = 5.0) -> str:
        """Somebody types this, and a few seconds pass, whoever waits for the world then."""
        answer = self.say(text, by, run=False)
        self.machine.elapse(seconds)
        return answer

    def ready(self) -> None:
        """The new fleet is made and tested; people decide when it is switched to."""
        self.say(f"{BOTH} to production")
        self.confirm(Kind.START)

    def live(self) -> None:
        """Both are live."""
        self.ready()
        self.say("finish cameras production")
        self.confirm(Kind.FINISH)
        self.machine.let(200)
        assert self.of(SERVERS).state is State.KEEPING
        assert (self.of(PAGES).state, self.shown) == (State.KEEPING, B)

    def sweeps(self, minutes: int = 1) -> None:
        """Time passes, and the sweeper looks every minute."""
        for _ in range(minutes):
            self.machine.elapse(60)
            self.sweeper.sweep()
        self.machine.elapse(5)

    # --- looking ------------------------------------------------------------------------------------------------

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
        """The release whose first page visitors see."""
        page = self.site.served().get("index.html")
        return next((tag for tag, each in self.site.releases.items() if page in each.files), "")

    def whole_release(self) -> bool:
        """Whether every file of the release that is shown is what a visitor gets."""
        served = self.site.served()
        return all(served.get(each.path) == each for each in self.site.releases[self.shown].files)

    def paired(self) -> None:
        """No page outlives the server that it asks. A first release does: there is none before it."""
        assert self.first or self.shown != B or self.taking() != CONTROLS, "B asks the servers that run 141"

    def check(self) -> None:
        """After each step: the servers as ever, what visitors have open, and whom it asks."""
        super().check()
        self.browsers.find_all()
        self.see()

    def see(self) -> None:
        """What edge locations may still lead to, and whom the pages ask."""
        self._edges.look()
        self.paired()
