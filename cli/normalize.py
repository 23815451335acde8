"""A checked configuration in the shape that the service reads: every default written out, times in seconds.

Defaults are written out so that a deployment under version 3 means the same after the product's defaults changed.
"""

from dataclasses import asdict
from typing import Any

from chalicelib.domain.release_rules import PAGES
from chalicelib.domain.settings import Approvals, Frontend
from cli.durations import seconds
from cli.reading import (
    DEFAULT_TIMEOUTS,
    is_frontend,
    mapping,
    one_or_more,
    roles,
    sequence,
    strategy,
    texts,
    timeout,
)

PEOPLE = ("viewer", "deployer", "approver", "admin")


def normalize(data: dict[str, Any], bundles: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The document of `chalicelib.domain.settings.Team`; `bundles` has the published Ansible folder of each service."""
    return {
        "workspace": data["workspace"],
        "channel": data["channel"],
        "people": {role: texts(data["people"], role) for role in PEOPLE},
        "ci": {
            source: {"services": texts(content, "services")}
            for source, content in mapping(data, "ci").items()
        },
        "services": {
            name: frontend(service, data["channel"])
            if is_frontend(service)
            else _service(service, data["channel"], bundles[name])
            for name, service in data["services"].items()
        },
    }


def frontend(service: dict[str, Any], channel: str) -> dict[str, Any]:
    """A frontend, which has a bucket where servers have roles."""
    return {
        "kind": "frontend",
        "bucket": service["bucket"],
        "keep": service.get("keep", Frontend.keep),
        "pages": texts(service, "pages") or list(PAGES),
        "cache": [[rule["files"], rule["control"]] for rule in sequence(service, "cache")],
        "environments": {name: _environment(own, channel) for name, own in service["environments"].items()},
    }


def _service(service: dict[str, Any], channel: str, bundle: dict[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "roles": roles(service),
        "checks": texts(service, "checks"),
        "bundle": bundle,
        "prices": mapping(service, "prices"),
        "environments": {name: _environment(own, channel) for name, own in service["environments"].items()},
    }
    if "drain" in service:
        drain = service["drain"]
        result["drain"] = {
            "batch": drain["batch"],
            "pause": seconds(drain.get("pause", 1)),
            "hosts": drain.get("hosts", 1),
        }
    return result


def _environment(own: dict[str, Any], channel: str) -> dict[str, Any]:
    bake = mapping(own, "bake")
    return {
        "protected": own.get("protected", True),
        "channel": own.get("channel", channel),
        "switch": strategy(own),
        "traffic": [_route(route) for route in sequence(own, "traffic")],
        "timeouts": {name: timeout(own, name) for name in asdict(DEFAULT_TIMEOUTS)},
        "freezes": [
            {"begin": each["from"], "end": each["to"], "zone": each["zone"], "reason": each["reason"]}
            for each in sequence(own, "freezes")
        ],
        "approvals": {**asdict(Approvals()), **mapping(own, "approvals")},
        "bake": {"time": seconds(bake.get("time", 0)), "alarms": texts(bake, "alarms")},
        "old_fleet": own.get("old_fleet", "terminate"),
        "mixed_images": own.get("mixed_images", "refuse"),
        **{key: own[key].rstrip("/") for key in ("url", "distribution", "pointer") if key in own},
    }


def _route(route: dict[str, Any]) -> dict[str, Any]:
    return {
        "role": route["role"],
        "load_balancers": one_or_more(route, "load_balancer"),
        "listener": route["listener"],
        "target_groups": one_or_more(route, "target_group"),
        **{key: route[key] for key in ("zone", "record") if key in route},
    }
