"""Small steps on the sandbox's AWS that setting the stage and the old way of deploying share."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.request import urlopen

import boto3

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.team.build import Artifact

GLANCE = 0.1
PATIENCE = 120.0
ENDED = frozenset({"Success", "Failed", "TimedOut", "Cancelled"})


class StageFailed(RuntimeError):
    """Something that must work before a story can begin did not; the message is what a host printed."""


class Cloud:
    """Clients of one AWS endpoint, made on first use."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session(
            aws_access_key_id="engineer", aws_secret_access_key="sandbox", region_name="us-east-1"
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]
            return self._clients[service]

    def address_of(self, balancer: str) -> str:
        """Where a load balancer listens; the platform plays DNS."""
        with urlopen(f"{self.endpoint}/_sandbox/balancers", timeout=10) as answer:  # noqa: S310 # the sandbox's own
            found = json.load(answer)
        return next(str(each["address"]) for each in found if each["name"] == balancer)


class Published(NamedTuple):
    """A file in the bucket."""

    url: str
    sha256: str


def publish(s3: Any, bucket: str, artifact: Artifact) -> Published:
    """Upload a file under its checksum; its URL is the one that hosts use."""
    key = f"seed/{artifact.sha256[:16]}/{artifact.path.name}"
    s3.put_object(Bucket=bucket, Key=key, Body=artifact.path.read_bytes())
    return Published(f"https://{bucket}.s3.us-east-1.amazonaws.com/{key}", artifact.sha256)


@dataclass(frozen=True, slots=True)
class LiveHost:
    """One instance of the fleet that is in use."""

    id: str
    role: str
    address: str


def live_hosts(ec2: Any, service: str, environment: str) -> list[LiveHost]:
    """Running instances tagged `live`."""
    tags = {"service": service, "environment": environment, "state": "live"}
    filters = [{"Name": f"tag:pointsman:{name}", "Values": [value]} for name, value in tags.items()]
    filters.append({"Name": "instance-state-name", "Values": ["running"]})
    pages = ec2.get_paginator("describe_instances").paginate(Filters=filters)
    return [
        LiveHost(raw["InstanceId"], _tag(raw, "pointsman:role"), raw["PrivateIpAddress"])
        for page in pages
        for reservation in page["Reservations"]
        for raw in reservation["Instances"]
    ]


def run_document(
    ssm: Any,
    document: str,
    parameters: Mapping[str, str],
    *,
    ids: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> None:
    """Run a document on hosts, by id or by tags, and wait; raises StageFailed with what a failed host printed."""
    where: dict[str, Any] = {"InstanceIds": list(ids)} if ids else {}
    if tags:
        where["Targets"] = [{"Key": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    sent = ssm.send_command(
        DocumentName=document,
        Parameters={name: [value] for name, value in parameters.items()},
        MaxConcurrency="100%",
        **where,
    )
    command = sent["Command"]["CommandId"]
    eventually(lambda: ssm.list_commands(CommandId=command)["Commands"][0]["Status"] in ENDED, document)
    invocations = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    failed = [each for each in invocations if each["Status"] != "Success"]
    if failed or not invocations:
        printed = [plugin["Output"] for each in failed for plugin in each["CommandPlugins"]]
        raise StageFailed(f"{document} failed on {len(failed)} of {len(invocations)} hosts: {printed}")


def eventually(true: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Look again and again; raises StageFailed where it does not become true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise StageFailed(f"{what}: not within {seconds:g} s")
        time.sleep(GLANCE)


def _tag(raw: Mapping[str, Any], key: str) -> str:
    return next((str(tag["Value"]) for tag in raw.get("Tags", ()) if tag["Key"] == key), "")
