"""What tests of the estate share: hosts that end with the test, an S3 that is a dictionary, SSM inside this process."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import yaml
from moto import mock_aws
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.estate import ssm
from sandbox.estate.hosts import HostManager
from sandbox.estate.link import ask
from sandbox.platform.estate_port import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.platform.estate_port import Platform

TEMPLATE = Path(__file__).resolve().parents[2] / "stepfunctions" / "resources.yaml"
ENDED = frozenset({"Success", "Failed", "TimedOut", "Cancelled"})


def eventually(true: Callable[[], Any], seconds: float = 30) -> Any:
    """Look until something is true; what it was."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.01)
    return found


@dataclass
class HostBox:
    """Hosts of one test, each with its folder and its own loopback address."""

    folder: Path
    network: str
    manager: HostManager = field(default_factory=HostManager)
    nodes: dict[str, Instance] = field(default_factory=dict)

    def start(self, name: str = "i-0aaaaaaaaaaaaaaa1", **tags: str) -> Path:
        """Start a host and wait until its init answers; its folder."""
        address = f"{self.network}.{len(self.nodes) + 1}"
        folder = self.folder / name
        self.nodes[name] = Instance(name, address, "running", tags, folder)
        self.manager.start(name, address, folder)
        eventually(lambda: self.manager.alive(name))
        return folder

    def run(self, name: str, script: str, seconds: float = 20) -> dict[str, Any]:
        """Run a script on a host."""
        folder = self.folder / name
        return ask(
            folder,
            {"do": "run", "argv": ["bash", "-c", script], "folder": str(folder), "timeout": seconds},
            seconds + 5,
        )


class _S3(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = cast("dict[str, bytes]", self.server.objects).get(self.path)  # type: ignore[attr-defined]
        self.send_response(200 if content is not None else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its name in the base class
        """Say nothing."""


class Objects(ThreadingHTTPServer):
    """An S3 endpoint with path-style addresses: `/bucket/key` -> bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _S3)
        self.objects: dict[str, bytes] = {}
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, key: str, content: bytes) -> str:
        """Store an object; its URL as a host uses it."""
        self.objects[f"/artifacts/{key}"] = content
        return f"https://artifacts.s3.us-east-1.amazonaws.com/{key}"


@dataclass
class RunCommandBox:
    """SSM in this process, with real hosts behind it."""

    client: Any
    hosts: HostBox
    s3: Objects

    def document(self, name: str, content: dict[str, Any]) -> None:
        """Create a document; one of an earlier test is replaced."""
        with suppress(self.client.exceptions.InvalidDocument):
            self.client.delete_document(Name=name)
        self.client.create_document(
            Name=name, Content=yaml.safe_dump(content), DocumentType="Command", DocumentFormat="YAML"
        )

    def shell(self, script: str, *, name: str = "Shell", **inputs: str) -> str:
        """Create a document that runs one script; its name."""
        step = {"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": [script], **inputs}}
        self.document(name, {"schemaVersion": "2.2", "mainSteps": [step]})
        return name

    def send(self, document: str, *ids: str, **request: Any) -> str:
        """Send a command, to ids or as the request says; its id."""
        where = {"InstanceIds": list(ids)} if ids else {}
        answer = self.client.send_command(DocumentName=document, **where, **request)
        return str(answer["Command"]["CommandId"])

    def ended(self, command: str) -> dict[str, Any]:
        """Wait for the end of a command; the command."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.list_commands(CommandId=command)["Commands"][0]
            return found if found["Status"] in ENDED else None

        return cast("dict[str, Any]", eventually(look, 30))

    def invocations(self, command: str) -> dict[str, dict[str, Any]]:
        """Invocations of a command, with details, by instance."""
        found = self.client.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
        return {each["InstanceId"]: each for each in found}


def run_command_box(hosts: HostBox, s3: Objects) -> Iterator[RunCommandBox]:
    """Put the stand-in into moto, and take it out again."""
    before = {name: getattr(SimpleSystemManagerResponse, name, None) for name in ssm.OPERATIONS}
    platform = SimpleNamespace(
        account="123456789012",
        region="us-east-1",
        endpoint=s3.url,
        instances=lambda: list(hosts.nodes.values()),
    )
    with mock_aws():
        ssm.install(cast("Platform", platform))
        client = boto3.client(
            "ssm", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        yield RunCommandBox(client, hosts, s3)
    for name, method in before.items():
        if method is None:
            delattr(SimpleSystemManagerResponse, name)
        else:
            setattr(SimpleSystemManagerResponse, name, method)


class _Lenient(yaml.SafeLoader):
    """Reads CloudFormation's short forms as nothing: the documents have none."""


_Lenient.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def product_documents() -> Mapping[str, dict[str, Any]]:
    """The product's own SSM documents, by name."""
    template = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Lenient)  # noqa: S506 # a SafeLoader, and our own file
    resources = [each for each in template["Resources"].values() if isinstance(each, dict)]
    documents = [each["Properties"] for each in resources if each.get("Type") == "AWS::SSM::Document"]
    return {each["Name"]: each["Content"] for each in documents}


async def settle(true: Callable[[], Any], seconds: float = 30) -> None:
    """`eventually`, inside an event loop."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 # a test that looks
            await asyncio.sleep(0.01)
