"""Sweeps as such: all environments, two at once, too little time."""

import json

import pytest

from chalicelib.domain.deployment import Machine as Kind
from chalicelib.domain.deployment import Ref
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.ports import Execution
from chalicelib.usecases.resume import resume
from chalicelib.usecases.sweep import Sweeper, from_elsewhere
from tests.builders import LEAD
from tests.fakes.workflow import FakeWorkflow
from tests.machine.rig import FIRST, Rig
from tests.machine.sweeping import died, done

pytestmark = pytest.mark.usefixtures("unwatched")


def test_one_environment_s_trouble_keeps_no_other_from_being_swept() -> None:
    """Staging is swept although production can not be read; and the function fails, so that an alarm goes off."""
    rig = Rig(environment="staging")
    rig.workflow.fail("start", Unavailable("no answer"))
    with pytest.raises(Unavailable):
        rig.say("cameras@142 to staging")
    rig.clock.advance(61)
    rig.fleet.fail("instances", ValueError("an answer nobody expected"))
    with pytest.raises(Unavailable, match="cameras in production"):
        rig.sweeper.sweep()
    assert rig.workflow.runs == [(Ref("cameras", "staging", "cameras-staging-1"), 1)]


def test_two_sweeps_at_once_make_one_repair() -> None:
    """EventBridge may deliver twice: the second finds the first one's write."""
    rig = Rig()
    rig.ready()
    died(rig)
    facts = rig.sweeper.look(rig.store.team(), "cameras", "production")
    rig.sweeper.sweep()
    rig.sweeper.act(facts)
    assert rig.deployment().run == 2
    assert done(rig) == ["run_ended"]


def test_a_repair_is_logged_with_its_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks the logs for all that happened to one deployment finds it."""
    rig = Rig()
    rig.ready()
    died(rig)
    rig.sweeper.sweep()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [each["deployment"] for each in lines if each.get("message") == "repaired"] == [FIRST]


class Racing(FakeWorkflow):
    """Somebody takes the deployment up between the look at its execution and the look at its record."""

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self._rig = rig

    def status(self, ref: Ref, run: int, machine: Kind = Kind.DEPLOY) -> Execution:
        """As it was a moment ago."""
        found = self._rig.workflow.status(ref, run, machine)
        resume(self._rig.store, self._rig.workflow, self._rig.clock, self._rig.deployment(), LEAD)
        return found


def test_a_run_that_began_meanwhile_is_not_taken_for_the_one_that_died() -> None:
    """How the last execution ended says nothing about the next."""
    rig = Rig()
    rig.ready()
    died(rig)
    Sweeper(rig.store, Racing(rig), rig.fleet, rig.clock).sweep()
    assert rig.deployment().run == 2
    assert done(rig) == []


def test_before_anything_is_published_nothing_is_swept() -> None:
    """A new installation is quiet."""
    rig = Rig()
    rig.store.table.configurations.clear()
    assert rig.sweeper.sweep() == {"environments": 0, "found": 0, "left": 0}


def test_with_too_little_time_left_no_other_environment_is_begun() -> None:
    """A function that is killed at its limit would have told nobody what it did; the rest is counted."""
    rig = Rig()
    rig.ready()
    left = iter([60.0, 1.0])
    assert rig.sweeper.sweep(lambda: next(left)) == {"environments": 1, "found": 0, "left": 1}


@pytest.mark.parametrize("environments", [1, 2, 101, 200])
def test_every_environment_is_at_some_time_the_first(environments: int) -> None:
    """What one sweep leaves, a later one begins with; each looks at all where it has the time."""
    pairs = [(f"s{number}", "production") for number in range(environments)]
    orders = [from_elsewhere(pairs, 60.0 * minute) for minute in range(environments)]
    assert {order[0] for order in orders} == set(pairs)
    assert all(sorted(order) == sorted(pairs) for order in orders)
