"""What is sent to SSM, and what its answers become."""

from typing import Any

import pytest
from botocore.stub import Stubber

from chalicelib.adapters.ssm import OUTPUT, SsmHosts
from chalicelib.domain.errors import StepFailed, Unavailable
from chalicelib.domain.plan import HostState
from chalicelib.usecases.ports import CommandOutcome, HostCommand, HostFailure
from tests.unit.adapters.stubs import scripted

ID = "11111111-2222-3333-4444-555555555555"


def answers(script: Stubber, status: str, *invocations: dict[str, Any]) -> None:
    """One look at a command: its invocations, then the command itself."""
    script.add_response("list_command_invocations", {"CommandInvocations": list(invocations)})
    script.add_response("list_commands", {"Commands": [{"CommandId": ID, "Status": status}]})


def invocation(host: str, status: str, **more: Any) -> dict[str, Any]:
    """What became of a command on one host."""
    return {"InstanceId": host, "Status": status, "StatusDetails": status, **more}


def outcome(status: str, *invocations: dict[str, Any]) -> CommandOutcome:
    """The outcome of such answers."""
    client, script = scripted("ssm")
    answers(script, status, *invocations)
    return SsmHosts(client).outcome(ID)


def test_a_command_goes_out_by_tags_with_limits() -> None:
    """All tags, paced, without tolerance for errors, and never a shell document."""
    client, script = scripted("ssm")
    command = HostCommand(
        document="Pointsman-Drain",
        service="cameras",
        environment="production",
        role="control",
        parameters={"Service": "cameras", "Batch": "20"},
        state=HostState.STANDBY,
        at_once="1",
        timeout_seconds=5,
    )
    script.add_response(
        "send_command",
        {"Command": {"CommandId": ID}},
        {
            "DocumentName": "Pointsman-Drain",
            "Targets": [
                {"Key": "tag:pointsman:service", "Values": ["cameras"]},
                {"Key": "tag:pointsman:environment", "Values": ["production"]},
                {"Key": "tag:pointsman:role", "Values": ["control"]},
                {"Key": "tag:pointsman:state", "Values": ["standby"]},
            ],
            "Parameters": {"Service": ["cameras"], "Batch": ["20"]},
            "TimeoutSeconds": 30,
            "MaxConcurrency": "1",
            "MaxErrors": "0",
            "Comment": "cameras production",
        },
    )
    assert SsmHosts(client).send(command) == ID
    script.assert_no_pending_responses()


@pytest.mark.parametrize("status", ["Pending", "InProgress", "Cancelling"])
def test_a_command_that_runs_has_not_ended(status: str) -> None:
    """Also where no invocation is listed yet."""
    assert not outcome(status).ended


def test_a_command_has_not_ended_while_a_host_runs_it() -> None:
    """A command that failed on one host may still run on another."""
    found = outcome("Failed", invocation("i-1", "Failed"), invocation("i-2", "InProgress"))
    assert not found.ended
    assert [each.instance for each in found.failures] == ["i-1"]


@pytest.mark.parametrize(
    ("status", "details"),
    [
        ("Failed", "Failed"),
        ("Failed", "Undeliverable"),
        ("Failed", "Terminated"),
        ("Failed", "AccessDenied"),
        ("TimedOut", "Delivery Timed Out"),
        ("TimedOut", "ExecutionTimedOut"),
        ("Cancelled", "Cancelled"),
    ],
)
def test_every_end_but_success_is_a_failure(status: str, details: str) -> None:
    """The detailed status says which one."""
    found = outcome("Failed", invocation("i-2", status, StatusDetails=details), invocation("i-1", "Success"))
    assert found == CommandOutcome(
        frozenset({"i-1"}), (HostFailure("i-2", details.replace(" ", ""), ""),), ended=True
    )


def test_the_output_is_that_of_the_plugin_that_failed() -> None:
    """Not that of the download before it, and the end of it where it is long."""
    plugins = [
        {"Name": "download", "Status": "Success", "Output": "fetched"},
        {"Name": "install", "Status": "Failed", "Output": "x" * OUTPUT + "checksum differs\n"},
        {"Name": "after", "Status": "Cancelled", "Output": ""},
    ]
    (failure,) = outcome("Failed", invocation("i-1", "Failed", CommandPlugins=plugins)).failures
    assert failure.output.endswith("xchecksum differs")
    assert len(failure.output) == OUTPUT


def test_a_command_that_is_not_listed_has_not_ended() -> None:
    """SSM is eventually consistent."""
    client, script = scripted("ssm")
    script.add_response("list_command_invocations", {"CommandInvocations": []})
    script.add_response("list_commands", {"Commands": []})
    assert not SsmHosts(client).outcome(ID).ended


def test_every_page_of_invocations_is_read() -> None:
    """A fleet of more than 50 hosts comes in pages."""
    client, script = scripted("ssm")
    script.add_response(
        "list_command_invocations",
        {"CommandInvocations": [invocation("i-1", "Success")], "NextToken": "more"},
    )
    answers(script, "Success", invocation("i-2", "Success"))
    assert SsmHosts(client).outcome(ID).succeeded == {"i-1", "i-2"}


def test_hosts_are_asked_for_fifty_at_a_time() -> None:
    """A page of agents has 50 entries at most."""
    client, script = scripted("ssm")
    hosts = [f"i-{number:03}" for number in range(60)]
    for some in (hosts[:50], hosts[50:]):
        agents = [{"InstanceId": host, "PingStatus": "Online"} for host in some[1:]]
        lost = {"InstanceId": some[0], "PingStatus": "ConnectionLost"}
        script.add_response(
            "describe_instance_information",
            {"InstanceInformationList": [lost, *agents]},
            {"Filters": [{"Key": "InstanceIds", "Values": some}], "MaxResults": 50},
        )
    assert SsmHosts(client).online(hosts) == set(hosts) - {"i-000", "i-050"}


@pytest.mark.parametrize(
    ("code", "error"), [("InvalidDocument", StepFailed), ("ThrottlingException", Unavailable)]
)
def test_a_missing_document_fails_and_throttling_passes(code: str, error: type[Exception]) -> None:
    """A document that is not there does not come by waiting."""
    client, script = scripted("ssm")
    script.add_client_error("send_command", code, "why")
    with pytest.raises(error):
        SsmHosts(client).send(HostCommand("Pointsman-Check", "cameras", "production", "control", {}))
