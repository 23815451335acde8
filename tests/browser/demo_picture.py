"""A live view as it looks in the middle of a deployment, for tests of the page alone."""

from __future__ import annotations

from typing import Any

from sandbox.front.tracks import DEPLOY

NOW = 1_795_000_000.0


def picture(moment: str) -> dict[str, Any]:
    """`ready`: the new fleet waits without traffic; `switch`: it has just got all of it."""
    ready = moment == "ready"
    phase = "Ready" if ready else "Keep old"
    shares = (100, 0) if ready else (0, 100)
    deadline = NOW + (82_000 if ready else 7_043)
    return {
        "clock": {"now": NOW, "rate": 10, "next_deadline": {"at": deadline, "what": phase}},
        "machines": [
            {
                "kind": "deploy",
                "name": "cameras-142",
                "status": "RUNNING",
                "started": NOW - 900,
                "phases": phases(phase, deadline),
            }
        ],
        "groups": [group("cameras-blue", shares[0]), group("cameras-green", shares[1])],
        "fleets": [
            fleet("cameras-141", "live" if ready else "standby", "blue", "141", 100 if ready else 0),
            fleet("cameras-142", "building" if ready else "live", "green", "142", 0 if ready else 100),
        ],
        "balancer": None,
        "devices": {
            "count": 300,
            "connected": 300,
            "messages": 48_210,
            "messages_per_second": 60,
            "reconnects_per_second": 0 if ready else 12,
            "most_reconnects": 0 if ready else 1,
            "lost": 0,
            "requests": 9_632,
            "requests_per_second": 20,
            "http_failures": 0,
        },
    }


def phases(current: str, deadline: float) -> list[dict[str, Any]]:
    """Every phase before `current` done, the others ahead."""
    names = list(DEPLOY.main)
    at = names.index(current)
    made = []
    for index, name in enumerate(names):
        status = "done" if index < at else "current" if index == at else "ahead"
        made.append(
            {
                "name": name,
                "status": status,
                "detour": name in DEPLOY.detours,
                "person": not DEPLOY.waits.isdisjoint(DEPLOY.main[name]),
                "entered": NOW - 900 + 60 * index if index <= at else None,
                "left": NOW - 900 + 60 * index + 17 * (index + 1) if index < at else None,
                "deadline": deadline if index == at else None,
                "since": NOW - 157 if index == at else None,
                "states": [{"name": DEPLOY.main[name][0], "attempts": 1, "entered": NOW}]
                if index == at
                else [],
            }
        )
    return made


def group(name: str, weight: int) -> dict[str, Any]:
    """A target group with three healthy targets."""
    version = "141" if name.endswith("blue") else "142"
    targets = [
        {"id": f"i-0{version}c9f2ab{n}e77d1{n}", "health": "healthy", "reason": None} for n in range(3)
    ]
    return {"name": name, "side": name.split("-")[1], "weight": weight, "targets": targets, "healthy": 3}


def fleet(name: str, state: str, side: str, version: str, devices: int) -> dict[str, Any]:
    """Three control hosts with traffic, two recorders without."""
    roles = ["control"] * 3 + ["recorder"] * 2
    hosts = [
        {
            "id": f"i-0{version}c9f2ab{n}e77d1{n}",
            "address": f"127.20.{version[-1]}.{n + 10}",
            "running": "running",
            "role": role,
            "state": state,
            "fleet": name,
            "side": side if role == "control" else "",
            "health": "healthy" if role == "control" else "",
            "version": version,
            "devices": devices if role == "control" else None,
        }
        for n, role in enumerate(roles)
    ]
    return {"name": name, "state": state, "side": side, "hosts": hosts}
