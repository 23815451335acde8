"""Values to DynamoDB attributes and back: dataclasses are maps, tuples are lists, as the console shows them.

How each declared type is read is worked out once: every answer of the edge reads some hundred values.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

Attribute = dict[str, Any]
Item = dict[str, Attribute]
_Read = Callable[[str, Any], Any]
"""From DynamoDB's letter for a type, and the value under it."""


def encode(value: object) -> Attribute:
    """A value as DynamoDB writes it."""
    if isinstance(value, list | tuple):
        return {"L": [encode(each) for each in value]}
    if isinstance(value, Mapping):
        return {"M": {str(name): encode(each) for name, each in value.items()}}
    if is_dataclass(value) and not isinstance(value, type):
        return {"M": to_item(value)}
    return _scalar(value)


def to_item(record: object) -> Item:
    """A dataclass as attributes; fields that are None are left out."""
    values = ((name, getattr(record, name)) for name in _names(cast("Any", type(record))))
    return {name: encode(value) for name, value in values if value is not None}


def decode(kind: Any, attribute: Attribute) -> Any:
    """A value of a declared type from how DynamoDB wrote it."""
    ((tag, value),) = attribute.items()
    return _reader(kind)(tag, value)


def from_item(kind: Any, item: Item) -> Any:
    """A dataclass from attributes; what the item does not have takes its default, what it has more is ignored."""
    found = {}
    for name, read in _readers(kind).items():
        attribute = item.get(name)
        if attribute is not None:
            ((tag, value),) = attribute.items()
            found[name] = read(tag, value)
    return kind(**found)


def plain(attribute: Attribute) -> Any:
    """A value without a declared type: a configuration, say."""
    return decode(Any, attribute)


def _scalar(value: object) -> Attribute:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, Enum):
        return {"S": value.value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    raise TypeError(f"no way to store {type(value).__name__}")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast("Any", kind)))


@cache
def _readers(kind: Any) -> dict[str, _Read]:
    hints = get_type_hints(kind)
    return {name: _reader(hints[name]) for name in _names(kind)}


@cache
def _reader(kind: Any) -> _Read:
    """How values of a type are read. `X | None` is X: None is never stored. A literal is its value."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        (present,) = [each for each in arguments if each is not type(None)]
        return _reader(present)
    of_item = _of_dataclass(kind) if is_dataclass(kind) else _of_mapping(arguments)
    of_list = _of_tuple(arguments) if origin is tuple else _of_list(arguments)
    of_number = float if kind is float else _number
    of_text = kind if isinstance(kind, type) and issubclass(kind, Enum) else None

    def read(tag: str, value: Any) -> Any:
        if tag == "S":
            return of_text(value) if of_text is not None else value
        if tag == "N":
            return of_number(value)
        if tag == "M":
            return of_item(value)
        if tag == "L":
            return of_list(value)
        return None if tag == "NULL" else value

    return read


def _of_dataclass(kind: Any) -> Callable[[Item], Any]:
    return lambda value: from_item(kind, value)


def _of_mapping(arguments: tuple[Any, ...]) -> Callable[[Item], dict[str, Any]]:
    of = arguments[1] if len(arguments) == 2 else Any
    return lambda value: {name: decode(of, each) for name, each in value.items()}


def _of_tuple(arguments: tuple[Any, ...]) -> Callable[[list[Attribute]], tuple[Any, ...]]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return lambda value: tuple(decode(arguments[0], each) for each in value)
    return lambda value: tuple(decode(of, each) for of, each in zip(arguments, value, strict=True))


def _of_list(arguments: tuple[Any, ...]) -> Callable[[list[Attribute]], list[Any]]:
    of = arguments[0] if arguments else Any
    return lambda value: [decode(of, each) for each in value]


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
