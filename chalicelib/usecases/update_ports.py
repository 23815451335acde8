"""The pipeline that builds and deploys the service itself, as the use cases see it. Errors are those of ports.py."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Installed:
    """What the template says of this installation: the revision of its code, and whether a pipeline is there that
    could update it."""

    revision: str = ""
    updates: bool = False


BY_HAND = Installed()
"""Where the template says nothing."""


class Building(StrEnum):
    """How a build of the pipeline is."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PipelineBuild:
    """A build as the pipeline tells of it. `update` is the id that it was started for, nothing where a push started it;
    `revision` the commit that it found, once it has; `why` what a build that failed said, `log` where all of it is."""

    id: str
    building: Building
    update: str = ""
    revision: str = ""
    why: str = ""
    log: str = ""


class Pipeline(Protocol):
    """CodeBuild, where it builds and deploys the service itself."""

    def start(self, update: str, revision: str) -> str:
        """Begin a build of a revision, or of the newest where none is named; returns the build's id: the same one
        however often it is called for an update within five minutes. Refused(PIPELINE_REFUSED) where it takes none."""

    def build(self, identifier: str) -> PipelineBuild:
        """How a build is; Refused(PIPELINE_REFUSED) where it is unknown."""
