"""The JSON Schema, and its errors said so that a person knows what to do.

The library is written in Rust: the one in Python takes longer to import than all else that a push does where nothing
has changed.
"""

import json
from collections.abc import Callable
from functools import cache, reduce
from importlib.resources import files
from operator import getitem
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

from cli.document import Document
from cli.findings import Path, nearest, shown

_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping (key: value)",
    "null": "empty",
}


def text() -> str:
    """The schema as published, for editors."""
    return files("cli").joinpath("schema.json").read_text("utf-8")


@cache
def schema() -> dict[str, Any]:
    """The schema as data."""
    loaded: dict[str, Any] = json.loads(text())
    return loaded


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def check(document: Document) -> None:
    """Add a finding for everything in the document that the schema does not allow."""
    for error in _validator().iter_errors(document.data):
        _report(document, tuple(error.instance_path), error)


def _report(document: Document, path: Path, error: ValidationError) -> None:
    *where, keyword = error.schema_path
    node: dict[str, Any] = reduce(getitem, where, schema())  # type: ignore[arg-type] # a path leads through mappings
    value: Any = error.instance
    description = str(node.get("description", ""))
    if isinstance(error.kind, ValidationErrorKind.PropertyNames):
        name = str(error.kind.error.instance)
        problem = f"{shown(name)} is not a valid {node.get('title', 'name')}"
        document.add((*path, name), problem, description, at_key=True)
    elif keyword == "additionalProperties":
        _unknown_keys(document, path, value, list(node.get("properties", ())))
    elif keyword == "required":
        for key in [each for each in node["required"] if each not in value]:
            document.add(path, f"`{key}` is missing", f"add `{key}:`", at_key=True)
    else:
        known = node.get("enum", ()) if isinstance(value, str) else ()
        problem = _problem(str(keyword), node[str(keyword)], value, node)
        document.add(path, problem, (nearest(value, known) if known else "") or description)


def _unknown_keys(document: Document, path: Path, value: dict[str, Any], known: list[str]) -> None:
    for key in [each for each in value if each not in known]:
        here = f"known here: {', '.join(known) or 'nothing'}"
        advice = nearest(key, [each for each in known if each not in value]) or here
        document.add((*path, key), f"the key {shown(key)} is not known here", advice, at_key=True)


def _problem(validator: str, wanted: Any, value: Any, node: dict[str, Any]) -> str:
    say = _PROBLEMS.get(validator)
    return say(wanted, shown(value)) if say else f"{shown(value)} is not a valid {node.get('title', 'value')}"


def _type(value: Any, said: str) -> str:
    kinds = [value] if isinstance(value, str) else value
    wanted = " or ".join(_WORDS[kind] for kind in kinds)
    return f"nothing stands here; it must be {wanted}" if said == "null" else f"{said} must be {wanted}"


_PROBLEMS: dict[str, Callable[[Any, str], str]] = {
    "type": _type,
    "enum": lambda value, said: f"{said} is not one of {', '.join(map(str, value))}",
    "minimum": lambda value, said: f"{said} is less than {value}",
    "maximum": lambda value, said: f"{said} is more than {value}",
    "minItems": lambda value, _said: f"at least {value} must stand here",
    "maxItems": lambda value, _said: f"more than {value} stand here",
    "minProperties": lambda value, _said: f"at least {value} must stand here",
    "minLength": lambda _value, _said: "nothing stands here",
    "maxLength": lambda value, _said: f"longer than {value} characters",
    "uniqueItems": lambda _value, said: f"something stands twice in {said}",
}
