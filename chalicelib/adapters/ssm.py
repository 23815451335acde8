"""SSM Run Command: the project's own documents on hosts chosen by tag; no shell line can be sent from here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.boto_errors import aws
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import CommandOutcome, HostCommand, HostFailure

if TYPE_CHECKING:
    from mypy_boto3_ssm.client import SSMClient
    from mypy_boto3_ssm.type_defs import CommandInvocationTypeDef, CommandPluginTypeDef

PAGE = 50
"""MaxResults of ListCommandInvocations and DescribeInstanceInformation is 50 at most (SSM API reference)."""
OUTPUT = 2_500
"""SSM keeps the first 2,500 characters of a plugin's output (SSM API reference, CommandPlugin)."""
COMMENT = 100
SHORTEST = 30
"""TimeoutSeconds is 30 or more (SSM API reference, SendCommand)."""

RUNNING = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
SUCCESS = "Success"
NOT_YET = frozenset({"InvalidCommandId", "InvalidInstanceId"})
"""A command or host that SSM does not know a moment after it was made."""


class SsmHosts:
    """The port Hosts on SSM."""

    def __init__(self, client: "SSMClient") -> None:
        self._client = client

    def online(self, ids: Sequence[str]) -> set[str]:
        """The ids whose agent pings, one read for every 50.

        A page has 50 entries whether one filters by tag or by id, so by id costs no more and leaves strangers out.
        """
        found: set[str] = set()
        for start in range(0, len(ids), PAGE):
            some = list(ids[start : start + PAGE])
            with aws("DescribeInstanceInformation", passing=NOT_YET):
                answer = self._client.describe_instance_information(
                    Filters=[{"Key": "InstanceIds", "Values": some}], MaxResults=PAGE
                )
            agents = answer["InstanceInformationList"]
            found |= {agent["InstanceId"] for agent in agents if agent.get("PingStatus") == "Online"}
        return found & set(ids)

    def send(self, command: HostCommand) -> str:
        """One SendCommand for all hosts. It has no client token: a second one, after a lost reply, runs the document
        again, which is why the documents are idempotent and take a lock on the host. Targets hold five tags at most
        (SSM API reference, SendCommand), and a host must carry all of them."""
        tags = {
            "service": command.service,
            "environment": command.environment,
            "role": command.role,
            "state": command.state.value,
            "deployment": command.deployment,
        }
        with aws(
            "SendCommand", failures=dict.fromkeys(("InvalidDocument", "InvalidParameters"), Reason.INTERNAL)
        ):
            answer = self._client.send_command(
                DocumentName=command.document,
                Targets=[{"Key": f"tag:pointsman:{key}", "Values": [tags[key]]} for key in tags if tags[key]],
                Parameters={name: [value] for name, value in command.parameters.items()},
                TimeoutSeconds=max(SHORTEST, command.timeout_seconds),
                MaxConcurrency=command.at_once,
                MaxErrors="0",
                Comment=f"{command.deployment or command.service} {command.environment}"[:COMMENT],
            )
        return answer["Command"]["CommandId"]

    def outcome(self, command_id: str) -> CommandOutcome:
        """Ended where the command has ended and no host still runs it; the hosts are those that SSM found by tag, so
        the caller compares them with the ones it expects."""
        invocations = self._invocations(command_id)
        statuses = {each["InstanceId"]: str(each["Status"]) for each in invocations}
        failed = [each for each in invocations if each["Status"] not in RUNNING | {SUCCESS}]
        return CommandOutcome(
            succeeded=frozenset(id_ for id_, status in statuses.items() if status == SUCCESS),
            failures=tuple(sorted((_failure(each) for each in failed), key=lambda each: each.instance)),
            ended=self._ended(command_id) and not RUNNING & set(statuses.values()),
        )

    def _ended(self, command_id: str) -> bool:
        """By the command itself: one that was sent by tag may have no invocations yet."""
        with aws("ListCommands", passing=NOT_YET):
            commands = self._client.list_commands(CommandId=command_id)["Commands"]
        return bool(commands) and commands[0]["Status"] not in RUNNING

    def _invocations(self, command_id: str) -> "list[CommandInvocationTypeDef]":
        with aws("ListCommandInvocations", passing=NOT_YET):
            pages = self._client.get_paginator("list_command_invocations").paginate(
                CommandId=command_id, Details=True, PaginationConfig={"PageSize": PAGE}
            )
            return [each for page in pages for each in page["CommandInvocations"]]


def _failure(invocation: "CommandInvocationTypeDef") -> HostFailure:
    status = invocation.get("StatusDetails") or invocation["Status"]
    return HostFailure(
        instance=invocation["InstanceId"],
        status=status.replace(" ", ""),
        output=_printed(invocation.get("CommandPlugins", ())),
    )


def _printed(plugins: "Sequence[CommandPluginTypeDef]") -> str:
    """What the plugin that failed printed; the end of it, where the reason mostly stands."""
    failed = [plugin for plugin in plugins if plugin.get("Status") not in {SUCCESS, *RUNNING}]
    return failed[0].get("Output", "").strip()[-OUTPUT:] if failed else ""
