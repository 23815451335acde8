"""Servers and frontends are both services; what belongs to one means nothing to the other."""

from typing import Any

from cli.document import Document
from cli.findings import Path
from cli.reading import environments, is_frontend, mapping

_SERVERS = ("roles", "ansible", "checks", "drain", "prices")
_FRONTEND = ("bucket", "keep", "pages", "cache")
_ONLY_SERVERS = ("switch", "traffic", "bake", "old_fleet", "mixed_images")
_ONLY_FRONTENDS = ("url", "distribution", "pointer")
_NEEDED = {False: ("roles", "ansible"), True: ("bucket",)}


def check(document: Document) -> None:
    """Add a finding for each key that is missing for the service's kind or belongs to the other."""
    for name, service in mapping(document.data, "services").items():
        if isinstance(service, dict) and service.get("kind", "servers") in ("servers", "frontend"):
            _service(document, ("services", name), service)
    for path, name, _environment, own in environments(document.data):
        if not isinstance(own, dict):
            continue
        if is_frontend(mapping(document.data, "services")[name]):
            _refuse(document, path, own, _ONLY_SERVERS, "a frontend has no servers")
        else:
            _refuse(document, path, own, _ONLY_FRONTENDS, "only a frontend has it: `kind: frontend`")
    _one_place_each(document)


def _one_place_each(document: Document) -> None:
    """Two that are served from one place would write over each other, and clean up what the other shows."""
    taken: dict[tuple[str, object, str], str] = {}
    for path, name, environment, own in environments(document.data):
        service = mapping(document.data, "services")[name]
        if not is_frontend(service) or not isinstance(own, dict | None):
            continue
        pointer = (own or {}).get("pointer")
        place = ("pointer", pointer, "") if pointer else ("bucket", service.get("bucket"), environment)
        other = taken.setdefault(place, name if not pointer else f"{name} {environment}")
        if pointer and other != f"{name} {environment}":
            advice = "each environment needs a key-value store of its own"
            document.add((*path, "pointer"), f"{other} has this pointer too", advice)
        elif not pointer and other != name:
            what = f"{other} is served from `live/{environment}` of this bucket too"
            advice = "give one of them a bucket of its own, another name for the environment, or a `pointer`"
            document.add(("services", name, "bucket"), what, advice)


def _service(document: Document, path: Path, service: dict[str, Any]) -> None:
    frontend = is_frontend(service)
    for key in _NEEDED[frontend]:
        if key not in service:
            document.add(path, f"`{key}` is missing", f"add `{key}:`", at_key=True)
    if frontend:
        _refuse(document, path, service, _SERVERS, "a frontend has no servers")
    else:
        _refuse(document, path, service, _FRONTEND, "only a frontend has it: `kind: frontend`")


def _refuse(
    document: Document, path: Path, given: dict[str, Any], keys: tuple[str, ...], advice: str
) -> None:
    for key in keys:
        if key in given:
            document.add((*path, key), f"`{key}` does not belong here", advice, at_key=True)
