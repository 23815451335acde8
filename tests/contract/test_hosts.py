"""The port Hosts, on its fake and on an emulator."""

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.domain.plan import HostState
from chalicelib.usecases.ports import CommandOutcome, HostCommand
from tests.contract.worlds import FakeWorld, World, launched


def install(**changes: object) -> HostCommand:
    """The installation of one deployment's control hosts."""
    facts: dict[str, object] = {
        "document": "Pointsman-Install",
        "service": "cameras",
        "environment": "production",
        "role": "control",
        "parameters": {"Service": "cameras", "Version": "142"},
        "deployment": "cameras-142",
    }
    return HostCommand(**{**facts, **changes})  # type: ignore[arg-type]


def ended(world: World, command_id: str) -> CommandOutcome:
    """The outcome once the command has ended."""
    for _ in range(5):
        outcome = world.hosts.outcome(command_id)
        if outcome.ended:
            return outcome
    pytest.fail("the command never ended")


def test_a_command_reaches_every_host_of_a_deployment_and_role(world: World) -> None:
    """Hosts are chosen by their tags when the command is sent."""
    wanted = launched(world, 3)
    launched(world, 1, role="recorder")
    launched(world, 2, deployment="cameras-141")
    outcome = ended(world, world.hosts.send(install()))
    assert outcome.succeeded == frozenset(wanted)
    assert outcome.failures == ()


def test_a_command_reaches_only_hosts_in_the_named_state(world: World) -> None:
    """Live hosts of the same deployment are left alone by a command for those that are being built."""
    building, live = launched(world, 2)
    world.fleet.relabel([live], HostState.LIVE)
    assert ended(world, world.hosts.send(install())).succeeded == {building}


def test_without_a_deployment_every_host_of_the_role_is_meant(world: World) -> None:
    """The drain command goes to the hosts that stand by, whichever deployments made them."""
    first = launched(world, 1, state=HostState.STANDBY, deployment="cameras-140")
    second = launched(world, 1, state=HostState.STANDBY, deployment="cameras-141")
    launched(world, 1, state=HostState.LIVE)
    command = install(document="Pointsman-Drain", deployment="", state=HostState.STANDBY, at_once="1")
    assert ended(world, world.hosts.send(command)).succeeded == {*first, *second}


def test_a_command_that_matches_no_host_ends_without_success(world: World) -> None:
    """Nobody succeeded, so a caller that expects hosts sees that they were not reached."""
    launched(world, 1, role="recorder")
    assert ended(world, world.hosts.send(install())) == CommandOutcome(frozenset(), (), ended=True)


def test_a_command_that_is_not_known_is_asked_again(world: World) -> None:
    """Just after SendCommand the command may not be found yet, which passes."""
    with pytest.raises(Unavailable):
        world.hosts.outcome("11111111-2222-3333-4444-555555555555")


def test_each_command_has_its_own_outcome(world: World) -> None:
    """Two commands are told apart by their ids."""
    controls, recorders = launched(world, 1), launched(world, 1, role="recorder")
    first, second = world.hosts.send(install()), world.hosts.send(install(role="recorder"))
    assert first != second
    assert ended(world, second).succeeded == frozenset(recorders)
    assert ended(world, first).succeeded == frozenset(controls)


def test_what_a_failed_host_printed_is_kept(fake: FakeWorld) -> None:
    """One host fails with its output, the others succeed."""
    well, ill = launched(fake, 2)
    fake.cloud.failing["Pointsman-Install", ill] = "no space left on device"
    outcome = ended(fake, fake.hosts.send(install()))
    assert outcome.succeeded == {well}
    assert [(each.instance, each.output) for each in outcome.failures] == [(ill, "no space left on device")]


def test_running_hosts_are_online(world: World) -> None:
    """Only of the ids that were asked for; what EC2 has stopped or never had is not."""
    first, second, stopped = launched(world, 3)
    world.stop(stopped)
    assert world.hosts.online([first, stopped, "i-0123456789abcdef0"]) == {first}
    assert world.hosts.online([]) == set()
    assert world.hosts.online([first, second]) == {first, second}


def test_only_hosts_whose_agent_answers_are_online(fake: FakeWorld) -> None:
    """A host whose agent is silent, or that EC2 does not run, is not online."""
    well, silent, stopped = launched(fake, 3)
    fake.cloud.hosts[silent].online = False
    fake.stop(stopped)
    assert fake.hosts.online([well, silent, stopped, "i-unknown"]) == {well}
