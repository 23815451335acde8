"""A deployment's AWS calls do not grow with the number of hosts."""

from collections import Counter

import pytest

from chalicelib.domain.errors import NotReady
from chalicelib.domain.plan import HostState
from chalicelib.domain.settings import Strategy
from chalicelib.usecases.ports import HostCommand, Side
from tests.contract.worlds import AwsWorld, Clients, launched, moto_world


def deployment(world: AwsWorld, strategy: Strategy, count: int) -> None:
    """Everything that is done to servers from launch to termination."""
    fleet, hosts, traffic = world.fleet, world.hosts, world.traffic
    old = launched(world, count, state=HostState.LIVE, deployment="cameras-141")
    spec = world.add_route(strategy, old)
    new = launched(world, count)
    hosts.online(new)
    hosts.outcome(hosts.send(HostCommand("Install", "cameras", "production", "control", {}, "cameras-142")))
    route = traffic.resolve(spec)
    traffic.attach(route, new)
    traffic.health(route, new, side=Side.NEW)
    traffic.switch(route, to=Side.NEW, old=old, new=new)
    fleet.relabel(old, HostState.RETIRED)
    traffic.deregister(route, old, side=Side.OLD)
    if traffic.draining(route, old, side=Side.OLD):
        raise NotReady("moto drains nothing")
    world.reaper.end(old, stop=False)


def counted(clients: Clients, strategy: Strategy, count: int) -> Counter[str]:
    """Calls by name."""
    calls: Counter[str] = Counter()

    def count_call(model: object, **_: object) -> None:
        calls[str(getattr(model, "name", ""))] += 1

    every = (clients.ec2, clients.elbv2, clients.route53, clients.ssm)
    with moto_world(clients) as world:
        for client in every:
            client.meta.events.register("before-call", count_call, unique_id="count")
        deployment(world, strategy, count)
        for client in every:
            client.meta.events.unregister("before-call", unique_id="count")
    return calls


@pytest.mark.parametrize("strategy", ["weighted", "targets", "dns"])
def test_more_hosts_make_no_more_calls(clients: Clients, strategy: Strategy) -> None:
    """Two hosts and forty take the same calls, each change once for each fleet."""
    few, many = counted(clients, strategy, 2), counted(clients, strategy, 40)
    assert few == many
    assert many["RunInstances"] == 2  # one for each of the two fleets
    assert many["TerminateInstances"] == many["DeregisterTargets"] == many["SendCommand"] == 1
