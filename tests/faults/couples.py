"""A server and a frontend that go together, under faults at any call of either machine: both are live in the end, or
neither; and no page is ever shown that misses a file (I13), or asks a server that has gone back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from tests.builders import APPROVER, DEPLOYER
from tests.faults.line import Call, Fault, ran
from tests.machine.couple_rig import NEXT_PAGES, NEXT_SERVERS, PAGES, SERVERS, CoupleRig
from tests.machine.release_rig import A, B, C

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.domain.deployment import Ref, Slot
    from tests.faults.forks import Ran

MOST_LOOKS = 20
BOTH = (SERVERS, PAGES)
NEW, OLD, KEPT = ("142", B), ("141", A), ("141", B)
DONE = (State.SUCCEEDED, State.SUCCEEDED)
BACK = (State.ROLLED_BACK, State.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class Couple:
    """What people do to the two, how each ends, and which versions are live then."""

    name: str
    act: Callable[[CoupleRig], None]
    ends: tuple[State, State]
    live: tuple[str, str]
    pointed: bool = True
    first: bool = False

    def run(self, decide: Callable[[Call], Fault | None]) -> Ran[Call]:
        """A run of the flow, each call of which meets what is decided."""
        rig = CoupleRig(pointed=self.pointed, first=self.first)

        def acted() -> str:
            self.act(rig)
            rig.sweeps(10)
            return self._wrong(rig)

        return ran(rig, lambda: _check(rig), decide, acted)

    def _wrong(self, rig: CoupleRig) -> str:
        ends = rig.of(SERVERS).state, rig.of(PAGES).state
        if ends != self.ends:
            return f"they ended as {ends}"
        live = (rig.environment().live_version, rig.shown)
        if live != self.live:
            return f"{live} are live"
        if not rig.whole_release():
            return f"visitors do not see all of {rig.shown}"
        left = [
            *_held(rig),
            *(each.code for ref in BOTH for each in rig.store.questions(ref) if not each.answer),
        ]
        return f"left: {left}" if left else ""


def _held(rig: CoupleRig) -> list[Slot]:
    """What the two still hold."""
    environments = (rig.store.environment(ref.service, ref.environment) for ref in BOTH)
    slots = (slot for each in environments for slot in (each.active, each.keeping) if slot is not None)
    return [slot for slot in slots if slot.deployment in {ref.deployment for ref in BOTH}]


def _check(rig: CoupleRig) -> None:
    """Someone whole takes traffic, and what visitors have open asks servers that are there."""
    assert rig.cloud.violations == []
    assert len(rig.taking()) >= rig.whole
    rig.paired()


# --- what people do -------------------------------------------------------------------------------------------------


def _ready(rig: CoupleRig) -> None:
    rig.said(f"cameras@142+web@{B} to production", DEPLOYER, seconds=30)
    _answer(rig, SERVERS, Kind.START)
    rig.machine.elapse(180)


def _switched(rig: CoupleRig) -> None:
    _ready(rig)
    rig.said("finish cameras production", DEPLOYER, seconds=30)
    _answer(rig, SERVERS, Kind.FINISH)
    rig.machine.elapse(150)


def _live(rig: CoupleRig) -> None:
    _switched(rig)
    rig.machine.elapse(250)


def _kept(rig: CoupleRig) -> None:
    _live(rig)
    rig.machine.elapse(7_400)


def _back_by(name: str) -> Callable[[CoupleRig], None]:
    def act(rig: CoupleRig) -> None:
        _live(rig)
        _rolled_back(rig, name)

    return act


def _first_stays(rig: CoupleRig) -> None:
    _live(rig)
    _rolled_back(rig)
    rig.machine.elapse(7_400)


def _rolled_back(rig: CoupleRig, name: str = "cameras", verb: str = "rollback") -> None:
    rig.said(f"{verb} {name} production", seconds=30)
    _answer(rig, SERVERS, Kind.ROLLBACK)
    rig.sweeps(6)


def _broken(rig: CoupleRig) -> None:
    _gone(rig)
    rig.machine.elapse(2_400)


def _gone(rig: CoupleRig) -> None:
    """The frontend waits for somebody to mend its files."""
    _ready(rig)
    rig.site.objects.clear()
    rig.said("finish cameras production", DEPLOYER, seconds=30)
    _answer(rig, SERVERS, Kind.FINISH)
    rig.machine.elapse(200)


def _looks_wrong(rig: CoupleRig) -> None:
    rig.viewer.shows = "0" * 64
    _switched(rig)
    rig.machine.elapse(2_400)


def _canceled(rig: CoupleRig) -> None:
    _ready(rig)
    rig.said("cancel web production", DEPLOYER, seconds=300)


def _canceled_late(rig: CoupleRig) -> None:
    _gone(rig)
    _rolled_back(rig, "web", "cancel")


def _gives_way(rig: CoupleRig) -> None:
    _gone(rig)
    rig.said("cameras@143 to production", DEPLOYER, seconds=30)
    _answer(rig, NEXT_SERVERS, Kind.START)
    rig.sweeps(60)
    assert rig.of(NEXT_SERVERS).state is State.FAILED


def _next(rig: CoupleRig) -> None:
    _live(rig)
    rig.said("cameras@143 to production", DEPLOYER, seconds=30)
    _answer(rig, NEXT_SERVERS, Kind.START)
    rig.sweeps(6)
    rig.said("cancel cameras production", DEPLOYER, seconds=600)
    assert rig.of(NEXT_SERVERS).state is State.CANCELED


def _next_release(rig: CoupleRig) -> None:
    _live(rig)
    rig.said(f"web@{C} to production", DEPLOYER, seconds=30)
    _answer(rig, NEXT_PAGES, Kind.START)
    rig.sweeps(6)


def _cleaned_up(rig: CoupleRig) -> None:
    _live(rig)
    rig.said("cleanup web production", DEPLOYER, seconds=30)
    _answer(rig, SERVERS, Kind.END)
    rig.sweeps(6)


def _answer(rig: CoupleRig, ref: Ref, kind: Kind) -> None:
    """A second person confirms as soon as they are asked; a fault may delay that."""
    for _ in range(MOST_LOOKS):
        asked = [each for each in rig.store.questions(ref) if each.kind is kind and each.answer is None]
        if asked:
            rig.said(f"confirm {asked[-1].code}", APPROVER, seconds=0)
            return
        rig.machine.elapse(15)
    raise AssertionError(f"{ref.deployment} asks no {kind}")


def _in_both_modes(flow: Couple) -> list[Couple]:
    return [
        replace(flow, name=f"{flow.name}, {'pointed' if pointed else 'copied'}", pointed=pointed)
        for pointed in (True, False)
    ]


COUPLES = (
    *_in_both_modes(Couple("both kept", _kept, DONE, NEW)),
    *_in_both_modes(Couple("both back, by the server's name", _back_by("cameras"), BACK, OLD)),
    Couple("both back, by the frontend's name", _back_by("web"), BACK, OLD),
    Couple("the frontend fails", _broken, (State.ROLLED_BACK, State.FAILED), OLD),
    *_in_both_modes(
        Couple("the frontend fails once it is shown", _looks_wrong, (State.ROLLED_BACK, State.FAILED), OLD)
    ),
    Couple("the frontend is canceled", _canceled, (State.CANCELED, State.CANCELED), OLD),
    Couple("the frontend is canceled late", _canceled_late, (State.ROLLED_BACK, State.FAILED), OLD),
    Couple("a first release", _kept, DONE, NEW, first=True),
    Couple(
        "a first release stays",
        _first_stays,
        (State.ROLLED_BACK, State.SUCCEEDED),
        KEPT,
        first=True,
        pointed=False,
    ),
    Couple("the next server gives way", _gives_way, (State.ROLLED_BACK, State.FAILED), OLD),
    Couple("the next server", _next, DONE, NEW),
    *_in_both_modes(Couple("the next release", _next_release, DONE, ("142", C))),
    Couple("one is cleaned up", _cleaned_up, DONE, NEW),
)
"""Every flow with a folder for each release; those in which pages move also where they are copied."""


SHORT = (
    "both kept, pointed",
    "both back, by the server's name, copied",
    "the frontend fails",
    "a first release stays",
)
"""Those that every test run tries; the long version tries all."""
