"""What SAM's short forms mean as requests of the AWS APIs: functions, layers and state machines."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("CodeUri", "ContentUri", "DefinitionUri")
DEFAULT_TIMEOUT = 3  # seconds, as in Lambda
DEFAULT_MEMORY = 128
RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


def function(name: str, properties: dict[str, Any], *, folder: Path, role: str) -> dict[str, Any]:
    """Make the CreateFunction request of an AWS::Serverless::Function."""
    return {
        "FunctionName": properties.get("FunctionName", name),
        "Runtime": properties["Runtime"],
        "Role": role,
        "Handler": properties["Handler"],
        "Code": {"ZipFile": archive(folder / properties["CodeUri"])},
        "Timeout": int(properties.get("Timeout", DEFAULT_TIMEOUT)),
        "MemorySize": int(properties.get("MemorySize", DEFAULT_MEMORY)),
        "Environment": {"Variables": _texts(properties.get("Environment", {}).get("Variables", {}))},
        "Layers": properties.get("Layers", []),
        "Description": properties.get("Description", ""),
    }


def schedules(name: str, properties: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rules that SAM makes of a function's Schedule events, by name; other events have no counterpart."""
    return {
        f"{name}{event}": {
            "ScheduleExpression": given["Properties"]["Schedule"],
            "State": "ENABLED" if given["Properties"].get("Enabled", True) else "DISABLED",
        }
        for event, given in properties.get("Events", {}).items()
        if given["Type"] == "Schedule"
    }


def period(expression: str) -> float:
    """Return the seconds between two invocations; raises ValueError for anything but a rate."""
    found = RATE.fullmatch(expression)
    if found is None or not int(found[1]):
        raise ValueError(f"the sandbox knows rates only, not {expression!r}")
    return float(int(found[1]) * SECONDS[found[2]])


def layer(name: str, properties: dict[str, Any], *, folder: Path) -> dict[str, Any]:
    """Make the PublishLayerVersion request of a layer."""
    content = properties.get("ContentUri") or properties["Content"]
    return {"LayerName": properties.get("LayerName", name), "Content": {"ZipFile": archive(folder / content)}}


def machine_name(name: str, properties: dict[str, Any]) -> str:
    """Return the name of a state machine in either form."""
    return str(properties.get("Name") or properties.get("StateMachineName") or name)


def definition(properties: dict[str, Any], *, folder: Path) -> str:
    """Return the definition as text, with `${Name}` replaced by its substitution."""
    if "DefinitionUri" in properties:
        text: str = (folder / properties["DefinitionUri"]).read_text("utf-8")
    else:
        given = properties.get("DefinitionString") or properties["Definition"]
        text = given if isinstance(given, str) else json.dumps(given)
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        text = text.replace("${" + name + "}", str(value))
    return text


def digest(properties: dict[str, Any], *, folder: Path) -> str:
    """Digest what a resource is made of: its properties, and what is in the files that they name, wherever they are."""
    own = {name: value for name, value in properties.items() if name not in FILES}
    found = hashlib.sha256(json.dumps(own, sort_keys=True).encode())
    for field in FILES:
        if field in properties:
            found.update(archive(folder / properties[field]))
    return found.hexdigest()


@cache
def archive(path: Path) -> bytes:
    """Read a zip file, or pack a folder; all functions of one package share the bytes."""
    if path.is_file():
        return path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for file in sorted(path.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                target.writestr(zipfile.ZipInfo(str(file.relative_to(path))), file.read_bytes())
    return packed.getvalue()


def _texts(variables: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in variables.items()}
