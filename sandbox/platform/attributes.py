"""DynamoDB's attributes in answers, written as they are: moto walks through the service's model for each of them, which
takes most of the time of a read."""

from __future__ import annotations

import base64
from typing import Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models.dynamo_type import DynamoType

from sandbox.platform.override import override

_serialize_map: Any = BaseJSONSerializer._serialize_type_map  # noqa: SLF001 # moto's serializers have no public parts


def attribute(value: Any) -> dict[str, Any]:
    """Write one attribute as AttributeValue is in JSON."""
    ((tag, content),) = [(value.type, value.value)] if isinstance(value, DynamoType) else value.items()
    if tag == "M":
        return {tag: {name: attribute(each) for name, each in content.items()}}
    if tag == "L":
        return {tag: [attribute(each) for each in content]}
    return {tag: base64.b64encode(content).decode() if isinstance(content, bytes) else content}


def serialize_map(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write a map of attributes at once, any other as moto does."""
    if shape.value.name == "AttributeValue":
        serialized[self.get_serialized_name(shape, key)] = {
            name: attribute(each) for name, each in value.items()
        }
    else:
        _serialize_map(self, serialized, value, shape, key)


def install() -> None:
    """Bind this into moto; once in a process."""
    override(BaseJSONSerializer, "_serialize_type_map", serialize_map)
