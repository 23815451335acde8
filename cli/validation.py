"""The part of JSON Schema (2020-12) that schema.json uses. The library for all of it takes longer to import than a
push where nothing changed takes for all else; a test compares the two."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from cli.findings import Path

Schema = dict[str, Any]


class Spot(NamedTuple):
    """A value and where it is; `of_key` where it is a key of the mapping at `path`."""

    path: Path
    value: Any
    of_key: bool = False


class Violation(NamedTuple):
    """A value that a keyword of its schema does not allow."""

    at: Spot
    keyword: str
    schema: Schema


def violations(schema: Schema, value: Any) -> Iterator[Violation]:
    """Everything that a schema does not allow. KeyError where it has a keyword that is not known here."""
    return _violations(schema, schema, Spot((), value))


def _violations(root: Schema, schema: Schema, at: Spot) -> Iterator[Violation]:
    for keyword in [each for each in schema if each not in _NOTES]:
        if keyword == "$ref":
            yield from _violations(root, _referred(root, schema[keyword]), at)
            continue
        demand = _DEMANDS[keyword]
        if not _is_of(demand.kind, at.value):
            continue
        if not demand.holds(at.value, schema[keyword], schema):
            yield Violation(at, keyword, schema)
        for inner, its_schema in demand.inside(at, schema):
            yield from _violations(root, its_schema, inner)


def _referred(root: Schema, reference: str) -> Schema:
    found = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


# --- kinds ------------------------------------------------------------------------------------------------------


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "any": lambda _value: True,
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and value == value // 1,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


def _is_of(kinds: str | list[str], value: Any) -> bool:
    return any(_KINDS[each](value) for each in ([kinds] if isinstance(kinds, str) else kinds))


# --- keywords ---------------------------------------------------------------------------------------------------


def _each_property(at: Spot, schema: Schema) -> Iterator[tuple[Spot, Schema]]:
    for name, its_schema in schema["properties"].items():
        if name in at.value:
            yield Spot((*at.path, name), at.value[name]), its_schema


def _each_other(at: Spot, schema: Schema) -> Iterator[tuple[Spot, Schema]]:
    if schema["additionalProperties"] is not False:
        for name in _others(at.value, schema):
            yield Spot((*at.path, name), at.value[name]), schema["additionalProperties"]


def _each_item(at: Spot, schema: Schema) -> Iterator[tuple[Spot, Schema]]:
    for number, each in enumerate(at.value):
        yield Spot((*at.path, number), each), schema["items"]


def _each_key(at: Spot, schema: Schema) -> Iterator[tuple[Spot, Schema]]:
    for name in at.value:
        yield Spot(at.path, name, of_key=True), schema["propertyNames"]


def _others(value: dict[str, Any], schema: Schema) -> list[str]:
    return [name for name in value if name not in schema.get("properties", ())]


def _is_unique(value: list[Any]) -> bool:
    return len({json.dumps(each, sort_keys=True) for each in value}) == len(value)


class _Demand(NamedTuple):
    """What a keyword says of values of its kind: whether they hold, and what is in them with a schema of its own."""

    kind: str
    holds: Callable[[Any, Any, Schema], bool] = lambda _value, _wanted, _schema: True
    inside: Callable[[Spot, Schema], Iterator[tuple[Spot, Schema]]] = lambda _at, _schema: iter(())


_NOTES = frozenset({"$schema", "$defs", "title", "description", "default"})
"""What is said to people and editors, or only referred to."""
_DEMANDS = {
    "type": _Demand("any", lambda value, wanted, _: _is_of(wanted, value)),
    "enum": _Demand("any", lambda value, wanted, _: value in wanted),
    "pattern": _Demand("string", lambda value, wanted, _: re.search(wanted, value) is not None),
    "minLength": _Demand("string", lambda value, wanted, _: len(value) >= wanted),
    "maxLength": _Demand("string", lambda value, wanted, _: len(value) <= wanted),
    "minimum": _Demand("number", lambda value, wanted, _: value >= wanted),
    "maximum": _Demand("number", lambda value, wanted, _: value <= wanted),
    "minItems": _Demand("array", lambda value, wanted, _: len(value) >= wanted),
    "maxItems": _Demand("array", lambda value, wanted, _: len(value) <= wanted),
    "uniqueItems": _Demand("array", lambda value, wanted, _: not wanted or _is_unique(value)),
    "items": _Demand("array", inside=_each_item),
    "minProperties": _Demand("object", lambda value, wanted, _: len(value) >= wanted),
    "required": _Demand("object", lambda value, wanted, _: value.keys() >= set(wanted)),
    "properties": _Demand("object", inside=_each_property),
    "propertyNames": _Demand("object", inside=_each_key),
    "additionalProperties": _Demand(
        "object",
        lambda value, wanted, schema: wanted is not False or not _others(value, schema),
        _each_other,
    ),
}
