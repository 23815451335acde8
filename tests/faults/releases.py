"""Frontend releases under faults: every call that a step makes, of the table, Step Functions, S3, CloudFront or the
site, meets each fault, in both ways to serve a site, while a crawler loads the site after every effect (I13).

`python -m tests.faults.releases` tries every call, in two processes, and writes `build/faults/releases.json`; the tests
try less (`short`).
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import NotReady
from tests.builders import APPROVER, LEAD
from tests.faults import forks, report
from tests.faults.couples import COUPLES
from tests.faults.line import Call, Fault, faults_of, kinds, ran
from tests.machine.release_rig import A, B, C, ReleaseRig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.faults.forks import Outcome, Ran

    Runs = Callable[[Callable[[Call], Fault | None]], Ran[Call]]
    """The runs of a flow, each call of which meets what is decided."""

REPORT = Path("build/faults/releases.json")


@dataclass(frozen=True, slots=True)
class Flow:
    """What people do, and how the deployment they did it to ends."""

    name: str
    act: Callable[[ReleaseRig], None]
    number: int
    ends: State
    shows: str
    first: bool = True


def _kept(rig: ReleaseRig) -> None:
    rig.enabled(B)
    rig.machine.let(7_400)


def _first(rig: ReleaseRig) -> None:
    rig.enabled(A)
    rig.machine.let(7_400)


def _back(rig: ReleaseRig) -> None:
    rig.enabled(B)
    rig.machine.let(120)
    rig.say("rollback web production", LEAD)
    rig.decide("confirm", Kind.ROLLBACK, APPROVER)
    rig.machine.let(300)


def _looks_wrong(rig: ReleaseRig) -> None:
    rig.viewer.shows = "0" * 64
    rig.enabled(B)
    rig.machine.let(3_000)


def _rejected(rig: ReleaseRig) -> None:
    rig.say(f"web@{B} to production")
    rig.decide("reject", Kind.START)


def _expired(rig: ReleaseRig) -> None:
    rig.say(f"web@{B} to production")
    rig.machine.let(400)


def _broken(rig: ReleaseRig) -> None:
    rig.site.objects -= {each.body for each in rig.site.releases[B].files if each.page}
    rig.enabled(B)
    rig.machine.let(8_000)


def _held(rig: ReleaseRig) -> None:
    """One of its objects is gone, and people are waited for."""
    rig.site.objects -= {each.body for each in rig.site.releases[B].files if each.path == "style.css"}
    rig.enabled(B)
    rig.machine.let(5)


def _retried(rig: ReleaseRig) -> None:
    _held(rig)
    rig.site.push(rig.site.releases[B])
    rig.say("retry web production")
    rig.machine.let(7_400)


def _given_up(rig: ReleaseRig) -> None:
    _held(rig)
    rig.say("cancel web production")
    rig.machine.let(300)


def _begun(rig: ReleaseRig, until: str) -> None:
    """Release B is confirmed, and its machine is about to run a state."""
    rig.say(f"web@{B} to production")
    rig.decide("confirm", Kind.START, run=False)
    rig.machine.run(until=until)


def _canceled(rig: ReleaseRig) -> None:
    _begun(rig, "CopyAssets")
    rig.say("cancel web production")
    rig.machine.let(300)


def _back_at_once(rig: ReleaseRig) -> None:
    _begun(rig, "Bake")
    rig.say("rollback web production", LEAD)
    rig.decide("confirm", Kind.ROLLBACK, APPROVER)
    rig.machine.let(300)


def _cleaned_up(rig: ReleaseRig) -> None:
    rig.enabled(B)
    rig.say("cleanup web production", LEAD)
    rig.decide("confirm", Kind.END, APPROVER)
    rig.machine.let(300)


def _changed_by_hand(rig: ReleaseRig) -> None:
    rig.say(f"web@{B} to production")
    for folder in rig.site.folders.values():
        folder.pop("logo.svg", None)
    rig.decide("confirm", Kind.START)
    rig.machine.let(7_400)


def _busy(rig: ReleaseRig) -> None:
    rig.cdn.fail("invalidate", NotReady("too many in progress"), times=1_000)
    rig.enabled(B)
    rig.machine.let(9_000)


def _one_after_the_other(rig: ReleaseRig) -> None:
    rig.enabled(B)
    rig.machine.let(60)
    rig.enabled(C)
    rig.machine.let(7_400)


FLOWS = (
    Flow("the first release", _first, 1, State.SUCCEEDED, A, first=False),
    Flow("the next release", _kept, 2, State.SUCCEEDED, B),
    Flow("rolled back", _back, 2, State.ROLLED_BACK, A),
    Flow("not what the CDN shows", _looks_wrong, 2, State.FAILED, A),
    Flow("rejected", _rejected, 2, State.REJECTED, A),
    Flow("expired", _expired, 2, State.EXPIRED, A),
    Flow("files are gone", _broken, 2, State.FAILED, A),
    Flow("tried again after a part failed", _retried, 2, State.SUCCEEDED, B),
    Flow("given up after a part failed", _given_up, 2, State.FAILED, A),
    Flow("canceled while it is copied", _canceled, 2, State.CANCELED, A),
    Flow("rolled back while it is looked at", _back_at_once, 2, State.ROLLED_BACK, A),
    Flow("cleaned up early", _cleaned_up, 2, State.SUCCEEDED, B),
    Flow("changed by hand", _changed_by_hand, 2, State.SUCCEEDED, B),
    Flow("the CDN stays busy", _busy, 2, State.SUCCEEDED, B),
    Flow("one after the other", _one_after_the_other, 3, State.SUCCEEDED, C),
)


def executed(flow: Flow, decide: Callable[[Call], Fault | None], *, pointed: bool) -> Ran[Call]:
    """A run of a flow, each call of which meets what is decided."""
    rig = ReleaseRig(pointed=pointed, keep=2, first=flow.first)

    def acted() -> str:
        flow.act(rig)
        rig.machine.let(1_000)
        state = rig.deployment(flow.number).state
        if state is not flow.ends:
            return f"it ended as {state}, not as {flow.ends}"
        rig.over(flow.number)
        return "" if rig.shows(flow.shows) else f"visitors do not see {flow.shows}"

    return ran(rig, rig.is_whole, decide, acted)


def of(flow: Flow, *, pointed: bool) -> Runs:
    """The runs of a flow."""
    return lambda decide: executed(flow, decide, pointed=pointed)


def tried(name: str, run: Runs, choose: Callable[[Sequence[Call]], Sequence[Call]] = forks.places) -> Outcome:
    """Every fault at every chosen call of a flow."""
    return forks.tried(name, run, choose, faults_of)


NAMED = {
    f"{flow.name}, {'pointed' if pointed else 'copied'}": (flow, pointed)
    for flow, pointed in itertools.product(FLOWS, (False, True))
}
"""In both ways to serve a site."""
ALL = {name: of(flow, pointed=pointed) for name, (flow, pointed) in NAMED.items()} | {
    f"together: {each.name}": each.run for each in COUPLES
}
"""And with servers."""


def one(name: str) -> Outcome:
    """A flow by its name, in a process of the pool."""
    return tried(name, ALL[name])


def short(name: str) -> Outcome:
    """The last call of each kind, unless an earlier flow that ends in the same way has that kind too."""
    known = {call.kind for run in _earlier(name) for call in run(lambda _: None).calls}
    return tried(name, ALL[name], lambda calls: [call for call in kinds(calls) if call.kind not in known])


def _earlier(name: str) -> list[Runs]:
    if name not in NAMED:
        return []
    flow, pointed = NAMED[name]
    before = FLOWS[: FLOWS.index(flow)]
    return [of(each, pointed=pointed) for each in before if each.ends is flow.ends]


if __name__ == "__main__":
    named = sys.argv[1:]
    sys.exit(report.of_all([name for name in ALL if not named or name in named], one, REPORT))
