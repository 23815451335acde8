"""The only place where clients are made: each on first use, and only those that a function needs."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from chalicelib import config
from chalicelib.adapters.aws_json import JsonClient
from chalicelib.adapters.clock import WallClock
from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.adapters.secrets import SecretDocument
from chalicelib.adapters.stepfunctions import StepFunctionsWorkflow
from chalicelib.domain.deployment import Machine
from chalicelib.domain.errors import NotReady, PointsmanError
from chalicelib.telemetry import log, log_error, trace_aws_calls

if TYPE_CHECKING:
    from chalicelib.edge import Edge
    from chalicelib.usecases.announce import Announcer
    from chalicelib.usecases.chat_ports import Chat, Replies, Views
    from chalicelib.usecases.ports import Clock, Store
    from chalicelib.usecases.update_ports import Installed
    from chalicelib.usecases.updater import Updater
    from chalicelib.wire.receiver import Receiver


@cache
def settings() -> config.Config:
    """The function's settings."""
    return config.load()


@cache
def clock() -> WallClock:
    """Time."""
    return WallClock()


@cache
def store() -> DynamoStore:
    """The table."""
    return DynamoStore(_json_client("dynamodb"), settings().table)


@cache
def workflow() -> StepFunctionsWorkflow:
    """The state machines."""
    machines = {Machine.DEPLOY: settings().deploy_machine, Machine.RELEASE: settings().release_machine}
    return StepFunctionsWorkflow(_json_client("states"), machines)


def installed() -> "Installed":
    """What the template says of this installation."""
    from chalicelib.usecases.update_ports import Installed  # noqa: PLC0415 - few functions need it

    return Installed(settings().revision, updates=bool(settings().pipeline))


# --- the chat service: another one would be chosen here ---------------------------------------------------------


def _doors_of_chat(secrets: SecretDocument) -> "tuple[Receiver, Replies, Views]":
    """What the edge needs of it."""
    from chalicelib.adapters.slack import ResponseUrls  # noqa: PLC0415 - the steps need none of this
    from chalicelib.adapters.slack_views import SlackViews  # noqa: PLC0415
    from chalicelib.wire.slack_receiver import SlackReceiver  # noqa: PLC0415

    views = SlackViews(partial(_bot_token, secrets), settings().slack_api)
    return SlackReceiver(), ResponseUrls(settings().slack_hooks), views


def _chat(secrets: SecretDocument) -> "Chat":
    """What posts to channels."""
    from chalicelib.adapters.slack import SlackChat  # noqa: PLC0415 - imports slack_sdk

    return SlackChat(partial(_bot_token, secrets), settings().slack_api)


def _bot_token(secrets: SecretDocument) -> str:
    return str(secrets.read().get("slack_bot_token", ""))


# --- the edge ---------------------------------------------------------------------------------------------------


@cache
def edge() -> "Edge":
    """The doors."""
    from chalicelib.edge import Edge  # noqa: PLC0415 - the steps need none of this
    from chalicelib.usecases import ci, visiting  # noqa: PLC0415
    from chalicelib.usecases.chatops import ChatOps  # noqa: PLC0415

    document = SecretDocument(_json_client("secretsmanager"), settings().edge_secret, clock())

    receiver, replies, views = _doors_of_chat(document)
    return Edge(
        region=settings().region,
        secrets=document.read,
        chatops=ChatOps(store(), workflow(), clock(), installed()),
        report=partial(ci.take, store(), workflow(), clock()),
        receiver=receiver,
        replies=replies,
        views=views,
        visited=partial(visiting.note, store(), clock()),
        clock=clock(),
    )


# --- the steps --------------------------------------------------------------------------------------------------


def step(function: str, event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Run the step that the state machine sent, with the ports of one function."""
    return run_step(function, _steps(function), store(), clock(), event, context=context)


def run_step(
    function: str,
    steps: object,
    store: "Store",
    clock: "Clock",
    event: Mapping[str, Any],
    *,
    context: object = None,
) -> dict[str, Any]:
    """Run a step with the ports that are given, and log what became of it."""
    from chalicelib.usecases.steps.work import run  # noqa: PLC0415 - the edge needs none of this
    from chalicelib.wire.step_event import parse_step  # noqa: PLC0415

    parsed = parse_step(event)
    fields = {
        "function": function,
        "step": parsed.step,
        "deployment": parsed.ref.deployment,
        "request": getattr(context, "aws_request_id", None),
    }
    try:
        result = run(steps, store, clock, parsed, keep_reason=function != "terminate")
    except NotReady as waiting:
        log("info", "not ready", waits_for=str(waiting), **fields)
        raise
    except PointsmanError as error:
        log_error("step failed", error, **fields)
        raise
    log("info", "step done", **fields)
    return result


@cache
def _steps(function: str) -> object:
    return _STEPS[function]()


def _planner() -> object:
    from chalicelib.usecases.steps.planner import PlannerSteps  # noqa: PLC0415

    return PlannerSteps(_fleet(), _traffic(), _releases)


def _ledger() -> object:
    from chalicelib.usecases.steps.ledger import LedgerSteps  # noqa: PLC0415

    return LedgerSteps(workflow())


def _fleet_steps() -> object:
    from chalicelib.usecases.steps.fleet import FleetSteps  # noqa: PLC0415

    return FleetSteps(_fleet(), _hosts())


def _hosts_steps() -> object:
    from chalicelib.usecases.steps.hosts import HostsSteps  # noqa: PLC0415

    return HostsSteps(_hosts())


def _drain_steps() -> object:
    from chalicelib.usecases.steps.hosts import DrainSteps  # noqa: PLC0415

    return DrainSteps(_hosts())


def _traffic_steps() -> object:
    from chalicelib.adapters.cloudwatch import CloudWatchAlarms  # noqa: PLC0415
    from chalicelib.usecases.steps.traffic import TrafficSteps  # noqa: PLC0415

    return TrafficSteps(_traffic(), _fleet(), CloudWatchAlarms(_client("cloudwatch")))


def _retire() -> object:
    from chalicelib.usecases.steps.ending import RetireSteps  # noqa: PLC0415

    return RetireSteps(_fleet())


def _terminate() -> object:
    from chalicelib.adapters.ec2 import Ec2Reaper  # noqa: PLC0415
    from chalicelib.usecases.steps.ending import TerminateSteps  # noqa: PLC0415

    return TerminateSteps(_fleet(), Ec2Reaper(_client("ec2")))


def _frontend() -> object:
    from chalicelib.adapters.cloudfront import CloudFrontCdn  # noqa: PLC0415
    from chalicelib.adapters.key_value_store import KeyValueStores  # noqa: PLC0415
    from chalicelib.adapters.viewer import HttpViewer  # noqa: PLC0415
    from chalicelib.usecases.steps.frontend import FrontendSteps  # noqa: PLC0415

    cdn = CloudFrontCdn(partial(_client, "cloudfront"), KeyValueStores(settings().environment))
    return FrontendSteps(_releases(), cdn, HttpViewer())


def _releases() -> Any:
    from chalicelib.adapters.s3_checksums import S3Checksums  # noqa: PLC0415 - see _fleet
    from chalicelib.adapters.s3_releases import CALL_SECONDS, S3Releases  # noqa: PLC0415 - see _fleet

    return S3Releases(_buckets(CALL_SECONDS), S3Checksums(partial(_client, "s3")))


def _cleanup() -> object:
    from chalicelib.adapters.s3_cleaner import CALL_SECONDS, S3Cleaner  # noqa: PLC0415
    from chalicelib.usecases.steps.cleaning import CleanupSteps  # noqa: PLC0415

    return CleanupSteps(S3Cleaner(_buckets(CALL_SECONDS), clock()))


_STEPS: dict[str, Callable[[], object]] = {
    "planner": _planner,
    "ledger": _ledger,
    "fleet": _fleet_steps,
    "hosts": _hosts_steps,
    "drain": _drain_steps,
    "traffic": _traffic_steps,
    "retire": _retire,
    "terminate": _terminate,
    "frontend": _frontend,
    "cleanup": _cleanup,
}


# --- chat -------------------------------------------------------------------------------------------------------


def announce(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Bring chat up to date with what the table's stream says has changed, or whose turn has come."""
    return run_announcer(_announcer(), event, context)


def run_announcer(announcer: "Announcer", event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Announce what has changed with the announcer that is given, and log where that fails."""
    from chalicelib.adapters.dynamodb_items import changed  # noqa: PLC0415 - only chat needs this
    from chalicelib.adapters.sqs import line_of  # noqa: PLC0415
    from chalicelib.domain.deployment import Ref  # noqa: PLC0415
    from chalicelib.domain.findings import FindingKey  # noqa: PLC0415
    from chalicelib.domain.locks import TicketKey  # noqa: PLC0415
    from chalicelib.domain.people import Actor  # noqa: PLC0415

    records = event["Records"]
    lines = {line_of(each) for each in records if "body" in each}
    changes = [changed(each["dynamodb"]["Keys"]) for each in records if "dynamodb" in each]
    try:
        announcer.deployments(each for each in changes if isinstance(each, Ref))
        announcer.tickets(each for each in changes if isinstance(each, TicketKey))
        announcer.findings(each for each in changes if isinstance(each, FindingKey))
        announcer.homes(each for each in changes if isinstance(each, Actor))
        announcer.builds(each for each in changes if isinstance(each, tuple))
        announcer.wake(lines)
    except PointsmanError as error:
        log_error("chat is behind", error, request=getattr(context, "aws_request_id", None))
        raise
    return {"records": len(records)}


@cache
def _announcer() -> "Announcer":
    from chalicelib.adapters.dynamodb_lines import DynamoLines  # noqa: PLC0415 - only chat needs these
    from chalicelib.adapters.sqs import SqsWakes  # noqa: PLC0415
    from chalicelib.usecases.announce import Announcer  # noqa: PLC0415

    document = SecretDocument(_json_client("secretsmanager"), settings().chat_secret, clock())
    lines = DynamoLines(_json_client("dynamodb"), settings().chat_lines)
    wakes = SqsWakes(_json_client("sqs"), settings().chat_queue)
    return Announcer(store(), _chat(document), clock(), lines, wakes)


# --- the service itself -----------------------------------------------------------------------------------------


def update(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Begin what was confirmed, or note how a build of the pipeline is."""
    return run_updater(_updater(), event, context)


def run_updater(updater: "Updater", event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Update with the updater that is given, and log where that fails; whoever called calls again."""
    from chalicelib.wire.pipeline_event import build_of  # noqa: PLC0415 - only the updater needs this

    build = build_of(event)
    try:
        if build:
            updater.heard(build)
        else:
            updater.begin()
    except PointsmanError as error:
        log_error("update not followed", error, build=build, request=getattr(context, "aws_request_id", None))
        raise
    return {"build": build}


@cache
def _updater() -> "Updater":
    from chalicelib.adapters.codebuild import CodeBuildPipeline  # noqa: PLC0415 - only the updater needs these
    from chalicelib.usecases.updater import Updater  # noqa: PLC0415

    pipeline = CodeBuildPipeline(_json_client("codebuild"), settings().pipeline)
    return Updater(store(), pipeline, clock(), installed())


# --- the sweeper ------------------------------------------------------------------------------------------------


def sweep(context: Any) -> dict[str, int]:
    """Look at every environment, repair what is safe and note the rest."""
    from chalicelib.usecases.sweep import Sweeper  # noqa: PLC0415 - only the sweeper needs this

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    done = Sweeper(store(), workflow(), _fleet(), clock()).sweep(seconds_left)
    log("warning" if done["left"] else "info", "swept", request=context.aws_request_id, **done)
    return done


# --- clients ----------------------------------------------------------------------------------------------------


def _fleet() -> Any:
    from chalicelib.adapters.ec2 import Ec2Fleet  # noqa: PLC0415 - boto3's EC2 model takes long to load

    return Ec2Fleet(_client("ec2"))


def _hosts() -> Any:
    from chalicelib.adapters.ssm import SsmHosts  # noqa: PLC0415 - see _fleet

    return SsmHosts(_client("ssm"))


def _traffic() -> Any:
    from chalicelib.adapters.traffic import AwsTraffic  # noqa: PLC0415 - see _fleet

    return AwsTraffic(_client("elbv2"), partial(_client, "route53"))


def _buckets(patience: int) -> Any:
    """Opens a bucket by its name; longer retries are the state machine's."""
    from chalicelib.adapters.object_store import endpoint_of, from_environment, open_bucket  # noqa: PLC0415 - see _fleet

    environment = settings().environment
    return partial(
        open_bucket,
        region=settings().region,
        credentials=from_environment(environment),
        endpoint=endpoint_of(environment),
        tries=4,
        patience=timedelta(seconds=patience),
    )


def _json_client(service: str) -> JsonClient:
    return JsonClient(service, settings().environment)


@cache
def _session() -> Any:
    import boto3  # noqa: PLC0415 - the edge and chat never need it

    if settings().traced:
        trace_aws_calls()
    return boto3.Session()


@cache
def _client(service: str) -> Any:
    """A client that leaves longer retries to the state machine."""
    from botocore.config import Config  # noqa: PLC0415 - see _session

    patience = Config(
        retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=15
    )
    return _session().client(service, config=patience)
