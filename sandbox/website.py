"""The team's frontend in the sandbox: a bucket, the edge that serves it, a build server that pushes, and readers."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from sandbox import ci
from sandbox.front import endpoints
from sandbox.processes import Processes, free_port
from sandbox.team.web import build

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

BUCKET = "frontends"
SERVICE = "web"
SITES = {"staging": ("EWEBSTAGING", "copy"), "production": ("EWEBPRODUCTION", "pointer")}
"""The distribution of each environment, and which of the two ways it is served in."""


@dataclass
class Website:
    """`processes` are the house's; their environment has the product's addresses."""

    folder: Path
    processes: Processes
    readers: list[Readers] = field(default_factory=list)

    def start(self, aws: str) -> None:
        """The CDN, in front of a bucket that is there."""
        port = free_port()
        sites = [f"{number}:{BUCKET}:{environment}:{mode}" for environment, (number, mode) in SITES.items()]
        self.processes.start(
            "sandbox.edge",
            "--folder", self.folder, "--aws-endpoint", aws, "--api-port", str(port),
            *(argument for each in sites for argument in ("--site", each)),
            ready=f"http://127.0.0.1:{port}/_sandbox/stats",
        )  # fmt: skip

    def addresses(self, environment: str) -> list[str]:
        """Where an environment is served, at each location of the CDN."""
        found: list[str] = json.loads(endpoints.read(self.folder)["sites"])[SITES[environment][0]]
        return found

    def answered(self, environment: str) -> int:
        """Requests of an environment that the CDN has answered so far, whoever asked."""
        stats = f"{endpoints.read(self.folder)['cloudfront']}/_sandbox/stats"
        with urlopen(stats, timeout=5) as answer:  # noqa: S310 - the sandbox's own loopback address
            counted: dict[str, int] = json.load(answer)["answers"][SITES[environment][0]]
        return sum(counted.values())

    def push(self, version: str, configuration: Path) -> str:
        """Build a version and push it, as the build server does; returns the release's tag."""
        built = build.build(version, self.folder / "artifacts" / f"{SERVICE}-{version}")
        said = self.processes.run(
            "sandbox.in_time", "cli", "push", built, "--service", SERVICE, "--env", "production",
            "--version", version, "--file", configuration, "--no-git-tag",
        )  # fmt: skip
        return next(line for line in reversed(said.splitlines()) if line.startswith(f"{SERVICE}_"))

    def read(self, environment: str) -> Readers:
        """People begin to read the site."""
        self.readers.append(Readers(self, environment))
        return self.readers[-1]

    def wait_until_shown(self, environment: str, seconds: float = 30) -> None:
        """Until every location of the CDN shows some release."""
        end = time.monotonic() + seconds
        for each in self.addresses(environment):
            while not _answers(each):
                if time.monotonic() > end:
                    raise TimeoutError(f"{each} shows no release after {seconds:.0f} s")
                time.sleep(0.1)

    def read_when_shown(self, stopped: Event) -> None:
        """Until `stopped`, people begin to read each environment as soon as it shows a release."""
        waiting = set(SITES)
        while not stopped.wait(1):
            for name in sorted(waiting):
                if all(map(_answers, self.addresses(name))):
                    self.read(name)
                    waiting.remove(name)
        self.stop_reading()

    def stop_reading(self) -> dict[str, Any]:
        """What all readers saw, once everybody has closed their pages; empty where nobody read."""
        seen = [each.stop() for each in self.readers]
        self.readers.clear()
        return {
            name: [example for each in seen for example in each[name]]
            if name == "examples"
            else sum(each[name] for each in seen)
            for name in (seen[0] if seen else ())
        }


class Readers:
    """People who read a site until `stop`."""

    def __init__(self, website: Website, environment: str) -> None:
        self._report = website.folder / f"readers-{environment}.json"
        self._report.unlink(missing_ok=True)
        self._processes = Processes(website.folder / "logs", website.processes.environment)
        sites = [argument for each in website.addresses(environment) for argument in ("--site", each)]
        clock = website.folder / "clock"
        self._processes.start("sandbox.edge.crawler", *sites, "--report", self._report, "--clock", clock)

    @property
    def seen(self) -> dict[str, Any]:
        """Pages and files that they got so far, and what was missing."""
        try:
            found: dict[str, Any] = json.loads(self._report.read_text())
        except FileNotFoundError:
            return {"pages": 0, "files": 0, "missing": 0, "examples": []}
        return found

    def wait(self, pages: int, seconds: float = 30) -> None:
        """Until they have loaded so many pages more."""
        goal, end = self.seen["pages"] + pages, time.monotonic() + seconds
        while self.seen["pages"] < goal:
            if time.monotonic() > end:
                raise TimeoutError(f"nobody could load {pages} pages in {seconds:.0f} s: {self.seen}")
            time.sleep(0.1)

    def stop(self) -> dict[str, Any]:
        """They ask for what they have left open, and are gone."""
        self._processes.stop()
        return self.seen


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/", timeout=5) as answer:  # noqa: S310 - the sandbox's own loopback address
            return int(answer.status) == 200
    except OSError:  # refused with a status, or not there
        return False


def environment(api: str) -> dict[str, str]:
    """What the build server knows to report a push."""
    return {"POINTSMAN_URL": api, "POINTSMAN_SOURCE": ci.SOURCE, "POINTSMAN_SECRET": ci.SECRET}
