"""The whole machine with each way to switch, and with more hosts."""

from collections import Counter

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.plan import HostState
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Strategy
from tests.builders import LEAD
from tests.machine.rig import NEW, OLD, Rig

STRATEGIES: tuple[Strategy, ...] = ("weighted", "targets", "dns")
CHANGES = {"launch", "relabel", "end", "send", "attach", "switch", "deregister"}
"""What changes anything on servers and traffic; the rest only looks."""


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_deployment_moves_traffic_and_ends_the_old_fleet(strategy: Strategy) -> None:
    """Whichever way traffic is switched, somebody whole takes it after every step, and the new fleet at the end."""
    rig = Rig(strategy=strategy)
    rig.kept()
    assert rig.deployment().state is State.KEEPING
    assert rig.there(HostState.STANDBY) == OLD
    rig.machine.let(7_300)
    assert rig.deployment().state is State.SUCCEEDED
    assert rig.there() == rig.there(HostState.LIVE) == NEW
    rig.over()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_rollback_is_the_same_move_in_reverse(strategy: Strategy) -> None:
    """Each strategy has its way back."""
    rig = Rig(strategy=strategy)
    rig.kept()
    rig.say("rollback cameras production")
    rig.decide("confirm", Kind.ROLLBACK, LEAD)
    rig.back_to_old(State.ROLLED_BACK)


def test_an_alarm_while_resolvers_still_learn_the_new_address_goes_back() -> None:
    """With `dns` the move takes two minutes; trouble is not left alone for so long."""
    rig = Rig(strategy="dns", bake={"time": 300, "alarms": ["errors"]})
    rig.cloud.alarms["errors"] = "OK"
    rig.ready()
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD, run=False)
    rig.machine.run(until="Switch")
    rig.machine.step()
    assert rig.deployment().state is State.BAKING
    rig.cloud.alarms["errors"] = "ALARM"
    rig.machine.run()
    assert rig.deployment().reason == Reason.ALARM
    phases = {phase.state: phase.at for phase in rig.deployment().phases}
    assert phases[State.SWITCHING_BACK] - phases[State.BAKING] < 30, (
        "it does not wait for the resolvers first"
    )
    rig.back_to_old(State.FAILED)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_more_hosts_are_not_more_calls(strategy: Strategy) -> None:
    """Doubling the hosts does not change how often anything is changed."""
    assert _changes(strategy, controls=3) == _changes(strategy, controls=6)


def _changes(strategy: Strategy, *, controls: int) -> Counter[str]:
    """How often each changing call was made in a whole deployment."""
    rig = Rig(strategy=strategy, controls=controls)
    rig.kept()
    rig.machine.let(7_300)
    assert rig.deployment().state is State.SUCCEEDED
    ports = (rig.fleet, rig.reaper, rig.hosts, rig.traffic)
    return Counter(call.method for port in ports for call in port.calls if call.method in CHANGES)
