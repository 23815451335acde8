"""A definition of a state machine is parsed once: moto parses it at every start, which takes a quarter of a second."""

from __future__ import annotations

import copy
import threading
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from sandbox.platform.override import override

_parse: Any = AmazonStateLanguageParser.parse
_parsed: dict[str, Any] = {}
_parsing = threading.Lock()


def parse(definition: str) -> tuple[Any, Any]:
    """The program, a copy for each execution, and the tree, which is only read."""
    with _parsing:
        if definition not in _parsed:
            _parsed[definition] = _parse(definition)
        program, tree = _parsed[definition]
        return copy.deepcopy(program), tree


def install() -> None:
    """Bind this into moto; once in a process."""
    override(AmazonStateLanguageParser, "parse", staticmethod(parse))
