"""`pointsman push` against `aws s3 sync`: the same files, the same endpoint, the same run; medians of three.

Latency decides, so the endpoint answers each request 30 ms late. Three pushes of each set: the first, one with 1 % of
the files changed, one with nothing changed. `aws s3 sync` is measured in both ways that teams use it: a new prefix for
each release, which can be gone back to as a release can (the fair peer), and over the last release, which can not.
build/benchmarks/push.json.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "build" / "benchmarks" / "push.json"
AWS = ROOT / ".venv-awscli" / "bin" / "aws"
SETS = {"2,000 files of 4 KB": (2_000, 4_096), "20 files of 10 MB": (20, 10_000_000)}
PUSHES = ("first", "1 % changed", "nothing changed")
CONFIGURATION = """\
workspace: T0SANDBOX
channel: C0DEPLOYS
people: {admin: [U0LEAD, U0APPROVER]}
services:
  web:
    kind: frontend
    bucket: releases
    environments: {production: {}}
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one push cost: wall time, the tool's own processor time and largest memory, and what the endpoint saw."""

    seconds: float
    cpu: float
    peak_mb: float
    requests: int
    copies: int
    copied_mb: float
    sent_mb: float


class Endpoint:
    """The S3 in a process of its own."""

    def __init__(self, latency: int) -> None:
        command = [sys.executable, "-m", "benchmarks.s3_endpoint", "0", str(latency)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None  # noqa: S101  # for the type checker
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def figures(self) -> dict[str, int]:
        """What was counted since the last time."""
        with urllib.request.urlopen(f"{self.url}/_figures", timeout=10) as answer:  # noqa: S310  # loopback
            found: dict[str, int] = json.load(answer)
        return found

    def end(self) -> None:
        """End its process."""
        self._process.terminate()
        self._process.wait(10)


class Team:
    """A directory, its configuration, and settings that open nothing."""

    def __init__(self, folder: Path, count: int, size: int, endpoint: str) -> None:
        self.folder = folder
        self._random = random.Random(7)  # noqa: S311  # the same files in each run
        self._size = size
        self._files = [folder / "dist" / "assets" / f"{number:04}.bin" for number in range(count - 1)]
        (folder / "dist" / "assets").mkdir(parents=True)
        for each in self._files:
            each.write_bytes(self._random.randbytes(size))
        self._page(0)
        (folder / "pointsman.yaml").write_text(CONFIGURATION)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": endpoint,
        }

    def change(self, time: int = 1) -> None:
        """1 % of the files, and the page at any rate: sizes too, because that is all that sync looks at for sure."""
        for each in self._random.sample(self._files, max(0, (len(self._files) + 1) // 100 - 1)):
            each.write_bytes(self._random.randbytes(self._size + time))
        self._page(time)

    def _page(self, more: int) -> None:
        text = b"<!doctype html>".ljust(min(self._size, 4_096) + more)
        (self.folder / "dist" / "index.html").write_bytes(text)


Tool = Callable[[Team, int], list[str]]


def pointsman(_team: Team, _number: int) -> list[str]:
    """Each push is a release."""
    return [sys.executable, "-m", "cli", "push", "dist", "--service", "web"]


def sync_new(_team: Team, number: int) -> list[str]:
    """A prefix for each release."""
    return [str(AWS), "s3", "sync", "dist", f"s3://releases/{number}/", "--no-progress"]


def sync_over(_team: Team, _number: int) -> list[str]:
    """One prefix: what was there is lost."""
    return [str(AWS), "s3", "sync", "dist", "s3://releases/live/", "--no-progress", "--delete"]


TOOLS: dict[str, Tool] = {
    "pointsman push": pointsman,
    "aws s3 sync, new prefix": sync_new,
    "aws s3 sync, same prefix": sync_over,
}


def measured(command: list[str], team: Team, endpoint: Endpoint) -> Figures:
    """Run one push and count it. Peak memory is that of the process (getrusage of what was waited for)."""
    endpoint.figures()
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=team.folder, env=team.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None  # noqa: S101  # for the type checker
    said = process.stderr.read()
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}: {said.decode()[-500:]}")
    found = endpoint.figures()
    return Figures(
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        requests=found.get("requests", 0),
        copies=found.get("copies", 0),
        copied_mb=found.get("copied", 0) / 1_000_000,
        sent_mb=found.get("bytes", 0) / 1_000_000,
    )


def run(tool: Tool, count: int, size: int, latency: int) -> dict[str, Figures]:
    """The three pushes of one tool with an empty bucket and fresh files."""
    folder = Path(tempfile.mkdtemp(prefix="push-"))
    endpoint = Endpoint(latency)
    try:
        team = Team(folder, count, size, endpoint.url)
        found = {}
        for number, push in enumerate(PUSHES):
            if push == "1 % changed":
                team.change()
            found[push] = measured(tool(team, number), team, endpoint)
        return found
    finally:
        endpoint.end()
        shutil.rmtree(folder)


def medians(runs: list[Figures]) -> Figures:
    """Of each figure by itself."""
    return Figures(
        **{name: statistics.median(asdict(each)[name] for each in runs) for name in asdict(runs[0])}
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency", type=int, default=30, help="milliseconds for each request (%(default)s)")
    given = parser.parse_args()
    report: dict[str, dict[str, dict[str, Figures]]] = {}
    for name, (count, size) in SETS.items():
        # Each round has every tool, so that a busy minute of the machine is everybody's.
        rounds = [
            {tool: run(make, count, size, given.latency) for tool, make in TOOLS.items()}
            for _ in range(given.runs)
        ]
        report[name] = {
            tool: {push: medians([each[tool][push] for each in rounds]) for push in PUSHES} for tool in TOOLS
        }
        show(name, report[name])
    load = os.getloadavg()
    print(f"\nload of the machine (1, 5, 15 minutes): {', '.join(f'{each:.1f}' for each in load)}")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    plain = {
        name: {
            tool: {push: asdict(figures) for push, figures in pushes.items()}
            for tool, pushes in tools.items()
        }
        for name, tools in report.items()
    }
    TARGET.write_text(
        json.dumps({"latency_ms": given.latency, "runs": given.runs, "load": load, "sets": plain}, indent=1)
    )


def show(name: str, tools: dict[str, dict[str, Figures]]) -> None:
    """A table, with how many times faster `pointsman push` was."""
    print(f"\n{name}")
    print(
        f"{'':26}{'':16}{'s':>8}{'times':>7}{'cpu s':>7}{'MB':>6}{'requests':>10}{'copies':>8}{'sent MB':>9}"
    )
    for tool, pushes in tools.items():
        for push, each in pushes.items():
            times = each.seconds / tools["pointsman push"][push].seconds
            print(
                f"{tool:26}{push:16}{each.seconds:8.2f}{times:7.1f}{each.cpu:7.2f}{each.peak_mb:6.0f}"
                f"{each.requests:10.0f}{each.copies:8.0f}{each.sent_mb:9.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
