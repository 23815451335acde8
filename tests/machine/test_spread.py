"""A move of a record is over when no resolver sends clients to the side that it left."""

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import StepFailed
from chalicelib.domain.plan import SPREAD_SECONDS
from chalicelib.domain.reasons import Reason
from tests.builders import LEAD
from tests.machine.rig import Rig


def switching(strategy: str = "dns") -> Rig:
    """About to switch."""
    rig = Rig(strategy=strategy)  # type: ignore[arg-type] # one of the three
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    return rig


def test_the_old_hosts_ask_nobody_to_move_before_every_resolver_knows() -> None:
    """A client that moved earlier would look the name up, and come back to the host that it has left."""
    rig = switching()
    rig.machine.run(until="Drain")
    assert rig.clock.now() >= rig.deployment().switched_at + SPREAD_SECONDS


def test_a_listener_needs_no_such_wait() -> None:
    """New weights are in force when they can be read."""
    rig = switching("weighted")
    rig.machine.run(until="Drain")
    assert rig.clock.now() < rig.deployment().switched_at + 10


def test_the_way_back_waits_as_long() -> None:
    """After a rollback the new hosts serve whoever still finds them."""
    rig = switching()
    rig.machine.run()
    rig.say("rollback cameras production")
    rig.decide("confirm", Kind.ROLLBACK, run=False)
    rig.machine.run(until="DrainBack")
    assert rig.clock.now() >= rig.environment().live_since + SPREAD_SECONDS


def test_half_a_switch_that_goes_back_waits_too() -> None:
    """The record moved and the answer was an error: some resolvers have learned the new address."""
    rig = switching()
    rig.traffic.fail("switch", StepFailed(Reason.INTERNAL, step="Switching", what="no answer"), after=True)
    rig.machine.run(until="Deregister")
    (back,) = (phase.at for phase in rig.deployment().phases if phase.state is State.SWITCHING_BACK)
    assert rig.clock.now() >= back + SPREAD_SECONDS
