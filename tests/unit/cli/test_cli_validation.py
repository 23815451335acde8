"""Validation says what the library for JSON Schema says, of whatever stands in a configuration."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cli.document import load
from cli.schema import schema
from cli.validation import violations

DATA = Path(__file__).parent / "data"
ODD: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [None, True, False, 0, 1, -1, 2.0, 2.5, 10**400, "", "production", "x" * 5_000, "5m", [], [1, 1], {}]
    ),
    st.text(max_size=5),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.none() | st.text(max_size=3), max_size=3),
)
"""What stands where something else should."""
Said = set[tuple[tuple[Any, ...], str, str]]


def ours(value: Any) -> Said:
    """Where, which keyword, and what is there."""
    return {(each.at.path, each.keyword, repr(each.at.value)) for each in violations(schema(), value)}


@cache
def validator() -> Draft202012Validator:
    """Made once."""
    return Draft202012Validator(schema())


def theirs(value: Any) -> Said:
    """The same, of the library."""
    found = validator().iter_errors(value)
    return {(tuple(each.absolute_path), str(each.validator), repr(each.instance)) for each in found}


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every mapping or list in a value with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [spot for key, each in items for spot in [(value, key), *spots(each)]]


@given(st.data())
@pytest.mark.parametrize("file", sorted(each.name for each in DATA.glob("*.yaml")))
def test_the_library_says_the_same(file: str, data: st.DataObject) -> None:
    """Of a good configuration, after somebody put other things into it, took some away, and wrote keys wrong."""
    value = load((DATA / file).read_bytes()).data
    draw = data.draw
    for _ in range(draw(st.integers(0, 3))):
        place, key = draw(st.sampled_from(spots(value)))
        if draw(st.booleans()):
            place[key] = draw(ODD)
        elif isinstance(place, dict):
            place[draw(st.sampled_from(["", "Upper", "x y", "extra", "production"]))] = place.pop(key)
    assert ours(value) == theirs(value)


@given(ODD)
def test_the_library_says_the_same_of_anything(value: Any) -> None:
    """Also where nothing of it is a configuration."""
    assert ours(value) == theirs(value)


def test_a_keyword_that_is_not_known_is_not_passed_over() -> None:
    """Whoever uses another one in the schema is told by the first check."""
    with pytest.raises(KeyError, match="oneOf"):
        list(violations({"oneOf": []}, 1))
