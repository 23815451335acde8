"""Reads CloudFormation templates: the values of functions such as Ref, conditions, and in which order to create."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PLACEHOLDER = re.compile(r"\$\{(!?)([\w:.]+)\}")


class UnknownReference(Exception):
    """The template refers to something that was not created."""


class Resolver:
    """What the resources that exist already answer to references."""

    def __init__(
        self,
        *,
        account: str,
        region: str,
        parameters: Mapping[str, Any],
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        self._conditions = conditions or {}
        self._values: dict[str, Any] = {
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::StackName": "sandbox",
            "AWS::URLSuffix": "amazonaws.com",
            **parameters,
        }

    def define(self, logical_id: str, physical_id: str, attributes: Mapping[str, str]) -> None:
        """Record a created resource: what Ref gives, and its attributes."""
        self._values[logical_id] = physical_id
        self._values.update({f"{logical_id}.{name}": value for name, value in attributes.items()})

    def resolve(self, value: Any) -> Any:
        """Replace every intrinsic function within a value; raises UnknownReference."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = self._functions.get(name)
            if function:
                return function(self, argument)
            if name.startswith("Fn::"):
                raise UnknownReference(name)
        return {key: self.resolve(item) for key, item in value.items()}

    def _look_up(self, name: str) -> Any:
        if name not in self._values:
            raise UnknownReference(name)
        return self._values[name]

    def _get_attribute(self, argument: str | list[str]) -> Any:
        return self._look_up(argument if isinstance(argument, str) else ".".join(argument))

    def _substitute(self, argument: str | list[Any]) -> str:
        text, local = (argument, {}) if isinstance(argument, str) else argument
        own = self.resolve(local)

        def replace(match: re.Match[str]) -> str:
            escaped, name = match.groups()
            if escaped:
                return "${" + name + "}"
            return str(own[name] if name in own else self._look_up(name))

        return PLACEHOLDER.sub(replace, text)

    def holds(self, condition: str) -> bool:
        """Tell whether a condition of the template is true; raises UnknownReference."""
        if condition not in self._conditions:
            raise UnknownReference(condition)
        return bool(self.resolve(self._conditions[condition]))

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.resolve(then if self.holds(condition) else otherwise)

    def _equals(self, argument: list[Any]) -> bool:
        one, other = self.resolve(argument)
        return bool(one == other)

    def _not(self, argument: list[Any]) -> bool:
        return not self.resolve(argument[0])

    def _join(self, argument: list[Any]) -> str:
        separator, parts = argument
        return str(separator).join(str(part) for part in self.resolve(parts))

    _functions: dict[str, Callable[[Resolver, Any], Any]] = {  # noqa: RUF012 # a table of methods, never changed
        "Ref": _look_up,
        "Fn::GetAtt": _get_attribute,
        "Fn::Sub": _substitute,
        "Fn::Join": _join,
        "Fn::If": _if,
        "Fn::Equals": _equals,
        "Fn::Not": _not,
        "Condition": holds,
    }


def references(value: Any) -> Iterator[str]:
    """Yield the name of everything that a value refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _named(key, item)
            yield from references(item)


def _named(key: str, item: Any) -> Iterator[str]:
    if key == "Ref":
        yield item
    elif key == "Fn::GetAtt":
        yield item.partition(".")[0] if isinstance(item, str) else item[0]
    elif key == "Fn::Sub":
        text = item if isinstance(item, str) else item[0]
        yield from (name.partition(".")[0] for _, name in PLACEHOLDER.findall(text))


def in_order(resources: Mapping[str, Any]) -> list[str]:
    """Sort logical ids so that each comes after all that it needs; raises ValueError for a circle."""
    ordered: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in ordered:
            return
        if name in path:
            raise ValueError("resources need each other: " + " -> ".join([*path, name]))
        resource = resources[name]
        after = resource.get("DependsOn", [])
        needed = {
            *references(resource.get("Properties", {})),
            *([after] if isinstance(after, str) else after),
        }
        for other in sorted(needed & resources.keys()):
            visit(other, (*path, name))
        ordered.append(name)

    for name in resources:
        visit(name, ())
    return ordered


class _Loader(yaml.SafeLoader):
    """Knows CloudFormation's short forms."""


def _short_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any = loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    if name == "GetAtt":
        value = value.split(".", 1)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_form)


def read(template: Path) -> dict[str, Any]:
    """Read a template that is written in YAML, its short forms as their long ones."""
    found: dict[str, Any] = yaml.load(template.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    return found
