"""A server and a frontend that go together, under faults at any call of either machine: both are live, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from tests.builders import APPROVER, LEAD
from tests.faults.releases import Fault, Line, Steps
from tests.machine.couple_rig import BOTH, PAGES, SERVERS, CoupleRig
from tests.machine.release_rig import A, B

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Couple:
    """What people do to the two, and how each ends."""

    name: str
    act: Callable[[CoupleRig], None]
    servers: State
    pages: State

    def run(self, at: int, meets: Fault | None) -> tuple[Line, str]:
        """The flow with a fault at one call, and what is wrong after it; empty where nothing is."""
        rig = CoupleRig()
        line = Line(lambda: _check(rig), at, meets)
        rig.machine.after_each_step = lambda: None  # a death leaves something for the sweeper to wish
        rig.machine.wrap(lambda steps: Steps(steps, line))
        for fake in (rig.store, rig.workflow, rig.bucket, rig.cdn, rig.viewer):
            fake.line = line
        try:
            self.act(rig)
            rig.machine.let(1_000)
            return line, self._wrong(rig)
        except (AssertionError, ValueError, LookupError) as error:
            return line, f"{type(error).__name__}: {error}"

    def _wrong(self, rig: CoupleRig) -> str:
        ends = rig.of(SERVERS).state, rig.of(PAGES).state
        if ends != (self.servers, self.pages):
            return f"they ended as {ends}"
        together = {(rig.environment().live_version, rig.shown)}
        if not together <= {("142", B), ("141", A)}:
            return f"one is live without the other: {together}"
        held = [
            slot
            for ref in (SERVERS, PAGES)
            for environment in [rig.store.environment(ref.service, ref.environment)]
            for slot in (environment.active, environment.keeping)
        ]
        return f"left: {held}" if any(held) else ""


def _check(rig: CoupleRig) -> None:
    """Someone whole takes traffic, and what visitors see is complete."""
    assert rig.cloud.violations == []
    assert len(rig.taking()) >= rig.whole
    live = rig.site.folders.get(rig.shown, {})
    assert set(live) >= {each.path for each in rig.site.releases[rig.shown].files}


def _live(rig: CoupleRig) -> None:
    rig.say(f"{BOTH} to production")
    _confirm(rig, Kind.START)
    rig.machine.let(120)
    rig.say("finish cameras production")
    _confirm(rig, Kind.FINISH)
    rig.machine.let(400)


def _kept(rig: CoupleRig) -> None:
    _live(rig)
    rig.machine.let(8_000)


def _back(rig: CoupleRig) -> None:
    _live(rig)
    rig.say("rollback cameras production", LEAD)
    found = next(
        each for each in rig.store.questions(PAGES) if each.kind is Kind.ROLLBACK and each.answer is None
    )
    rig.say(f"confirm {found.code}", APPROVER)
    rig.machine.let(600)


def _broken(rig: CoupleRig) -> None:
    rig.site.objects.clear()
    _live(rig)
    rig.machine.let(4_000)


def _canceled(rig: CoupleRig) -> None:
    rig.say(f"{BOTH} to production")
    _confirm(rig, Kind.START)
    rig.machine.let(120)
    rig.say("cancel web production")
    rig.machine.let(300)


def _confirm(rig: CoupleRig, kind: Kind) -> None:
    rig.say(f"confirm {rig.question(SERVERS, kind).code}", APPROVER)


COUPLES = (
    Couple("both kept", _kept, State.SUCCEEDED, State.SUCCEEDED),
    Couple("both back", _back, State.ROLLED_BACK, State.ROLLED_BACK),
    Couple("the frontend fails", _broken, State.ROLLED_BACK, State.FAILED),
    Couple("the frontend is canceled", _canceled, State.CANCELED, State.CANCELED),
)
