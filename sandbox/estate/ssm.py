"""SSM Run Command for the sandbox: moto's instant success replaced by commands that really run on the hosts.

`install(platform)` puts it into the moto process. Documents stay moto's (CreateDocument, CloudFormation); what is
replaced is SendCommand, CancelCommand, ListCommands, ListCommandInvocations, GetCommandInvocation and
DescribeInstanceInformation. Limits and errors are those of the SSM API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ssm.exceptions import SSMException
from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.estate import ssm_shapes
from sandbox.estate.commands import Command, Invocation, Node, limit
from sandbox.estate.documents import BadDocument, BadParameters, steps
from sandbox.estate.nodes import Nodes, RealNodes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.platform.estate_port import Instance, Platform

MOST_IDS = 50
MOST_TARGETS = 5
SHORTEST, LONGEST = 30, 2_592_000
"""TimeoutSeconds (SSM API reference, SendCommand)."""
MANAGED = frozenset({"pending", "running", "stopping", "stopped"})
"""Valid states of a node that is named by id (SSM API reference, InvalidInstanceId)."""
OPERATIONS = (
    "send_command",
    "cancel_command",
    "list_commands",
    "list_command_invocations",
    "get_command_invocation",
    "describe_instance_information",
)


def install(platform: Platform, nodes: Nodes | None = None) -> RunCommand:
    """Replace the operations in this process; the newest platform is the one that counts. Nodes are real hosts where
    none are given."""
    service = RunCommand(platform, nodes or RealNodes(platform.endpoint))
    for name in OPERATIONS:
        setattr(SimpleSystemManagerResponse, name, _operation(getattr(service, name)))
    return service


def _operation(method: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        return ActionResult(method(_Asked(response)))

    return answer


class _Asked(dict[str, Any]):
    """The request's parameters, read one by one as moto offers them."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self._response = response

    def get(self, key: str, default: Any = None) -> Any:
        return self._response._get_param(key, default)  # noqa: SLF001 # moto's own way for its responses


class RunCommand:
    """Commands of one account and region."""

    def __init__(self, platform: Platform, nodes: Nodes) -> None:
        self._platform = platform
        self._nodes = nodes
        self._commands: dict[str, Command] = {}
        self._registered: set[str] = set()

    def send_command(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """SendCommand."""
        timeout = int(asked.get("TimeoutSeconds") or 3600)
        if not SHORTEST <= timeout <= LONGEST:
            raise SSMException("ValidationException", f"timeoutSeconds must be {SHORTEST} to {LONGEST}")
        content = self._document(str(asked.get("DocumentName")), asked.get("DocumentVersion"))
        try:
            filled = steps(content, asked.get("Parameters") or {})
        except (BadDocument, BadParameters) as error:
            raise SSMException(error.code, str(error)) from error
        chosen = self._chosen(asked.get("InstanceIds") or [], asked.get("Targets") or [])
        total = len(chosen)
        command = Command(
            request={name: asked.get(name) for name in ssm_shapes.ECHOED},
            steps=filled,
            invocations=[Invocation(self._node(each)) for each in chosen],
            concurrency=limit(asked.get("MaxConcurrency") or "50", total, least=1),
            most_errors=limit(asked.get("MaxErrors") or "0", total, least=0),
            timeout=timeout,
        )
        self._commands[command.id] = command
        answer = {"Command": ssm_shapes.command(command)}
        command.start()
        return answer

    def cancel_command(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """CancelCommand: what runs already is left to end."""
        self._command(asked).cancel()
        return {}

    def list_commands(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """ListCommands, by id or by instance."""
        if asked.get("CommandId"):
            return {"Commands": [ssm_shapes.command(self._command(asked))]}
        instance = asked.get("InstanceId")
        found = [
            each
            for each in reversed(self._commands.values())
            if not instance or instance in {one.node.instance_id for one in each.invocations}
        ]
        return _page(asked, "Commands", [ssm_shapes.command(each) for each in found])

    def list_command_invocations(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """ListCommandInvocations, with CommandPlugins where Details is set."""
        commands = [self._command(asked)] if asked.get("CommandId") else list(self._commands.values())
        instance, details = asked.get("InstanceId"), bool(asked.get("Details"))
        found = [
            ssm_shapes.invocation(command, each, details=details)
            for command in commands
            for each in command.invocations
            if not instance or each.node.instance_id == instance
        ]
        return _page(asked, "CommandInvocations", found)

    def get_command_invocation(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """GetCommandInvocation; the step must be named where the document has several."""
        command = self._command(asked)
        instance = asked.get("InstanceId")
        found = next((each for each in command.invocations if each.node.instance_id == instance), None)
        if found is None:
            raise SSMException("InvocationDoesNotExist", "")
        plugin = asked.get("PluginName") or ""
        names = [step.name for step in command.steps]
        if plugin not in names and (plugin or len(names) > 1):
            raise SSMException("InvalidPluginName", f"The document's steps are {names}")
        return ssm_shapes.invocation_of_step(command, found, plugin or names[0])

    def describe_instance_information(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeInstanceInformation: nodes that registered and are neither stopped nor terminated."""
        filters = asked.get("Filters") or []
        keys = [each["Key"] for each in filters]
        if any(key.startswith("tag") for key in keys) and not all(key.startswith("tag") for key in keys):
            raise SSMException("InvalidFilterKey", "Tag filters can't be combined with other filter types")
        found = []
        for node in self._platform.instances():
            if node.state == "running" and (online := self._online(node)) is not None:
                about = ssm_shapes.node(node, online=online)
                if all(_matches(node, about, each) for each in filters):
                    found.append(about)
        return _page(asked, "InstanceInformationList", found, default=10)

    def _document(self, name: str, version: str | None) -> dict[str, Any]:
        backend = ssm_backends[self._platform.account][self._platform.region]
        # Raises InvalidDocument where there is none. The content is parsed already.
        found: dict[str, Any] = backend._get_documents(name).find(version).content_json  # noqa: SLF001
        return found

    def _chosen(self, ids: list[str], targets: list[dict[str, Any]]) -> list[Instance]:
        if len(ids) > MOST_IDS or len(targets) > MOST_TARGETS:
            raise SSMException(
                "ValidationException", f"at most {MOST_IDS} InstanceIds or {MOST_TARGETS} Targets"
            )
        if bool(ids) == bool(targets):
            raise SSMException("ValidationException", "either InstanceIds or Targets")
        if len(set(ids)) < len(ids):
            raise SSMException("DuplicateInstanceId", "")
        nodes = [each for each in self._platform.instances() if each.state in MANAGED]
        if targets:
            running = [each for each in nodes if each.state == "running" and self._online(each) is not None]
            return [each for each in running if all(_targeted(each, target) for target in targets)]
        known = {each.instance_id: each for each in nodes if self._online(each) is not None}
        if missing := sorted(set(ids) - set(known)):
            raise SSMException("InvalidInstanceId", f"Instances {missing} not in a valid state for account")
        return [known[each] for each in ids]

    def _online(self, node: Instance) -> bool | None:
        """Whether the agent answers; None for one that has never answered, which SSM does not know."""
        online = self._nodes.online(node)
        if online:
            self._registered.add(node.instance_id)
        return online if node.instance_id in self._registered else None

    def _node(self, node: Instance) -> Node:
        return Node(node.instance_id, self._nodes.agent(node), lambda: self._nodes.online(node))

    def _command(self, asked: Mapping[str, Any]) -> Command:
        command = self._commands.get(str(asked.get("CommandId")))
        if command is None:
            raise SSMException("InvalidCommandId", "")
        return command


def _targeted(node: Instance, target: dict[str, Any]) -> bool:
    """One of Targets: all of them must match, and of each any value."""
    key, values = str(target["Key"]), target.get("Values") or []
    if key.startswith("tag:"):
        return node.tags.get(key.removeprefix("tag:")) in values
    if key == "tag-key":
        return any(value in node.tags for value in values)
    if key == "InstanceIds":
        return node.instance_id in values
    raise SSMException("InvalidTarget", f"{key} is not a target that the sandbox knows")


def _matches(node: Instance, about: dict[str, Any], asked: dict[str, Any]) -> bool:
    key, values = str(asked["Key"]), asked.get("Values") or []
    plain = {"InstanceIds": "InstanceId", "PingStatus": "PingStatus", "PlatformTypes": "PlatformType"}
    if key in plain:
        return about[plain[key]] in values
    if key.startswith("tag"):
        return _targeted(node, asked)
    raise SSMException("InvalidFilterKey", f"{key} is not a filter that the sandbox knows")


def _page(asked: Mapping[str, Any], name: str, items: list[Any], default: int = 50) -> dict[str, Any]:
    """One page; the token is the number of the next item."""
    token = asked.get("NextToken") or "0"
    if not str(token).isdigit():
        raise SSMException("InvalidNextToken", "")
    start, size = int(token), int(asked.get("MaxResults") or default)
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return {name: items[start : start + size], **more}
