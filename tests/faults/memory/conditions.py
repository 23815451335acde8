"""Condition and key expressions of DynamoDB, as far as the product uses them (DynamoDB guide, "Expressions").

Functions attribute_exists, attribute_not_exists and begins_with; comparisons and BETWEEN; AND, OR, NOT, brackets;
paths into maps.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
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


_Names = Mapping[str, str]
_Item = Mapping[str, Attribute]
_Holds = Callable[[_Item, _Item, _Names], bool]
_Value = Callable[[_Item, _Item, _Names], Attribute | None]
"""From an item, the expression's values and its names."""


def holds(
    expression: str,
    item: Mapping[str, Attribute],
    values: Mapping[str, Attribute],
    names: Mapping[str, str] | None = None,
) -> bool:
    """Whether an item meets an expression; an empty expression is always met."""
    return not expression or _understood(expression)(item, values, names or {})


@cache
def _understood(expression: str) -> _Holds:
    """Each expression is read once: the same few come a thousand times."""
    return _Reader(expression).read()


class _Reader:
    """Recursive descent: OR binds weakest, then AND, then NOT."""

    def __init__(self, expression: str) -> None:
        self._tokens = _TOKEN.findall(expression)

    def read(self) -> _Holds:
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

    def _either(self) -> _Holds:
        parts = [self._both()]
        while self._next() == "OR":
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda *given: any(part(*given) for part in parts)

    def _both(self) -> _Holds:
        parts = [self._one()]
        while self._next() == "AND":
            self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda *given: all(part(*given) for part in parts)

    def _one(self) -> _Holds:
        if self._next() == "NOT":
            self._take()
            wrong = self._one()
            return lambda *given: not wrong(*given)
        if self._next() == "(":
            self._take()
            found = self._either()
            self._take(")")
            return found
        first = self._take()
        return self._function(first) if self._next() == "(" else self._compared(first)

    def _function(self, name: str) -> _Holds:
        self._take("(")
        value = _value(self._take())
        if name == "begins_with":
            self._take(",")
            start = _value(self._take())
            self._take(")")
            return lambda *given: _begins(value(*given), start(*given))
        self._take(")")
        expected = name == "attribute_exists"
        return lambda *given: (value(*given) is not None) is expected

    def _compared(self, first: str) -> _Holds:
        left, operator, right = _value(first), self._take("BETWEEN", *_COMPARE), _value(self._take())
        if operator.upper() != "BETWEEN":
            return lambda *given: _meets(left(*given), operator, right(*given))
        self._take("AND")
        most = _value(self._take())
        return lambda *given: (
            _meets(left(*given), ">=", right(*given)) and _meets(left(*given), "<=", most(*given))
        )


def _begins(found: Attribute | None, prefix: Attribute | None) -> bool:
    return found is not None and prefix is not None and str(found["S"]).startswith(prefix["S"])


def _meets(left: Attribute | None, operator: str, right: Attribute | None) -> bool:
    if left is None or right is None or set(left) != set(right):
        return False
    ((kind, a),), (b,) = left.items(), right.values()
    if kind == "N":
        a, b = float(a), float(b)
    return bool(_COMPARE[operator]((a > b) - (a < b)))


def _value(path: str) -> _Value:
    if path.startswith(":"):
        return lambda _, values, __: values[path]
    first, *rest = path.split(".")

    def found(item: _Item, _: _Item, names: _Names) -> Attribute | None:
        attribute = item.get(names.get(first, first))
        for part in rest:
            attribute = (attribute or {}).get("M", {}).get(names.get(part, part))
        return attribute

    return found
