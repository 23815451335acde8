"""Every statement of every role through parliament; what it finds all the same is named here, with why it stays."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from tests.iam.roles import policies

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # parliament's own

ONE_OF_SEVERAL = "the statement is for one of the resources that the action needs; another names the others"
STAYS = {
    ("edge", "WakeDeployments", "RESOURCE_MISMATCH"): "see NAMES_THE_MACHINE in simulator.py",
    ("ledger", "WakeDeployments", "RESOURCE_MISMATCH"): "see NAMES_THE_MACHINE in simulator.py",
    ("sweeper", "WakeDeployments", "RESOURCE_MISMATCH"): "see NAMES_THE_MACHINE in simulator.py",
    (
        "sweeper",
        "LookAtDeployments",
        "RESOURCE_MISMATCH",
    ): "an execution's ARN names the machine before its own name",
    ("chat", "FollowTheTable", "RESOURCE_MISMATCH"): "it does not expect the colons in a stream's time",
    ("updater", "FollowTheTable", "RESOURCE_MISMATCH"): "as with chat's",
    (
        "updater",
        "StartUpdates",
        "UNKNOWN_CONDITION_FOR_ACTION",
    ): "its data is older than CodeBuild's condition keys",
    ("fleet", "LaunchOnlyLabeled", "RESOURCE_MISMATCH"): ONE_OF_SEVERAL,
    ("fleet", "LaunchFromWhatTheLiveFleetUses", "RESOURCE_MISMATCH"): ONE_OF_SEVERAL,
    ("hosts", "OnHostsThatAreBuilt", "RESOURCE_MISMATCH"): ONE_OF_SEVERAL,
    ("drain", "DrainHostsThatStandBy", "RESOURCE_MISMATCH"): ONE_OF_SEVERAL,
    (
        "traffic",
        "WatchAlarms",
        "RESOURCE_STAR",
    ): "composite alarms answer to `*` only (CloudWatch API, DescribeAlarms)",
}


def _parliament() -> ModuleType:
    """It looks for its data through pkg_resources, which setuptools no longer has; two lines of that are enough."""
    stand_in = ModuleType("pkg_resources")
    spec = find_spec("parliament")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    stand_in.resource_filename = lambda _, name: str(folder / name)  # type: ignore[attr-defined] # made here
    before = sys.modules.setdefault("pkg_resources", stand_in)
    try:
        return import_module("parliament")
    finally:
        if before is stand_in:
            del sys.modules["pkg_resources"]


def test_parliament_finds_nothing_that_is_not_explained() -> None:
    """And every explanation is still needed."""
    analyze = _parliament().analyze_policy_string
    found = {
        (who, statement["Sid"], finding.issue)
        for who, policy in policies().items()
        for statement in policy["Statement"]
        for finding in analyze(json.dumps({**policy, "Statement": [statement]})).findings
    }
    assert found == set(STAYS)


def test_parliament_finds_what_is_wrong() -> None:
    """An action that does not exist, and a condition that the action does not know."""
    wrong = {"Effect": "Allow", "Action": ["ec2:EndInstances"], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [wrong]}
    assert [each.issue for each in _parliament().analyze_policy_string(json.dumps(policy)).findings]
