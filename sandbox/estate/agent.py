"""The SSM agent's part: runs the steps of a document on one host, one after the other, until one fails."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.estate.link import HostGone, ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.estate.documents import Step

S3_URL = re.compile(
    r"https://(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3[.-](?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<key>.+)"
)
SPARE = 5.0
"""Seconds that the host gets to answer after a script's own timeout."""
DOWNLOAD_SECONDS = 60.0
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=host/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
)
"""Hosts read the bucket with their instance profile; the emulator only wants to see that somebody signed."""
FAILED = 1
NOT_RUN = -1
"""ResponseCode of a step that has not run (SSM API reference, GetCommandInvocation)."""


@dataclass(slots=True)
class StepResult:
    """What one step did; `status` in SSM's words."""

    name: str
    action: str
    status: str = "Pending"
    code: int = NOT_RUN
    stdout: str = ""
    stderr: str = ""
    started: float = field(default_factory=time.time)
    finished: float = 0.0


class Agent:
    """Runs steps on the host whose folder this is."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self._folder = folder
        self._endpoint = endpoint

    def run(self, command_id: str, steps: list[Step]) -> Iterator[StepResult]:
        """Each step's result as it ends; the first that fails is the last. Raises HostGone.

        The working folder of every step is the command's own `downloads`: that is where aws:downloadContent puts a file
        without a destinationPath, and where aws:runShellScript starts without a workingDirectory.
        """
        here = self._folder / "var/lib/amazon/ssm" / command_id / "downloads"
        here.mkdir(parents=True, exist_ok=True)
        for step in steps:
            result = self._step(step, here)
            result.finished = time.time()
            yield result
            if result.status != "Success":
                return

    def _step(self, step: Step, here: Path) -> StepResult:
        result = StepResult(step.name, step.action)
        if step.action == "aws:downloadContent":
            self._download(step, here, result)
        elif step.action == "aws:runShellScript":
            self._script(step, here, result)
        else:
            result.stderr = f"the sandbox has no plugin {step.action}"
            result.status, result.code = "Failed", FAILED
        return result

    def _download(self, step: Step, here: Path, result: StepResult) -> None:
        path = str(json.loads(step.inputs["sourceInfo"])["path"])
        place = S3_URL.fullmatch(path)
        if step.inputs.get("sourceType") != "S3" or place is None:
            result.stderr = f"not an S3 URL: {path}"
            result.status, result.code = "Failed", FAILED
            return
        url = f"{self._endpoint}/{place['bucket']}/{urllib.parse.quote(place['key'])}"
        try:
            request = urllib.request.Request(url, headers={"Authorization": AUTHORIZATION})  # noqa: S310 # sandbox's S3
            with urllib.request.urlopen(request, timeout=DOWNLOAD_SECONDS) as answer:  # noqa: S310 # as above
                (here / place["key"].rpartition("/")[2]).write_bytes(answer.read())
        except (urllib.error.URLError, OSError) as error:
            result.stderr = f"failed to download {path}: {error}"
            result.status, result.code = "Failed", FAILED
            return
        result.stdout = f"Content downloaded to {here}"
        result.status, result.code = "Success", 0

    def _script(self, step: Step, here: Path, result: StepResult) -> None:
        """The agent executes the file through `sh -c`, so a first line `#!` is respected."""
        script = here.parent / step.name / "_script.sh"
        script.parent.mkdir(exist_ok=True)
        script.write_text(step.script, encoding="utf-8")
        script.chmod(0o700)
        argv = ["sh", "-c", str(script)]
        request = {"do": "run", "argv": argv, "folder": str(here), "timeout": step.timeout}
        done = ask(self._folder, request, step.timeout + SPARE)
        result.stdout, result.stderr, result.code = done["stdout"], done["stderr"], done["code"]
        result.status = "TimedOut" if done["timed_out"] else ("Failed" if result.code else "Success")


__all__ = ["Agent", "HostGone", "StepResult"]
