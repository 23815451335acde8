"""A team, its cloud and the deploy machine over fakes: what people say goes in, the table and the cloud come out."""

from itertools import count
from typing import Any

from chalicelib.adapters.stepfunctions import execution_name
from chalicelib.domain.approval import Kind, Question
from chalicelib.domain.deployment import Deployment, Environment, Ref, State
from chalicelib.domain.people import Actor
from chalicelib.domain.plan import HostState
from chalicelib.domain.settings import Strategy
from chalicelib.usecases.chatops import ChatOps
from chalicelib.usecases.ports import Health
from chalicelib.usecases.sweep import Sweeper
from tests.builders import APPROVER, LEAD, NOW, build, raw_config
from tests.fakes.alarms import FakeAlarms
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import Cloud, group_arn, route_spec
from tests.fakes.fleet import FakeFleet, FakeReaper
from tests.fakes.hosts import FakeHosts
from tests.fakes.store import FakeStore
from tests.fakes.traffic import FakeTraffic
from tests.fakes.workflow import FakeWorkflow
from tests.machine.bystander import Bystander
from tests.machine.driver import Machine
from tests.machine.functions import as_configured, functions
from tests.machine.talking import Talking

FIRST = "cameras-production-1"
SECOND = "cameras-production-2"
OLD = {"i-0001", "i-0002", "i-0003", "i-0004", "i-0005"}
NEW = {"i-0006", "i-0007", "i-0008", "i-0009", "i-000a"}
CONTROLS, NEW_CONTROLS = {"i-0001", "i-0002", "i-0003"}, {"i-0006", "i-0007", "i-0008"}
BLUE, GREEN = group_arn("cameras-blue"), group_arn("cameras-green")


class Rig(Talking):
    """Three control hosts behind the load balancer and two recorders run 141; CI has reported 140 to 143."""

    def __init__(
        self,
        *,
        environment: str = "production",
        strategy: Strategy = "weighted",
        controls: int = 3,
        **changes: Any,
    ) -> None:
        self.name = environment
        self.whole = controls
        self.spec = spec = route_spec(strategy)
        traffic = as_configured(spec)
        self.store = FakeStore(raw_config(**{"switch": strategy, "traffic": [traffic], **changes}))
        self.clock = FakeClock()
        self.workflow = FakeWorkflow()
        self.cloud = Cloud()
        live = self.cloud.add_hosts("control", controls, environment=environment)
        self.cloud.add_hosts("recorder", 2, environment=environment)
        self.cloud.add_route(spec, live)
        self.fleet, self.hosts = FakeFleet(self.cloud), FakeHosts(self.cloud)
        self.traffic, self.alarms = FakeTraffic(self.cloud), FakeAlarms(self.cloud)
        self.reaper = FakeReaper(self.cloud)
        self.chatops = ChatOps(self.store, self.workflow, self.clock)
        self.machine = Machine(
            self.store,
            self.workflow,
            self.clock,
            functions(self, self.workflow),
        )
        self.machine.after_each_step = self.check
        self.sweeper = Sweeper(self.store, self.workflow, self.fleet, self.clock)
        self.unswept = Bystander(self.store, self.workflow, self.cloud, self.clock)
        self._events = (f"slack-{number}" for number in count(1))
        self.store.put(
            *(build(str(version), reported_at=NOW - 900 + version) for version in range(140, 144)),
            Environment("cameras", environment, live_version="141", live_since=NOW - 600),
        )

    # --- acting -------------------------------------------------------------------------------------------------

    def decide(self, verb: str, kind: Kind, by: Actor = APPROVER, *, run: bool = True) -> str:
        """Somebody answers the open question of a kind by its code."""
        return self.say(f"{verb} {self.asked(kind).code}", by, run=run)

    def ready(self) -> None:
        """Deployment 1 is confirmed, made and tested."""
        self.say(f"cameras@142 to {self.name}")
        self.decide("confirm", Kind.START)

    def kept(self) -> None:
        """Deployment 1 is live and keeps its old fleet."""
        self.ready()
        self.say(f"finish cameras {self.name}")
        self.decide("confirm", Kind.FINISH, LEAD)

    def give_up(self) -> None:
        """A step has failed, and nobody has it tried again; what can not be tried again was given up already."""
        if self.deployment().state is State.ASKING_RETRY:
            self.say(f"cancel cameras {self.name}")

    # --- looking ------------------------------------------------------------------------------------------------

    def deployment(self, identifier: str = FIRST) -> Deployment:
        """The record."""
        found = self.store.deployment(Ref("cameras", self.name, identifier))
        assert found is not None, identifier
        return found

    def environment(self) -> Environment:
        """What is live and who holds it."""
        return self.store.environment("cameras", self.name)

    def open(self, identifier: str = FIRST) -> list[Question]:
        """The questions of a deployment that nobody has decided."""
        asked = self.store.questions(Ref("cameras", self.name, identifier))
        return [each for each in asked if each.answer is None]

    def asked(self, kind: Kind) -> Question:
        """The one open question of a kind, of whichever deployment."""
        (found,) = (
            each
            for number in (1, 2, 3)
            for each in self.open(f"cameras-{self.name}-{number}")
            if each.kind is kind
        )
        return found

    def there(self, *states: HostState) -> set[str]:
        """Instances that EC2 still has, in these label states."""
        return {
            host.id
            for host in self.cloud.hosts.values()
            if host.there and (not states or host.state in states)
        }

    def taking(self) -> set[str]:
        """The instances that new connections reach."""
        groups = [self.cloud.groups[arn] for arn in self.live_groups()]
        return {id_ for group in groups for id_, health in group.items() if health is not Health.DRAINING}

    def live_groups(self) -> list[str]:
        """The target groups that new connections reach."""
        spec = self.spec
        if spec.strategy == "targets":
            return [group_arn(spec.target_groups[0])]
        if spec.strategy == "dns":
            live = self.cloud.records[spec.zone, spec.record]
            pairs = zip(spec.load_balancers, spec.target_groups, strict=True)
            return [group_arn(group) for balancer, group in pairs if balancer in live]
        weights = self.cloud.weights[next(iter(self.cloud.weights))]
        return [group for group, weight in weights.items() if weight]

    def check(self) -> None:
        """I1, I2 and I10 of docs/safety.md after every step: someone whole takes traffic, none registered is ended."""
        assert self.cloud.violations == []
        assert len(self.taking()) >= self.whole, "a fleet that takes traffic is whole"
        assert all(self.cloud.hosts[id_].status == "running" for id_ in self.taking())
        wishes = self.unswept.wishes()
        assert wishes == [], f"the sweeper has nothing to do where nobody died: {wishes}"

    def over(self, identifier: str = FIRST, *, run: int = 1) -> None:
        """Nothing is left of a deployment that has ended (docs/safety.md, I8, I11)."""
        assert self.deployment(identifier).ended
        assert self.open(identifier) == []
        slots = (self.environment().active, self.environment().keeping)
        assert identifier not in [slot.deployment for slot in slots if slot is not None]
        name = execution_name(self.deployment(identifier).ref, run)
        assert self.machine.execution(name).status == "SUCCEEDED"
        loose = self.there(HostState.BUILDING, HostState.RETIRED)
        assert [id_ for id_ in loose if self.cloud.hosts[id_].deployment == identifier] == [], "no orphan"

    def back_to_old(self, state: State, identifier: str = FIRST) -> None:
        """The deployment has ended, the old fleet has its traffic and its label, and nothing else is there."""
        assert self.deployment(identifier).state is state
        assert self.there() == self.there(HostState.LIVE) == OLD
        assert self.taking() == CONTROLS
        assert self.environment().live_version == "141"
        self.over(identifier)
