"""The port Traffic, each strategy on its fake and on an emulator."""

from collections.abc import Callable

import pytest

from chalicelib.domain.errors import NotReady, Refused, StepFailed
from chalicelib.domain.plan import HostState, Route
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Strategy
from chalicelib.usecases.ports import Health, Side
from tests.contract.worlds import World, launched

STRATEGIES: tuple[Strategy, ...] = ("weighted", "targets", "dns")
TWO_SIDES: tuple[Strategy, ...] = ("weighted", "dns")


class Scene:
    """A route with a live fleet behind it and a new one beside it."""

    def __init__(self, world: World, strategy: Strategy) -> None:
        self.traffic = world.traffic
        self.old = launched(world, 2, state=HostState.LIVE, deployment="cameras-141")
        self.new = launched(world, 2)
        self.spec = world.add_route(strategy, self.old)
        self.route: Route = world.traffic.resolve(self.spec)

    @property
    def side(self) -> Side:
        """Which fleet takes new connections."""
        return self.traffic.side(self.route, old=self.old, new=self.new)

    def attach(self) -> None:
        """Register the new fleet and wait for its health."""
        self.traffic.attach(self.route, self.new)
        until_ready(lambda: self.ready(Side.NEW))

    def ready(self, side: Side) -> None:
        """NotReady until a side's own fleet is healthy."""
        missing = self.traffic.health(
            self.route, self.new if side is Side.NEW else self.old, side=side
        ).missing()
        if missing:
            raise NotReady(str(missing))

    def switch(self, to: Side) -> None:
        """Move, asked again as the state machine does."""
        until_ready(lambda: self.traffic.switch(self.route, to=to, old=self.old, new=self.new))


def until_ready(step: Callable[[], None]) -> None:
    """Call a step until it does not raise NotReady, a bounded number of times."""
    for _ in range(5):
        try:
            return step()
        except NotReady:
            continue
    return step()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_live_side_is_old(world: World, strategy: Strategy) -> None:
    """A route is resolved to ARNs with the fleet that takes traffic on the old side."""
    scene = Scene(world, strategy)
    assert scene.side is Side.OLD
    assert scene.route.old_group
    assert (scene.route.old_group == scene.route.new_group) == (strategy == "targets")
    assert world.traffic.resolve(scene.spec) == scene.route


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_switch_moves_new_connections_and_is_idempotent(world: World, strategy: Strategy) -> None:
    """After the switch the new side takes traffic; asked again nothing changes."""
    scene = Scene(world, strategy)
    scene.attach()
    scene.switch(Side.NEW)
    assert scene.side is Side.NEW
    scene.switch(Side.NEW)
    assert scene.side is Side.NEW


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_switch_can_go_back(world: World, strategy: Strategy) -> None:
    """Rollback is the same move in reverse."""
    scene = Scene(world, strategy)
    scene.attach()
    scene.switch(Side.NEW)
    scene.switch(Side.OLD)
    assert scene.side is Side.OLD
    scene.ready(Side.OLD)


@pytest.mark.parametrize("strategy", TWO_SIDES)
def test_the_next_deployment_finds_the_sides_swapped(world: World, strategy: Strategy) -> None:
    """What was new is old when the route is resolved after a switch."""
    scene = Scene(world, strategy)
    scene.attach()
    scene.switch(Side.NEW)
    again = world.traffic.resolve(scene.spec)
    assert (again.old_group, again.new_group) == (scene.route.new_group, scene.route.old_group)


@pytest.mark.parametrize("strategy", TWO_SIDES)
def test_attached_hosts_stand_by_without_traffic(world: World, strategy: Strategy) -> None:
    """New hosts are registered on the idle side only, and attaching again is no error."""
    scene = Scene(world, strategy)
    assert world.traffic.standby(scene.route) == ()
    scene.attach()
    scene.attach()
    assert world.traffic.standby(scene.route) == tuple(sorted(scene.new))
    assert scene.side is Side.OLD


def test_targets_attach_nothing(world: World) -> None:
    """With one target group new hosts would take traffic, so nothing is registered before the switch."""
    scene = Scene(world, "targets")
    scene.attach()
    assert world.traffic.standby(scene.route) == ()
    assert scene.side is Side.OLD
    assert world.traffic.health(scene.route, scene.new, side=Side.NEW).missing() == {}


@pytest.mark.parametrize("strategy", TWO_SIDES)
def test_health_is_told_for_exact_ids(world: World, strategy: Strategy) -> None:
    """An id that is not registered is unused, whoever else is healthy."""
    scene = Scene(world, strategy)
    world.traffic.attach(scene.route, scene.new[:1])
    world.traffic.health(scene.route, scene.new, side=Side.NEW)
    report = world.traffic.health(scene.route, scene.new, side=Side.NEW)
    assert report.health[scene.new[1]] is Health.UNUSED
    assert set(report.missing()) - {scene.new[0]} == {scene.new[1]}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_deregistered_hosts_are_gone_in_the_end(world: World, strategy: Strategy) -> None:
    """The old fleet leaves its side after the switch; ids that were never there are skipped."""
    scene = Scene(world, strategy)
    scene.attach()
    scene.switch(Side.NEW)
    world.traffic.deregister(scene.route, [*scene.old, "i-0123456789abcdef0"], side=Side.OLD)
    until_ready(lambda: _gone(scene))
    world.traffic.deregister(scene.route, scene.old, side=Side.OLD)
    assert world.traffic.draining(scene.route, scene.old, side=Side.OLD) == set()
    scene.ready(Side.NEW)


def _gone(scene: Scene) -> None:
    left = scene.traffic.draining(scene.route, scene.old, side=Side.OLD)
    if left:
        raise NotReady(str(left))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_registered_hosts_count_as_draining(world: World, strategy: Strategy) -> None:
    """A host that is still registered is never reported as gone (invariant I2)."""
    scene = Scene(world, strategy)
    assert world.traffic.draining(scene.route, scene.old, side=Side.OLD) == set(scene.old)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_deregistered_hosts_drain_before_they_are_gone(semantic_world: World, strategy: Strategy) -> None:
    """A host that drains still holds connections, so it is not gone; it takes no new ones."""
    scene = Scene(semantic_world, strategy)
    scene.attach()
    scene.switch(Side.NEW)
    scene.traffic.deregister(scene.route, scene.old, side=Side.OLD)
    assert scene.traffic.draining(scene.route, scene.old, side=Side.OLD) == set(scene.old)
    assert scene.side is Side.NEW


@pytest.mark.parametrize("strategy", TWO_SIDES)
def test_a_draining_host_is_taken_back(semantic_world: World, strategy: Strategy) -> None:
    """Attaching hosts that drain registers them again (ELB: RegisterTargets ends the draining)."""
    scene = Scene(semantic_world, strategy)
    scene.attach()
    scene.traffic.deregister(scene.route, scene.new, side=Side.NEW)
    report = scene.traffic.health(scene.route, scene.new, side=Side.NEW)
    assert set(report.health.values()) == {Health.DRAINING}
    scene.attach()
    assert scene.traffic.standby(scene.route) == tuple(sorted(scene.new))


def test_rollback_takes_back_old_hosts_that_drain(semantic_world: World) -> None:
    """With one target group the old hosts drain after the switch, and going back registers them again."""
    scene = Scene(semantic_world, "targets")
    scene.switch(Side.NEW)
    scene.switch(Side.OLD)
    assert scene.side is Side.OLD
    scene.ready(Side.OLD)


def test_weights_on_both_groups_are_refused(world: World) -> None:
    """A route whose traffic is split can not be resolved, and says what it found."""
    spec = world.add_route("weighted")
    route = world.traffic.resolve(spec)
    world.set_weights(spec, 50, 50)
    with pytest.raises(Refused) as caught:
        world.traffic.resolve(spec)
    assert caught.value.reason is Reason.TRAFFIC_UNCLEAR
    assert world.traffic.side(route, old=(), new=()) is Side.SPLIT


def test_a_route_without_any_weight_is_refused(world: World) -> None:
    """Where no group takes traffic there is no live side."""
    spec = world.add_route("weighted")
    world.set_weights(spec, 0, 0)
    with pytest.raises(Refused):
        world.traffic.resolve(spec)


def test_a_split_route_can_be_moved_to_either_side(world: World) -> None:
    """Half a switch is completed or compensated by asking for a whole one."""
    scene = Scene(world, "weighted")
    scene.attach()
    world.set_weights(scene.spec, 50, 50)
    scene.switch(Side.OLD)
    assert scene.side is Side.OLD


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_names_that_do_not_exist_are_refused(world: World, strategy: Strategy) -> None:
    """A route to something that is not there is refused with a reason."""
    spec = world.add_route(strategy)
    strange = type(spec)(
        spec.role,
        spec.strategy,
        spec.load_balancers,
        spec.listener,
        tuple(f"{name}-x" for name in spec.target_groups),
        spec.zone,
        spec.record,
    )
    with pytest.raises(Refused) as caught:
        world.traffic.resolve(strange)
    assert caught.value.reason is Reason.TRAFFIC_UNCLEAR


def test_targets_never_empties_the_group(world: World) -> None:
    """Moving to a fleet of no hosts fails, and the old hosts stay registered (invariant I1)."""
    scene = Scene(world, "targets")
    with pytest.raises(StepFailed):
        world.traffic.switch(scene.route, to=Side.NEW, old=scene.old, new=[])
    assert scene.side is Side.OLD
