"""The files that name each other, read once: app.py, Chalice's configuration, the template and the definition."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CHALICE = Path(".chalice")
STAGE: dict[str, Any] = json.loads((CHALICE / "config.json").read_text())["stages"]["prod"]
MACHINES = {
    "DeployMachine": Path("stepfunctions/deploy.asl.json"),
    "ReleaseMachine": Path("stepfunctions/release.asl.json"),
}
"""The definition of each state machine by its logical id."""
EDGE = "APIHandler"
"""The logical id that Chalice gives to the function behind the HTTP API."""


def functions() -> set[str]:
    """What `@app.lambda_function(name=...)` and `@app.schedule(..., name=...)` register in app.py."""
    return {
        keyword.value.value
        for node in ast.walk(ast.parse(Path("app.py").read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"app.lambda_function", "app.schedule"}
        for keyword in node.keywords
        if keyword.arg == "name"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    }


def policies() -> dict[str, Path]:
    """The policy file of each function by its logical id."""
    own = {
        name.capitalize(): CHALICE / each["iam_policy_file"]
        for name, each in STAGE["lambda_functions"].items()
    }
    return {EDGE: CHALICE / STAGE["iam_policy_file"], **own}


def statements(policy: Path) -> list[dict[str, Any]]:
    """The statements of a policy file."""
    found: list[dict[str, Any]] = json.loads(policy.read_text())["Statement"]
    return found


def listed(value: object) -> list[Any]:
    """IAM takes one or a list."""
    return value if isinstance(value, list) else [value]


def tasks(logical_id: str) -> list[tuple[str, str]]:
    """Every task of a machine: its state's name and the name of its function."""
    return list(_tasks(json.loads(MACHINES[logical_id].read_text())))


def _tasks(machine: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Those of branches and of a Map's items too."""
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            function = state["Parameters"]["FunctionName"]
            yield name, function.removeprefix("${").removesuffix("FunctionArn}").lower()
        for branch in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from _tasks(branch)


_METHODS = """
import json
from chalicelib import bootstrap
print(json.dumps({name: [each for each in dir(make()) if not each.startswith("_")]
                  for name, make in bootstrap._STEPS.items()}))
"""


@cache
def methods() -> dict[str, list[str]]:
    """The public methods of each function's steps, as bootstrap makes them; in a process whose caches end with it."""
    answer = subprocess.run(
        [sys.executable, "-c", _METHODS],
        env={"AWS_DEFAULT_REGION": "us-east-1"},
        check=True,
        capture_output=True,
    )
    found: dict[str, list[str]] = json.loads(answer.stdout)
    return found
