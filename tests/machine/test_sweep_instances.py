"""The sweeper and instances: what an ended deployment left is ended where that is safe, and told where not."""

import pytest

from chalicelib.domain.approval import Kind
from chalicelib.domain.deployment import State
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.findings import Trouble
from chalicelib.domain.plan import HostState
from tests.builders import LEAD
from tests.machine.rig import FIRST, NEW, OLD, SECOND, Rig
from tests.machine.sweeping import done, findings, sweep

pytestmark = pytest.mark.usefixtures("unwatched")


def left_over(
    rig: Rig, count: int = 2, state: HostState = HostState.BUILDING, owner: str = FIRST
) -> list[str]:
    """Hosts that appear although their deployment has ended."""
    return rig.cloud.add_hosts("control", count, state=state, deployment=owner)


def canceled() -> Rig:
    """A deployment that was canceled when it was ready, eleven minutes ago."""
    rig = Rig()
    rig.ready()
    rig.say("cancel cameras production")
    rig.back_to_old(State.CANCELED)
    return rig


def test_what_an_ended_deployment_left_is_ended_by_its_own_steps() -> None:
    """Marked and ended under a new fencing number, and the deployment ends as it had ended."""
    rig = canceled()
    left = left_over(rig)
    sweep(rig, 9)
    assert set(left) <= rig.there(), "a launch may still be on its way"
    sweep(rig, 3)
    assert rig.there() == OLD
    assert done(rig) == ["fleet_left"]
    assert rig.deployment().left == 2
    assert rig.environment().fence == rig.deployment().fence == 2
    assert rig.deployment().state is State.CANCELED
    assert findings(rig) == {}
    rig.over(run=2)


def test_an_old_fleet_that_was_not_ended_is_ended() -> None:
    """A host of the old fleet came back with its label of standby."""
    rig = Rig()
    rig.kept()
    rig.machine.let(7_400)
    assert rig.deployment().state is State.SUCCEEDED
    rig.cloud.hosts["i-0001"].status, rig.cloud.hosts["i-0001"].state = "running", HostState.STANDBY
    sweep(rig, 12)
    assert rig.there() == rig.there(HostState.LIVE) == NEW
    assert rig.deployment().state is State.SUCCEEDED
    rig.over(run=2)


def test_nothing_is_cleaned_up_while_somebody_deploys() -> None:
    """It waits until the environment is free; nothing is said either, since it will be repaired."""
    rig = canceled()
    left = left_over(rig)
    rig.say("cameras@143 to production")
    rig.decide("confirm", Kind.START)
    sweep(rig, 15)
    assert set(left) <= rig.there()
    assert findings(rig) == {}
    rig.say("cancel cameras production")
    sweep(rig, 2)
    assert rig.there() == OLD


def test_after_another_switch_it_is_reported_only() -> None:
    """The routes in the record are of yesterday: its own steps would refuse, and keep the environment for that."""
    rig = canceled()
    rig.say("cameras@143 to production")
    rig.decide("confirm", Kind.START)
    rig.say("finish cameras production")
    rig.decide("confirm", Kind.FINISH, LEAD)
    rig.machine.let(7_400)
    assert rig.deployment(SECOND).state is State.SUCCEEDED
    left = left_over(rig, 1)
    sweep(rig, 12)
    assert set(left) <= rig.there()
    assert left[0] in findings(rig)[Trouble.ORPHANS].detail
    assert rig.environment().active is None


def test_hosts_that_no_record_knows_are_reported_once_and_resolved() -> None:
    """Nobody may end what nobody made; when somebody has, the finding says so."""
    rig = Rig()
    left = left_over(rig, owner="somebody-else-7")
    before = len(rig.store.called("commit"))
    sweep(rig, 3)
    assert len(rig.store.called("commit")) == before + 1, "once, not every minute"
    found = findings(rig)[Trouble.ORPHANS]
    assert (found.deployment, all(each in found.detail for each in left)) == ("", True)
    for each in left:
        rig.cloud.hosts[each].status = "terminated"
    sweep(rig)
    assert findings(rig) == {}
    assert [line.event for line in rig.store.history("cameras", "production")[:2]] == [
        "resolved_orphans",
        "found_orphans",
    ]


def test_what_a_released_deployment_left_is_a_persons_business() -> None:
    """It got stuck and was released: hosts and traffic stay as they are, and chat says what is left."""
    rig = Rig()
    rig.kept()
    rig.reaper.fail("end", Unavailable("EC2 is away"), times=100)
    rig.machine.let(7_300)
    assert rig.deployment().state is State.STUCK
    sweep(rig)
    assert set(findings(rig)) == {Trouble.STUCK}
    rig.say("cancel cameras production", LEAD)
    sweep(rig, 11)
    assert set(findings(rig)) == {Trouble.ORPHANS}
    assert "got stuck and was released" in findings(rig)[Trouble.ORPHANS].detail
    assert rig.there() == OLD | NEW


def test_a_fleet_that_is_kept_stopped_is_no_orphan() -> None:
    """The settings say `stop`: it rests for as long as the team wants, whatever is deployed meanwhile."""
    rig = Rig(old_fleet="stop")
    rig.kept()
    rig.machine.let(7_400)
    assert rig.deployment().state is State.SUCCEEDED
    assert {rig.cloud.hosts[each].status for each in OLD} == {"stopped"}
    sweep(rig, 15)
    assert done(rig) == []
    assert findings(rig) == {}


def test_a_switch_of_settings_ends_no_fleet_that_was_kept() -> None:
    """It was stopped under other settings than today's; those it was stopped under count."""
    rig = Rig(old_fleet="stop")
    rig.kept()
    rig.machine.let(7_400)
    raw = rig.store.team().raw
    raw["services"]["cameras"]["environments"]["production"]["old_fleet"] = "terminate"
    rig.store.publish(raw)
    sweep(rig, 15)
    assert done(rig) == []
    assert findings(rig) == {}


@pytest.mark.parametrize("status", ["stopped", "terminated"])
def test_an_ill_host_of_the_fleet_that_stands_by_is_told(status: str) -> None:
    """Within a minute, with the way out; when it runs again that is told too."""
    rig = Rig()
    rig.kept()
    rig.machine.let(120)
    rig.cloud.hosts["i-0002"].status = status
    sweep(rig)
    found = findings(rig)[Trouble.STANDBY_ILL]
    assert found.deployment == FIRST
    assert "i-0002" in found.detail
    rig.cloud.hosts["i-0002"].status = "running"
    sweep(rig)
    assert findings(rig) == {}
