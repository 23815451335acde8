"""Bytes from outside, read strictly: what is wrong with them is Refused(BAD_BODY) naming the part, and nothing else."""

import json
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.domain.errors import Refused
from chalicelib.domain.reasons import Reason


def bad(problem: str) -> Refused:
    """The refusal that names what could not be read."""
    return Refused(Reason.BAD_BODY, problem=problem)


def header(headers: Mapping[str, str], wanted: str) -> str:
    """A header by its lower-case name; empty where it is missing (names have no case: RFC 9110, 5.1)."""
    return next((value for name, value in headers.items() if name.lower() == wanted), "")


def seconds(text: str) -> int | None:
    """A timestamp in whole seconds; None where it is anything else (`int` takes signs, spaces, any digits)."""
    return int(text) if re.fullmatch(r"[0-9]{1,11}", text) else None


def texts(value: object) -> tuple[str, ...]:
    """The live secrets of a door; none where it is no list: the letters of a lone text would each open it."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def refuse_larger(body: bytes, limit: int) -> None:
    """Refused where a body is longer than `limit` bytes."""
    if len(body) > limit:
        raise Refused(Reason.TOO_LARGE, limit=str(limit))


def json_object(data: bytes | str, what: str) -> dict[str, Any]:
    """A JSON object; Refused for anything else, for text that is not UTF-8, and for nesting that is too deep.

    Stricter than `json`, which guesses UTF-16, reads NaN and keeps the last of two fields (RFC 8259, 4, 6 and 8.1).
    """
    try:
        text = data.decode() if isinstance(data, bytes) else data
        value = json.loads(text, object_pairs_hook=_fields, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise bad(f"{what} is not JSON") from None
    if not isinstance(value, dict):
        raise bad(f"{what} is not a JSON object")
    return value


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Who reads the first of two equal names and who reads the last would see two different reports."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name comes twice")
    return fields


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def inner(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object inside an object."""
    found = value.get(name)
    if not isinstance(found, dict):
        raise bad(f"`{name}` is missing or not an object")
    return found


def matching(value: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    """A string that its allow-list accepts as a whole."""
    found = value.get(name)
    if not isinstance(found, str) or pattern.fullmatch(found) is None:
        raise bad(f"`{name}` is missing or not of the form that is allowed")
    return found


def optional(value: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    """The same, empty where it is missing, null or empty."""
    return "" if value.get(name) in (None, "") else matching(value, name, pattern)
