"""What is sent to EC2, word for word, and what its answers become."""

import pytest

from chalicelib.adapters.ec2 import CAN_NOT_LAUNCH, Ec2Fleet, Ec2Reaper
from chalicelib.domain.errors import StepFailed, Unavailable
from chalicelib.domain.plan import HostState, LaunchGroup, LaunchSpec
from chalicelib.domain.reasons import Reason
from tests.unit.adapters.stubs import scripted

PROFILE = "arn:aws:iam::123456789012:instance-profile/hosts"
SPEC = LaunchSpec("t3.micro", "ami-1", "subnet-1", ("sg-1", "sg-2"), PROFILE, "key")
GROUP = LaunchGroup("control", SPEC, 3)
LASTING = [
    {"Key": "pointsman:managed", "Value": "true"},
    {"Key": "pointsman:service", "Value": "cameras"},
    {"Key": "pointsman:environment", "Value": "production"},
    {"Key": "pointsman:role", "Value": "control"},
    {"Key": "pointsman:deployment", "Value": "cameras-142"},
    {"Key": "Name", "Value": "cameras-142-control"},
]
BUILDING = {"Key": "pointsman:state", "Value": "building"}


def launch(fleet: Ec2Fleet, group: LaunchGroup = GROUP) -> list[str]:
    """The launch of one group of the deployment."""
    return fleet.launch(group, service="cameras", environment="production", deployment="cameras-142")


def instance(
    id_: str, *, state: str = "running", label: str = "retired", managed: str = "true"
) -> dict[str, object]:
    """An instance as EC2 describes it."""
    return {
        "InstanceId": id_,
        "InstanceType": "t3.micro",
        "ImageId": "ami-1",
        "State": {"Name": state},
        "Tags": [
            {"Key": "pointsman:managed", "Value": managed},
            {"Key": "pointsman:state", "Value": label},
            {"Key": "pointsman:role", "Value": "control"},
        ],
    }


def test_a_launch_is_one_call_with_everything_in_it() -> None:
    """Token, exact count, tags at creation, IMDSv2 and the mirrored network, profile and key."""
    client, script = scripted("ec2")
    script.add_response(
        "run_instances",
        {"Instances": [{"InstanceId": "i-2"}, {"InstanceId": "i-1"}, {"InstanceId": "i-3"}]},
        {
            "ClientToken": GROUP.client_token("cameras-142"),
            "MinCount": 3,
            "MaxCount": 3,
            "ImageId": "ami-1",
            "InstanceType": "t3.micro",
            "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
            "TagSpecifications": [
                {"ResourceType": "instance", "Tags": [*LASTING, BUILDING]},
                {"ResourceType": "volume", "Tags": LASTING},
            ],
            "SubnetId": "subnet-1",
            "SecurityGroupIds": ["sg-1", "sg-2"],
            "IamInstanceProfile": {"Arn": PROFILE},
            "KeyName": "key",
        },
    )
    assert launch(Ec2Fleet(client)) == ["i-1", "i-2", "i-3"]
    script.assert_no_pending_responses()


@pytest.mark.parametrize("code", sorted(CAN_NOT_LAUNCH))
def test_a_launch_that_can_not_work_fails_with_the_code(code: str) -> None:
    """Missing capacity, a missing image and a changed request are not tried again."""
    client, script = scripted("ec2")
    script.add_client_error("run_instances", code, "why", 500)
    with pytest.raises(StepFailed, match=code) as caught:
        launch(Ec2Fleet(client))
    assert caught.value.reason is Reason.LAUNCH_FAILED


def test_a_throttled_launch_is_tried_again() -> None:
    """The same token makes that safe."""
    client, script = scripted("ec2")
    script.add_client_error("run_instances", "RequestLimitExceeded", "slow down", 503)
    with pytest.raises(Unavailable):
        launch(Ec2Fleet(client))


def test_an_instance_that_ec2_does_not_know_yet_is_labeled_later() -> None:
    """InvalidInstanceID.NotFound just after a launch passes."""
    client, script = scripted("ec2")
    script.add_client_error("create_tags", "InvalidInstanceID.NotFound", "not yet", 400)
    with pytest.raises(Unavailable):
        Ec2Fleet(client).relabel(["i-1"], HostState.LIVE)


def test_an_instance_without_role_or_state_is_left_out() -> None:
    """Tags that somebody broke do not break the listing."""
    client, script = scripted("ec2")
    strange = {**instance("i-2"), "Tags": [{"Key": "pointsman:managed", "Value": "true"}]}
    unknown = instance("i-3", label="resting")
    script.add_response(
        "describe_instances", {"Reservations": [{"Instances": [instance("i-1"), strange, unknown]}]}
    )
    assert [each.id for each in Ec2Fleet(client).instances("cameras", "production")] == ["i-1"]


def test_instances_that_ended_are_not_ended_again() -> None:
    """Only what is still there is named in the one TerminateInstances."""
    client, script = scripted("ec2")
    there = [instance("i-1"), instance("i-2", state="shutting-down"), instance("i-3", state="stopped")]
    script.add_response("describe_instances", {"Reservations": [{"Instances": there}]})
    ended = [{"InstanceId": "i-1"}, {"InstanceId": "i-3"}]
    script.add_response(
        "terminate_instances", {"TerminatingInstances": ended}, {"InstanceIds": ["i-1", "i-3"]}
    )
    Ec2Reaper(client).end(["i-1", "i-2", "i-3", "i-4"], stop=False)
    script.assert_no_pending_responses()


def test_a_terminate_that_left_some_out_says_which() -> None:
    """Half an end is a failure that names the other half."""
    client, script = scripted("ec2")
    script.add_response(
        "describe_instances", {"Reservations": [{"Instances": [instance("i-1"), instance("i-2")]}]}
    )
    script.add_response("terminate_instances", {"TerminatingInstances": [{"InstanceId": "i-1"}]})
    with pytest.raises(StepFailed, match="i-2 did not end"):
        Ec2Reaper(client).end(["i-1", "i-2"], stop=False)


def test_nothing_is_ended_where_one_is_not_retired() -> None:
    """The refusal comes before any change: the script has no TerminateInstances."""
    client, script = scripted("ec2")
    both = [instance("i-1"), instance("i-2", label="live")]
    script.add_response("describe_instances", {"Reservations": [{"Instances": both}]})
    with pytest.raises(StepFailed, match="i-2 not marked retired"):
        Ec2Reaper(client).end(["i-1", "i-2"], stop=False)


@pytest.mark.parametrize(
    ("tag", "version"),
    [("141", "141"), ("{team}", ""), ("<!channel>", ""), ("1 2", ""), ("-rf", ""), ("", ""), ("a" * 65, "")],
)
def test_a_tag_that_is_no_version_is_none(tag: str, version: str) -> None:
    """Whoever labels instances writes into chat and into commands else."""
    client, script = scripted("ec2")
    raw = instance("i-1", label="live")
    assert isinstance(raw["Tags"], list)
    raw["Tags"].append({"Key": "pointsman:version", "Value": tag})
    script.add_response("describe_instances", {"Reservations": [{"Instances": [raw]}]})
    (found,) = Ec2Fleet(client).instances("cameras", "production")
    assert found.version == version
