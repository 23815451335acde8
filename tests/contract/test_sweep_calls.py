"""What a sweep costs in calls: four for each environment that is quiet, however much has happened there."""

from collections import Counter

import pytest

from chalicelib.adapters.dynamodb import DynamoStore
from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import Environment, Phase, Slot, State
from chalicelib.usecases.ports import Save
from chalicelib.usecases.sweep import Sweeper
from tests.builders import NOW, deployment, question, raw_config
from tests.contract.tables import CountingClient, environment, new_table
from tests.contract.worlds import Clients
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import Cloud
from tests.fakes.fleet import FakeFleet
from tests.fakes.workflow import FakeWorkflow

ONCE = {"TransactGetItems": 1, "GetItem": 1 + 2 + 1}
"""The configuration with who was granted what, and its version; then each of two environments; then the updates."""


class Swept:
    """A sweeper whose calls are counted: to the table for real, to EC2 and Step Functions as the ports are asked."""

    def __init__(self, clients: Clients) -> None:
        endpoint = clients.ec2.meta.endpoint_url
        self.client = CountingClient("dynamodb", environment(endpoint))
        self.store = DynamoStore(self.client, new_table(endpoint))
        self.fleet, self.workflow = FakeFleet(Cloud()), FakeWorkflow()
        self.store.publish(raw_config())

    def calls(self) -> dict[str, int]:
        """Sweep, and count."""
        for each in (self.client.calls, self.fleet.calls, self.workflow.calls):
            each.clear()
        Sweeper(self.store, self.workflow, self.fleet, FakeClock(NOW + 86_400)).sweep()
        ports = [call.method for call in (*self.fleet.calls, *self.workflow.calls)]
        return dict(Counter([*self.client.calls, *ports]))


@pytest.mark.parametrize("deployments", [0, 40])
def test_a_quiet_environment_takes_four_calls(platform: Clients, deployments: int) -> None:
    """Here are two of them; beside that the configuration is read once, with two calls."""
    swept = Swept(platform)
    for number in range(1, deployments + 1):
        phases = (Phase(State.SUCCEEDED, NOW),)
        made = deployment(State.SUCCEEDED, id=f"cameras-production-{number}", phases=phases)
        asked = question(Kind.KEEP, code=f"Q{number:04}", deployment=made.id).settled(NOW)
        swept.store.commit(Save(made), Save(asked))
    assert swept.calls() == {**ONCE, "Query": 2 * 2, "instances": 2}
    swept.client.close()


def test_a_deployment_under_way_takes_three_more(platform: Clients) -> None:
    """How its execution is, what it asks (once for the overview, once with what is decided): still no writing."""
    swept = Swept(platform)
    made = deployment(State.READY)
    held = Environment("cameras", "production", fence=1, active=Slot(made.id, 1, NOW))
    asked = question(Kind.READY, deadline=NOW + 90_000)
    swept.store.commit(Save(made), Save(held), Save(asked))
    swept.workflow.start(made.ref)
    assert swept.calls() == {**ONCE, "Query": 2 * 2 + 2, "instances": 2, "status": 1}
    swept.client.close()
