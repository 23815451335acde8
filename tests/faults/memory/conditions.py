"""Condition and key expressions of DynamoDB, as far as the product uses them (DynamoDB guide, "Expressions").

Functions attribute_exists, attribute_not_exists and begins_with; comparisons; AND, OR, NOT, brackets; paths into maps.
"""

import re
from collections.abc import Mapping
from typing import Any

Attribute = Mapping[str, Any]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[()=<>,]|[\w#:.]+)")
_COMPARE = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def holds(
    expression: str,
    item: Mapping[str, Attribute],
    values: Mapping[str, Attribute],
    names: Mapping[str, str] | None = None,
) -> bool:
    """Whether an item meets an expression; an empty expression is always met."""
    return not expression or _Reader(expression, item, values, names or {}).read()


class _Reader:
    """Recursive descent: OR binds weakest, then AND, then NOT."""

    def __init__(
        self,
        expression: str,
        item: Mapping[str, Attribute],
        values: Mapping[str, Attribute],
        names: Mapping[str, str],
    ) -> None:
        self._tokens = _TOKEN.findall(expression)
        self._item, self._values, self._names = item, values, names

    def read(self) -> bool:
        found = self._either()
        if self._tokens:
            raise ValueError(f"not understood: {self._tokens}")
        return found

    def _next(self) -> str:
        return str(self._tokens[0]).upper() if self._tokens else ""

    def _take(self, *expected: str) -> str:
        token = str(self._tokens.pop(0))
        if expected and token.upper() not in expected:
            raise ValueError(f"{token} where {expected} should be")
        return token

    def _either(self) -> bool:
        found = self._both()
        while self._next() == "OR":
            self._take()
            other = self._both()
            found = found or other
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._next() == "AND":
            self._take()
            other = self._one()
            found = found and other
        return found

    def _one(self) -> bool:
        if self._next() == "NOT":
            self._take()
            return not self._one()
        if self._next() == "(":
            self._take()
            found = self._either()
            self._take(")")
            return found
        first = self._take()
        return self._function(first) if self._next() == "(" else self._compared(first)

    def _function(self, name: str) -> bool:
        self._take("(")
        found = self._value(self._take())
        if name == "begins_with":
            self._take(",")
            prefix = self._value(self._take())
            self._take(")")
            return found is not None and prefix is not None and str(found["S"]).startswith(prefix["S"])
        self._take(")")
        return (found is not None) is (name == "attribute_exists")

    def _compared(self, first: str) -> bool:
        left, operator, right = self._value(first), self._take(*_COMPARE), self._value(self._take())
        if left is None or right is None or set(left) != set(right):
            return False
        ((kind, a),), (b,) = left.items(), right.values()
        if kind == "N":
            a, b = float(a), float(b)
        return bool(_COMPARE[operator]((a > b) - (a < b)))

    def _value(self, path: str) -> Attribute | None:
        if path.startswith(":"):
            return self._values[path]
        first, *rest = (self._names.get(part, part) for part in path.split("."))
        found = self._item.get(first)
        for part in rest:
            found = (found or {}).get("M", {}).get(part)
        return found
