"""The team's `pointsman.yaml`, with the addresses of this sandbox, and production switched in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from sandbox.estate.traffic import RECORD, ZONE
from sandbox.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.estate.traffic import Strategy

PUBLISHED = ROOT / "sandbox" / "team" / "pointsman.yaml"
ROUTES: dict[Strategy, dict[str, Any]] = {
    "weighted": {"load_balancer": "cameras", "target_groups": ["cameras-blue", "cameras-green"]},
    "targets": {"load_balancer": "cameras", "target_group": "cameras"},
    "dns": {
        "load_balancers": ["cameras-a", "cameras-b"],
        "target_groups": ["cameras-a", "cameras-b"],
        "zone": ZONE,
        "record": RECORD,
    },
}
"""What stands in production's `traffic`, as sandbox/estate/traffic.py arranges it."""


def configuration(switch: Strategy, folder: Path, urls: Mapping[str, str]) -> Path:
    """The file to publish: a copy in this folder, with where the frontend's environments are served, and with
    production's way to switch replaced where it is another than the team's own."""
    team = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    service = team["services"]["cameras"]
    service["ansible"] = str((PUBLISHED.parent / service["ansible"]).resolve())
    if switch != "weighted":
        production = service["environments"]["production"]
        production["switch"] = switch
        production["traffic"] = [{"role": "control", "listener": 9000, **ROUTES[switch]}]
    for name, url in urls.items():
        team["services"]["web"]["environments"][name]["url"] = url
    changed = folder / PUBLISHED.name
    changed.write_text(yaml.safe_dump(team, sort_keys=False), encoding="utf-8")
    return changed
