"""CodeBuild's stand-in: builds that really run, the events that tell of them, and the `aws` that they find.

Documentation: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html,
https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.pipeline import aws
from sandbox.pipeline.repository import Repository, git
from sandbox.platform.stack import STATE
from sandbox.processes import ROOT
from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import RunningPlatform

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the team's repository is git's")
SPEC = """
version: 0.2
phases:
  install:
    commands: ["echo installing"]
  build:
    commands:
      - echo "$WORD $MORE $CODEBUILD_RESOLVED_SOURCE_VERSION ${CODEBUILD_WEBHOOK_TRIGGER:-nobody}" > "$SAID"
      - sh work.sh
"""


class Project:
    """One with a small repository of its own."""

    def __init__(self, platform: RunningPlatform, folder: Path) -> None:
        self.name = f"project-{uuid.uuid4().hex}"
        self.said = folder / "said"
        self.client = platform.client("codebuild")
        self.repository = Repository(folder, platform.endpoint)
        self.commit = self._make()
        source = {"type": "GITHUB", "location": str(self.repository.location), "buildspec": SPEC}
        variables = [{"name": "WORD", "value": "own"}, {"name": "SAID", "value": str(self.said)}]
        self.client.create_project(
            name=self.name,
            source=source,
            sourceVersion="main",
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "computeType": "BUILD_GENERAL1_SMALL",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "environmentVariables": variables,
            },
            serviceRole="arn:aws:iam::123456789012:role/build",
        )

    def _make(self) -> str:
        """A repository as that of a house, with one file."""
        made = self.repository
        git("init", "--quiet", "--bare", "--initial-branch=main", made.location, cwd=made.folder)
        git("clone", "--quiet", made.location, made.checkout, cwd=made.folder)
        git("checkout", "--quiet", "-B", "main", cwd=made.checkout)
        commit = self.change("true")
        made.push()
        made.tell_of_pushes()
        return commit

    def change(self, work: str) -> str:
        """Commit what a build does."""
        (self.repository.checkout / "work.sh").write_text(work)
        return self.repository.commit(work)

    def start(self, **more: Any) -> dict[str, Any]:
        """Begin a build."""
        build: dict[str, Any] = self.client.start_build(projectName=self.name, **more)["build"]
        return build

    def ended(self, identifier: str) -> dict[str, Any]:
        """A build that has ended."""

        def look() -> dict[str, Any] | None:
            (build,) = self.client.batch_get_builds(ids=[identifier])["builds"]
            return build if build["buildStatus"] != "IN_PROGRESS" else None

        return eventually(look)


@pytest.fixture
def project(platform: RunningPlatform, tmp_path: Path) -> Project:
    return Project(platform, tmp_path)


def test_a_build_runs_its_commands_on_what_it_checked_out(project: Project) -> None:
    """With the project's variables, those of the request over them, and CodeBuild's own."""
    started = project.start(
        environmentVariablesOverride=[
            {"name": "MORE", "value": "more", "type": "PLAINTEXT"},
            {"name": "WORD", "value": "other", "type": "PLAINTEXT"},
        ]
    )
    assert (started["buildStatus"], started["sourceVersion"]) == ("IN_PROGRESS", "main")
    build = project.ended(started["id"])
    assert (build["buildStatus"], build["resolvedSourceVersion"]) == ("SUCCEEDED", project.commit)
    assert project.said.read_text().split() == ["other", "more", project.commit, "nobody"]
    assert {each["name"] for each in build["environment"]["environmentVariables"]} == {"WORD", "MORE", "SAID"}


def test_an_earlier_revision_can_be_asked_for(project: Project) -> None:
    """By its commit, whatever the branch has now."""
    project.change("false")
    project.repository.push("other")
    assert project.ended(project.start(sourceVersion=project.commit)["id"])["buildStatus"] == "SUCCEEDED"


def test_a_command_that_fails_fails_the_build_and_says_which(project: Project) -> None:
    """The phase's context has the command and its status; what can not be checked out fails as well."""
    project.change("exit 3")
    project.repository.push("broken")
    failed = project.ended(project.start(sourceVersion="broken")["id"])
    phase = failed["phases"][-1]
    assert (failed["buildStatus"], phase["phaseType"], phase["phaseStatus"]) == ("FAILED", "BUILD", "FAILED")
    (context,) = phase["contexts"]
    assert context["statusCode"] == "COMMAND_EXECUTION_ERROR"
    assert context["message"] == "Error while executing command: sh work.sh. Reason: exit status 3"
    missing = project.ended(project.start(sourceVersion="nothing-of-this-name")["id"])
    assert missing["phases"][-1]["phaseType"] == "DOWNLOAD_SOURCE"


def test_one_token_is_one_build(project: Project, platform: RunningPlatform) -> None:
    """Within five minutes; after that the same token begins another."""
    first = project.start(idempotencyToken="a")["id"]
    assert project.start(idempotencyToken="a")["id"] == first
    assert project.start(idempotencyToken="b")["id"] != first
    platform.clock.advance(301)
    assert project.start(idempotencyToken="a")["id"] != first


def test_a_build_can_be_stopped(project: Project) -> None:
    """Its command ends with it."""
    project.change("sleep 60")
    project.repository.push("long")
    build = project.start(sourceVersion="long")["id"]
    eventually(project.said.exists)
    project.client.stop_build(id=build)
    assert project.ended(build)["buildStatus"] == "STOPPED"


def test_who_is_not_there_is_not_found(project: Project) -> None:
    """A project that nobody made, and a build that never was."""
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        project.client.start_build(projectName="nobody")
    found = project.client.batch_get_builds(ids=[f"{project.name}:none"])
    assert (found["builds"], found["buildsNotFound"]) == ([], [f"{project.name}:none"])


def events(platform: RunningPlatform, project: Project) -> list[dict[str, Any]]:
    """What a function heard of a project's builds."""
    file = platform.folder / "events"
    heard = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return [each for each in heard if each["detail"]["project-name"] == project.name]


def both(platform: RunningPlatform, project: Project) -> list[dict[str, Any]] | None:
    """The events of a build's beginning and end: functions are invoked side by side, so in either order."""
    heard = events(platform, project)
    ended = {each["detail"]["additional-information"]["build-complete"]: each for each in heard}
    return [ended[False], ended[True]] if len(ended) == 2 else None


def test_a_push_to_the_branch_builds_it_and_both_ends_are_told(
    project: Project, platform: RunningPlatform
) -> None:
    """The event says which build, how it is, its variables and its source; a push elsewhere builds nothing."""
    pattern = {"source": ["aws.codebuild"], "detail": {"project-name": [project.name]}}
    rules = platform.client("events")
    rules.put_rule(Name=project.name, EventPattern=json.dumps(pattern))
    arn = "arn:aws:lambda:us-east-1:123456789012:function:hear"
    rules.put_targets(Rule=project.name, Targets=[{"Arn": arn, "Id": "hear"}])
    commit = project.change("echo another")
    project.repository.push("elsewhere")
    project.repository.push()
    first, last = eventually(lambda: both(platform, project))
    statuses = [each["detail"]["build-status"] for each in (first, last)]
    assert statuses == ["IN_PROGRESS", "SUCCEEDED"]
    assert last["detail-type"] == "CodeBuild Build State Change"
    assert last["resources"] == [last["detail"]["build-id"]]
    about = last["detail"]["additional-information"]
    assert about["source-version"] == commit
    assert {each["name"] for each in about["environment"]["environment-variables"]} == {"WORD", "SAID"}
    assert about["logs"]["deep-link"].startswith("https://console.aws.amazon.com/cloudwatch/home")
    build = project.ended(last["detail"]["build-id"].partition("build/")[2])
    assert build["initiator"].startswith("GitHub-Hookshot")
    assert project.said.read_text().split() == ["own", commit, "branch/main"]


def test_the_aws_of_a_build_knows_what_the_project_uses(
    platform: RunningPlatform,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`package` and `deploy` update the stack whose state is named; `describe-stacks` tells of it."""
    state = tmp_path / "stack.json"
    platform.provisioned.save(state)
    monkeypatch.setenv(STATE, str(state))
    monkeypatch.setenv("AWS_ENDPOINT_URL", platform.endpoint)
    template = ROOT / "tests" / "sandbox" / "fixture_package" / "sam.json"
    bucket = ["--s3-bucket", "b", "--s3-prefix", "p"]
    out = str(tmp_path / "out.json")
    package = [
        "package",
        "--template-file",
        str(template),
        "--use-json",
        "--output-template-file",
        out,
        *bucket,
    ]
    deploy = [
        "deploy",
        "--template-file",
        out,
        "--stack-name",
        "s",
        "--capabilities",
        "CAPABILITY_IAM",
        *bucket,
    ]
    assert aws.main(["cloudformation", *package]) == 0
    assert aws.main(["cloudformation", *deploy, "--parameter-overrides", f"Folder={platform.folder}"]) == 0
    query = "Stacks[0].Parameters[?ParameterKey=='Folder'].ParameterValue"
    for asked in ("Stacks[0].StackStatus", query):
        aws.main(
            ["cloudformation", "describe-stacks", "--stack-name", "s", "--output", "text", "--query", asked]
        )
    assert capfd.readouterr().out.splitlines()[-2:] == ["UPDATE_COMPLETE", str(platform.folder)]


def test_what_it_does_not_know_is_refused() -> None:
    """Another service or option ends a build, rather than being passed over."""
    for arguments in (["s3", "cp"], ["cloudformation", "deploy", "--force-upload"]):
        done = subprocess.run(
            [sys.executable, "-m", "sandbox.pipeline.aws", *arguments],
            env={**os.environ, STATE: "none"},
            capture_output=True,
            check=False,
        )
        assert done.returncode != 0
