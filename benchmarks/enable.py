"""Enabling a release against `aws s3 sync` from one prefix to another: the same endpoint, the same run; medians.

Three releases are pushed, each with 1 % of the files changed. Enabling the first fills an empty folder; enabling the
second brings what differs, and fills the other folder where two take turns; enabling the third brings what differs,
as every later one does; then the second again, which with a pointer is one write. `aws s3 sync` copies prefix to prefix
inside S3, as teams without a manifest do, and shows pages before their files are there. What each costs is wall time
with the start of its process, requests, and bytes copied inside S3. build/benchmarks/enable.json.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.push import AWS, ROOT, SETS, Endpoint, Figures, Team, measured, medians, pointsman, sync_new

TARGET = ROOT / "build" / "benchmarks" / "enable.json"
ENABLES = ("first", "second", "1 % changed", "back again")
STEPS = {ENABLES[0]: (0,), ENABLES[1]: (1, 0), ENABLES[2]: (2, 1, 0), ENABLES[3]: (1, 2)}
"""The release that is enabled, the one that is live, and the one before that."""
TOOLS = ("copy mode", "pointer mode", "aws s3 sync")


def run(count: int, size: int, latency: int) -> dict[str, dict[str, Figures]]:
    """Every tool with an empty bucket and fresh files."""
    folder = Path(tempfile.mkdtemp(prefix="enable-"))
    endpoint = Endpoint(latency)
    try:
        team = Team(folder, count, size, endpoint.url)
        tags = [_pushed(team, endpoint, 0)]
        for number in (1, 2):
            team.change(number)
            tags.append(_pushed(team, endpoint, number))
        found: dict[str, dict[str, Figures]] = {tool: {} for tool in TOOLS}
        for name, numbers in STEPS.items():
            where, named = "ab"[numbers[0] % 2], [tags[each] for each in numbers]
            commands = {
                "copy mode": _ours("copy", where, *named[:2]),
                "pointer mode": _ours("back" if name == ENABLES[3] else "pointer", where, *named),
                "aws s3 sync": _theirs(numbers[0]),
            }
            for tool, command in commands.items():
                found[tool][name] = measured(command, team, endpoint)
        return found
    finally:
        endpoint.end()
        shutil.rmtree(folder)


def _ours(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.enabling", *arguments]


def _theirs(number: int) -> list[str]:
    where = [f"s3://releases/{number}/", "s3://releases/served/"]
    return [str(AWS), "s3", "sync", *where, "--no-progress", "--delete"]


def _pushed(team: Team, endpoint: Endpoint, number: int) -> str:
    """The directory under a prefix for `aws s3 sync`, and as a release; its tag."""
    measured(sync_new(team, number), team, endpoint)
    return measured_tag(pointsman(team, number), team)


def measured_tag(command: list[str], team: Team) -> str:
    """What a push says in the end."""
    done = subprocess.run(
        command, cwd=team.folder, env=team.environment, capture_output=True, text=True, check=True
    )
    return next(line for line in done.stdout.splitlines() if line.startswith("web_"))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency", type=int, default=30, help="milliseconds for each request (%(default)s)")
    given = parser.parse_args()
    report = {}
    for name, (count, size) in SETS.items():
        rounds = [run(count, size, given.latency) for _ in range(given.runs)]
        report[name] = {
            tool: {each: medians([found[tool][each] for found in rounds]) for each in ENABLES}
            for tool in TOOLS
        }
        show(name, report[name])
    load = os.getloadavg()
    print(f"\nload of the machine (1, 5, 15 minutes): {', '.join(f'{each:.1f}' for each in load)}")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    plain = {
        name: {
            tool: {each: asdict(figures) for each, figures in done.items()} for tool, done in tools.items()
        }
        for name, tools in report.items()
    }
    TARGET.write_text(
        json.dumps({"latency_ms": given.latency, "runs": given.runs, "load": load, "sets": plain}, indent=1)
    )


def show(name: str, tools: dict[str, dict[str, Figures]]) -> None:
    """A table, with how many times faster enabling was than `aws s3 sync`."""
    print(f"\n{name}")
    print(
        f"{'':16}{'':16}{'s':>8}{'times':>7}{'cpu s':>7}{'MB':>6}{'requests':>10}{'copies':>8}{'copied MB':>11}"
    )
    for tool, done in tools.items():
        for each, figures in done.items():
            times = tools[TOOLS[-1]][each].seconds / figures.seconds
            print(
                f"{tool:16}{each:16}{figures.seconds:8.2f}{times:7.1f}{figures.cpu:7.2f}{figures.peak_mb:6.0f}"
                f"{figures.requests:10.0f}{figures.copies:8.0f}{figures.copied_mb:11.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
