"""What people or accidents leave behind is noticed within minutes: repaired where that is safe, told where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import table
from sandbox.front.client import shown
from sandbox.stories import LEAD, Teller

if TYPE_CHECKING:
    from sandbox.house import House


def _stop_by_hand(house: House) -> None:
    """What somebody does in the console: StopExecution of the newest deployment."""
    states = house.client("stepfunctions")
    machine, newest = house.created.ids["DeployMachine"], table.newest(house)["id"]
    for running in states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]:
        if running["name"].startswith(newest):
            states.stop_execution(
                executionArn=running["executionArn"], error="ByHand", cause="in the console"
            )


def test_a_deployment_stopped_before_the_switch_is_noticed_and_closed(passed: Teller, house: House) -> None:
    """It had closed the window of the one before, which only kept its old fleet, and taken the standby side from it.
    Nobody does anything more: the new fleet goes, the environment is free, and chat says what happened."""
    passed.until_kept()
    following = Teller(house, house.chat, print, f"{passed.version}.1")
    house.report_build(following.version, "passed")
    following.until_ready()
    passed.wait("The old fleet has ended")
    _stop_by_hand(house)
    found = following.wait(": canceled", seconds=120)
    assert "Stopped by hand" in shown(found)
    assert table.newest(house)["reason"] == "stopped"


def test_a_deployment_stopped_after_the_switch_waits_for_a_person(passed: Teller, house: House) -> None:
    """Nothing is moved by itself; a button takes it up where it was, and its window ends as if nothing had been."""
    passed.until_kept()
    _stop_by_hand(house)
    passed.wait("stuck: a person has to look", seconds=60)
    report = house.chat.wait_for(lambda each: "is stuck and keeps" in shown(each), 30)
    assert "Retry" in shown(report)
    passed.click(LEAD, "Retry")
    passed.wait("The old fleet stands by until", seconds=60)
    house.chat.wait_for(lambda each: "is not stuck any more" in shown(each), 30)
    passed.skip(2 * 3600 + 30, "the rest of the window")
    passed.wait("The old fleet has ended", seconds=90)


@pytest.mark.usefixtures("passed")
def test_an_instance_that_nobody_answers_for_is_told_and_never_ended(house: House) -> None:
    """A managed host without a deployment: in the channel until somebody has ended it."""
    ec2 = house.client("ec2")
    (live,) = ec2.describe_instances(
        Filters=[
            {"Name": "tag:pointsman:state", "Values": ["live"]},
            {"Name": "tag:pointsman:role", "Values": ["recorder"]},
        ]
    )["Reservations"][0]["Instances"][:1]
    wanted = {"pointsman:state": "standby", "pointsman:deployment": "cameras-production-9999"}
    tags = [{"Key": tag["Key"], "Value": wanted.get(tag["Key"], tag["Value"])} for tag in live["Tags"]]
    answer = ec2.run_instances(
        ImageId=live["ImageId"],
        InstanceType=live["InstanceType"],
        MinCount=1,
        MaxCount=1,
        SubnetId=live["SubnetId"],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    lost = answer["Instances"][0]["InstanceId"]
    try:
        house.chat.wait_for(lambda each: "no record knows them" in shown(each) and lost in shown(each), 60)
    finally:
        ec2.terminate_instances(InstanceIds=[lost])
    house.chat.wait_for(lambda each: "are gone" in shown(each) and lost in shown(each), 60)
