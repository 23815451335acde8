"""The project that updates a house: what `stepfunctions/updates.yaml` describes, over a repository of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.pipeline.repository import BRANCH, Repository
from sandbox.platform.provision import update
from sandbox.platform.settings import Settings
from sandbox.platform.stack import FILE, Provisioned
from sandbox.platform.template import read
from sandbox.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NAME = "sandbox-updates"
TEMPLATE = ROOT / "stepfunctions" / "updates.yaml"


def create(client: Any, folder: Path, endpoint: str, package: Path) -> Repository:
    """Make repository and project, and let the stack in `folder` know of both."""
    repository = Repository(folder, endpoint)
    commit = repository.create()
    described = read(TEMPLATE)["Resources"]["Project"]["Properties"]
    environment = described["Environment"]
    values = {
        "STACK": "sandbox",
        "BUCKET": "artifacts",
        "ROLE": f"arn:aws:iam::{Settings.account}:role/stack",
    }
    client.create_project(
        name=NAME,
        source={
            "type": "GITHUB",
            "location": str(repository.location),
            "buildspec": described["Source"]["BuildSpec"],
        },
        sourceVersion=BRANCH,
        artifacts={"type": described["Artifacts"]["Type"]},
        environment={
            "type": environment["Type"],
            "computeType": environment["ComputeType"],
            "image": environment["Image"],
            "environmentVariables": [
                {"name": each["Name"], "value": values[each["Name"]]}
                for each in environment["EnvironmentVariables"]
            ],
        },
        serviceRole=f"arn:aws:iam::{Settings.account}:role/build",
    )
    state = folder / FILE
    told = {"Revision": commit, "Updates": NAME}
    update(endpoint, package / "sam.json", Provisioned.load(state), parameters=told).save(state)
    return repository
