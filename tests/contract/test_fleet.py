"""The ports Fleet and Reaper, on their fakes and on an emulator."""

import pytest

from chalicelib.domain.errors import StepFailed
from chalicelib.domain.plan import HostState, LaunchGroup
from chalicelib.domain.reasons import Reason
from tests.contract.worlds import World, launched


def ids(world: World, **wanted: object) -> list[str]:
    """Ids of the service's managed instances."""
    return [each.id for each in world.fleet.instances("cameras", world.environment, **wanted)]  # type: ignore[arg-type]


def test_a_launch_makes_exactly_the_asked_number_in_state_building(world: World) -> None:
    """`count` instances, tagged with their role and deployment and `building`, mirror the specification."""
    made = launched(world, 3)
    found = world.fleet.instances("cameras", world.environment)
    assert sorted(made) == [each.id for each in found]
    assert {(each.role, each.state, each.deployment) for each in found} == {
        ("control", HostState.BUILDING, "cameras-142")
    }
    assert {each.spec for each in found} == {world.spec}
    assert all(each.address for each in found)


def test_a_second_launch_of_a_group_makes_no_second_fleet(semantic_world: World) -> None:
    """The same instances however often a group is launched (EC2: same ClientToken, same result)."""
    first = launched(semantic_world, 2)
    assert launched(semantic_world, 2) == first
    assert ids(semantic_world) == sorted(first)


def test_ending_takes_time_and_can_be_asked_again(semantic_world: World) -> None:
    """An instance that is shutting down is skipped, and is no longer part of the fleet."""
    old = launched(semantic_world, 3, state=HostState.RETIRED)
    semantic_world.reaper.end(old[:2], stop=False)
    semantic_world.reaper.end(old, stop=False)
    assert ids(semantic_world) == []


def test_every_instance_of_a_launch_has_the_profile(semantic_world: World) -> None:
    """A mirror has the instance profile of what it mirrors, on each instance."""
    launched(semantic_world, 3)
    found = semantic_world.fleet.instances("cameras", semantic_world.environment)
    assert [each.spec.profile for each in found] == [semantic_world.spec.profile] * 3


def test_two_deployments_have_their_own_instances(world: World) -> None:
    """Instances are found by the deployment that made them."""
    old = launched(world, 1, deployment="cameras-141")
    new = launched(world, 1, deployment="cameras-142")
    assert ids(world, deployment="cameras-142") == new
    assert ids(world) == sorted(old + new)


def test_instances_are_found_by_state(world: World) -> None:
    """Several states can be asked for at once."""
    building = launched(world, 1)
    live = launched(world, 1, state=HostState.LIVE, deployment="cameras-141")
    standby = launched(world, 1, state=HostState.STANDBY, deployment="cameras-140")
    assert ids(world, states=[HostState.LIVE]) == live
    assert ids(world, states=[HostState.LIVE, HostState.STANDBY]) == sorted(live + standby)
    assert ids(world, states=[HostState.BUILDING]) == building


def test_the_order_is_by_role_and_id(world: World) -> None:
    """The order does not depend on when instances were made."""
    recorders = launched(world, 2, role="recorder")
    controls = launched(world, 2, role="control")
    assert ids(world) == [*sorted(controls), *sorted(recorders)]


def test_what_is_not_managed_is_not_seen(world: World) -> None:
    """An instance without the tag `managed`, or of another service or environment, is not ours."""
    kept, unmanaged, elsewhere, other = launched(world, 4)
    world.set_tag(unmanaged, "managed", "false")
    world.set_tag(elsewhere, "environment", "staging")
    world.set_tag(other, "service", "doors")
    assert ids(world) == [kept]


def test_stopped_instances_are_seen_with_their_status(world: World) -> None:
    """A stopped instance is still part of the fleet; the caller sees its EC2 status."""
    running, stopped = sorted(launched(world, 2))
    world.stop(stopped)
    found = {each.id: each.status for each in world.fleet.instances("cameras", world.environment)}
    assert found == {running: "running", stopped: "stopped"}


def test_relabel_sets_the_state_of_all(world: World) -> None:
    """One call changes the state of every id, and of no other instance."""
    first, second, third = launched(world, 3)
    world.fleet.relabel([first, second], HostState.LIVE)
    assert ids(world, states=[HostState.LIVE]) == sorted([first, second])
    assert ids(world, states=[HostState.BUILDING]) == [third]


def test_a_subnet_that_is_gone_fails_the_launch(world: World) -> None:
    """StepFailed(LAUNCH_FAILED) names what EC2 did not find, and nothing was launched."""
    group = LaunchGroup("control", world.lose_subnet(), 2)
    with pytest.raises(StepFailed, match=group.spec.subnet) as caught:
        world.fleet.launch(group, service="cameras", environment=world.environment, deployment="cameras-142")
    assert caught.value.reason is Reason.LAUNCH_FAILED
    assert ids(world) == []


def test_retired_instances_are_terminated(world: World) -> None:
    """The end of a retired instance is final, and asking again is no error."""
    old = launched(world, 2, state=HostState.RETIRED, deployment="cameras-141")
    new = launched(world, 2, state=HostState.LIVE)
    world.reaper.end(old, stop=False)
    world.reaper.end(old, stop=False)
    assert ids(world) == sorted(new)


def test_stopping_keeps_the_instances(world: World) -> None:
    """With `stop` the instances stay, stopped, and asking again is no error."""
    old = launched(world, 2, state=HostState.RETIRED, deployment="cameras-141")
    world.reaper.end(old, stop=True)
    world.reaper.end(old, stop=True)
    found = world.fleet.instances("cameras", world.environment)
    assert [(each.id, each.status) for each in found] == [(id_, "stopped") for id_ in sorted(old)]


@pytest.mark.parametrize("state", [HostState.BUILDING, HostState.LIVE, HostState.STANDBY])
def test_what_is_not_retired_is_never_ended(world: World, state: HostState) -> None:
    """One instance that is not retired and none of them ends; the error names it (invariant I3)."""
    retired = launched(world, 2, state=HostState.RETIRED, deployment="cameras-141")
    (spared,) = launched(world, 1, state=state)
    with pytest.raises(StepFailed, match=spared) as caught:
        world.reaper.end([*retired, spared], stop=False)
    assert caught.value.reason is Reason.INTERNAL
    assert not any(id_ in caught.value.text for id_ in retired)
    assert ids(world) == sorted([*retired, spared])


def test_a_retired_instance_that_is_not_managed_is_never_ended(world: World) -> None:
    """The tag `retired` alone is not enough."""
    (strange,) = launched(world, 1, state=HostState.RETIRED)
    world.set_tag(strange, "managed", "false")
    with pytest.raises(StepFailed, match=strange):
        world.reaper.end([strange], stop=False)


def test_ending_nothing_is_no_error(world: World) -> None:
    """No ids, no call, no error."""
    world.reaper.end([], stop=False)
