"""Moments of a deployment as pictures, for tests of the live scene: each is the moment before, gone on."""

from __future__ import annotations

from typing import Any

from sandbox.front.tracks import DEPLOY, RELEASE, Track
from tests.browser.demo_picture import NOW, picture


def idle() -> dict[str, Any]:
    """One fleet with all devices; the last deployment has ended."""
    made = picture("ready")
    made["machines"][0]["name"], made["machines"][0]["status"] = "cameras-141", "SUCCEEDED"
    for each in made["machines"][0]["phases"]:
        each.update(status="done", entered=NOW - 900, left=NOW - 880, deadline=None, since=None, states=[])
    made["clock"]["next_deadline"] = None
    made["fleets"] = made["fleets"][:1]
    made["groups"][1].update(targets=[], healthy=0)
    return made


def building() -> dict[str, Any]:
    """The new fleet starts: its hosts are not yet configured."""
    made = picture("ready")
    at(made, "Prepare", "AwaitConfigured", seconds=94)
    made["groups"][1].update(targets=[], healthy=0)
    for number, host in enumerate(made["fleets"][1]["hosts"]):
        host.update(
            side="", health="", version=None, devices=None, running="running" if number < 2 else "pending"
        )
    made["fleets"][1]["side"] = ""
    return made


def switching(moved: int) -> dict[str, Any]:
    """The weights are moved; `moved` devices of every old host have followed."""
    made = picture("switch")
    at(made, "Switch", "AwaitDrain", seconds=41)
    old, new = made["fleets"]
    for host in old["hosts"][:3]:
        host.update(devices=100 - moved, health="draining", state="standby")
    for host in new["hosts"][:3]:
        host.update(devices=max(0, moved - 4))
    made["devices"].update(connected=300 - 3 * min(4, moved), reconnects_per_second=24)
    return made


def going_back() -> dict[str, Any]:
    """An alarm while the new fleet was watched: traffic is back, devices follow."""
    made = switching(60)
    at(made, "Bake", "Bake", seconds=30)
    phases = {each["name"]: each for each in made["machines"][0]["phases"]}
    phases["Bake"].update(status="failed", left=NOW - 12, states=[], since=None)
    made["machines"][0]["phases"].append(
        phase("Switch back", "current", since=NOW - 12, states=["AwaitDrainBack"])
    )
    made["groups"][0]["weight"], made["groups"][1]["weight"] = 100, 0
    for host in made["fleets"][0]["hosts"]:
        host.update(state="live", health="healthy" if host["side"] else "")
    for host in made["fleets"][1]["hosts"]:
        host.update(state="building")
    made["fleets"][0]["state"], made["fleets"][1]["state"] = "live", "building"
    made["fleets"][1]["hosts"][1]["health"] = "unhealthy"
    made["devices"].update(http_failures=3, most_reconnects=2)
    return made


def failed() -> dict[str, Any]:
    """Installing failed; somebody decides within half an hour."""
    made = building()
    at(made, "Install", "Install", seconds=50)
    phases = {each["name"]: each for each in made["machines"][0]["phases"]}
    phases["Install"].update(status="failed", left=NOW - 100, states=[], since=None)
    made["machines"][0]["phases"].append(
        phase("Failed", "current", since=NOW - 100, states=["AwaitRetry"], deadline=NOW + 1700)
    )
    return made


def releasing() -> dict[str, Any]:
    """A server and the frontend that goes with it: the pages are live, and one location has not heard of it yet."""
    made = picture("switch")
    phases = along(RELEASE, "Tell the CDN", "AwaitInvalidated", seconds=9)
    made["machines"].append(
        {
            "kind": "release",
            "name": "web-production-3",
            "status": "RUNNING",
            "started": NOW - 70,
            "phases": phases,
        }
    )
    made["sites"] = [
        site("staging", "copy", ["12", "12"], None),
        site("production", "pointer", ["13", "12"], {"pages": 1_204, "files": 5_117, "missing": 0}),
    ]
    return made


def site(
    environment: str, mode: str, shown: list[str | None], readers: dict[str, int] | None
) -> dict[str, Any]:
    """One environment of the website."""
    return {"environment": environment, "mode": mode, "shown": shown, "readers": readers}


def at(made: dict[str, Any], name: str, state: str, *, seconds: float) -> None:
    """Put the deploy machine into a state for as long."""
    made["machines"][0]["phases"] = along(DEPLOY, name, state, seconds=seconds)
    made["clock"]["next_deadline"] = None


def along(track: Track, name: str, state: str, *, seconds: float) -> list[dict[str, Any]]:
    """The phases of a machine that has been in a state for as long."""
    names = list(track.main)
    made = []
    for index, each in enumerate(names):
        status = "done" if index < names.index(name) else "current" if index == names.index(name) else "ahead"
        since, states = (NOW - seconds, [state]) if status == "current" else (None, [])
        made.append(phase(each, status, since=since, states=states, track=track))
        if status == "done":
            made[-1].update(entered=NOW - 600, left=NOW - 600 + 13 * (index + 1))
    return made


def phase(
    name: str,
    status: str,
    *,
    since: float | None,
    states: list[str],
    deadline: float | None = None,
    track: Track = DEPLOY,
) -> dict[str, Any]:
    """A phase as the page gets it."""
    known = {**track.main, **track.detours}[name]
    return {
        "name": name,
        "status": status,
        "detour": name in track.detours,
        "person": not track.waits.isdisjoint(known),
        "entered": since,
        "left": None,
        "deadline": deadline,
        "since": since,
        "states": [{"name": state, "attempts": 1, "entered": since} for state in states],
    }
