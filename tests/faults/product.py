"""The product's functions over an account in memory, each in a process of its own that can die."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from chalicelib import bootstrap
from chalicelib.adapters.cloudwatch import CloudWatchAlarms
from chalicelib.adapters.codebuild import CodeBuildPipeline
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.adapters.ec2 import Ec2Fleet, Ec2Reaper
from chalicelib.adapters.secrets import SecretDocument
from chalicelib.adapters.slack import SlackChat
from chalicelib.adapters.ssm import SsmHosts
from chalicelib.adapters.stepfunctions import StepFunctionsWorkflow
from chalicelib.adapters.traffic import AwsTraffic
from chalicelib.domain.deployment import Machine
from chalicelib.edge import Edge
from chalicelib.usecases import ci, visiting
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.chat_ports import Picture
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.ports import Clock
from chalicelib.usecases.steps.ending import RetireSteps, TerminateSteps
from chalicelib.usecases.steps.fleet import FleetSteps
from chalicelib.usecases.steps.hosts import DrainSteps, HostsSteps
from chalicelib.usecases.steps.ledger import LedgerSteps
from chalicelib.usecases.steps.planner import PlannerSteps
from chalicelib.usecases.steps.traffic import TrafficSteps
from chalicelib.usecases.sweep import Sweeper
from chalicelib.usecases.update_ports import Installed
from chalicelib.usecases.updater import Updater
from chalicelib.wire.slack_receiver import SlackReceiver
from tests.fakes.lines import FakeLines
from tests.faults.memory.account import MemoryAccount
from tests.faults.memory.boto import bridge
from tests.faults.memory.codebuild import PROJECT
from tests.faults.memory.json_client import MemoryClient
from tests.faults.memory.lines import WiredLines, WiredQueue
from tests.faults.memory.slack import ORIGIN, MemoryReplies, MemoryViews
from tests.faults.wire import Wire
from tests.machine.functions import no_manifests

MACHINES = {each: f"arn:aws:states:us-east-1:123456789012:stateMachine:{each}" for each in Machine}


def _draw(picture: Picture) -> bytes:
    """Drawing takes longer than a whole run here; tests/unit draws."""
    return picture.title.encode()


def _bot_token(document: SecretDocument) -> str:
    return str(document.read().get("slack_bot_token", ""))


class Product:
    """What bootstrap.py does, with the account's services behind every client."""

    def __init__(
        self, account: MemoryAccount, wire: Wire, clock: Clock, secrets: Mapping[str, object]
    ) -> None:
        self._account = account
        self._wire = wire
        self._clock = clock
        self._secrets = secrets
        self._processes: dict[str, Any] = {}
        self._lines = FakeLines()
        self.queue = WiredQueue(clock, wire)
        self.installed = Installed("c" * 40, updates=True)

    def kill(self, function: str) -> None:
        """The process is gone, with everything that it remembered."""
        self._processes.pop(function, None)

    def step(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A step of the state machine."""
        store, steps = self._process(function, lambda: (self._store(), self._steps(function)))
        return bootstrap.run_step(function, steps, store, self._clock, payload)

    def announce(self, records: Sequence[Mapping[str, Any]]) -> None:
        """What the table's stream or the queue brings to the chat function."""
        announcer = self._process("chat", self._announcer)
        bootstrap.run_announcer(announcer, {"Records": list(records)}, None)

    def sweep(self) -> None:
        """What the schedule runs every minute."""
        sweeper = self._process("sweeper", self._sweeper)
        sweeper.sweep()

    def update(self, event: Mapping[str, Any]) -> None:
        """What the table's stream or the pipeline's events bring to the function that updates the service."""
        bootstrap.run_updater(self._process("updater", self._updater), event, None)

    def edge(self) -> Edge:
        """The function behind the HTTP API."""
        made: Edge = self._process("edge", self._edge)
        return made

    def _process(self, function: str, make: Callable[[], Any]) -> Any:
        if function not in self._processes:
            self._processes[function] = make()
        return self._processes[function]

    def _client(self, service: str) -> MemoryClient:
        services = {
            "dynamodb": self._account.table.answer,
            "states": self._account.states.answer,
            "codebuild": self._account.codebuild.answer,
            "secretsmanager": self._secret,
        }
        return MemoryClient(service, services[service], self._wire)

    def _secret(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - one operation
        return {"SecretString": json.dumps(self._secrets[request["SecretId"]])}

    def _store(self) -> DynamoStore:
        return DynamoStore(self._client("dynamodb"), "pointsman")

    def _workflow(self) -> StepFunctionsWorkflow:
        return StepFunctionsWorkflow(self._client("states"), MACHINES)

    def _steps(self, function: str) -> object:
        boto = bridge().clients
        fleet, hosts = Ec2Fleet(boto["ec2"]), SsmHosts(boto["ssm"])
        traffic = AwsTraffic(boto["elbv2"], lambda: boto["route53"])
        made: dict[str, Callable[[], object]] = {
            "planner": lambda: PlannerSteps(fleet, traffic, no_manifests),
            "ledger": lambda: LedgerSteps(self._workflow()),
            "fleet": lambda: FleetSteps(fleet, hosts),
            "hosts": lambda: HostsSteps(hosts),
            "drain": lambda: DrainSteps(hosts),
            "traffic": lambda: TrafficSteps(traffic, fleet, CloudWatchAlarms(boto["cloudwatch"])),
            "retire": lambda: RetireSteps(fleet),
            "terminate": lambda: TerminateSteps(fleet, Ec2Reaper(boto["ec2"])),
        }
        return made[function]()

    def _announcer(self) -> Announcer:
        document = SecretDocument(self._client("secretsmanager"), "chat", self._clock)
        chat = SlackChat(partial(_bot_token, document), f"{ORIGIN}/api/", draw=_draw)
        return Announcer(self._store(), chat, self._clock, WiredLines(self._lines, self._wire), self.queue)

    def _updater(self) -> Updater:
        pipeline = CodeBuildPipeline(self._client("codebuild"), PROJECT)
        return Updater(self._store(), pipeline, self._clock, self.installed)

    def _sweeper(self) -> Sweeper:
        return Sweeper(self._store(), self._workflow(), Ec2Fleet(bridge().clients["ec2"]), self._clock)

    def _edge(self) -> Edge:
        document = SecretDocument(self._client("secretsmanager"), "edge", self._clock)
        token = partial(_bot_token, document)
        store, workflow = self._store(), self._workflow()
        return Edge(
            region="us-east-1",
            secrets=document.read,
            chatops=ChatOps(store, workflow, self._clock, self.installed),
            report=partial(ci.take, store, workflow, self._clock),
            receiver=SlackReceiver(),
            replies=MemoryReplies(self._account.slack, self._wire),
            views=MemoryViews(token, self._account.slack, self._wire),
            visited=partial(visiting.note, store, self._clock),
            clock=self._clock,
            watch=self._clock.now,
        )
