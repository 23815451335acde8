"""Chat that is down, and fleets that can not be mirrored: what a running service does about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import table
from sandbox.front.client import shown
from sandbox.stories import DEPLOYER, ENVIRONMENT, Teller

if TYPE_CHECKING:
    from sandbox.house import House


def test_chat_that_is_down_delays_messages_and_nothing_else(people: Teller, house: House) -> None:
    """The build that the deployment waits for passes meanwhile: CI's report answers the waiting task token, nobody has
    to start anything again, and it goes on to be ready. When chat is back, the one message says so."""
    house.report_build(people.version, "running")
    people.start()
    people.wait("preparing the new fleet")
    house.chat.trouble(down=True)
    try:
        house.report_build(people.version, "passed")
        house.until(lambda: table.outcome(house) == "ready", "the new fleet is ready", 120)
    finally:
        house.chat.trouble(down=False)
    people.wait("The new fleet is ready")
    messages = [each for each in house.chat.messages() if people.heading in each["text"]]
    assert len(messages) == 1
    people.say(DEPLOYER, f"/deploy cancel cameras {ENVIRONMENT}")
    people.wait("canceled")
    assert table.outcome(house) == "canceled"


def test_an_environment_without_a_fleet_has_nothing_to_mirror(passed: Teller, house: House) -> None:
    """The deployment fails at its plan, says why with a reason code, and frees the environment."""
    passed.say(DEPLOYER, f"/deploy cameras@{passed.version} to staging")
    found = house.chat.wait_for(lambda each: f"cameras@{passed.version} to staging: failed" in shown(each))
    assert "nothing to mirror" in shown(found) or "traffic" in shown(found)
    assert table.newest(house)["reason"] in {"no_instances", "traffic_unclear"}


def test_a_live_fleet_of_mixed_images_is_not_mirrored(passed: Teller, house: House) -> None:
    """Drift has to be accepted by people before it is copied."""
    ec2 = house.client("ec2")
    stranger = _launch_stranger(ec2)
    try:
        passed.say(DEPLOYER, passed.deploy_command)
        passed.wait(": failed")
        assert table.newest(house)["reason"] == "mixed_images"
    finally:
        ec2.terminate_instances(InstanceIds=[stranger])
        house.until(lambda: _is_gone(house, stranger), "the stranger has ended")


def _launch_stranger(ec2: object) -> str:
    """A live control host like the others, but from another image."""
    (live,) = [
        reservation["Instances"][0]
        for reservation in ec2.describe_instances(  # type: ignore[attr-defined]
            Filters=[
                {"Name": "tag:pointsman:state", "Values": ["live"]},
                {"Name": "tag:pointsman:role", "Values": ["control"]},
            ]
        )["Reservations"][:1]
    ]
    images = ec2.describe_images()["Images"]  # type: ignore[attr-defined]
    other = next(image["ImageId"] for image in images if image["ImageId"] != live["ImageId"])
    tags = [tag for tag in live["Tags"] if tag["Key"] != "pointsman:deployment"]
    answer = ec2.run_instances(  # type: ignore[attr-defined]
        ImageId=other,
        InstanceType=live["InstanceType"],
        MinCount=1,
        MaxCount=1,
        SubnetId=live["SubnetId"],
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    return str(answer["Instances"][0]["InstanceId"])


def _is_gone(house: House, instance: str) -> bool:
    return not any(each["id"] == instance and each["state"] != "terminated" for each in house.instances())
