"""What changed between two published configurations, short enough to read before going on."""

from typing import Any


def difference(old: dict[str, Any] | None, new: dict[str, Any]) -> list[str]:
    """Lines that start with `+` (added), `-` (removed) or `~` (changed); empty where both say the same."""
    before = old or {}
    lines = [
        f"~ {key}" for key in ("workspace", "channel", "people", "ci") if old and before.get(key) != new[key]
    ]
    was, now = before.get("services", {}), new["services"]
    lines += _added_and_removed("service", was, now)
    for name in [each for each in now if each in was]:
        lines += _service(name, was[name], now[name])
    return lines


def _service(name: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    lines = _changed(f"service {name}", old, new, without="environments")
    was, now = old["environments"], new["environments"]
    lines += _added_and_removed("environment", was, now, within=f"{name} ")
    for each in [each for each in now if each in was]:
        lines += _changed(f"environment {name} {each}", was[each], now[each])
    return lines


def _added_and_removed(what: str, old: dict[str, Any], new: dict[str, Any], *, within: str = "") -> list[str]:
    return [f"- {what} {within}{name}" for name in old if name not in new] + [
        f"+ {what} {within}{name}" for name in new if name not in old
    ]


def _changed(what: str, old: dict[str, Any], new: dict[str, Any], *, without: str = "") -> list[str]:
    keys = [key for key in {**old, **new} if key != without and old.get(key) != new.get(key)]
    return [f"~ {what}: {', '.join(keys)}"] if keys else []
