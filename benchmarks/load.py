"""Many deployments of as many services at once: `python -m benchmarks.load --deployments 200`; `make load`.

Everybody types `/deploy` at the same moment, a second person confirms each from the channel, everybody types `finish`
at the same moment, and the windows end. Then all is checked, and the figures go to build/load/report.json.
Edge, table, stream, state machine, functions and chat are real; hosts and load balancers are only imagined
(sandbox/light.py). Virtual time is slow while functions work, as this machine is slower than AWS, so that people
have their five minutes, and faster while only chat's limits are waited for (benchmarks/pace.py). All of it, the people
too, shares this machine, so the figures are a floor: quote them with it.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import checks
from benchmarks.pace import paced
from benchmarks.people import Board, Crowd, together
from sandbox import written
from sandbox.house import get
from sandbox.light import LightHouse
from sandbox.platform.figures import spread
from sandbox.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

OUT = ROOT / "build" / "load"
WINDOW = 2 * 3600 + 30
SLACK_SECONDS = 3.0


def main() -> int:
    """Run, print, and return 1 where something was wrong."""
    options = _options()
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {line}", flush=True)

    house = LightHouse(
        OUT / "sandbox",
        services=options.deployments,
        channels=options.channels,
        at_a_time=options.at_a_time,
        tell=tell,
    )
    with house:
        report = run(house, tell, patience=options.patience, rate=options.rate)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"\n{summary(report)}\n\nreport           {OUT / 'report.json'}")
    problems = [*report["wrong"], *(f"secret in {each}" for each in report["leaks"])]
    for each in problems:
        print(f"WRONG: {each}")
    return 1 if problems else 0


def run(
    house: LightHouse, tell: Callable[[str], None], *, patience: float, rate: float = 1
) -> dict[str, Any]:
    """Let everybody deploy; what was measured, and what was wrong. `rate` is how fast virtual time runs."""
    board = Board(house.page)
    board.watch()
    crowd = Crowd(house, board, patience)
    calls, chat = house.calls(), get(f"{house.page}/_sandbox/chat/calls")
    began = time.monotonic()
    seconds: dict[str, float] = {}
    wrong: list[str] = []
    with paced(house.clock, house.aws, rate) as spent:
        for name, each in (("deploy", crowd.deploy), ("finish", crowd.finish), ("end", crowd.see_end)):
            tell(f"{len(house.names)} people: {name}")
            if name == "end":
                house.clock.advance(WINDOW)
            start = time.monotonic()
            wrong += together(each, house.names)
            seconds[name] = round(time.monotonic() - start, 1)
    total = time.monotonic() - began
    tell("Looking whether all is right")
    return {
        "machine": machine(),
        "deployments": len(house.names),
        "channels": house.channels,
        "functions_at_a_time": house.at_a_time,
        "seconds_at_rate": spent,
        "hosts": "imagined: EC2, ELB and SSM answer without host processes",
        "seconds": {**seconds, "total": round(total, 1)},
        "deployments_a_minute": round(60 * len(house.names) / total, 1),
        "edge": edge(crowd),
        **get(f"{house.aws}/_sandbox/functions"),
        "aws_calls": difference(house.calls(), calls),
        "dynamodb_calls": by_function(house),
        "chat": {**get(f"{house.page}/_sandbox/chat/calls"), "before": chat["calls"]},
        "memory_mb": memory(house),
        "wrong": [*wrong, *checks.wrong(house)],
        "leaks": written.leaks(house, signatures=crowd.signatures),
    }


def edge(crowd: Crowd) -> dict[str, Any]:
    """Seconds from a request to its answer as Slack would see them, by what was typed."""
    by_kind = {
        kind: spread([each.seconds for each in crowd.answers if each.kind == kind])
        for kind in sorted({each.kind for each in crowd.answers})
    }
    late = sum(each.seconds > SLACK_SECONDS for each in crowd.answers)
    not_ok = Counter(f"{each.status} {each.text[:80]}" for each in crowd.answers if each.status != 200)
    again = len(crowd.answers) - 4 * len(crowd.house.names)
    return {"answers": by_kind, "over_3_s": late, "not_200": dict(not_ok), "typed_again": max(0, again)}


def difference(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    """Calls since then."""
    return {name: count - before.get(name, 0) for name, count in sorted(after.items())}


def by_function(house: LightHouse) -> dict[str, dict[str, int]]:
    """Calls of the table by each function, those before the first deployment among them."""
    return {
        caller: {
            name.partition(".")[2]: count for name, count in calls.items() if name.startswith("dynamodb.")
        }
        for caller, calls in get(f"{house.aws}/_sandbox/calls")["by_caller"].items()
    }


def machine() -> dict[str, Any]:
    """What this ran on, and how busy it was otherwise (the load of the last minute, ours included)."""
    return {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}


def memory(house: LightHouse) -> dict[str, int]:
    """Resident memory of each process of the sandbox, and of all functions together."""
    return {name: _resident(pid) for name, pid in house.processes.ids().items()}


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def summary(report: dict[str, Any]) -> str:
    """The figures in a few lines."""
    answers = report["edge"]["answers"]
    lines = [
        f"deployments      {report['deployments']}, {report['deployments_a_minute']} a minute, {report['seconds']}",
        f"machine          {report['machine']}",
    ]
    lines += [
        f"edge {kind:<12}{each['p50']:.2f} s median, {each['p95']:.2f} s p95, {each['max']:.2f} s slowest"
        for kind, each in answers.items()
    ]
    lines.append(f"edge             {report['edge']['over_3_s']} answers took more than 3 s")
    for name, each in report["functions"].items():
        seconds = each["seconds"]
        lines.append(
            f"{name:<17}{each['invocations']} invocations, {each['failed']} failed, {seconds['p50'] * 1000:.0f} ms "
            f"median, {seconds['p95'] * 1000:.0f} ms p95, {seconds['max'] * 1000:.0f} ms most"
        )
    chat = report["chat"]
    lines.append(f"chat             {chat['calls']}, rate limited {chat['rate_limited']}")
    lines.append(f"memory, MB       {report['memory_mb']}")
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--deployments", type=int, default=200)
    parser.add_argument("--channels", type=int, default=20, help="channels that the services share")
    parser.add_argument("--at-a-time", type=int, default=4, help="functions that run at once on this machine")
    parser.add_argument(
        "--patience", type=float, default=1_800, help="real seconds that a person waits for chat"
    )
    parser.add_argument(
        "--rate", type=float, default=0.3, help="how fast virtual time runs: where the machine is slow"
    )
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
