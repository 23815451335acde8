"""SSM documents of schema 2.2: what they ask for, whether parameters fit, and their steps with parameters filled in.

Pure. Sources: docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html and
documents-command-ssm-plugin-reference.html.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_TIMEOUT = 3600.0
"""Seconds that a script may run where its step names no time (plugin reference, aws:runShellScript)."""
PLACE = re.compile(r"\{\{\s*([A-Za-z0-9._-]+)\s*\}\}")


class BadDocument(Exception):
    """A document that the stand-in can not run; `code` is the API's error."""

    code = "InvalidDocument"


class BadParameters(Exception):
    """Parameters that the document does not take."""

    code = "InvalidParameters"


@dataclass(frozen=True, slots=True)
class Step:
    """One step with its parameters filled in."""

    name: str
    action: str
    inputs: dict[str, Any]

    @property
    def timeout(self) -> float:
        """Seconds that it may run."""
        return float(self.inputs.get("timeoutSeconds", DEFAULT_TIMEOUT))

    @property
    def script(self) -> str:
        """The lines of aws:runShellScript."""
        return "\n".join(self.inputs["runCommand"]) + "\n"


def steps(content: Mapping[str, Any], parameters: Mapping[str, Sequence[str]]) -> list[Step]:
    """The steps that a command runs. Raises BadDocument or BadParameters."""
    if str(content.get("schemaVersion")) != "2.2":
        raise BadDocument("only schemaVersion 2.2 has mainSteps that run commands")
    values = accepted(content.get("parameters", {}), parameters)
    return [
        Step(step["name"], step["action"], _filled(step.get("inputs", {}), values))
        for step in content["mainSteps"]
    ]


def accepted(declared: Mapping[str, Any], given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Every declared parameter's value, given or default. Raises BadParameters."""
    if unknown := sorted(set(given) - set(declared)):
        raise BadParameters(f"Parameters {unknown} are not defined in the document")
    return {name: _value(name, rules, given.get(name)) for name, rules in declared.items()}


def _value(name: str, rules: Mapping[str, Any], given: Sequence[str] | None) -> Any:
    if given is None:
        if "default" not in rules:
            raise BadParameters(f"Parameter {name} is required")
        return rules["default"]
    listed = rules.get("type") == "StringList"
    if not listed and len(given) != 1:
        raise BadParameters(f"Parameter {name} takes one value")
    for value in given:
        _check(name, rules, value)
    return list(given) if listed else given[0]


def _check(name: str, rules: Mapping[str, Any], value: str) -> None:
    if "allowedValues" in rules and value not in rules["allowedValues"]:
        raise BadParameters(f"Parameter {name} must be one of {rules['allowedValues']}")
    if "allowedPattern" in rules and not re.fullmatch(rules["allowedPattern"], value):
        raise BadParameters(f"Parameter {name} does not match the pattern {rules['allowedPattern']}")
    longest = rules.get("maxChars")
    if longest is not None and len(value) > int(longest):
        raise BadParameters(f"Parameter {name} is longer than {longest} characters")


def _filled(node: Any, values: Mapping[str, Any]) -> Any:
    """`{{ Name }}` replaced wherever it stands; other braces stay."""
    if isinstance(node, str):
        whole = PLACE.fullmatch(node)
        if whole and whole[1] in values:
            return values[whole[1]]
        return PLACE.sub(lambda place: _text(values.get(place[1], place[0])), node)
    if isinstance(node, list):
        return [filled for each in node for filled in _spread(_filled(each, values))]
    if isinstance(node, dict):
        return {key: _filled(value, values) for key, value in node.items()}
    return node


def _spread(value: Any) -> list[Any]:
    """A list that stands for one line of `runCommand` takes its place there."""
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
