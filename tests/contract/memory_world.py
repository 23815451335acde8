"""The adapters on the services in memory that the core test runs on (tests/faults/memory)."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.adapters.cloudwatch import CloudWatchAlarms
from chalicelib.adapters.ec2 import Ec2Fleet, Ec2Reaper
from chalicelib.adapters.ssm import SsmHosts
from chalicelib.adapters.traffic import AwsTraffic
from chalicelib.domain.plan import LaunchSpec
from chalicelib.domain.settings import RouteSpec, Strategy
from tests.contract.worlds import GONE
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import SPEC
from tests.faults.memory.account import MemoryAccount
from tests.faults.memory.boto import bridge
from tests.faults.memory.elbv2 import group_arn
from tests.faults.wire import Wire

CALL_SECONDS = 8.0
"""How much time goes by with each call, so that what takes time comes to its end."""


class MemoryWorld:
    """Every port its adapter, over boto3's own clients and an account in memory."""

    def __init__(self) -> None:
        self.environment = "production"
        self.clock = FakeClock()
        self.account = MemoryAccount(self.clock)
        wire = Wire()
        wire.decide = lambda _: self.clock.advance(CALL_SECONDS)
        self.account.connect(wire)
        clients = bridge().clients
        self.fleet, self.reaper = Ec2Fleet(clients["ec2"]), Ec2Reaper(clients["ec2"])
        self.hosts = SsmHosts(clients["ssm"])
        self.traffic = AwsTraffic(clients["elbv2"], lambda: clients["route53"])
        self.alarms = CloudWatchAlarms(clients["cloudwatch"])
        self.spec: LaunchSpec = SPEC

    def lose_subnet(self) -> LaunchSpec:
        """A specification whose subnet is gone."""
        self.account.ec2.gone.add(GONE)
        return replace(SPEC, subnet=GONE)

    def boot(self, ids: Sequence[str]) -> None:  # noqa: ARG002 - time passes for all of them
        """Time passes until they run and their agents answer."""
        self.clock.advance(30)

    def set_tag(self, id_: str, key: str, value: str) -> None:
        """Change one tag."""
        self.account.ec2.instances[id_].tags[f"pointsman:{key}"] = value

    def stop(self, id_: str) -> None:
        """Stop an instance by hand."""
        self.account.ec2.answer("StopInstances", {"InstanceIds": [id_]})

    def add_route(self, strategy: Strategy, live: Sequence[str] = ()) -> RouteSpec:
        """A route whose first target group is live."""
        return self.account.add_route(strategy, list(live))

    def set_weights(self, spec: RouteSpec, *weights: int) -> None:
        """Weights set by hand."""
        arns = [group_arn(name) for name in spec.target_groups]
        self.account.elb.balancers[-1].weights = dict(zip(arns, weights, strict=True))

    def set_alarm(self, name: str, state: str) -> None:
        """An alarm in a state."""
        self.account.cloudwatch.alarms[name] = state
