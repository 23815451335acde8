"""EC2 and ELBv2: launches that repeat safely, states that take time, health that follows real checks.

Documentation: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from tests.sandbox.conftest import RunningPlatform

IMAGE = "ami-12c6146b"


def launch(platform: RunningPlatform, **more: Any) -> list[dict[str, Any]]:
    """Launch instances and return them."""
    request = {"ImageId": IMAGE, "InstanceType": "t3.small", "MinCount": 1, "MaxCount": 1, **more}
    return list(platform.client("ec2").run_instances(**request)["Instances"])


def states(platform: RunningPlatform, *ids: str) -> set[str]:
    """States of instances."""
    pages = platform.client("ec2").describe_instances(InstanceIds=list(ids))["Reservations"]
    return {instance["State"]["Name"] for page in pages for instance in page["Instances"]}


def running(platform: RunningPlatform, **more: Any) -> list[str]:
    """Launch instances and wait until they run."""
    ids = [instance["InstanceId"] for instance in launch(platform, **more)]
    eventually(lambda: states(platform, *ids) == {"running"})
    return ids


def test_a_repeated_launch_returns_the_same_instances(platform: RunningPlatform) -> None:
    """A retry with the same client token and parameters succeeds without performing any further action."""
    token = uuid.uuid4().hex
    first, again = (launch(platform, MaxCount=3, MinCount=3, ClientToken=token) for _ in range(2))
    assert [i["InstanceId"] for i in first] == [i["InstanceId"] for i in again]
    assert len(first) == 3
    assert {i["ClientToken"] for i in first} == {token}


def test_a_reused_token_with_other_parameters_is_refused(platform: RunningPlatform) -> None:
    """The same token with changed parameters: IdempotentParameterMismatch."""
    token = uuid.uuid4().hex
    launch(platform, ClientToken=token)
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        launch(platform, ClientToken=token, InstanceType="t3.large")


def test_launches_without_a_token_are_independent(platform: RunningPlatform) -> None:
    """Without a token each request launches."""
    assert launch(platform)[0]["InstanceId"] != launch(platform)[0]["InstanceId"]


def test_the_largest_possible_number_is_launched(platform: RunningPlatform) -> None:
    """The largest possible number of instances between MinCount and MaxCount is launched."""
    assert len(launch(platform, MinCount=1, MaxCount=3)) == 3


def test_a_client_token_has_at_most_64_characters(platform: RunningPlatform) -> None:
    """A client token is a string of up to 64 ASCII characters."""
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        launch(platform, ClientToken="t" * 65)


def test_an_instance_is_pending_before_it_runs(platform: RunningPlatform) -> None:
    """A launched instance is pending, then running; its address is its own loopback address."""
    instances = launch(platform, MinCount=2, MaxCount=2)
    assert {i["State"]["Name"] for i in instances} == {"pending"}
    addresses = {i["PrivateIpAddress"] for i in instances}
    assert len(addresses) == 2
    assert all(address.startswith("127.") for address in addresses)
    eventually(lambda: states(platform, *(i["InstanceId"] for i in instances)) == {"running"})


def test_an_instance_is_described_as_launched(platform: RunningPlatform) -> None:
    """Type, image, subnet, security groups, profile and tags of every instance are those of the request."""
    ec2, iam, name = platform.client("ec2"), platform.client("iam"), uuid.uuid4().hex
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.create_security_group(GroupName=name, Description="x", VpcId=subnet["VpcId"])["GroupId"]
    profile = iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
    launch(
        platform,
        MinCount=2,
        MaxCount=2,
        SubnetId=subnet["SubnetId"],
        SecurityGroupIds=[group],
        IamInstanceProfile={"Name": name},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "pointsman:role", "Value": name}]}],
    )
    found = ec2.describe_instances(Filters=[{"Name": "tag:pointsman:role", "Values": [name]}])["Reservations"]
    instances = [instance for page in found for instance in page["Instances"]]
    assert len(instances) == 2
    for each in instances:
        assert (each["InstanceType"], each["ImageId"], each["SubnetId"]) == (
            "t3.small",
            IMAGE,
            subnet["SubnetId"],
        )
        assert [g["GroupId"] for g in each["SecurityGroups"]] == [group]
        assert each["IamInstanceProfile"]["Arn"] == profile


def test_termination_passes_through_shutting_down(platform: RunningPlatform) -> None:
    """running, shutting-down, terminated; terminating twice changes nothing."""
    ids = running(platform)
    ec2 = platform.client("ec2")
    change = ec2.terminate_instances(InstanceIds=ids)["TerminatingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "shutting-down")
    ec2.terminate_instances(InstanceIds=ids)
    eventually(lambda: states(platform, *ids) == {"terminated"})


def test_a_stopped_instance_starts_again(platform: RunningPlatform) -> None:
    """running, stopping, stopped, pending, running."""
    ids = running(platform)
    ec2 = platform.client("ec2")
    change = ec2.stop_instances(InstanceIds=ids)["StoppingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    eventually(lambda: states(platform, *ids) == {"stopped"})
    ec2.start_instances(InstanceIds=ids)
    eventually(lambda: states(platform, *ids) == {"running"})


class Balancer:
    """A network load balancer with one listener and two target groups, blue in use."""

    def __init__(self, platform: RunningPlatform) -> None:
        self.client = platform.client("elbv2")
        subnet = platform.client("ec2").describe_subnets()["Subnets"][0]
        name = uuid.uuid4().hex[:20]
        self.arn = self.client.create_load_balancer(Name=name, Subnets=[subnet["SubnetId"]], Type="network")[
            "LoadBalancers"
        ][0]["LoadBalancerArn"]
        self.blue, self.green = (self._group(f"{name}-{side}", subnet["VpcId"]) for side in ("blue", "green"))
        self.listener = self.client.create_listener(
            LoadBalancerArn=self.arn, Protocol="TCP", Port=9000, DefaultActions=self.forward(1, 0)
        )["Listeners"][0]["ListenerArn"]

    def _group(self, name: str, vpc: str) -> str:
        arn = self.client.create_target_group(
            Name=name,
            Protocol="TCP",
            Port=9000,
            VpcId=vpc,
            HealthCheckProtocol="HTTP",
            HealthCheckPath="/health",
        )["TargetGroups"][0]["TargetGroupArn"]
        self.client.modify_target_group_attributes(
            TargetGroupArn=arn, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "2"}]
        )
        return str(arn)

    def forward(self, blue: int, green: int) -> list[dict[str, Any]]:
        groups = [
            {"TargetGroupArn": self.blue, "Weight": blue},
            {"TargetGroupArn": self.green, "Weight": green},
        ]
        return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]

    def health(self, group: str, **more: Any) -> dict[str, tuple[str, str | None]]:
        found = self.client.describe_target_health(TargetGroupArn=group, **more)["TargetHealthDescriptions"]
        return {
            f["Target"]["Id"]: (f["TargetHealth"]["State"], f["TargetHealth"].get("Reason")) for f in found
        }


def test_a_registered_target_is_checked(platform: RunningPlatform) -> None:
    """A target behind a listener has the state that the balancer's checks gave it; healthy has no reason."""
    balancer, ids = Balancer(platform), running(platform)
    balancer.client.register_targets(TargetGroupArn=balancer.blue, Targets=[{"Id": ids[0]}])
    assert balancer.health(balancer.blue) == {ids[0]: ("healthy", None)}


def test_targets_of_an_unused_group_are_unused(platform: RunningPlatform) -> None:
    """Target.NotInUse: the target group is not used by any load balancer; Target.NotRegistered: not in it."""
    balancer, ids = Balancer(platform), running(platform)
    vpc = platform.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    group = balancer.client.create_target_group(
        Name=uuid.uuid4().hex[:20], Protocol="TCP", Port=9000, VpcId=vpc
    )
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    balancer.client.register_targets(TargetGroupArn=arn, Targets=[{"Id": ids[0]}])
    assert balancer.health(arn) == {ids[0]: ("unused", "Target.NotInUse")}
    assert balancer.health(balancer.blue, Targets=[{"Id": ids[0]}]) == {
        ids[0]: ("unused", "Target.NotRegistered")
    }


def test_a_deregistered_target_drains(platform: RunningPlatform) -> None:
    """draining (Target.DeregistrationInProgress) until the deregistration delay is over, then gone."""
    balancer, ids = Balancer(platform), running(platform)
    balancer.client.register_targets(TargetGroupArn=balancer.blue, Targets=[{"Id": ids[0]}])
    balancer.client.deregister_targets(TargetGroupArn=balancer.blue, Targets=[{"Id": ids[0]}])
    assert balancer.health(balancer.blue) == {ids[0]: ("draining", "Target.DeregistrationInProgress")}
    asked = {"Targets": [{"Id": ids[0]}]}
    assert balancer.health(balancer.blue, **asked)[ids[0]][0] == "draining"
    eventually(lambda: balancer.health(balancer.blue) == {})


def test_registering_again_ends_the_draining(platform: RunningPlatform) -> None:
    """A target that is registered while it drains takes traffic again, and stays when the delay is over."""
    balancer, ids = Balancer(platform), running(platform)
    for change in ("register_targets", "deregister_targets", "register_targets"):
        getattr(balancer.client, change)(TargetGroupArn=balancer.blue, Targets=[{"Id": ids[0]}])
    time.sleep(2.2)
    assert balancer.health(balancer.blue) == {ids[0]: ("healthy", None)}


def test_a_stopped_target_is_unused(platform: RunningPlatform) -> None:
    """Target.InvalidState: the target is in the stopped or terminated state."""
    balancer, ids = Balancer(platform), running(platform)
    balancer.client.register_targets(TargetGroupArn=balancer.blue, Targets=[{"Id": ids[0]}])
    platform.client("ec2").stop_instances(InstanceIds=ids)
    eventually(lambda: balancer.health(balancer.blue) == {ids[0]: ("unused", "Target.InvalidState")})


def test_a_change_is_pushed_before_its_call_returns(platform: RunningPlatform) -> None:
    """The balancer has targets, draining and weights as soon as the API has answered."""
    balancer, ids = Balancer(platform), running(platform)
    balancer.client.register_targets(TargetGroupArn=balancer.blue, Targets=[{"Id": ids[0]}])
    (target,) = platform.control("routes")["target_groups"][balancer.blue]["targets"]
    assert (target["id"], target["port"], target["draining"]) == (ids[0], 9000, False)
    balancer.client.modify_listener(ListenerArn=balancer.listener, DefaultActions=balancer.forward(0, 1))
    balancer.client.deregister_targets(TargetGroupArn=balancer.blue, Targets=[{"Id": ids[0]}])
    routes = platform.control("routes")
    assert [t["draining"] for t in routes["target_groups"][balancer.blue]["targets"]] == [True]
    (listener,) = [each for each in routes["listeners"] if each["arn"] == balancer.listener]
    assert {f["target_group_arn"]: f["weight"] for f in listener["forward"]} == {
        balancer.blue: 0,
        balancer.green: 1,
    }


def test_weights_of_a_tcp_listener_are_kept(platform: RunningPlatform) -> None:
    """A forward action distributes traffic by weight; the switch is one call."""
    balancer = Balancer(platform)
    balancer.client.modify_listener(ListenerArn=balancer.listener, DefaultActions=balancer.forward(0, 1))
    action = balancer.client.describe_listeners(ListenerArns=[balancer.listener])["Listeners"][0][
        "DefaultActions"
    ][0]
    weights = {g["TargetGroupArn"]: g["Weight"] for g in action["ForwardConfig"]["TargetGroups"]}
    assert weights == {balancer.blue: 0, balancer.green: 1}


def test_a_terminated_target_is_deregistered(platform: RunningPlatform) -> None:
    """A terminated instance is automatically deregistered from its target groups."""
    balancer, ids = Balancer(platform), running(platform)
    balancer.client.register_targets(TargetGroupArn=balancer.blue, Targets=[{"Id": ids[0]}])
    platform.client("ec2").terminate_instances(InstanceIds=ids)
    assert balancer.health(balancer.blue)[ids[0]][0] == "draining"
