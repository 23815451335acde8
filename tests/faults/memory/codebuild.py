"""CodeBuild in memory: builds that go on until a test lets them end.

Facts: CodeBuild API reference, StartBuild (a token that comes again within five minutes: the same build), Build (its
fields) and BatchGetBuilds (an unknown id stands in `buildsNotFound`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.adapters.aws_json import AwsError

PROJECT = "pointsman-updates"
_TOKEN_SECONDS = 300.0
_LOG = "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/updates"


class MemoryCodeBuild:
    """`head` is the commit that a build finds where none is named; `refuses` what it says to every start."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tokens: dict[str, tuple[str, float]] = {}
        self.builds: dict[str, dict[str, Any]] = {}
        self.head = "d" * 40
        self.refuses = ""

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """What the service answers."""
        if operation == "StartBuild":
            return {"build": self._start(request)}
        if operation == "BatchGetBuilds":
            found = [self.builds[each] for each in request["ids"] if each in self.builds]
            return {
                "builds": found,
                "buildsNotFound": [each for each in request["ids"] if each not in self.builds],
            }
        raise AwsError("UnknownOperationException", operation, {})

    def push(self, commit: str) -> str:
        """The followed branch has a new commit, and the webhook starts a build of it; its id."""
        self.head = commit
        return str(self._new("", [])["id"])

    def end(self, identifier: str, status: str = "SUCCEEDED", said: str = "") -> None:
        """A build is over."""
        phase = {"phaseType": "BUILD", "phaseStatus": status, "contexts": [{"message": said}]}
        self.builds[identifier].update(buildStatus=status, buildComplete=True, phases=[phase])

    def _start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["projectName"] != PROJECT:
            raise AwsError(
                "ResourceNotFoundException", f"Project cannot be found: {request['projectName']}", {}
            )
        if self.refuses:
            raise AwsError("InvalidInputException", self.refuses, {})
        token = request["idempotencyToken"]
        known = self._tokens.get(token)
        if known is not None and self._now() <= known[1]:
            return self.builds[known[0]]
        made = self._new(request.get("sourceVersion", ""), request["environmentVariablesOverride"])
        self._tokens[token] = str(made["id"]), self._now() + _TOKEN_SECONDS
        return made

    def _new(self, wanted: str, variables: list[dict[str, str]]) -> dict[str, Any]:
        number = len(self.builds) + 1
        made: dict[str, Any] = {
            "id": f"{PROJECT}:{number:08}-0000-4000-8000-000000000000",
            "buildStatus": "IN_PROGRESS",
            "resolvedSourceVersion": wanted or self.head,
            "environment": {"environmentVariables": variables},
            "logs": {"deepLink": _LOG},
        }
        self.builds[made["id"]] = made
        return made
