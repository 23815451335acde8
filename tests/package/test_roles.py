"""The roles as the stack made them, judged by an emulator that evaluates policies.

That each role allows what its function needs shows in test_deploys.py, where the same evaluation is on. ministack does
not look at an instance's tags when it judges a call, so conditions on them are not judged here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.package.stack import Stack

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


def acting_as(stack: Stack, role: str) -> Callable[[str], Any]:
    """Make clients that may do what a role may."""
    given = stack.emulator.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::000000000000:role/{stack.physical[role]}", RoleSessionName="test"
    )["Credentials"]
    session: Any = boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="us-east-1"
    )
    return lambda service: session.client(service, endpoint_url=stack.emulator.endpoint)


def refused(call: Callable[[], Any]) -> bool:
    """Whether a call is refused for want of permission; any other error is raised."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        return True
    return False


def test_the_function_that_ends_hosts_can_not_write_the_table(stack: Stack) -> None:
    """It reads what was decided, and decides nothing itself."""
    table = acting_as(stack, "TerminateRole")("dynamodb")
    item = {"pk": {"S": "TEST#role"}, "sk": {"S": "TEST"}}
    assert refused(lambda: table.put_item(TableName=stack.physical["Table"], Item=item))
    assert not refused(lambda: table.get_item(TableName=stack.physical["Table"], Key=item))


@pytest.mark.parametrize(
    ("role", "own", "other"),
    [("ApiHandlerRole", "EdgeSecret", "ChatSecret"), ("ChatRole", "ChatSecret", "EdgeSecret")],
)
def test_a_door_reads_its_own_secret_only(stack: Stack, role: str, own: str, other: str) -> None:
    """Who verifies can not post, who posts can not sign."""
    secrets = acting_as(stack, role)("secretsmanager")
    assert not refused(lambda: secrets.get_secret_value(SecretId=stack.physical[own]))
    assert refused(lambda: secrets.get_secret_value(SecretId=stack.physical[other]))


@pytest.mark.parametrize(
    "role", ["ApiHandlerRole", "ChatRole", "PlannerRole", "LedgerRole", "HostsRole", "TrafficRole"]
)
def test_only_three_functions_touch_instances(stack: Stack, role: str) -> None:
    """Launching is for `fleet`, ending for `terminate`, labels for them and `retire`."""
    ec2 = acting_as(stack, role)("ec2")
    instance = "i-0123456789abcdef0"
    assert refused(lambda: ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1))
    assert refused(lambda: ec2.terminate_instances(InstanceIds=[instance]))
    assert refused(lambda: ec2.create_tags(Resources=[instance], Tags=[{"Key": "a", "Value": "b"}]))


@pytest.mark.parametrize("role", ["FleetRole", "RetireRole", "HostsRole"])
def test_only_doors_and_the_ledger_drive_executions(stack: Stack, role: str) -> None:
    """A step can not start a deployment or answer a question."""
    states = acting_as(stack, role)("stepfunctions")
    machine = stack.physical["DeployMachine"]
    assert refused(lambda: states.start_execution(stateMachineArn=machine, name="by-a-step"))
