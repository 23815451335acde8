"""The steps that people follow of each state machine: its states gathered into phases, in order.

The main line first; then the ways around it, shown only once they are taken. A test holds both to the definitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Track:
    """`kind` is the word in the machine's name that tells it from others; phases map to the states they stand for."""

    kind: str
    main: Mapping[str, tuple[str, ...]]
    detours: Mapping[str, tuple[str, ...]]
    waits: frozenset[str]
    """States that last until somebody answers, or until their time is up."""

    @cached_property
    def phase_of(self) -> dict[str, str]:
        """The phase of each state."""
        phases = [*self.main.items(), *self.detours.items()]
        return {state: phase for phase, states in phases for state in states}


_WAITS = {"AskToStart", "KeepOld", "AskToRollBack", "AskToEnd", "AwaitRetry", "Stuck"}
_ASKED_LATER = {
    "Confirm rollback": ("AskToRollBack", "ReadRollBack"),
    "Confirm end": ("AskToEnd", "ReadEnd"),
}
_FAILED = {"Failed": ("Fail", "AwaitRetry", "ReadRetry")}

DEPLOY = Track(
    kind="deploy",
    main={
        "Plan": ("Plan",),
        "Confirm start": ("AskToStart", "ReadStart"),
        "Prepare": (
            "Prepare",
            "FindPackage",
            "AwaitBuild",
            "ReadBuild",
            "Launch",
            "AwaitRunning",
            "Configure",
            "AwaitConfigured",
        ),
        "Install": ("Install", "AwaitInstalled"),
        "Attach": ("ClearStandby", "Attach", "AwaitHealthy"),
        "Smoke test": ("SmokeTest", "AwaitSmokeTest"),
        "Ready": ("AwaitFinish", "ReadFinish"),
        "Confirm finish": ("AskToFinish", "ReadFinishAnswer"),
        "Switch": ("Switch", "Promote", "Drain", "AwaitDrain"),
        "Bake": ("Bake",),
        "Keep old": ("KeepOld", "ReadKeep"),
        "Retire": ("Retire", "Deregister", "AwaitDeregistered", "Terminate"),
        "Close": ("Close",),
    },
    detours={
        **_ASKED_LATER,
        "Switch back": ("RecordTrouble", "SwitchBack", "Demote", "DrainBack", "AwaitDrainBack"),
        **_FAILED,
        "Discard": ("Discard",),
        "Stuck": ("Stuck",),
    },
    waits=frozenset({*_WAITS, "AwaitFinish", "AskToFinish"}),
)
RELEASE = Track(
    kind="release",
    main={
        "Compare": ("Compare",),
        "Confirm start": ("AskToStart", "ReadStart"),
        "Copy files": ("ClearStandby", "Prepare", "CopyAssets"),
        "Verify": ("Check", "Share", "ShareFiles", "Files", "CheckFiles"),
        "Enable": (
            "Switch",
            "NewPages",
            "CopyNewPages",
            "Pages",
            "CopyPages",
            "Shown",
            "CheckPages",
            "Point",
        ),
        "Tell the CDN": ("Invalidate", "AwaitInvalidated"),
        "Look": ("Bake",),
        "Keep earlier": ("KeepOld", "ReadKeep"),
        "Clean up": ("Retire", "CleanUp", "RecordUncleaned"),
        "Close": ("Close",),
    },
    detours={
        **_ASKED_LATER,
        "Go back": (
            "RecordTrouble",
            "SwitchBack",
            "AssetsBack",
            "CopyAssetsBack",
            "GonePages",
            "CopyGonePages",
            "PagesBack",
            "CopyPagesBack",
            "FilesBack",
            "CheckBack",
            "PointBack",
        ),
        **_FAILED,
        "Put back": ("Discard", "Restore", "RestoreAssets", "InvalidateBack", "AwaitInvalidatedBack"),
        "Stuck": ("Stuck",),
    },
    waits=frozenset(_WAITS),
)
TRACKS = (DEPLOY, RELEASE)


def track_of(machine: str) -> Track | None:
    """The track of a state machine, by its name."""
    return next((track for track in TRACKS if track.kind in machine.lower()), None)
