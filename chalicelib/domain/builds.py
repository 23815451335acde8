"""What CI reports about a build, and which versions may be deployed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.approval import Question
from chalicelib.domain.brief import Counts
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.reasons import Reason


class BuildStatus(StrEnum):
    """Where a build is."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Build:
    """One version of one service as its CI reported it last."""

    service: str
    version: str
    status: BuildStatus
    reported_by: Actor
    reported_at: float
    commit: str = ""
    author: str = ""
    url: str = ""
    message: str = ""
    """The first line of the commit's message."""
    tests: Counts | None = None
    artifact: str = ""
    sha256: str = ""
    waiting: tuple[str, ...] = ()
    revision: int = 0

    def updated(self, report: "Build") -> "Build":
        """This build after a newer report; who waits for it stays. A build that ended never runs again."""
        if self.status is not BuildStatus.RUNNING and report.status is BuildStatus.RUNNING:
            return self
        return replace(report, waiting=self.waiting, revision=self.revision)


def deployable(service: str, version: str | None, builds: Sequence[Build]) -> Build:
    """The build to deploy: the one asked for, else the newest that passed. Refused where there is none.

    A build that is still running may be asked for by its version; the deployment waits for it.
    """
    passed = [build for build in builds if build.status is BuildStatus.PASSED]
    newest = newest_passed(builds)
    if version is None:
        if not passed:
            raise Refused(Reason.NO_BUILD, service=service)
        return passed[0]
    found = next((build for build in builds if build.version == version), None)
    if found is None:
        raise Refused(Reason.UNKNOWN_VERSION, service=service, version=version, known=newest)
    if found.status is BuildStatus.FAILED:
        raise Refused(Reason.BUILD_FAILED, service=service, version=version, known=newest)
    return found


def newest_passed(builds: Sequence[Build]) -> str:
    """The versions that could be deployed instead, in words."""
    passed = [build.version for build in builds if build.status is BuildStatus.PASSED]
    return ", ".join(f"`{version}`" for version in passed[:3]) or "none"


def waits_for(build: Build, question: Question) -> Build:
    """The build with one more deployment waiting: its report answers the question of this code."""
    return replace(build, waiting=(*build.waiting, question.code))
