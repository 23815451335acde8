"""YAML text to plain data that remembers the line and column of each key and value.

Only what JSON can say is accepted: `yes`, `12:30` and `2026-01-01` stay text, so that nothing turns into something
else unseen. Aliases and tags are refused: what was published must be readable where it stands.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from cli.findings import Finding, Path, Place, path_text, shown

MOST_BYTES = 131_072
MOST_DEPTH = 24
_TAG = "tag:yaml.org,2002:"
_TOP = Place(1, 1)
_HALF = re.compile("[\ud800-\udfff]")
"""A lone surrogate, which an escape can name: nothing that is sent or stored may hold one."""


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with JSON's scalars only."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own, untyped class attribute


for _name, _pattern, _first in (
    ("null", r"(?:~|null|)\Z", ["~", "n", ""]),
    ("bool", r"(?:true|false)\Z", ["t", "f"]),
    ("int", r"-?(?:0|[1-9][0-9]*)\Z", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+\Z", list("-0123456789")),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), _first)


@dataclass(slots=True)
class Document:
    """The data, and where each part of it stands."""

    data: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def key(self, path: Path) -> Place:
        """Where the key stands; for list items and the top, where the value does."""
        return self.keys.get(path) or self.value(path)

    def value(self, path: Path) -> Place:
        """Where the value starts; what is not in the file stands where its parent does."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, _TOP)

    def add(self, path: Path, problem: str, advice: str = "", *, at_key: bool = False) -> None:
        """Report something about the value (or the key) at a path."""
        self.findings.append(Finding(self.key(path) if at_key else self.value(path), path, problem, advice))


def load(content: bytes) -> Document:
    """The document; one with findings and without data where the text is not YAML that is understood here."""
    document = Document()
    text = _text(content, document)
    node = None if text is None else _composed(text, document)
    if node is not None:
        document.data = _build(document, node, ())
    elif not document.findings:
        document.findings.append(Finding(_TOP, (), "the file is empty", "start with `workspace:`"))
    return document


def _text(content: bytes, document: Document) -> str | None:
    if len(content) > MOST_BYTES:
        problem = f"the file has {len(content)} bytes, more than {MOST_BYTES}"
        document.findings.append(Finding(_TOP, (), problem, "a configuration is a page or two"))
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = Place(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        document.findings.append(Finding(place, (), "this is not UTF-8 text", "save the file as UTF-8"))
        return None


def _composed(text: str, document: Document) -> yaml.Node | None:
    """Look through the parser's events first: composing recurses, and would follow aliases without end."""
    depth, place = 0, _TOP
    try:
        for event in yaml.parse(text, _Loader):
            place = _place(event.start_mark, place)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            problem = _unwelcome(event, depth)
            if problem:
                document.findings.append(Finding(place, (), *problem))
                return None
        return yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark, place)
        problem_text = " ".join(filter(None, (error.context, error.problem)))
        document.findings.append(Finding(place, (), f"not YAML: {problem_text}", "check the indentation"))
    except yaml.reader.ReaderError as error:
        document.findings.append(_unreadable(text, error))
    except (ValueError, OverflowError):  # PyYAML passes on what chr() and int() say about `"\UFFFFFFFF"`
        document.findings.append(Finding(place, (), "not YAML: a number or escape after this is too large"))
    return None


def _unwelcome(event: yaml.Event, depth: int) -> tuple[str, str] | None:
    if isinstance(event, yaml.AliasEvent):
        return f"the alias *{event.anchor} is not supported", "write the value out"
    if depth > MOST_DEPTH:
        return f"nested more than {MOST_DEPTH} deep", "nothing in a configuration is"
    if isinstance(event, yaml.ScalarEvent) and _HALF.search(event.value):
        return f"{shown(event.value)} holds half a character", "write the character itself"
    return None


def _unreadable(text: str, error: yaml.reader.ReaderError) -> Finding:
    found = next((at for at, each in enumerate(text) if each == chr(error.character)), 0)
    place = Place(text.count("\n", 0, found) + 1, found - text.rfind("\n", 0, found))
    return Finding(place, (), f"the character U+{error.character:04X} is not allowed in YAML", "remove it")


def _place(mark: Any, otherwise: Place = _TOP) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else otherwise


def _build(document: Document, node: yaml.Node, path: Path) -> Any:
    document.values[path] = _place(node.start_mark)
    if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
        return _mapping(document, node, path)
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
        return [_build(document, item, (*path, at)) for at, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(document, node, path)
    document.add(path, f"the tag {shown(node.tag)} is not supported", "remove it")
    return None


def _mapping(document: Document, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = _place(key_node.start_mark)
        if key_node.tag != f"{_TAG}str" or not isinstance(key_node, yaml.ScalarNode):
            document.findings.append(Finding(place, path, "this key is not text", "put it in quotes"))
            continue
        own = (*path, key_node.value)
        if key_node.value in result:
            problem = (
                f"the key {shown(key_node.value)} stands here twice, first in line {document.keys[own].line}"
            )
            document.findings.append(Finding(place, own, problem, "keep one of them"))
            continue
        document.keys[own] = place
        result[key_node.value] = _build(document, value_node, own)
    return result


def _scalar(document: Document, node: yaml.ScalarNode, path: Path) -> Any:
    text = str(node.value)
    try:
        value = _CONSTRUCT[node.tag.removeprefix(_TAG)](text)
    except (KeyError, ValueError):
        document.add(
            path, f"{shown(text)} is not what its tag says at {path_text(path)}", "write plain values"
        )
        return None
    if isinstance(value, float) and not math.isfinite(value):
        document.add(path, "this number is too large")
        return None
    return value


_CONSTRUCT: dict[str, Any] = {
    "str": str,
    "null": lambda _text: None,
    "bool": lambda text: {"true": True, "false": False}[text],
    "int": int,
    "float": float,
}
