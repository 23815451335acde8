"""CodeBuild: builds that really run, beside each other as the real ones do, and the events that tell of them.

Sources, under docs.aws.amazon.com/codebuild/latest: APIReference/API_StartBuild.html (the same idempotency token within
five minutes is the same build) and userguide/github-webhook.html (a push begins a build of its commit).
"""

from __future__ import annotations

import subprocess
import threading
import uuid
from typing import TYPE_CHECKING, Any

from moto.codebuild.exceptions import ResourceNotFoundException
from moto.codebuild.models import codebuild_backends
from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult

from sandbox.pipeline.build import CALLER, Build, moment
from sandbox.pipeline.building import CommandFailed, Workspace
from sandbox.platform.override import override
from sandbox.platform.stack import FILE, STATE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.clock import VirtualClock
    from sandbox.platform.core import SandboxPlatform
    from sandbox.platform.events import EventBus

TOKEN_SECONDS = 300


class CodeBuild:
    """Every build of this process's life, by its id."""

    def __init__(self, platform: SandboxPlatform) -> None:
        self._projects = codebuild_backends[platform.account][platform.region]
        self._where = f"arn:aws:codebuild:{platform.region}:{platform.account}:build"
        self._region, self._endpoint = platform.region, platform.endpoint
        self._folder: Path = platform.folder
        self._clock: VirtualClock = platform.clock
        self._bus: EventBus = platform.bus
        self._builds: dict[str, Build] = {}
        self._tokens: dict[tuple[str, str], Build] = {}
        self._starting = threading.Lock()

    def start(
        self,
        name: str,
        version: str = "",
        token: str = "",
        variables: list[dict[str, str]] | None = None,
        trigger: str = "",
    ) -> Build:
        """Begin a build, or return the one that the token has begun within the last five minutes."""
        known = self._projects.batch_get_projects([name])
        if not known:
            raise ResourceNotFoundException(f"Project cannot be found: {name}")
        with self._starting:
            before = self._tokens.get((name, token))
            if token and before and self._clock.now() < before.started + TOKEN_SECONDS:
                return before
            build = self._begin(known[0], version, variables or [], trigger)
            self._tokens[name, token] = build
        threading.Thread(target=self._run, args=(build,), daemon=True).start()
        return build

    def _begin(
        self, project: Mapping[str, Any], version: str, variables: list[dict[str, str]], trigger: str
    ) -> Build:
        identifier = f"{project['name']}:{uuid.uuid4()}"
        own = {each["name"]: dict(each) for each in project["environment"].get("environmentVariables", ())}
        own.update({each["name"]: {"type": "PLAINTEXT", **each} for each in variables})
        number = len(self._builds) + 1
        log = self._folder / "logs" / f"build-{number}.log"
        build = Build(
            id=identifier,
            arn=f"{self._where}/{identifier}",
            number=number,
            workspace=Workspace(self._folder / "builds" / str(number), log),
            project=project,
            version=version or project["sourceVersion"],
            variables=list(own.values()),
            trigger=trigger,
            started=self._clock.now(),
        )
        self._builds[identifier] = build
        self._enter(build, "SUBMITTED")
        return build

    def find(self, identifier: str) -> Build | None:
        """A build by its id."""
        return self._builds.get(identifier)

    def stop(self, identifier: str) -> Build:
        """End a build that runs."""
        build = self._builds.get(identifier)
        if build is None:
            raise ResourceNotFoundException(f"Build cannot be found: {identifier}")
        if build.ended is None:
            build.status = "STOPPED"
            build.workspace.stop()
        return build

    def pushed(self, body: Mapping[str, str]) -> dict[str, Any]:
        """A push to a repository begins a build of each project that follows the branch; return their ids."""
        found = [
            self.start(each["name"], body["commit"], trigger=f"branch/{body['branch']}")
            for each in self._projects.batch_get_projects(self._projects.list_projects())
            if each["source"]["location"] == body["repository"] and each["sourceVersion"] == body["branch"]
        ]
        return {"builds": [each.id for each in found]}

    # --- running ------------------------------------------------------------------------------------------------

    def _run(self, build: Build) -> None:
        self._tell(build)
        failed = self._try(build)
        if build.status == "IN_PROGRESS":
            build.status = "FAILED" if failed else "SUCCEEDED"
        self._leave(build, build.status, failed)
        build.ended = self._clock.now()
        self._tell(build)

    def _try(self, build: Build) -> str:
        """What failed, as CodeBuild would say it; nothing where all went well."""
        work = build.workspace
        try:
            self._enter(build, "DOWNLOAD_SOURCE")
            build.resolved = work.check_out(build.project["source"]["location"], build.version)
            work.bring_cache_back()
            self._enter(build, "BUILD")
            work.run(build.project["source"]["buildspec"], self._variables(build))
        except subprocess.CalledProcessError as error:
            return f"CLIENT_ERROR: {error.stderr.strip()} for source version {build.version}"
        except CommandFailed as error:
            return f"COMMAND_EXECUTION_ERROR: {error}"
        return ""

    def _variables(self, build: Build) -> dict[str, str]:
        trigger = {"CODEBUILD_WEBHOOK_TRIGGER": build.trigger} if build.trigger else {}
        return {
            "CODEBUILD_BUILD_ID": build.id,
            "CODEBUILD_SOURCE_VERSION": build.version,
            "CODEBUILD_RESOLVED_SOURCE_VERSION": build.resolved,
            **trigger,
            **{each["name"]: each["value"] for each in build.variables},
            STATE: str(self._folder / FILE),
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_ACCESS_KEY_ID": CALLER,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": self._region,
        }

    def _enter(self, build: Build, phase: str) -> None:
        if build.phases:
            self._leave(build, "SUCCEEDED", "")
        build.phases.append({"phaseType": phase, "startTime": moment(self._clock.now())})

    def _leave(self, build: Build, status: str, said: str) -> None:
        code, _, message = said.partition(": ")
        contexts = [{"statusCode": code, "message": message}] if said else []
        build.phases[-1].update(phaseStatus=status, endTime=moment(self._clock.now()), contexts=contexts)

    def _tell(self, build: Build) -> None:
        self._bus.send("aws.codebuild", "CodeBuild Build State Change", build.arn, build.told())


def install(builds: CodeBuild) -> None:
    """Bind the builds into moto's API of CodeBuild, whose own always succeed."""

    def start_build(self: CodeBuildResponse) -> ActionResult:
        build = builds.start(
            self._get_param("projectName"),
            self._get_param("sourceVersion") or "",
            self._get_param("idempotencyToken") or "",
            self._get_param("environmentVariablesOverride"),
        )
        return ActionResult({"build": build.described()})

    def batch_get_builds(self: CodeBuildResponse) -> ActionResult:
        asked = {each: builds.find(each) for each in self._get_param("ids")}
        return ActionResult(
            {
                "builds": [each.described() for each in asked.values() if each],
                "buildsNotFound": [name for name, each in asked.items() if each is None],
            }
        )

    def stop_build(self: CodeBuildResponse) -> ActionResult:
        return ActionResult({"build": builds.stop(self._get_param("id")).described()})

    override(CodeBuildResponse, "start_build", start_build)
    override(CodeBuildResponse, "batch_get_builds", batch_get_builds)
    override(CodeBuildResponse, "stop_build", stop_build)
