"""What exists before a story begins: a network, load balancers, and a live fleet of the old version.

    estate = seed("http://127.0.0.1:4566", bucket="artifacts", version="141", package=build("141", folder))

The fleet is made with the product's own SSM documents, which must exist already.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.estate.network import Network, make_network
from sandbox.estate.remote import Cloud, Published, eventually, publish, run_document
from sandbox.estate.traffic import Strategy, Ways, make_ways
from sandbox.team.build import Artifact, bundle_ansible

if TYPE_CHECKING:
    from collections.abc import Callable

PORT = 9000
SERVICE = "cameras"
INSTANCE_TYPE = "t3.small"


@dataclass(frozen=True, slots=True)
class Estate:
    """What was made: where devices connect to, ids by role, and the ways of traffic."""

    address: str
    port: int
    hosts: dict[str, list[str]]
    ways: Ways


@dataclass(frozen=True, slots=True)
class Fleet:
    """One fleet as it is to be made."""

    environment: str
    version: str
    package: Published
    bundle: Published
    service: str = SERVICE

    @property
    def deployment(self) -> str:
        """The id of the deployment that is supposed to have made it."""
        return f"{self.service}-{self.version}"

    def configure(self, role: str) -> dict[str, str]:
        """Parameters of Pointsman-Configure."""
        url, sha256 = self.bundle
        what = {"Service": self.service, "Environment": self.environment, "Role": role}
        return {**what, "Bundle": url, "BundleSha256": sha256}

    def install(self) -> dict[str, str]:
        """Parameters of Pointsman-Install."""
        url, sha256 = self.package
        return {"Service": self.service, "Version": self.version, "Package": url, "Sha256": sha256}


def seed(
    endpoint: str,
    *,
    bucket: str,
    version: str,
    package: Artifact,
    controls: int = 3,
    recorders: int = 2,
    environment: str = "production",
    strategy: Strategy = "weighted",
    tell: Callable[[str], None] | None = None,
) -> Estate:
    """Make everything and return when the live fleet is healthy. Raises StageFailed."""
    cloud = Cloud(endpoint)
    bundle = bundle_ansible(package.path.parent)
    fleet = Fleet(
        environment, version, publish(cloud("s3"), bucket, package), publish(cloud("s3"), bucket, bundle)
    )
    network = make_network(cloud("ec2"), cloud("iam"))
    ways = make_ways(cloud, network, service=SERVICE, strategy=strategy, port=PORT)
    wanted = {"control": controls, "recorder": recorders}
    hosts = {
        role: launch(cloud("ec2"), network, fleet, role, count) for role, count in wanted.items() if count
    }
    everyone = {each for ids in hosts.values() for each in ids}
    eventually(lambda: online(cloud("ssm")) >= everyone, "the agents of the new hosts")
    with ThreadPoolExecutor() as pool:  # all roles at once, as the deploy machine does it
        for done in [pool.submit(_set_up, cloud("ssm"), fleet, role, tell) for role in hosts]:
            done.result()
    ways.register(cloud("elbv2"), hosts["control"])
    eventually(lambda: ways.healthy(cloud("elbv2"), hosts["control"]), "the load balancer's health checks")
    return Estate(cloud.address_of(ways.live_balancer), PORT, hosts, ways)


def launch(ec2: Any, network: Network, fleet: Fleet, role: str, count: int) -> list[str]:
    """Launch instances tagged `live`; returns their ids."""
    tags = {
        "Name": f"{fleet.deployment}-{role}",
        "pointsman:managed": "true",
        "pointsman:service": fleet.service,
        "pointsman:environment": fleet.environment,
        "pointsman:role": role,
        "pointsman:state": "live",
        "pointsman:deployment": fleet.deployment,
        "pointsman:version": fleet.version,
    }
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    answer = ec2.run_instances(
        ImageId=network.image,
        InstanceType=INSTANCE_TYPE,
        MinCount=count,
        MaxCount=count,
        SubnetId=network.subnets[0],
        SecurityGroupIds=[network.security_group],
        IamInstanceProfile={"Name": network.profile},
        TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
    )
    return [each["InstanceId"] for each in answer["Instances"]]


def online(ssm: Any) -> set[str]:
    """Ids of the hosts whose agent answers."""
    pages = ssm.get_paginator("describe_instance_information").paginate()
    nodes = [each for page in pages for each in page["InstanceInformationList"]]
    return {each["InstanceId"] for each in nodes if each["PingStatus"] == "Online"}


def _set_up(ssm: Any, fleet: Fleet, role: str, tell: Callable[[str], None] | None) -> None:
    tags = {"pointsman:deployment": fleet.deployment, "pointsman:role": role}
    if tell:
        tell(f"{role}: configuring with Ansible")
    run_document(ssm, "Pointsman-Configure", fleet.configure(role), tags=tags)
    if tell:
        tell(f"{role}: installing {fleet.version}")
    run_document(ssm, "Pointsman-Install", fleet.install(), tags=tags)
