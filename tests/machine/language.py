"""The few parts of the States Language that the deploy machine uses, as pure functions over JSON."""

from collections.abc import Iterator, Mapping
from typing import Any


class Failed(Exception):
    """An execution or a branch ended in an error, in the words of the States Language."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


def at(path: str, data: Mapping[str, Any]) -> Any:
    """What a path means in the data."""
    found: Any = data
    for part in path.removeprefix("$").strip(".").split("."):
        found = found[part] if part else found
    return found


def resolved(
    template: Mapping[str, Any], context: Mapping[str, Any], data: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """A payload template with its paths filled in."""
    for key, path in template.items():
        if not key.endswith(".$"):
            yield key, path
        else:
            yield key.removesuffix(".$"), context[path] if path in context else at(path, data)


def put(data: dict[str, Any], path: str | None, result: Any) -> dict[str, Any]:
    """The data with a result at its ResultPath."""
    return data if path is None else {**data, path.removeprefix("$."): result}


def chosen(state: dict[str, Any], data: Mapping[str, Any]) -> str:
    """Where a Choice leads."""
    for rule in state["Choices"]:
        expected = rule.get("StringEquals", rule.get("BooleanEquals"))
        if at(rule["Variable"], data) == expected:
            return str(rule["Next"])
    return str(state["Default"])


def branches_of(
    state: dict[str, Any], data: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What a Parallel or a Map runs at once, each with its input; a Map's items all at once, which is the hardest."""
    if state["Type"] == "Parallel":
        for branch in state["Branches"]:
            yield branch, data
    else:
        for item in at(state["ItemsPath"], data):
            yield (
                state["ItemProcessor"],
                dict(resolved(state["ItemSelector"], {"$$.Map.Item.Value": item}, data)),
            )


def error_of(state: dict[str, Any], data: Mapping[str, Any]) -> tuple[str, str]:
    """What a Fail state says."""
    error = state["Error"] if "Error" in state else at(state["ErrorPath"], data)
    cause = state["Cause"] if "Cause" in state else at(state["CausePath"], data)
    return str(error), str(cause)


def retry_in(state: dict[str, Any], failed: Failed, attempts: list[int]) -> float | None:
    """Seconds until the next try; None where there is none."""
    for number, rule in enumerate(state.get("Retry", ())):
        if failed.error in rule["ErrorEquals"]:
            if attempts[number] >= rule["MaxAttempts"]:
                return None
            attempts[number] += 1
            return float(rule["IntervalSeconds"] * rule["BackoffRate"] ** (attempts[number] - 1))
    return None


def caught(state: dict[str, Any], failed: Failed, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The next state and its data; raises again where nothing catches it."""
    for rule in state.get("Catch", ()):
        if failed.error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]:
            error = {"Error": failed.error, "Cause": failed.cause}
            return str(rule["Next"]), put(data, rule.get("ResultPath", "$"), error)
    raise failed
