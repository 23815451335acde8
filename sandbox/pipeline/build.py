"""A build of CodeBuild as it is described: by the API, and in the events that tell of it.

Sources, under docs.aws.amazon.com/codebuild/latest: APIReference/API_Build.html and
userguide/sample-build-notifications-ref.html ("Build state change notifications").
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.pipeline.building import Workspace

CALLER = "codebuild"
"""The access key id of what a build calls."""
HOOK = "GitHub-Hookshot/0"
"""Who began a build that a push began (API_Build.html, `initiator`)."""
TIMES = "%b %d, %Y %I:%M:%S %p"
"""How the events write times."""


@dataclass
class Build:
    """One build, as far as it is."""

    id: str
    arn: str
    number: int
    workspace: Workspace
    project: Mapping[str, Any]
    version: str
    variables: list[dict[str, str]]
    trigger: str
    started: float
    status: str = "IN_PROGRESS"
    resolved: str = ""
    ended: float | None = None
    phases: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The project's."""
        return str(self.project["name"])

    @property
    def initiator(self) -> str:
        """Who began it."""
        return HOOK if self.trigger else CALLER

    @property
    def logs(self) -> dict[str, str]:
        """Where the log would be."""
        group, stream = f"/aws/codebuild/{self.name}", self.id.partition(":")[2]
        link = f"https://console.aws.amazon.com/cloudwatch/home#logEvent:group={group};stream={stream}"
        return {"groupName": group, "streamName": stream, "deepLink": link}

    def described(self) -> dict[str, Any]:
        """As the API describes it."""
        found = {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "startTime": moment(self.started),
            "currentPhase": "COMPLETED" if self.ended else self.phases[-1]["phaseType"],
            "buildStatus": self.status,
            "sourceVersion": self.version,
            "projectName": self.name,
            "phases": self.phases,
            "source": self.project["source"],
            "environment": {**self.project["environment"], "environmentVariables": self.variables},
            "logs": self.logs,
            "buildComplete": self.ended is not None,
            "initiator": self.initiator,
        }
        resolved = {"resolvedSourceVersion": self.resolved} if self.resolved else {}
        return {**found, **resolved, **({"endTime": moment(self.ended)} if self.ended else {})}

    def told(self) -> dict[str, Any]:
        """The detail of a build's event."""
        environment = self.project["environment"]
        about = {
            "environment": {
                "image": environment["image"],
                "privileged-mode": False,
                "compute-type": environment["computeType"],
                "type": environment["type"],
                "environment-variables": self.variables,
            },
            "timeout-in-minutes": 30,
            "build-complete": self.ended is not None,
            "initiator": self.initiator,
            "build-start-time": moment(self.started).strftime(TIMES),
            "source": {
                "location": self.project["source"]["location"],
                "type": self.project["source"]["type"],
            },
            "source-version": self.version,
            "logs": {
                "group-name": self.logs["groupName"],
                "stream-name": self.logs["streamName"],
                "deep-link": self.logs["deepLink"],
            },
            "phases": [_told_phase(each) for each in self.phases],
        }
        return {
            "build-status": self.status,
            "project-name": self.name,
            "build-id": self.arn,
            "additional-information": about,
            "current-phase": "COMPLETED" if self.ended else self.phases[-1]["phaseType"],
            "current-phase-context": "[]",
            "version": "1",
        }


def _told_phase(phase: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "phase-type": phase["phaseType"],
        "phase-status": phase.get("phaseStatus", "IN_PROGRESS"),
        "phase-context": [f"{each['statusCode']}: {each['message']}" for each in phase.get("contexts", ())],
        "start-time": phase["startTime"].strftime(TIMES),
    }


def moment(seconds: float) -> dt.datetime:
    """A time as boto3 writes and reads it."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
