"""The whole service on one machine: brought up room by room from the packaged artifact, taken down without a trace."""

from __future__ import annotations

import json
import shutil
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self
from urllib.request import Request, urlopen

import boto3

from sandbox import ci, website
from sandbox.clock import VirtualClock
from sandbox.estate import seed
from sandbox.front import endpoints, workspace
from sandbox.front.client import Chat
from sandbox.pipeline import project
from sandbox.platform import stack
from sandbox.platform.provision import provision
from sandbox.processes import ROOT, Network, Processes, free_port
from sandbox.team import build, switches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.estate.traffic import Strategy
    from sandbox.pipeline.repository import Repository
    from sandbox.platform.stack import Provisioned

OLD = "141"
DEVICES = 300
HTTP_RATE = 20
REGION = "us-east-1"
PACKAGE = ROOT / "build" / "package"


@dataclass
class House:
    """One sandbox in one folder. `with House(...) as house:` brings it up and takes it down."""

    folder: Path
    hosts: int = 3
    recorders: int = 2
    devices: int = DEVICES
    tell: Callable[[str], None] = print
    switch: Strategy = "weighted"
    network: Network = field(default_factory=Network)
    front_options: tuple[str, ...] = ()
    processes: Processes = field(init=False)
    created: Provisioned = field(init=False)
    estate: seed.Estate = field(init=False)
    _watch: SwitchWatch | None = None

    def __enter__(self) -> Self:
        """Bring everything up; what was started is ended again where a room fails."""
        try:
            self._up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Take everything down."""
        self.down()

    def down(self) -> None:
        """End every process of the sandbox, and with them every host."""
        self.processes.stop()
        self.network.release()

    # --- bringing up --------------------------------------------------------------------------------------------

    def _up(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        VirtualClock.create(self.folder / "clock")
        self.processes = Processes(
            self.folder / "logs", {"SANDBOX_CLOCK": str(self.folder / "clock"), "AWS_DEFAULT_REGION": REGION}
        )
        self.tell("Packaging the product")
        self.processes.run("scripts.package", seconds=300)
        self.tell("Starting platform and chat")
        self._start_platform()
        self._start_front()
        self.created = provision(
            self.aws,
            PACKAGE / "sam.json",
            secrets={
                "EdgeSecret": {
                    "slack_signing": [workspace.SIGNING_SECRET],
                    "slack_bot_token": workspace.BOT_TOKEN,
                    "ci": {ci.SOURCE: [ci.SECRET]},
                },
                "ChatSecret": {"slack_bot_token": workspace.BOT_TOKEN},
            },
            parameters={
                "SlackApi": f"{self.page}/api/",
                "SlackHooks": self.page,
                "FrontendBuckets": website.BUCKET,
            },
        )
        self.created.save(self.folder / stack.FILE)
        endpoints.add(self.folder, table=self.created.ids["Table"], machine=self.machine)
        self._furnish()

    def _furnish(self) -> None:
        """What a team has: a published configuration, a live fleet, devices, and builds."""
        self.tell(
            f"Building the live fleet: {self.hosts} control hosts and {self.recorders} recorders run {OLD}"
        )
        self._start_website()
        self._publish()
        self._seed()
        self.tell(f"Connecting {self.devices} devices")
        self._start_swarm()
        self.report_build(OLD, "passed")

    def _start_platform(self) -> None:
        control, port = free_port(), free_port()
        self._start(
            "sandbox.estate.balancer", "--control-port", control, ready=f"http://127.0.0.1:{control}/stats"
        )
        endpoints.add(
            self.folder, balancer_control=f"http://127.0.0.1:{control}", aws=f"http://127.0.0.1:{port}"
        )
        self._start(
            "sandbox.platform",
            "--folder", self.folder, "--port", port, "--balancer", f"http://127.0.0.1:{control}",
            "--network", self.network.first,
            ready=f"http://127.0.0.1:{port}/_sandbox/ready",
        )  # fmt: skip

    def _start_front(self) -> None:
        port = free_port()
        self._start(
            "sandbox.front",
            "--folder", self.folder, "--package", PACKAGE, "--aws-endpoint", self.aws, "--page-port", port,
            *self.front_options,
            ready=f"http://127.0.0.1:{port}/",
        )  # fmt: skip

    def _start_website(self) -> None:
        self.client("s3").create_bucket(Bucket=website.BUCKET)
        self.website.start(self.aws)

    def _start(self, name: str, *arguments: object, ready: str) -> None:
        self.processes.start(name, *(str(each) for each in arguments), ready=ready)

    def _publish(self) -> None:
        """Through the product's own command line, as the engineer who installs it would."""
        self.processes.environment = {**self.processes.environment, **self._cli_environment()}
        said = self.processes.run(
            "cli", "config", "publish", "--table", self.created.ids["Table"], "--bucket", self.bucket,
            self._configuration(),
        )  # fmt: skip
        self.tell(said.strip().splitlines()[-1])

    def _configuration(self) -> Path:
        urls = {name: self.website.addresses(name)[0] for name in website.SITES}
        return switches.configuration(self.switch, self.folder, urls)

    def _seed(self) -> None:
        package = build.build(OLD, self.folder / "artifacts")
        self.estate = seed.seed(
            self.aws, bucket=self.bucket, version=OLD, package=package, controls=self.hosts,
            recorders=self.recorders, strategy=self.switch,
        )  # fmt: skip

    def _start_swarm(self) -> None:
        control = free_port()
        endpoints.add(self.folder, devices=f"http://127.0.0.1:{control}")
        record = self.estate.ways.record
        where = ("--name", record, "--aws", self.aws) if record else ("--address", self.estate.address)
        self._start(
            "sandbox.estate.swarm",
            "--devices", self.devices, *where, "--port", self.estate.port,
            "--http-rate", HTTP_RATE, "--report", self.folder / "swarm.json", "--control-port", control,
            ready=f"http://127.0.0.1:{control}/stats",
        )  # fmt: skip
        self.until(lambda: self.swarm()["devices"]["connected"] >= self.devices, "all devices are connected")

    # --- using --------------------------------------------------------------------------------------------------

    def report_build(self, version: str, status: str, *, broken: str | None = None) -> None:
        """CI reports a build; one that passed was really built, with the mistake that a story needs."""
        artifact, sha256 = "", ""
        if status == "passed":
            made = build.build(version, self.folder / "artifacts", broken=broken)
            artifact, sha256 = f"s3://{self.bucket}/{self._package_key(version)}", made.sha256
            self.upload_package(version)
        code, said = self.ci.report(version, status, artifact=artifact, sha256=sha256)
        if code not in {200, 202}:
            raise RuntimeError(f"the CI door answered {code}: {said}")

    def push(self, version: str) -> str:
        """CI builds a version of the frontend and pushes it; returns the release's tag."""
        return self.website.push(version, self.folder / switches.PUBLISHED.name)

    def upload_package(self, version: str) -> None:
        """Put a package that was built where hosts take it from."""
        built = self.folder / "artifacts" / f"cameras-{version}.tar.gz"
        self.client("s3").upload_file(str(built), self.bucket, self._package_key(version))

    def lose_package(self, version: str) -> None:
        """Remove a package that CI has reported, as a rule that cleans the bucket up too early does."""
        self.client("s3").delete_object(Bucket=self.bucket, Key=self._package_key(version))

    def _package_key(self, version: str) -> str:
        return f"cameras/cameras-{version}.tar.gz"

    def watch_switch(self, new: str) -> None:
        """From now on, note when another version than the new one answered a request for the last time."""
        self._watch = SwitchWatch(self, new)
        self._watch.start()

    @property
    def switch_seconds(self) -> float | None:
        """Real seconds from the confirmation until every new request reached the new fleet."""
        return self._watch.seconds if self._watch else None

    def swarm(self) -> dict[str, Any]:
        """What devices and requests have seen so far."""
        found: dict[str, Any] = get(f"{endpoints.read(self.folder)['devices']}/stats")
        return found

    def stop_swarm(self) -> dict[str, Any]:
        """Let the devices finish what they sent, and return the final figures."""
        url = f"{endpoints.read(self.folder)['devices']}/stop"
        with urlopen(Request(url, b"", method="POST"), timeout=30) as answer:  # noqa: S310 - own http URL
            answer.read()
        found: dict[str, Any] = json.loads((self.folder / "swarm.json").read_text())
        return found

    def calls(self) -> dict[str, int]:
        """AWS calls of the product's functions so far."""
        found: dict[str, int] = get(f"{self.aws}/_sandbox/calls")["total"]
        return found

    def trouble(self, **wanted: Mapping[str, int]) -> dict[str, int]:
        """What befalls the functions' next calls of S3; what has happened so far (sandbox/platform/trouble.py)."""
        body = json.dumps(wanted).encode()
        request = Request(f"{self.aws}/_sandbox/trouble", body, method="POST")  # noqa: S310 - own http URL
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
            found: dict[str, int] = json.load(answer)
        return found

    def chat_written(self) -> dict[str, Any]:
        """Every version of every message, and what was handed to the app besides."""
        found: dict[str, Any] = get(f"{self.page}/_sandbox/written")
        return found

    def instances(self) -> list[dict[str, Any]]:
        """Every instance that EC2 knows."""
        found: list[dict[str, Any]] = get(f"{self.aws}/_sandbox/instances")
        return found

    def client(self, service: str) -> Any:
        """A boto3 client of the person who looks, not of the product."""
        return self._session.client(service, endpoint_url=self.aws)  # type: ignore[call-overload]

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session(
            aws_access_key_id="observer", aws_secret_access_key="sandbox", region_name=REGION
        )

    @cached_property
    def clock(self) -> VirtualClock:
        """The sandbox's time."""
        return VirtualClock(self.folder / "clock")

    @cached_property
    def ci(self) -> ci.BuildServer:
        """The team's build server."""
        return ci.BuildServer(self.api, self.clock)

    @cached_property
    def website(self) -> website.Website:
        """The team's frontend."""
        return website.Website(self.folder, self.processes)

    @cached_property
    def repository(self) -> Repository:
        """The team's repository of the service; from the first look on, a push to it updates the house."""
        return project.create(self.client("codebuild"), self.folder, self.aws, PACKAGE)

    @property
    def chat(self) -> Chat:
        """The channel, as people act in it."""
        return Chat(self.page)

    @property
    def aws(self) -> str:
        """The AWS endpoint."""
        return endpoints.read(self.folder)["aws"]

    @property
    def api(self) -> str:
        """The product's HTTP API."""
        return endpoints.read(self.folder)["api"]

    @property
    def page(self) -> str:
        """The page."""
        return endpoints.read(self.folder)["page"]

    @property
    def bucket(self) -> str:
        """The artifacts bucket."""
        return self.created.ids["Artifacts"]

    @property
    def machine(self) -> str:
        """The deploy machine's ARN."""
        return self.created.ids["DeployMachine"]

    def _cli_environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_ACCESS_KEY_ID": "observer",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            **website.environment(self.api),
        }

    def until(self, done: Callable[[], bool], what: str, seconds: float = 30) -> None:
        """Look again and again; TimeoutError where it does not come to be so."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:.0f} s until {what}")
            time.sleep(0.2)


class SwitchWatch(threading.Thread):
    """Watches which version answers new requests, twenty times a second."""

    def __init__(self, house: House, new: str) -> None:
        super().__init__(daemon=True)
        self._house = house
        self._new = new
        self._began = time.monotonic()
        self.seconds: float | None = None

    def run(self) -> None:
        """Until only the new version answers for two seconds, or two minutes have passed."""
        last_other, others = self._began, -1
        while time.monotonic() - self._began < 120:
            versions = self._house.swarm()["versions"]
            seen = sum(count for version, count in versions.items() if version != self._new)
            if seen != others:
                last_other, others = time.monotonic(), seen
            if versions.get(self._new) and time.monotonic() - last_other > 2:
                self.seconds = round(last_other - self._began, 2)
                return
            time.sleep(0.05)


def get(url: str) -> Any:
    """A JSON document of the sandbox's own."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - own http URL
        return json.load(answer)
