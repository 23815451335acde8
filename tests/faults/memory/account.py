"""A team's account in memory: the live fleet behind its way in, the table with configuration and builds, and chat."""

from typing import Any

from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.domain.deployment import Environment
from chalicelib.domain.plan import HostState
from chalicelib.domain.settings import RouteSpec, Strategy
from chalicelib.usecases.ports import Clock, Save
from tests.builders import NOW, build, raw_config
from tests.fakes.cloud import route_spec
from tests.faults.memory.boto import bridge
from tests.faults.memory.codebuild import MemoryCodeBuild
from tests.faults.memory.dynamodb import MemoryTable
from tests.faults.memory.ec2 import MemoryEc2, MemoryInstance
from tests.faults.memory.elbv2 import Balancer, MemoryElb, Target, group_arn
from tests.faults.memory.json_client import MemoryClient
from tests.faults.memory.others import MemoryCloudWatch, MemoryRoute53, MemorySsm
from tests.faults.memory.slack import MemorySlack
from tests.faults.memory.states import MemoryStates
from tests.faults.wire import Wire
from tests.machine.functions import as_configured

OLD_DEPLOYMENT = "cameras-141"


class MemoryAccount:
    """Everything outside the product."""

    def __init__(self, clock: Clock, *, bot_token: str = "xoxb-bot") -> None:
        self.clock = clock
        self.ec2 = MemoryEc2(clock.now)
        self.elb = MemoryElb(clock.now, self.ec2)
        self.ssm = MemorySsm(clock.now, self.ec2)
        self.route53 = MemoryRoute53()
        self.cloudwatch = MemoryCloudWatch()
        self.table = MemoryTable(clock.now)
        self.states = MemoryStates()
        self.codebuild = MemoryCodeBuild(clock.now)
        self.slack = MemorySlack(clock.now, bot_token)
        self.store = DynamoStore(MemoryClient("dynamodb", self.table.answer, Wire()), "pointsman")
        """The table as a test reads it: over a wire of its own."""

    def connect(self, wire: Wire) -> None:
        """Let boto's clients be answered by this account, over a wire."""
        made = bridge()
        made.wire = wire
        made.services = {
            "ec2": self.ec2.answer,
            "elbv2": self.elb.answer,
            "ssm": self.ssm.answer,
            "route53": self.route53.answer,
            "cloudwatch": self.cloudwatch.answer,
        }

    def add_hosts(self, role: str, count: int, *, environment: str = "production") -> list[str]:
        """Live hosts that have run for a day."""
        return [self._host(role, environment).id for _ in range(count)]

    def _host(self, role: str, environment: str) -> MemoryInstance:
        number = len(self.ec2.instances) + 1
        tags = {
            "managed": "true",
            "service": "cameras",
            "environment": environment,
            "role": role,
            "state": HostState.LIVE.value,
            "deployment": OLD_DEPLOYMENT,
        }
        request = {
            "ImageId": "ami-base",
            "InstanceType": "t3.small",
            "SubnetId": "subnet-a",
            "SecurityGroupIds": ["sg-a"],
            "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/hosts"},
        }
        made = MemoryInstance(
            id=f"i-{number:017x}",
            request=request,
            tags={f"pointsman:{key}": value for key, value in tags.items()},
            started=self.clock.now() - 86_400,
            address=f"10.0.0.{number}",
        )
        self.ec2.instances[made.id] = made
        return made

    def add_route(self, strategy: Strategy, live: list[str]) -> RouteSpec:
        """A way in whose first side is live."""
        spec = route_spec(strategy)
        groups = [group_arn(name) for name in spec.target_groups]
        for arn in groups:
            self.elb.groups.setdefault(arn, {})
        self.elb.groups[groups[0]] = {id_: Target(self.clock.now() - 86_400) for id_ in live}
        if strategy == "dns":
            pairs = zip(spec.load_balancers, groups, strict=True)
            self.elb.balancers += [Balancer(name, spec.listener, {arn: 1}) for name, arn in pairs]
            self.route53.records[spec.record] = self.elb.balancers[-2].dns_name
        else:
            weights = {arn: 100 * (arn == groups[0]) for arn in groups}
            self.elb.balancers.append(Balancer(spec.load_balancers[0], spec.listener, weights))
        return spec

    def taking(self) -> list[str]:
        """The target groups that new connections reach."""
        named = set(self.route53.records.values())
        return [
            arn
            for balancer in self.elb.balancers
            for arn, weight in balancer.weights.items()
            if weight and (not named or balancer.dns_name in named)
        ]

    def publish(self, *, controls: int = 3, strategy: Strategy = "weighted", **changes: Any) -> None:
        """The team's service runs 141; CI has reported 140 to 143, and 144 is being built."""
        live = self.add_hosts("control", controls)
        self.add_hosts("recorder", 2)
        self.store.publish(
            raw_config(switch=strategy, traffic=[as_configured(self.add_route(strategy, live))], **changes)
        )
        for version in range(140, 144):
            self.store.commit(Save(build(str(version), reported_at=NOW - 900 + version)))
        environment = Environment("cameras", "production", live_version="141", live_since=NOW - 600)
        self.store.commit(Save(environment))
        self.table.stream.clear()
