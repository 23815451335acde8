"""The pipeline that updates the service itself: a CodeBuild project.

Facts: AWS CodeBuild API Reference, "StartBuild" (a token is valid for five minutes), "Build" (status, resolved source
version, which is there once the source is, phases with their contexts, logs), "BatchGetBuilds".
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.domain.errors import Refused, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.update_ports import Building, PipelineBuild

UPDATE = "POINTSMAN_UPDATE"
"""The build's variable that names the update it was started for."""
_BUSY = "AccountLimitExceededException"
"""As many builds as may run at once are running."""


class CodeBuildPipeline:
    """The port Pipeline."""

    def __init__(self, client: JsonClient, project: str) -> None:
        self._client = client
        self._project = project

    def start(self, update: str, revision: str) -> str:
        """Begin a build; the update's id is the token by which a second call finds the first one's."""
        request: dict[str, Any] = {
            "projectName": self._project,
            "idempotencyToken": update,
            "environmentVariablesOverride": [{"name": UPDATE, "value": update, "type": "PLAINTEXT"}],
        }
        if revision:
            request["sourceVersion"] = revision
        try:
            return str(self._client.call("StartBuild", request)["build"]["id"])
        except AwsError as error:
            if error.code == _BUSY:
                raise Unavailable(f"codebuild: {error}") from error
            raise Refused(Reason.PIPELINE_REFUSED, said=str(error)) from error

    def build(self, identifier: str) -> PipelineBuild:
        """How a build is; a strange one is refused."""
        try:
            found = self._client.call("BatchGetBuilds", {"ids": [identifier]})["builds"]
        except AwsError as error:
            raise Refused(Reason.PIPELINE_REFUSED, said=str(error)) from error
        if not found:
            raise Refused(Reason.PIPELINE_REFUSED, said=f"it knows no build {identifier}")
        return _read(found[0])


def _read(build: Mapping[str, Any]) -> PipelineBuild:
    variables = build.get("environment", {}).get("environmentVariables", ())
    return PipelineBuild(
        id=str(build["id"]),
        building=_BUILDING.get(str(build["buildStatus"]), Building.FAILED),
        update=next((str(each["value"]) for each in variables if each["name"] == UPDATE), ""),
        revision=str(build.get("resolvedSourceVersion") or build.get("sourceVersion", "")),
        why=_why(build),
        log=str(build.get("logs", {}).get("deepLink", "")),
    )


_BUILDING = {"IN_PROGRESS": Building.RUNNING, "SUCCEEDED": Building.SUCCEEDED}
"""Every other status is an end that is none."""


def _why(build: Mapping[str, Any]) -> str:
    """What the phase said that failed: the command and its exit status, say."""
    for phase in build.get("phases", ()):
        if phase.get("phaseStatus") not in {None, "SUCCEEDED", "IN_PROGRESS"}:
            said = " ".join(str(each.get("message", "")) for each in phase.get("contexts", ()))
            return f"{phase.get('phaseType', '')} {phase['phaseStatus']}: {said}".strip(": ")
    return ""
