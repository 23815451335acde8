"""A whole deployment's changing AWS calls, counted at the adapters through all steps, on an emulated account."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.commands import parse
from chalicelib.domain.deployment import Environment, Ref, State
from chalicelib.domain.plan import HostState
from chalicelib.usecases.answering import Request
from chalicelib.usecases.chatops import ChatOps
from tests.builders import APPROVER, DEPLOYER, LEAD, NOW, build, raw_config
from tests.contract.worlds import AwsWorld, Clients, launched, moto_world
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.workflow import FakeWorkflow
from tests.machine.driver import Machine
from tests.machine.functions import as_configured, functions

if TYPE_CHECKING:
    from chalicelib.domain.people import Actor
    from chalicelib.domain.settings import Strategy

LOOKS = ("Describe", "List", "Get")
REF = Ref("cameras", "production", "cameras-production-1")


class Account:
    """The team's service in an account of an emulator; the table, chat's door and the machine in memory."""

    def __init__(self, world: AwsWorld, strategy: Strategy, controls: int) -> None:
        live = launched(world, controls, state=HostState.LIVE, deployment="cameras-141")
        launched(world, 2, role="recorder", state=HostState.LIVE, deployment="cameras-141")
        self.store = FakeStore(
            raw_config(switch=strategy, traffic=[as_configured(world.add_route(strategy, live))])
        )
        self.store.put(build("142", reported_at=NOW), Environment("cameras", "production"))
        self._workflow, clock = FakeWorkflow(), FakeClock()
        self._chatops = ChatOps(self.store, self._workflow, clock)
        self.machine = Machine(self.store, self._workflow, clock, functions(world, self._workflow))
        self._said = 0

    def say(self, text: str, by: Actor) -> None:
        """Somebody types, and everything goes on until it waits for people again."""
        self._said += 1
        self._chatops.handle(Request(parse(text), by, f"slack-{self._said}"))
        self.machine.run()

    def confirm(self, kind: Kind, by: Actor) -> None:
        """Somebody confirms the open question of a kind."""
        asked = self.store.questions(REF)
        (code,) = (each.code for each in asked if each.kind is kind and each.answer is None)
        self.say(f"confirm {code}", by)


def changes(strategy: Strategy, controls: int, *, back: bool) -> Counter[str]:
    """Calls that change servers or traffic, by name, from the command in chat to the end of a fleet."""
    clients = Clients()
    calls: Counter[str] = Counter()

    def count(model: Any, **_: object) -> None:
        if not model.name.startswith(LOOKS):
            calls[f"{model.service_model.service_name}.{model.name}"] += 1

    with moto_world(clients) as world:
        account = Account(world, strategy, controls)
        for client in (clients.ec2, clients.elbv2, clients.route53, clients.ssm):
            client.meta.events.register("before-call", count)
        account.say("cameras@142 to production", DEPLOYER)
        account.confirm(Kind.START, APPROVER)
        account.say("finish cameras production", DEPLOYER)
        account.confirm(Kind.FINISH, APPROVER)
        if back:
            account.say("rollback cameras production", LEAD)
            account.confirm(Kind.ROLLBACK, APPROVER)
        account.machine.let(7_300)
        found = account.store.deployment(REF)
        assert found is not None
        assert found.state is (State.ROLLED_BACK if back else State.SUCCEEDED), found.detail
    return calls


@pytest.mark.parametrize("back", [False, True], ids=["deploy", "rollback"])
@pytest.mark.parametrize("strategy", ["weighted", "targets", "dns"])
def test_twice_the_hosts_make_not_one_changing_call_more(
    strategy: Strategy, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two control hosts and four take the same changes of servers and traffic, whichever way traffic moves."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    few, many = changes(strategy, 2, back=back), changes(strategy, 4, back=back)
    assert few == many
    assert many["ec2.RunInstances"] == 2  # one for each role
    assert many["ec2.TerminateInstances"] == 1
