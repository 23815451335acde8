"""Event patterns: what they match, and which the sandbox refuses.

Documentation: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.platform.patterns import UnknownPattern, check, filters, matches

EVENT = {
    "source": "aws.codebuild",
    "detail": {"status": "FAILED", "tags": ["a", "b"], "count": 1, "done": True},
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["aws.codebuild"]}, True),
        ({"source": ["aws.ec2", "aws.codebuild"]}, True),
        ({"source": ["aws.ec2"]}, False),
        ({"source": [{"prefix": "aws."}]}, True),
        ({"source": [{"prefix": "codebuild"}]}, False),
        ({"detail": {"status": ["FAILED"], "count": [1]}}, True),
        ({"detail": {"status": ["FAILED"], "count": [2]}}, False),
        ({"detail": {"tags": ["b"]}}, True),
        ({"detail": {"count": [True]}}, False),
        ({"detail": {"missing": ["x"]}}, False),
        ({"source": {"deeper": ["x"]}}, False),
    ],
)
def test_a_pattern_matches_where_each_field_has_one_of_its_values(
    pattern: dict[str, Any], *, expected: bool
) -> None:
    """Fields are joined by and, their values by or."""
    check(pattern)
    assert matches(pattern, EVENT) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"source": "aws.codebuild"},
        {"source": [{"suffix": "build"}]},
        {"source": [{"anything-but": ["x"]}]},
        {"detail": {"count": [{"numeric": [">", 1]}]}},
        {"$or": [{"source": ["a"]}]},
    ],
)
def test_what_is_not_known_is_refused(pattern: dict[str, Any]) -> None:
    """Rather than compared in another way than AWS does."""
    with pytest.raises(UnknownPattern):
        check(pattern)
    with pytest.raises(UnknownPattern):
        filters({"Filters": [{"Pattern": json.dumps(pattern)}]})
