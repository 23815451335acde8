"""The SSM stand-in behind boto3: what SendCommand accepts, whom it reaches, and what it says afterward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.platform.estate_port import Instance
from tests.sandbox.estate_harness import HostBox, Objects, RunCommandBox, run_command_box

if TYPE_CHECKING:
    from collections.abc import Iterator


BLUE = [f"i-0aaaaaaaaaaaaaaa{number}" for number in range(3)]
RECORDER = "i-0bbbbbbbbbbbbbbb1"


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostBox]:
    """Three `control` hosts and a `recorder`."""
    box = HostBox(tmp_path_factory.mktemp("ssm"), "127.92.1")
    for name in BLUE:
        box.start(name, role="control", state="building")
    box.start(RECORDER, role="recorder", state="building")
    yield box
    box.manager.stop_all()


@pytest.fixture(scope="module")
def service(hosts: HostBox) -> Iterator[RunCommandBox]:
    s3 = Objects()
    yield from run_command_box(hosts, s3)
    s3.shutdown()
    s3.server_close()


@pytest.fixture
def box(service: RunCommandBox) -> Iterator[RunCommandBox]:
    """The service with its four hosts, whatever the test before did to them."""
    nodes = dict(service.hosts.nodes)
    yield service
    service.hosts.nodes = nodes


def refused(box: RunCommandBox, **request: Any) -> str:
    """The error code that a SendCommand gets."""
    with pytest.raises(ClientError) as error:
        box.client.send_command(**request)
    return str(error.value.response["Error"]["Code"])


def test_a_command_really_runs_and_its_output_is_kept(box: RunCommandBox) -> None:
    """ListCommandInvocations with Details has each plugin's output: standard output, then standard error."""
    command = box.send(box.shell("echo $POINTSMAN_ADDRESS; echo trouble >&2"), BLUE[0])
    assert box.ended(command)["Status"] == "Success"
    (plugin,) = box.invocations(command)[BLUE[0]]["CommandPlugins"]
    assert plugin["ResponseCode"] == 0
    assert plugin["Output"] == "127.92.1.1\n\n----------ERROR-------\ntrouble\n"


def test_a_command_that_fails_is_failed(box: RunCommandBox) -> None:
    """Failed: "For a plugin, this indicates that the result code wasn't zero" (SSM API reference)."""
    command = box.send(box.shell("echo no room; exit 28"), BLUE[0])
    assert (box.ended(command)["Status"], box.ended(command)["ErrorCount"]) == ("Failed", 1)
    invocation = box.invocations(command)[BLUE[0]]
    assert invocation["Status"] == "Failed"
    assert invocation["CommandPlugins"][0]["ResponseCode"] == 28


def test_a_script_that_takes_too_long_times_out(box: RunCommandBox) -> None:
    """Execution Timed Out: "execution wasn't complete before the execution timeout expired" (SSM API reference)."""
    command = box.send(box.shell("echo begun; sleep 30", timeoutSeconds="1"), BLUE[0])
    assert box.ended(command)["StatusDetails"] == "ExecutionTimedOut"
    assert box.invocations(command)[BLUE[0]]["Status"] == "TimedOut"


def test_every_target_must_match(box: RunCommandBox) -> None:
    """With several targets a node must match all of them (user guide, "Run commands at scale")."""
    box.shell("true")
    targets = [
        {"Key": "tag:state", "Values": ["building", "live"]},
        {"Key": "tag:role", "Values": ["control"]},
    ]
    command = box.send("Shell", Targets=targets)
    box.ended(command)
    assert sorted(box.invocations(command)) == BLUE


def test_only_running_nodes_are_targets(box: RunCommandBox) -> None:
    """An instance that is not running is no managed node that a tag can reach."""
    node = box.hosts.nodes[BLUE[0]]
    box.hosts.nodes[BLUE[0]] = node._replace(state="stopped")
    command = box.send(box.shell("true"), Targets=[{"Key": "tag:role", "Values": ["control"]}])
    box.ended(command)
    assert sorted(box.invocations(command)) == BLUE[1:]


def test_a_tag_that_nobody_has_ends_at_once(box: RunCommandBox) -> None:
    """No Instances In Tag is "a terminal state" (user guide, command statuses)."""
    command = box.send(box.shell("true"), Targets=[{"Key": "tag:role", "Values": ["nobody"]}])
    assert box.ended(command)["StatusDetails"] == "NoInstancesInTag"


def test_at_most_fifty_ids_are_taken(box: RunCommandBox) -> None:
    """InstanceIds: "you can specify up to 50 IDs" (SSM API reference, SendCommand)."""
    ids = [f"i-0{number:016x}" for number in range(51)]
    assert refused(box, DocumentName=box.shell("true"), InstanceIds=ids) == "ValidationException"


def test_an_unknown_node_is_refused(box: RunCommandBox) -> None:
    """InvalidInstanceId: the agent "isn't running" or the node "isn't in a valid state" (SSM API reference)."""
    assert (
        refused(box, DocumentName=box.shell("true"), InstanceIds=["i-0cccccccccccccccc"])
        == "InvalidInstanceId"
    )


def test_an_unknown_document_is_refused(box: RunCommandBox) -> None:
    """InvalidDocument: "The specified SSM document doesn't exist" (SSM API reference)."""
    assert refused(box, DocumentName="Nothing", InstanceIds=BLUE[:1]) == "InvalidDocument"


def test_parameters_are_checked_before_anything_runs(box: RunCommandBox) -> None:
    """InvalidParameters: "You can only supply values to parameters defined in the SSM document" (SSM API reference)."""
    request = {"DocumentName": box.shell("true"), "InstanceIds": BLUE[:1], "Parameters": {"X": ["y"]}}
    assert refused(box, **request) == "InvalidParameters"


def test_an_unknown_command_is_refused(box: RunCommandBox) -> None:
    """InvalidCommandId is what every reader of commands answers (SSM API reference)."""
    with pytest.raises(box.client.exceptions.InvalidCommandId):
        box.client.list_command_invocations(CommandId="0" * 36)


def test_a_step_that_fails_is_the_last(box: RunCommandBox) -> None:
    """Steps "run in the order that you specified" (user guide, schema 2.2), and after a failure no other one runs."""
    steps = [
        {"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": [script]}}
        for name, script in (("first", "true"), ("second", "false"), ("third", "echo never"))
    ]
    box.document("Three", {"schemaVersion": "2.2", "mainSteps": steps})
    command = box.send("Three", BLUE[0])
    box.ended(command)
    plugins = box.invocations(command)[BLUE[0]]["CommandPlugins"]
    assert [(each["Name"], each["Status"]) for each in plugins] == [
        ("first", "Success"),
        ("second", "Failed"),
    ]
    third = box.client.get_command_invocation(CommandId=command, InstanceId=BLUE[0], PluginName="third")
    assert third["ResponseCode"] == -1


def test_content_is_downloaded_to_where_scripts_start(box: RunCommandBox) -> None:
    """Without a destinationPath "the content is downloaded to a path relative to your command ID" (plugin reference,
    aws:downloadContent), and scripts without a workingDirectory start there."""
    url = box.s3.put("tools/hello.txt", b"hello\n")
    download = {"sourceType": "S3", "sourceInfo": f'{{"path": "{url}"}}'}
    steps = [
        {"action": "aws:downloadContent", "name": "get", "inputs": download},
        {"action": "aws:runShellScript", "name": "show", "inputs": {"runCommand": ["cat hello.txt"]}},
    ]
    box.document("Get", {"schemaVersion": "2.2", "mainSteps": steps})
    command = box.send("Get", BLUE[0])
    assert box.ended(command)["Status"] == "Success"
    shown = box.client.get_command_invocation(CommandId=command, InstanceId=BLUE[0], PluginName="show")
    assert shown["StandardOutputContent"] == "hello\n"


@pytest.mark.parametrize(
    "url", ["https://artifacts.s3.us-east-1.amazonaws.com/none", "https://example.test/x"]
)
def test_content_that_can_not_be_had_fails_the_step(box: RunCommandBox, url: str) -> None:
    """A missing object, or what is not in S3 at all, is a failed step with its reason in the output."""
    download = {"sourceType": "S3", "sourceInfo": f'{{"path": "{url}"}}'}
    steps = [{"action": "aws:downloadContent", "name": "get", "inputs": download}]
    box.document("Get", {"schemaVersion": "2.2", "mainSteps": steps})
    command = box.send("Get", BLUE[0])
    assert box.ended(command)["Status"] == "Failed"
    assert url in box.invocations(command)[BLUE[0]]["CommandPlugins"][0]["Output"]


def test_long_output_is_cut(box: RunCommandBox) -> None:
    """A plugin's output is limited to 2,500 characters in ListCommandInvocations, "the first 24,000 characters written
    by the plugin to stdout" in GetCommandInvocation (SSM API reference)."""
    command = box.send(box.shell("seq 1 20000"), BLUE[0])
    box.ended(command)
    output = box.invocations(command)[BLUE[0]]["CommandPlugins"][0]["Output"]
    assert len(output) == 2500
    assert output.startswith("1\n2\n")
    whole = box.client.get_command_invocation(CommandId=command, InstanceId=BLUE[0])
    assert len(whole["StandardOutputContent"]) == 24_000


def test_invocations_come_in_pages(box: RunCommandBox) -> None:
    """NextToken leads to the next page until there is none (SSM API reference, ListCommandInvocations)."""
    command = box.send(box.shell("true"), *BLUE)
    box.ended(command)
    pages = box.client.get_paginator("list_command_invocations").paginate(
        CommandId=command, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["CommandInvocations"]) for page in pages] == [2, 1]


def test_one_step_needs_no_name_several_do(box: RunCommandBox) -> None:
    """PluginName: "If the document contains only one step, you can omit the name" (SSM API reference)."""
    steps = [
        {"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": ["true"]}}
        for name in ("a1", "b2")
    ]
    box.document("Two", {"schemaVersion": "2.2", "mainSteps": steps})
    command = box.send("Two", BLUE[0])
    box.ended(command)
    with pytest.raises(box.client.exceptions.InvalidPluginName):
        box.client.get_command_invocation(CommandId=command, InstanceId=BLUE[0])


def test_an_invocation_of_another_host_does_not_exist(box: RunCommandBox) -> None:
    """InvocationDoesNotExist: "The command ID and managed node ID you specified didn't match any invocations"."""
    command = box.send(box.shell("true"), BLUE[0])
    with pytest.raises(box.client.exceptions.InvocationDoesNotExist):
        box.client.get_command_invocation(CommandId=command, InstanceId=RECORDER)


def known(box: RunCommandBox, *filters: dict[str, Any]) -> dict[str, str]:
    pages = box.client.get_paginator("describe_instance_information").paginate(
        Filters=list(filters), PaginationConfig={"PageSize": 50}
    )
    return {
        each["InstanceId"]: each["PingStatus"] for page in pages for each in page["InstanceInformationList"]
    }


def test_nodes_are_online_once_their_agent_answers(box: RunCommandBox) -> None:
    """An instance whose agent never answered is not known; one whose agent does is Online."""
    silent = Instance("i-0dddddddddddddddd", "127.92.1.9", "running", {}, box.hosts.folder / "silent")
    box.hosts.nodes[silent.instance_id] = silent
    assert known(box) == dict.fromkeys([*BLUE, RECORDER], "Online")


def test_nodes_are_found_by_id_or_by_tag(box: RunCommandBox) -> None:
    """Filters take InstanceIds and tag:KEY (SSM API reference, InstanceInformationStringFilter)."""
    assert list(known(box, {"Key": "InstanceIds", "Values": BLUE[:1]})) == BLUE[:1]
    assert list(known(box, {"Key": "tag:role", "Values": ["recorder"]})) == [RECORDER]


def test_tags_and_other_filters_do_not_mix(box: RunCommandBox) -> None:
    """The rule: "Tag filters can't be combined with other filter types" (SSM API reference)."""
    with pytest.raises(box.client.exceptions.InvalidFilterKey):
        known(box, {"Key": "tag:role", "Values": ["x"]}, {"Key": "InstanceIds", "Values": BLUE})


def test_stopped_nodes_are_not_shown(box: RunCommandBox) -> None:
    """DescribeInstanceInformation "does not return information for nodes that are either Stopped or Terminated"."""
    box.hosts.nodes[RECORDER] = box.hosts.nodes[RECORDER]._replace(state="terminated")
    assert sorted(known(box)) == BLUE
