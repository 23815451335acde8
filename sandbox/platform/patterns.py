"""Event patterns, as far as the product uses them: exact values and prefixes; anything else is refused.

Source: docs.aws.amazon.com, lambda/latest/dg/invocation-eventfiltering.html ("Filter rule syntax") and
eventbridge/latest/userguide/eb-event-patterns.html: all fields of a pattern must match, each by one of its values.
"""

from __future__ import annotations

import json
from typing import Any

MISSING = object()


class UnknownPattern(Exception):
    """A comparison that the sandbox would not make."""


def check(pattern: Any) -> None:
    """Raise UnknownPattern for what `matches` does not know."""
    if not isinstance(pattern, dict) or not pattern:
        raise UnknownPattern(json.dumps(pattern))
    for name, wanted in pattern.items():
        if isinstance(wanted, dict):
            check(wanted)
        elif name == "$or" or not isinstance(wanted, list) or not all(map(_known, wanted)):
            raise UnknownPattern(json.dumps({name: wanted}))


def _known(comparison: Any) -> bool:
    prefix = isinstance(comparison, dict) and comparison.keys() == {"prefix"}
    return isinstance(comparison["prefix"], str) if prefix else not isinstance(comparison, dict | list)


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Tell whether every field of the pattern has one of its values in the event."""
    if not isinstance(event, dict):
        return False
    return all(
        matches(wanted, event.get(name))
        if isinstance(wanted, dict)
        else any(_equals(each, event.get(name, MISSING)) for each in wanted)
        for name, wanted in pattern.items()
    )


def _equals(comparison: Any, value: Any) -> bool:
    """Compare with a value, or with any of a list of them."""
    if isinstance(value, list):
        return any(_equals(comparison, each) for each in value)
    if isinstance(comparison, dict):
        return isinstance(value, str) and value.startswith(comparison["prefix"])
    return type(comparison) is type(value) and bool(comparison == value)


def filters(criteria: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Read the patterns of an event source mapping's FilterCriteria: a record passes where one of them matches."""
    patterns = [json.loads(each["Pattern"]) for each in (criteria or {}).get("Filters", [])]
    for each in patterns:
        check(each)
    return patterns
