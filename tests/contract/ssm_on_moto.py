"""The two reads of SSM that moto has not: ListCommandInvocations and DescribeInstanceInformation.

moto's commands succeed at once on every instance that the tags match; a running instance is one whose agent answers.
"""

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ssm.responses import SimpleSystemManagerResponse


def list_command_invocations(self: SimpleSystemManagerResponse) -> ActionResult:
    """Every invocation of a command."""
    command = self.ssm_backend.get_command_by_id(self._get_param("CommandId"))
    kept = ("CommandId", "InstanceId", "Status", "StatusDetails")
    found = [{key: each[key] for key in kept} for each in command.invocations]
    return ActionResult({"CommandInvocations": found})


def describe_instance_information(self: SimpleSystemManagerResponse) -> ActionResult:
    """The instances that the filter names and that run."""
    wanted = {value for each in self._get_param("Filters") for value in each["Values"]}
    backend = ec2_backends[self.current_account][self.region]
    agents = [
        {"InstanceId": instance.id, "PingStatus": "Online"}
        for reservation in backend.reservations.values()
        for instance in reservation.instances
        if instance.id in wanted and instance.state == "running"
    ]
    return ActionResult({"InstanceInformationList": agents})


def install() -> None:
    """Add both to moto; once in a process is enough."""
    for action in (list_command_invocations, describe_instance_information):
        setattr(SimpleSystemManagerResponse, action.__name__, action)
