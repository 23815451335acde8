"""The worlds that a contract suite runs in: the fakes, and the adapters on an emulator. One setup for both."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import boto3
from moto import mock_aws

from chalicelib.adapters.cloudwatch import CloudWatchAlarms
from chalicelib.adapters.ec2 import Ec2Fleet, Ec2Reaper
from chalicelib.adapters.ssm import SsmHosts
from chalicelib.adapters.traffic import AwsTraffic
from chalicelib.domain.plan import HostState, LaunchGroup, LaunchSpec
from chalicelib.domain.settings import RouteSpec, Strategy
from chalicelib.usecases.ports import Alarms, Fleet, Hosts, Reaper, Traffic
from tests.contract import ssm_on_moto
from tests.fakes.alarms import FakeAlarms
from tests.fakes.cloud import SPEC, Cloud, group_arn, listener_arn, route_spec
from tests.fakes.fleet import FakeFleet, FakeReaper
from tests.fakes.hosts import FakeHosts
from tests.fakes.traffic import FakeTraffic

if TYPE_CHECKING:
    from mypy_boto3_elbv2.literals import ProtocolEnumType

REGION = "us-east-1"
IMAGE = "ami-12c6146b"
"""moto launches any image."""
GONE = "subnet-00000000000000000"


class World(Protocol):
    """The ports, and what a test has to set up behind them."""

    environment: str

    @property
    def fleet(self) -> Fleet:
        """EC2 by tags."""

    @property
    def reaper(self) -> Reaper:
        """EC2, to end instances."""

    @property
    def hosts(self) -> Hosts:
        """Commands."""

    @property
    def traffic(self) -> Traffic:
        """Load balancers and DNS."""

    @property
    def alarms(self) -> Alarms:
        """Alarms."""

    @property
    def spec(self) -> LaunchSpec:
        """Something that can be launched."""

    def lose_subnet(self) -> LaunchSpec:
        """A specification whose subnet is gone."""

    def boot(self, ids: Sequence[str]) -> None:
        """Wait until instances run."""

    def set_tag(self, id_: str, key: str, value: str) -> None:
        """Change one tag of an instance as a stranger might."""

    def stop(self, id_: str) -> None:
        """Stop an instance by hand."""

    def add_route(self, strategy: Strategy, live: Sequence[str] = ()) -> RouteSpec:
        """A route whose first target group (and load balancer) is live."""

    def set_weights(self, spec: RouteSpec, *weights: int) -> None:
        """Weights of the target groups in the order of the specification, set by hand."""

    def set_alarm(self, name: str, state: str) -> None:
        """An alarm in a state."""


def launched(
    world: World,
    count: int = 2,
    *,
    role: str = "control",
    state: HostState = HostState.BUILDING,
    deployment: str = "cameras-142",
) -> list[str]:
    """Running instances made through the port itself."""
    group = LaunchGroup(role, world.spec, count)
    ids = world.fleet.launch(group, service="cameras", environment=world.environment, deployment=deployment)
    world.boot(ids)
    if state is not HostState.BUILDING:
        world.fleet.relabel(ids, state)
    return ids


class FakeWorld:
    """Every port a fake, over one small cloud."""

    def __init__(self) -> None:
        self.environment = "production"
        self.cloud = Cloud()
        self.fleet = FakeFleet(self.cloud)
        self.reaper = FakeReaper(self.cloud)
        self.hosts = FakeHosts(self.cloud)
        self.traffic = FakeTraffic(self.cloud)
        self.alarms = FakeAlarms(self.cloud)
        self.spec = SPEC

    def lose_subnet(self) -> LaunchSpec:
        """A specification whose subnet is gone."""
        self.cloud.gone.add(GONE)
        return replace(SPEC, subnet=GONE)

    def boot(self, ids: Sequence[str]) -> None:
        """They run at once."""

    def set_tag(self, id_: str, key: str, value: str) -> None:
        """Only the tags that a host has as fields here."""
        host = self.cloud.hosts[id_]
        match key:
            case "managed":
                host.managed = value == "true"
            case "state":
                host.state = HostState(value)
            case _:
                setattr(host, key, value)

    def stop(self, id_: str) -> None:
        """Stop an instance by hand."""
        self.cloud.hosts[id_].status = "stopped"

    def add_route(self, strategy: Strategy, live: Sequence[str] = ()) -> RouteSpec:
        """A route whose first target group is live."""
        spec = route_spec(strategy)
        self.cloud.add_route(spec, live)
        return spec

    def set_weights(self, spec: RouteSpec, *weights: int) -> None:
        """Weights set by hand."""
        arns = [group_arn(name) for name in spec.target_groups]
        self.cloud.weights[listener_arn(spec)] = dict(zip(arns, weights, strict=True))

    def set_alarm(self, name: str, state: str) -> None:
        """An alarm in a state."""
        self.cloud.alarms[name] = state


class Clients:
    """The clients of an account, made once: making them is most of what a test would cost."""

    def __init__(self, endpoint: str | None = None) -> None:
        session = boto3.Session(
            aws_access_key_id="contract", aws_secret_access_key="contract", region_name=REGION
        )
        self.ec2 = session.client("ec2", endpoint_url=endpoint)
        self.elbv2 = session.client("elbv2", endpoint_url=endpoint)
        self.route53 = session.client("route53", endpoint_url=endpoint)
        self.ssm = session.client("ssm", endpoint_url=endpoint)
        self.iam = session.client("iam", endpoint_url=endpoint)
        self.cloudwatch = session.client("cloudwatch", endpoint_url=endpoint)


@dataclass(frozen=True, slots=True)
class Network:
    """What an account needs before anything can be launched."""

    vpc: str
    subnets: tuple[str, ...]
    spec: LaunchSpec


class AwsWorld:
    """Every port its adapter, over the clients of an emulator.

    moto alone gives an instance profile to the first of several instances only, so there it is left out. Every name
    that is made starts with the environment's, so that worlds of one account do not meet.
    """

    def __init__(
        self,
        clients: Clients,
        environment: str = "production",
        *,
        profile: bool = False,
        drain_seconds: int = 300,
    ) -> None:
        self.environment = environment
        self._clients = clients
        self._drain_seconds = drain_seconds
        self._network = prepared(clients, environment, profile=profile)
        self.fleet = Ec2Fleet(clients.ec2)
        self.reaper = Ec2Reaper(clients.ec2)
        self.hosts = SsmHosts(clients.ssm)
        self.traffic = AwsTraffic(clients.elbv2, lambda: clients.route53)
        self.alarms = CloudWatchAlarms(clients.cloudwatch)
        self.spec = self._network.spec

    def lose_subnet(self) -> LaunchSpec:
        """A specification whose subnet never was."""
        return replace(self.spec, subnet=GONE)

    def boot(self, ids: Sequence[str]) -> None:
        """Ask until they run; an emulator needs milliseconds."""
        self._clients.ec2.get_waiter("instance_running").wait(
            InstanceIds=list(ids), WaiterConfig={"Delay": 0, "MaxAttempts": 200}
        )

    def set_tag(self, id_: str, key: str, value: str) -> None:
        """Change one tag."""
        self._clients.ec2.create_tags(Resources=[id_], Tags=[{"Key": f"pointsman:{key}", "Value": value}])

    def stop(self, id_: str) -> None:
        """Stop an instance by hand."""
        self._clients.ec2.stop_instances(InstanceIds=[id_])

    def add_route(self, strategy: Strategy, live: Sequence[str] = ()) -> RouteSpec:
        """Load balancers, listeners, target groups and the record of a route."""
        spec = _renamed(route_spec(strategy), self.environment)
        groups = [self._group(name, spec.listener) for name in spec.target_groups]
        balancers = [self._balancer(name) for name in spec.load_balancers]
        if strategy == "dns":
            for (arn, _, _), group in zip(balancers, groups, strict=True):
                self._listener(arn, spec.listener, {group: 1})
            self._record(spec, balancers[0])
        else:
            self._listener(
                balancers[0][0], spec.listener, {each: 100 * (each == groups[0]) for each in groups}
            )
        if live:
            self._clients.elbv2.register_targets(
                TargetGroupArn=groups[0], Targets=[{"Id": each} for each in live]
            )
        return spec

    def set_weights(self, spec: RouteSpec, *weights: int) -> None:
        """Weights set by hand."""
        elbv2 = self._clients.elbv2
        balancer = elbv2.describe_load_balancers(Names=list(spec.load_balancers))["LoadBalancers"][0]
        listener = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"][0]
        arns = [
            elbv2.describe_target_groups(Names=[name])["TargetGroups"][0]["TargetGroupArn"]
            for name in spec.target_groups
        ]
        elbv2.modify_listener(
            ListenerArn=listener["ListenerArn"],
            DefaultActions=[
                {
                    "Type": "forward",
                    "ForwardConfig": {
                        "TargetGroups": [
                            {"TargetGroupArn": arn, "Weight": weight}
                            for arn, weight in zip(arns, weights, strict=True)
                        ]
                    },
                }
            ],
        )

    def set_alarm(self, name: str, state: str) -> None:
        """A metric alarm in a state."""
        self._clients.cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="UnHealthyHostCount",
            Namespace="AWS/NetworkELB",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
        self._clients.cloudwatch.set_alarm_state(
            AlarmName=name,
            StateValue=state,  # type: ignore[arg-type] # one of CloudWatch's three words
            StateReason="the test says so",
        )

    def _group(self, name: str, port: int) -> str:
        answer = self._clients.elbv2.create_target_group(
            Name=name,
            Protocol="TCP",
            Port=port,
            VpcId=self._network.vpc,
            HealthCheckProtocol="HTTP",
            HealthCheckPath="/health",
            TargetType="instance",
        )
        arn = answer["TargetGroups"][0]["TargetGroupArn"]
        self._clients.elbv2.modify_target_group_attributes(
            TargetGroupArn=arn,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(self._drain_seconds)}],
        )
        return arn

    def _balancer(self, name: str) -> tuple[str, str, str]:
        answer = self._clients.elbv2.create_load_balancer(
            Name=name, Type="network", Subnets=list(self._network.subnets)
        )
        made = answer["LoadBalancers"][0]
        return made["LoadBalancerArn"], made["DNSName"], made["CanonicalHostedZoneId"]

    def _listener(
        self, balancer: str, port: int, weights: dict[str, int], protocol: "ProtocolEnumType" = "TCP"
    ) -> None:
        self._clients.elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol=protocol,
            Port=port,
            DefaultActions=[
                {
                    "Type": "forward",
                    "ForwardConfig": {
                        "TargetGroups": [
                            {"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()
                        ]
                    },
                }
            ],
        )

    def _record(self, spec: RouteSpec, balancer: tuple[str, str, str]) -> None:
        _, name, zone = balancer
        route53 = self._clients.route53
        hosted = route53.create_hosted_zone(Name=spec.zone, CallerReference=spec.zone)["HostedZone"]["Id"]
        route53.change_resource_record_sets(
            HostedZoneId=hosted,
            ChangeBatch={
                "Changes": [
                    {
                        "Action": "CREATE",
                        "ResourceRecordSet": {
                            "Name": spec.record,
                            "Type": "A",
                            "AliasTarget": {
                                "DNSName": f"dualstack.{name}",
                                "HostedZoneId": zone,
                                "EvaluateTargetHealth": True,
                            },
                        },
                    }
                ]
            },
        )


def _renamed(spec: RouteSpec, name: str) -> RouteSpec:
    return replace(
        spec,
        load_balancers=tuple(f"{name}-{each}" for each in spec.load_balancers),
        target_groups=tuple(f"{name}-{each}" for each in spec.target_groups),
        zone=spec.zone and f"{name}.{spec.zone}",
        record=spec.record and f"cameras.{name}.{spec.zone}",
    )


def prepared(clients: Clients, name: str, *, profile: bool) -> Network:
    """The default network, a security group and perhaps an instance profile."""
    subnets = clients.ec2.describe_subnets()["Subnets"][:2]
    vpc = subnets[0]["VpcId"]
    group = clients.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    arn = ""
    if profile:
        arn = clients.iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"]
    spec = LaunchSpec("t3.micro", IMAGE, subnets[0]["SubnetId"], (group,), arn)
    return Network(vpc, tuple(subnet["SubnetId"] for subnet in subnets), spec)


@contextmanager
def moto_world(clients: Clients) -> Iterator[AwsWorld]:
    """A fresh account of moto in this process."""
    ssm_on_moto.install()
    with mock_aws():
        yield AwsWorld(clients)


def platform_world(clients: Clients, environment: str) -> AwsWorld:
    """A new environment on the sandbox's platform, where draining lasts a second."""
    return AwsWorld(clients, environment, profile=True, drain_seconds=1)
