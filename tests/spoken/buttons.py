"""Every button that the product can show, read from its source: each `Action(verb, label, ...)` in the use cases.

A label that is put together stands for all that it can become; one that is passed in is looked up at the callers.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, fields
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.usecases.words.frontends import FRONTENDS
from chalicelib.usecases.words.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator

USECASES = Path(__file__).parents[2] / "chalicelib" / "usecases"
_WORDS = {
    each.name: [getattr(words.buttons, each.name) for words in (SERVERS, FRONTENDS)]
    for each in fields(SERVERS.buttons)
}


@dataclass(frozen=True, slots=True, order=True)
class Button:
    """Where it is made, the verb it means, and what its label looks like."""

    place: str
    verb: str
    label: str

    def is_(self, verb: str, label: str) -> bool:
        """Whether a button that somebody pressed may be this one."""
        return verb == self.verb and re.fullmatch(self.label, label) is not None


def buttons() -> set[Button]:
    """All of them."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(USECASES.rglob("*.py"))}
    return set(chain.from_iterable(_of_file(path, tree, trees) for path, tree in trees.items()))


def _of_file(path: Path, tree: ast.Module, trees: dict[Path, ast.Module]) -> Iterator[Button]:
    place = str(path.relative_to(USECASES))
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]
    within = {id(node): function for function in functions for node in ast.walk(function)}
    for call in _calls(tree, "Action"):
        function = within.get(id(call))
        for verb in _texts(call.args[0], function, trees):
            for label in _texts(call.args[1], function, trees):
                yield Button(place, verb, label)


def _texts(value: ast.expr, function: ast.FunctionDef | None, trees: dict[Path, ast.Module]) -> list[str]:
    """What an expression may be, each as a pattern."""
    if isinstance(value, ast.Constant):
        return [re.escape(str(value.value))]
    if isinstance(value, ast.JoinedStr):
        parts = (
            re.escape(str(each.value)) if isinstance(each, ast.Constant) else ".+" for each in value.values
        )
        return ["".join(parts)]
    if isinstance(value, ast.IfExp):
        return [*_texts(value.body, function, trees), *_texts(value.orelse, function, trees)]
    if isinstance(value, ast.Attribute):
        return [re.escape(label) for label in _WORDS[value.attr]]
    assert isinstance(value, ast.Name), ast.dump(value)
    assert function is not None, ast.dump(value)
    return _named(value.id, function, trees)


def _named(name: str, function: ast.FunctionDef, trees: dict[Path, ast.Module]) -> list[str]:
    """A name is a parameter, or what was assigned to it, or one of what a loop goes through."""
    parameters = [each.arg for each in function.args.args]
    if name in parameters:
        at = parameters.index(name)
        calls = (call for tree in trees.values() for call in _calls(tree, function.name))
        return [text for call in calls for text in _texts(call.args[at], function, trees)]
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == name
        ):
            return _texts(node.value, function, trees)
        if isinstance(node, ast.comprehension) and isinstance(node.target, ast.Tuple):
            names = [each.id for each in node.target.elts if isinstance(each, ast.Name)]
            if name in names and isinstance(node.iter, ast.Name):
                return _column(node.iter.id, names.index(name), function, trees)
    raise AssertionError(f"nobody can say what {name} in {function.name} is")


def _column(table: str, at: int, function: ast.FunctionDef, trees: dict[Path, ast.Module]) -> list[str]:
    """One column of a table of tuples that stands in the same function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == table:
            assert isinstance(node.value, ast.Tuple)
            rows = [each for each in node.value.elts if isinstance(each, ast.Tuple)]
            return [text for row in rows for text in _texts(row.elts[at], function, trees)]
    raise AssertionError(f"nobody can say what {table} in {function.name} is")


def _calls(tree: ast.Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield node
