"""The live view's readings: the phases of state machines, hosts in fleets, weights."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.front.devices import DeviceFigures, devices_at
from sandbox.front.fleets import fleets_of, group_of, hosts_of, weights_of
from sandbox.front.machine import CONTROL_FLOW, journey_of, phases_of
from sandbox.front.tracks import DEPLOY, RELEASE, TRACKS, Track, track_of

DEFINITIONS = Path(__file__).parents[2] / "stepfunctions"


def history(*steps: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Events one after the other, a second apart."""
    return [
        {
            "id": n,
            "previousEventId": n - 1,
            "type": kind,
            "timestamp": datetime.fromtimestamp(n, UTC),
            **details,
        }
        for n, (kind, details) in enumerate(steps, 1)
    ]


def entered(name: str, kind: str = "Task") -> tuple[str, dict[str, Any]]:
    """The execution gets into a state."""
    return f"{kind}StateEntered", {"stateEnteredEventDetails": {"name": name}}


def left(name: str, kind: str = "Task") -> tuple[str, dict[str, Any]]:
    """The execution leaves a state."""
    return f"{kind}StateExited", {"stateExitedEventDetails": {"name": name}}


def scheduled(resource: str = "invoke", timeout: int = 60) -> tuple[str, dict[str, Any]]:
    """A task of the present state starts."""
    return "TaskScheduled", {"taskScheduledEventDetails": {"resource": resource, "timeoutInSeconds": timeout}}


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.kind)
def test_every_task_of_a_machine_belongs_to_a_phase(track: Track) -> None:
    """A state that is renamed in the definition may not vanish from the page, nor stay there when it is gone."""

    def tasks(states: dict[str, Any]) -> set[str]:
        inner = [b["States"] for s in states.values() for b in s.get("Branches", [])]
        inner += [s["ItemProcessor"]["States"] for s in states.values() if "ItemProcessor" in s]
        own = {name for name, state in states.items() if state["Type"] not in CONTROL_FLOW}
        return own.union(*map(tasks, inner))

    definition = json.loads((DEFINITIONS / f"{track.kind}.asl.json").read_text(encoding="utf-8"))
    assert tasks(definition["States"]) == set(track.phase_of)


def test_a_machine_is_known_by_its_name() -> None:
    """The stack's name stands before it; other machines of the account are none of ours."""
    assert [track_of(name) for name in ("sandbox-deploy", "sandbox-release", "nightly")] == [
        DEPLOY,
        RELEASE,
        None,
    ]


def test_parts_of_a_map_end_one_by_one() -> None:
    """Three copies begin and end in any order: after the last nothing is left of them; in between one name stands."""
    events = history(
        entered("Prepare", "Map"),
        entered("CopyAssets"),
        entered("CopyAssets"),
        left("CopyAssets"),
        left("CopyAssets"),
        left("Prepare", "Map"),
        entered("Check"),
    )
    events[2]["previousEventId"], events[3]["previousEventId"], events[4]["previousEventId"] = 1, 2, 3

    def copying(so_far: int) -> Any:
        phases = phases_of(journey_of(events[:so_far]), RELEASE, running=True)
        found = next(p for p in phases if p["name"] == "Copy files")
        return found["status"], [each["name"] for each in found["states"]]

    assert copying(3) == ("current", ["Prepare", "CopyAssets"])
    assert copying(4) == ("current", ["Prepare", "CopyAssets"])
    assert copying(7) == ("done", [])


def test_a_waiting_state_is_current_with_its_deadline() -> None:
    """A token task that was not left: its phase is current until entered + timeout."""
    events = history(
        entered("Plan"),
        scheduled(),
        left("Plan"),
        entered("AskToStart"),
        scheduled("lambda:invoke.waitForTaskToken", 300),
    )
    phases = {p["name"]: p for p in phases_of(journey_of(events), DEPLOY, running=True)}
    assert phases["Plan"]["status"] == "done"
    assert (phases["Confirm start"]["status"], phases["Confirm start"]["deadline"]) == ("current", 305.0)
    assert phases["Prepare"]["status"] == "ahead"
    assert "Discard" not in phases


def test_both_branches_of_a_parallel_are_shown() -> None:
    """Interleaved events belong to their own branch, and retries are counted."""
    events = history(
        entered("Prepare", "Parallel"),
        entered("FindPackage"),
        entered("AwaitRunning"),
        scheduled(),
        scheduled(),
    )
    events[2]["previousEventId"] = 1
    prepare = next(p for p in phases_of(journey_of(events), DEPLOY, running=True) if p["name"] == "Prepare")
    assert [(s["name"], s["attempts"]) for s in prepare["states"]] == [
        ("Prepare", 0),
        ("FindPackage", 0),
        ("AwaitRunning", 2),
    ]


def test_a_way_around_appears_once_it_is_taken() -> None:
    """A failed phase is marked and the detour stands after the main line."""
    failed: tuple[str, dict[str, Any]] = ("TaskFailed", {})
    events = history(entered("Install"), scheduled(), failed, left("Install"), entered("Discard"))
    phases = phases_of(journey_of(events), DEPLOY, running=True)
    assert next(p for p in phases if p["name"] == "Install")["status"] == "failed"
    assert (phases[-1]["name"], phases[-1]["status"], phases[-1]["detour"]) == ("Discard", "current", True)


def test_an_answer_that_never_came_is_no_failure() -> None:
    """Keeping the old fleet ends by its timeout; phases that were not needed are no longer to come."""
    token = scheduled("lambda:invoke.waitForTaskToken", 7200)
    timed_out: tuple[str, dict[str, Any]] = ("TaskTimedOut", {})
    events = history(entered("KeepOld"), token, timed_out, left("KeepOld"))
    phases = {p["name"]: p["status"] for p in phases_of(journey_of(events), DEPLOY, running=False)}
    assert (phases["Keep old"], phases["Retire"]) == ("done", "skipped")


def test_what_was_passed_by_is_not_to_come() -> None:
    """Where nobody has to confirm, the question is skipped while the rest goes on."""
    events = history(entered("Plan"), left("Plan"), entered("Prepare", "Parallel"))
    phases = {p["name"]: p["status"] for p in phases_of(journey_of(events), DEPLOY, running=True)}
    assert [phases[name] for name in ("Plan", "Confirm start", "Prepare", "Install")] == [
        "done", "skipped", "current", "ahead",
    ]  # fmt: skip


def test_hosts_stand_in_fleets_live_first() -> None:
    """Fleets by the deployment that made them, with side and health; an ended fleet is gone."""
    instances = [
        instance("i-2", "building", "cameras-142"),
        instance("i-1", "live", "cameras-141"),
        instance("i-0", "retired", "cameras-140", running="terminated"),
    ]
    blue = group_of({"TargetGroupName": "cameras-blue"}, [target("i-1", "healthy")], 100)
    fleets = fleets_of(hosts_of([{"Instances": instances}]), [blue], {"127.20.0.1": {"version": "141"}})
    assert [(f["name"], f["state"], f["side"]) for f in fleets] == [
        ("cameras-141", "live", "blue"),
        ("cameras-142", "building", ""),
    ]
    host = fleets[0]["hosts"][0]
    assert (host["health"], host["role"], host["version"]) == ("healthy", "control", "141")


def test_weights_come_from_whichever_form_of_forward_there_is() -> None:
    """ELB: a forward action names one group, or several with weights."""
    several = [{"TargetGroupArn": "b", "Weight": 0}, {"TargetGroupArn": "g", "Weight": 100}]
    assert weights_of([{"ForwardConfig": {"TargetGroups": several}}]) == {"b": 0, "g": 100}
    assert weights_of([{"TargetGroupArn": "t"}]) == {"t": 1}


def test_rates_need_two_reports() -> None:
    """Messages a second come from the difference of two reports, at least most of a second apart."""
    figures = DeviceFigures()

    def after(seconds: float, sent: int) -> Any:
        stats = {
            "devices": {"count": 300, "most_reconnects": 1, "messages_sent": sent, "messages_lost": 0},
            "http": {"requests": 9, "failures": 0},
            "connected": 300,
            "reconnects_per_second": 0,
        }
        return figures.read(stats, seconds)["messages_per_second"]

    assert [after(10, 100), after(10.1, 900), after(12, 220)] == [None, None, 60]


def test_devices_are_counted_where_they_are() -> None:
    """The swarm says to which host every device is connected."""
    assert devices_at({"by_host": {"127.20.1.3": {"version": "141", "devices": 100}}}) == {"127.20.1.3": 100}
    assert devices_at(None) == {}


def instance(name: str, state: str, deployment: str, running: str = "running") -> dict[str, Any]:
    """An instance as DescribeInstances gives it."""
    tags = {"pointsman:state": state, "pointsman:deployment": deployment, "pointsman:role": "control"}
    return {
        "InstanceId": name,
        "PrivateIpAddress": f"127.20.0.{name[-1]}",
        "State": {"Name": running},
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


def target(name: str, state: str) -> dict[str, Any]:
    """A target as DescribeTargetHealth gives it."""
    return {"Target": {"Id": name}, "TargetHealth": {"State": state}}
