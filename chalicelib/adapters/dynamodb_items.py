"""Records to DynamoDB items and back, and where each record stands in the table.

| pk                    | sk                                     | what                                            |
| --------------------- | -------------------------------------- | ----------------------------------------------- |
| ENV#service#env       | STATE                                  | what is live, who holds it, fencing number      |
|                       | DEPLOYMENT#00000142                    | a deployment, by its number                     |
|                       | QUESTION#deployment#millis#code        | a question, with its task token                 |
|                       | FINDING#trouble-deployment             | what the sweeper found                          |
|                       | HISTORY#00000042                       | a line of history, by its number                |
|                       | HISTORYHEAD                            | number and hash of the newest line              |
|                       | POST#deployment#key                    | a message in chat                               |
| SERVICE#service       | BUILD#version                          | a build as reported last                        |
|                       | RECENT#millis#version                  | the same again, in the order of reports         |
| CODE#code             | CODE                                   | where the question of a code is                 |
| SEEN#event            | SEEN                                   | an outside event that was handled, and its result |
| CONFIG                | CURRENT, VERSION#00000003              | published configurations                        |

Attributes are DynamoDB's own maps and lists, so that the console shows them.
"""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from chalicelib.domain.approval import Question
from chalicelib.domain.deployment import Deployment, Environment, Ref
from chalicelib.domain.findings import Finding, FindingKey
from chalicelib.usecases.ports import Record

Attribute = dict[str, Any]
Item = dict[str, Attribute]


# --- places -----------------------------------------------------------------------------------------------------


def environment_pk(service: str, environment: str) -> str:
    """The partition of one environment."""
    return f"ENV#{service}#{environment}"


def service_pk(service: str) -> str:
    """The partition of a service's builds."""
    return f"SERVICE#{service}"


def deployment_sk(identifier: str) -> str:
    """Sorted by number, which is the last part of the id."""
    return f"DEPLOYMENT#{int(identifier.rpartition('-')[2]):08}"


def millis(seconds: float) -> str:
    """A time that sorts as text."""
    return f"{round(seconds * 1000):015}"


def key(pk: str, sk: str) -> Item:
    """A primary key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def place(record: Record) -> Item:
    """The primary key of a record."""
    if isinstance(record, Environment):
        return key(environment_pk(record.service, record.name), "STATE")
    if isinstance(record, Deployment):
        return key(environment_pk(record.service, record.environment), deployment_sk(record.id))
    if isinstance(record, Question):
        sk = f"QUESTION#{record.deployment}#{millis(record.asked_at)}#{record.code}"
        return key(environment_pk(record.service, record.environment), sk)
    if isinstance(record, Finding):
        return key(environment_pk(record.service, record.environment), f"FINDING#{record.key}")
    return key(service_pk(record.service), f"BUILD#{record.version}")


def changed(keys: Mapping[str, Attribute]) -> Ref | FindingKey | tuple[str, str] | None:
    """What a key of the table's stream is about: a deployment, a finding, a build (service, version), or nothing for
    chat."""
    pk, sk = keys["pk"]["S"], keys["sk"]["S"]
    kind, _, rest = sk.partition("#")
    if kind == "BUILD":
        return pk.partition("#")[2], rest
    if not pk.startswith("ENV#"):
        return None
    _, service, environment = pk.split("#", 2)
    if kind == "DEPLOYMENT":
        return Ref(service, environment, f"{service}-{environment}-{int(rest)}")
    if kind == "FINDING":
        return FindingKey(service, environment, rest)
    if kind == "QUESTION":
        return Ref(service, environment, rest.partition("#")[0])
    return None


# --- values -----------------------------------------------------------------------------------------------------


def encode(value: object) -> Attribute:
    """A value as DynamoDB writes it."""
    if isinstance(value, list | tuple):
        return {"L": [encode(each) for each in value]}
    if isinstance(value, Mapping):
        return {"M": {str(name): encode(each) for name, each in value.items()}}
    if is_dataclass(value) and not isinstance(value, type):
        return {"M": to_item(value)}
    return _scalar(value)


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


MOST_OUTPUT, MOST_DETAIL = 20_000, 4_000
"""Far more than a step keeps: an item may have 400 KB, and a fleet's hosts take most of that."""


def fitting(record: Record) -> Record:
    """A record whose texts from outside are short enough for one item; of an output the end is kept."""
    if isinstance(record, Deployment):
        return replace(record, output=record.output[-MOST_OUTPUT:], detail=record.detail[:MOST_DETAIL])
    return record


def to_item(record: object) -> Item:
    """A dataclass as attributes; fields that are None are left out."""
    values = {field.name: getattr(record, field.name) for field in fields(cast("Any", record))}
    return {name: encode(value) for name, value in values.items() if value is not None}


def decode(kind: Any, attribute: Attribute) -> Any:
    """A value of a declared type from how DynamoDB wrote it."""
    ((tag, value),) = attribute.items()
    kind = _present(kind)
    origin = get_origin(kind)
    if tag == "M":
        return from_item(kind, value) if is_dataclass(kind) else _mapping(kind, value)
    if tag == "NULL":
        return None
    if tag == "L":
        return _sequence(kind, origin, value)
    if tag == "N":
        return float(value) if kind is float else _number(value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value


def from_item(kind: Any, item: Item) -> Any:
    """A dataclass from attributes; what the item does not have takes its default, what it has more is ignored."""
    hints = _hints(kind)
    return kind(**{name: decode(hints[name], item[name]) for name in hints if name in item})


def plain(attribute: Attribute) -> Any:
    """A value without a declared type: a configuration, say."""
    return decode(Any, attribute)


@cache
def _hints(kind: type) -> dict[str, Any]:
    names = {field.name for field in fields(cast("Any", kind))}
    return {name: hint for name, hint in get_type_hints(kind).items() if name in names}


@cache
def _present(kind: Any) -> Any:
    """`X | None` is X: None is never stored. A literal is its value."""
    if get_origin(kind) in {Union, types.UnionType}:
        (present,) = [each for each in get_args(kind) if each is not type(None)]
        return present
    return str if get_origin(kind) is Literal else kind


def _mapping(kind: Any, value: Mapping[str, Attribute]) -> dict[str, Any]:
    arguments = get_args(kind)
    of = arguments[1] if len(arguments) == 2 else Any
    return {name: decode(of, each) for name, each in value.items()}


def _sequence(kind: Any, origin: Any, value: list[Attribute]) -> Any:
    arguments = get_args(kind)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(decode(arguments[0], each) for each in value)
        return tuple(decode(of, each) for of, each in zip(arguments, value, strict=True))
    return [decode(arguments[0] if arguments else Any, each) for each in value]


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
