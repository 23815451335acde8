"""Whether each way in has what its strategy needs, and shares nothing with another one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.document import Document
from cli.findings import Path, nearest, shown
from cli.reading import environments, mapping, one_or_more, roles, sequence, strategy


@dataclass(frozen=True, slots=True)
class _Needs:
    load_balancers: int
    target_groups: int
    record: bool


_NEEDS = {
    "weighted": _Needs(load_balancers=1, target_groups=2, record=False),
    "targets": _Needs(load_balancers=1, target_groups=1, record=False),
    "dns": _Needs(load_balancers=2, target_groups=2, record=True),
}
_ADVICE = {
    "load_balancer": ("", "write `load_balancer: NAME`", "write `load_balancers: [NAME, NAME]`"),
    "target_group": ("", "write `target_group: NAME`", "write `target_groups: [NAME, NAME]`"),
}


def check(document: Document) -> None:
    """Add findings about every way in."""
    taken: dict[tuple[object, ...], Path] = {}
    for path, service, _name, own in environments(document.data):
        known = roles(mapping(document.data, "services").get(service))
        needs = _NEEDS.get(strategy(own))
        for at, route in enumerate(sequence(own, "traffic")):
            if isinstance(route, dict):
                here = (*path, "traffic", at)
                _role(document, here, route, known)
                if needs:
                    _counts(document, here, route, needs, strategy(own))
                    _record(document, here, route, needs, strategy(own))
                _not_shared(document, here, route, taken)


def _role(document: Document, path: Path, route: dict[str, Any], known: list[str]) -> None:
    role = route.get("role")
    if isinstance(role, str) and role not in known:
        advice = nearest(role, known) or f"roles of the service: {', '.join(known) or 'none'}"
        document.add((*path, "role"), f"the service has no role {shown(role)}", advice)


def _counts(document: Document, path: Path, route: dict[str, Any], needs: _Needs, how: str) -> None:
    for key, wanted in (("load_balancer", needs.load_balancers), ("target_group", needs.target_groups)):
        given = len(one_or_more(route, key))
        if key in route and f"{key}s" in route:
            document.add(
                (*path, key), f"`{key}` and `{key}s` both stand here", "keep one of them", at_key=True
            )
        elif given != wanted:
            what = f"{key.replace('_', ' ')}{'s' if wanted > 1 else ''}"
            problem = f"the strategy {how} needs {wanted} {what}, not {given}"
            place = next((each for each in (f"{key}s", key) if each in route), None)
            where = (*path, place) if place else path
            document.add(where, problem, _ADVICE[key][wanted], at_key=place is not None)


def _record(document: Document, path: Path, route: dict[str, Any], needs: _Needs, how: str) -> None:
    for key in ("zone", "record"):
        if needs.record and key not in route:
            document.add(path, f"the strategy {how} needs a {key}", f"add `{key}: NAME`")
        if not needs.record and key in route:
            problem = f"the strategy {how} has no {key}"
            document.add((*path, key), problem, "remove it, or set `switch: dns`", at_key=True)
    zone, record = route.get("zone"), route.get("record")
    if needs.record and isinstance(zone, str) and isinstance(record, str):
        inside = f".{record.rstrip('.')}".endswith(f".{zone.rstrip('.')}")
        if "." in zone and not inside:  # the id of a zone does not show its name
            problem = f"{shown(record)} is not in the zone {shown(zone)}"
            document.add((*path, "record"), problem, f"end it with .{zone}")


def _not_shared(
    document: Document, path: Path, route: dict[str, Any], taken: dict[tuple[object, ...], Path]
) -> None:
    """What two ways in share would be moved by both: a switch of one would be an outage of the other."""
    for what, place, identity in _claims(path, route):
        first = taken.setdefault(identity, place)
        if first != place and first[: len(path)] != path:
            line = document.value(first).line
            problem = f"the {what} is used in line {line} already"
            document.add(place, problem, "each way in of each environment needs its own")


def _claims(path: Path, route: dict[str, Any]) -> Iterator[tuple[str, Path, tuple[object, ...]]]:
    listener = route.get("listener")
    for place, name in _named(path, route, "target_group"):
        yield f"target group {shown(name)}", place, ("group", name)
    for place, name in _named(path, route, "load_balancer"):
        if isinstance(listener, int):
            yield f"listener {listener} of {shown(name)}", place, ("listener", name, listener)
    if isinstance(route.get("record"), str):
        name = route["record"]
        yield f"record {shown(name)}", (*path, "record"), ("record", name.rstrip("."))


def _named(path: Path, route: dict[str, Any], key: str) -> Iterator[tuple[Path, str]]:
    if isinstance(route.get(key), str):
        yield (*path, key), route[key]
    for at, name in enumerate(sequence(route, f"{key}s")):
        if isinstance(name, str):
            yield (*path, f"{key}s", at), name
