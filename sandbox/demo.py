"""Tell one story from beginning to end, measure it, and say whether it ended as its name says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox import report, table, updating, written
from sandbox.estate import inplace
from sandbox.house import House
from sandbox.processes import ROOT, StartFailed
from sandbox.stories import IN_PLACE, STORIES, Teller
from sandbox.team import build

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.estate.traffic import Strategy

    Tell = Callable[[str], None]

TOLD = {**STORIES, "update": updating.STORY}
"""Every story of the demo; that of an update has its scenario in a test of its own."""
OUT = ROOT / "build" / "demo"
NEW = "142"


def run(
    story: str, folder: Path, *, hosts: int, devices: int, switch: Strategy = "weighted", tell: Tell
) -> int:
    """The exit code: 0 where the story ended as it should, with nothing left behind."""
    told = TOLD.get(story)
    with House(folder, hosts=hosts, devices=devices, tell=tell, switch=switch) as house:
        if told:
            house.report_build(NEW, told.build, broken=told.broken)
        before = live(house)
        tell("The story begins")
        error = _tell(story, house, tell)
        found = measure(story, house, before)
        report.write(OUT, found, house.chat.transcript())
    print(
        f"\n{report.summary(found)}\n\ntranscript       {OUT / 'transcript.md'}\nreport           {OUT / 'report.json'}"
    )
    problems = [*([str(error)] if error else []), *_wrong(found, told.outcome if told else "succeeded")]
    for problem in problems:
        print(f"WRONG: {problem}")
    return 1 if problems else 0


def _tell(story: str, house: House, tell: Tell) -> Exception | None:
    """Tell it; a story that breaks off is measured all the same."""
    try:
        if story == IN_PLACE:
            package = build.build(NEW, house.folder / "artifacts")
            inplace.update(house.aws, bucket=house.bucket, version=NEW, package=package, tell=tell)
        else:
            TOLD[story].tell(Teller(house, house.chat, tell, NEW))
    except (TimeoutError, LookupError, RuntimeError) as broke_off:
        return broke_off
    return None


def measure(story: str, house: House, before: list[str]) -> dict[str, Any]:
    """The report, from what is really there: the machine's history, the devices, the instances, the table."""
    swarm = house.stop_swarm()
    machine = TOLD[story].machine if story in TOLD else "DeployMachine"
    execution = report.read_execution(house.client("stepfunctions"), house.created.ids[machine])
    return {
        "story": story,
        "outcome": "succeeded" if story == IN_PLACE else table.outcome(house),
        "states": execution.states,
        "devices": {key: swarm["devices"][key] for key in _DEVICE_FIGURES},
        "http": swarm["http"],
        "website": house.website.stop_reading(),
        "hosts": {"before": before, "after": live(house), "orphans": orphans(house)},
        "aws_calls": dict(sorted(house.calls().items())),
        "state_transitions": execution.transitions,
        "switch_seconds": house.switch_seconds,
        "cost_usd": report.cost_usd(execution),
        "left_open": table.left_open(house),
        "leaks": written.leaks(house),
        "history": history(house),
    }


_DEVICE_FIGURES = ("count", "most_reconnects", "peak_reconnects_per_second", "messages_sent", "messages_lost")


def live(house: House) -> list[str]:
    """Running instances labeled live."""
    return sorted(
        each["id"] for each in house.instances() if _label(each) == "live" and each["state"] == "running"
    )


def orphans(house: House) -> list[str]:
    """Instances that run and are not live: nobody's business any more when a story has ended."""
    gone = {"terminated", "shutting-down", "stopped", "stopping"}
    return sorted(
        each["id"] for each in house.instances() if _label(each) != "live" and each["state"] not in gone
    )


def _label(instance: dict[str, Any]) -> str:
    return str(instance["tags"].get("pointsman:state", ""))


def history(house: House) -> dict[str, Any]:
    """How much history there is and whether it is whole, by the product's own command line."""
    try:
        said, whole = (
            house.processes.run("cli", "audit", "verify", "--table", house.created.ids["Table"]),
            True,
        )
    except StartFailed as failed:
        said, whole = str(failed), False
    return {"records": sum(map(int, re.findall(r": (\d+) records?,", said))), "whole": whole, "said": said}


def _wrong(found: dict[str, Any], expected: str) -> list[str]:
    """Everything that is not as it should be; the old way in place only has to end."""
    if found["story"] == IN_PLACE:
        return []
    wrong = []
    if found["outcome"] != expected:
        wrong.append(f"the story should end as {expected} and ended as {found['outcome']}")
    if found["devices"]["messages_lost"]:
        wrong.append(f"{found['devices']['messages_lost']} messages were lost")
    if found["http"]["failures"]:
        wrong.append(f"{found['http']['failures']} requests failed")
    if found["website"].get("missing"):
        wrong.append(f"readers of the site missed {found['website']['missing']} files")
    most = 2 if found["outcome"] == "rolled_back" else 1
    if found["devices"]["most_reconnects"] > most:
        wrong.append(f"a device reconnected {found['devices']['most_reconnects']} times")
    return wrong + _left(found)


def _left(found: dict[str, Any]) -> list[str]:
    """What a story left that it should not leave."""
    left = [f"a secret is in {each}" for each in found["leaks"]]
    if found["hosts"]["orphans"]:
        left.append(f"instances were left behind: {', '.join(found['hosts']['orphans'])}")
    if found["left_open"]:
        left.append(f"left open: {', '.join(found['left_open'])}")
    if not found["history"]["whole"]:
        left.append(f"the history is not whole: {found['history']['said']}")
    return left
