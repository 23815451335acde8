"""Whole deployments through the real adapters on an emulated account; every AWS call is kept with who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.exceptions import ClientError
from moto.ec2.models import ec2_backends

from chalicelib.adapters.aws_json import AwsError, JsonClient
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.adapters.dynamodb_lines import DynamoLines
from chalicelib.adapters.secrets import SecretDocument
from chalicelib.adapters.sqs import SqsWakes
from chalicelib.adapters.stepfunctions import StepFunctionsWorkflow
from chalicelib.domain.approval import Kind
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Environment, Ref, State
from chalicelib.domain.deployment import Machine as StateMachine
from chalicelib.domain.plan import HostState
from chalicelib.usecases import ci
from chalicelib.usecases.announce import Announcer
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.ports import Save
from chalicelib.usecases.sweep import Sweeper
from tests.builders import APPROVER, DEPLOYER, LEAD, build, raw_config
from tests.contract.worlds import Clients, launched, moto_world
from tests.fakes.chat import FakeChat
from tests.fakes.clock import FakeClock
from tests.fakes.workflow import FakeWorkflow
from tests.faults.memory.dynamodb import MemoryTable
from tests.iam.calls import Estate
from tests.iam.roles import ACCOUNT, MACHINE, REGION, secret
from tests.machine.driver import Machine
from tests.machine.functions import as_configured, functions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.domain.builds import Build
    from chalicelib.domain.people import Actor
    from chalicelib.domain.settings import Strategy
    from tests.contract.worlds import AwsWorld
    from tests.fakes.store import FakeStore
    from tests.faults.memory.json_client import Service
    from tests.iam.simulator import Request as Asked

REF = Ref("cameras", "production", "cameras-production-1")


class Recording:
    """Who is at work, and what IAM would have been asked so far."""

    def __init__(self) -> None:
        self.role = ""
        self.asked: list[Asked] = []
        self._estate = Estate(_tags)

    def note(self, service: str, operation: str, sent: Mapping[str, Any]) -> None:
        """Keep one call; what a test itself does has no role."""
        if self.role:
            self.asked += self._estate.requests(self.role, service, operation, dict(sent))

    def on_client(self, params: dict[str, Any], model: Any, **_: object) -> None:
        """As botocore calls it."""
        self.note(model.service_model.service_name, model.name, params)


def _tags() -> dict[str, dict[str, str]]:
    """The instances that are there, from the emulator's own memory: a call would be recorded."""
    reservations = ec2_backends[ACCOUNT][REGION].reservations.values()
    return {
        each.id: {tag["key"]: tag["value"] for tag in each.get_tags()}
        for reservation in reservations
        for each in reservation.instances
        if each.state != "terminated"
    }


class _Json:
    """A JsonClient whose service answers in this process."""

    def __init__(self, recording: Recording, service: str, answer: Service | None = None) -> None:
        self._recording, self._service, self._answer = recording, service, answer

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Keep, then ask; without a service the answer is what every operation may say."""
        self._recording.note(self._service, operation, request)
        if self._answer is None:
            return {"executionArn": f"{MACHINE}:x", "status": "RUNNING", "SecretString": "{}"}
        return self._answer(operation, request)


class _Workflow:
    """The adapter, for what it asks Step Functions, then the fake that the machine runs by."""

    def __init__(self, recording: Recording, fake: FakeWorkflow) -> None:
        self._adapter = StepFunctionsWorkflow(
            cast("JsonClient", _Json(recording, "states")), {StateMachine.DEPLOY: MACHINE}
        )
        self._fake = fake

    def __getattr__(self, method: str) -> Any:
        def both(*arguments: Any, **more: Any) -> Any:
            getattr(self._adapter, method)(*arguments, **more)
            return getattr(self._fake, method)(*arguments, **more)

        return both


class _Functions(dict[str, object]):
    """The steps; whoever is looked up is at work."""

    def __init__(self, recording: Recording, steps: dict[str, object]) -> None:
        super().__init__(steps)
        self._recording = recording

    def __getitem__(self, name: str) -> object:
        self._recording.role = name
        return super().__getitem__(name)


class Account:
    """Two control hosts and two recorders behind one way to switch; people, CI, chat and the machine around them."""

    def __init__(self, world: AwsWorld, strategy: Strategy, **changes: Any) -> None:
        self.recording = recording = Recording()
        live = launched(world, 2, state=HostState.LIVE, deployment="cameras-141")
        launched(world, 2, role="recorder", state=HostState.LIVE, deployment="cameras-141")
        self._clock, fake, self.chat = FakeClock(), FakeWorkflow(), FakeChat()
        workflow: Any = _Workflow(recording, fake)
        table = MemoryTable(self._clock.now)
        self.store = DynamoStore(cast("JsonClient", _Json(recording, "dynamodb", table.answer)), "table")
        self.store.publish(
            raw_config(switch=strategy, traffic=[as_configured(world.add_route(strategy, live))], **changes)
        )
        self.store.commit(Save(build("142")), Save(Environment("cameras", "production")))
        self._chatops = ChatOps(self.store, workflow, self._clock)
        lines = DynamoLines(cast("JsonClient", _Json(recording, "dynamodb", _lines())), "lines")
        wakes = SqsWakes(
            cast("JsonClient", _Json(recording, "sqs")), "https://sqs/pointsman-LaterInChat-EXAMPLE"
        )
        self._announcer = Announcer(self.store, self.chat, self._clock, lines, wakes)
        self._workflow = workflow
        self._sweeper = Sweeper(self.store, workflow, world.fleet, self._clock)
        steps = functions(world, workflow)
        self.machine = Machine(cast("FakeStore", self.store), fake, self._clock, _Functions(recording, steps))
        self._said = 0

    def say(self, text: str, by: Actor = DEPLOYER) -> None:
        """Somebody types; the machine goes on until it waits for people; chat follows."""
        self._said += 1
        self.recording.role = "edge"
        self._chatops.handle(Request(parse(text), by, f"slack-{self._said}"))
        self.let(0)

    def let(self, seconds: float) -> None:
        """Time passes."""
        self.machine.let(seconds) if seconds else self.machine.run()
        self.recording.role = "chat"
        self._announcer.deployments([REF])
        self.recording.role = "sweeper"
        self._sweeper.sweep()
        self.recording.role = ""

    def stop(self) -> None:
        """Somebody stops the execution."""
        self.machine.abort(REF.deployment)

    def report(self, made: Build, event: str) -> None:
        """CI reports a build."""
        self.recording.role = "edge"
        ci.report(self.store, self._workflow, self._clock, source="jenkins", event=event, build=made)
        self.machine.run()
        self.recording.role = "chat"
        self._announcer.builds([(made.service, made.version)])
        self.recording.role = ""

    def confirm(self, kind: Kind, by: Actor = APPROVER) -> None:
        """Somebody confirms the open question of a kind."""
        (code,) = (
            each.code for each in self.store.questions(REF) if each.kind is kind and each.answer is None
        )
        self.say(f"confirm {code}", by)

    def secrets(self) -> None:
        """Both doors read theirs."""
        for role, name in (("edge", "EdgeSecret"), ("chat", "ChatSecret")):
            self.recording.role = role
            client = cast("JsonClient", _Json(self.recording, "secretsmanager"))
            SecretDocument(client, secret(name), self._clock).read()
        self.recording.role = ""


def recorded(strategy: Strategy, flow: Callable[[Account], None], **changes: Any) -> list[Asked]:
    """What IAM is asked in a flow, each thing once."""
    clients = Clients()
    with moto_world(clients) as world:
        account = Account(world, strategy, **changes)
        every = (clients.ec2, clients.elbv2, clients.route53, clients.ssm, clients.cloudwatch)
        for client in every:
            client.meta.events.register("before-parameter-build", account.recording.on_client)
        world.set_alarm("errors", "OK")
        flow(account)
    return list({str(each): each for each in account.recording.asked}.values())


def left(account: Account) -> None:
    """Somebody stops the execution in the console, and the sweeper has the deployment close itself."""
    account.say("cameras@142 to production")
    account.confirm(Kind.START)
    account.stop()
    account.let(60)  # the sweeper looks, and has it taken up
    account.let(60)
    _ended(account, State.CANCELED)


def kept(account: Account) -> None:
    """Confirmed, built, switched, and the old fleet retired when its time is over; the doors' secrets too."""
    account.secrets()
    account.say("cameras@142 to production")
    account.confirm(Kind.START)
    account.say("finish cameras production")
    account.confirm(Kind.FINISH)
    account.let(7_300)
    _ended(account, State.SUCCEEDED)


def went_back(account: Account) -> None:
    """The same, and back again."""
    account.say("cameras@142 to production")
    account.confirm(Kind.START)
    account.say("finish cameras production")
    account.confirm(Kind.FINISH)
    account.say("rollback cameras production", LEAD)
    account.confirm(Kind.ROLLBACK)
    account.let(60)
    _ended(account, State.ROLLED_BACK)


def canceled(account: Account) -> None:
    """The deployment waits for a build that CI is making, and is given up before the switch."""
    account.report(build("143", BuildStatus.RUNNING), "build-143-started")
    account.say("cameras@143 to production")
    account.confirm(Kind.START)
    account.report(build("143"), "build-143-ended")
    account.say("cancel cameras production")
    account.let(60)
    _ended(account, State.CANCELED)


def _ended(account: Account, state: State) -> None:
    found = account.store.deployment(REF)
    assert found is not None
    assert found.state is state, found.detail


def _lines() -> Service:
    """The table of what waits for chat, in the emulator."""
    client = boto3.client("dynamodb", region_name=REGION)
    keys = {"pk": "HASH", "sk": "RANGE"}
    client.create_table(
        TableName="lines",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": cast("Any", kind)} for key, kind in keys.items()],
    )

    def answer(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answered: dict[str, Any] = client._make_api_call(operation, dict(request))  # type: ignore[attr-defined]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise AwsError(code, str(error), cast("Mapping[str, Any]", error.response)) from error
        return answered

    return answer
