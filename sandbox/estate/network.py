"""The network in which the sandbox's fleets live, as a team would have made it long ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PROFILE = "cameras-host"
ZONES = ("us-east-1a", "us-east-1b")


@dataclass(frozen=True, slots=True)
class Network:
    """Ids that a launch needs."""

    vpc: str
    subnets: tuple[str, ...]
    security_group: str
    profile: str
    image: str


def make_network(ec2: Any, iam: Any) -> Network:
    """One VPC, two subnets, a security group, an instance profile, and the image that is used."""
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = tuple(
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number * 64}.0/18", AvailabilityZone=zone)["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate(ZONES)
    )
    group = ec2.create_security_group(GroupName="cameras", Description="Camera servers", VpcId=vpc)["GroupId"]
    iam.create_role(RoleName=PROFILE, AssumeRolePolicyDocument="{}")
    iam.create_instance_profile(InstanceProfileName=PROFILE)
    iam.add_role_to_instance_profile(InstanceProfileName=PROFILE, RoleName=PROFILE)
    images = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}])[
        "Images"
    ]
    newest = max(
        images, key=lambda image: ("al2023" in image["Name"], image["CreationDate"], image["ImageId"])
    )
    return Network(vpc, subnets, group, PROFILE, newest["ImageId"])
