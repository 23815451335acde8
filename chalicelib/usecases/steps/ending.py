"""The functions `retire` (marks) and `terminate` (ends what is marked): two steps, two roles, neither enough alone."""

from collections.abc import Sequence

from chalicelib.domain.deployment import State, Trigger
from chalicelib.domain.errors import NotReady
from chalicelib.domain.plan import HostState, Instance
from chalicelib.usecases.ports import Fleet, Reaper
from chalicelib.usecases.steps.work import Result, Work


class RetireSteps:
    """Marks what is to end; it can end nothing."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def retire(self, work: Work) -> Result:
        """Move the labels of the ending fleet from `standby` to `retired`."""
        if work.deployment.state not in {State.DISCARDING, State.RETIRING}:
            work.move(Trigger.RETIRE)
        standby = [each.id for each in _ending(work, self._fleet, HostState.STANDBY)]
        if standby:
            self._fleet.relabel(standby, HostState.RETIRED)
        return None


class TerminateSteps:
    """Ends what is marked; it can mark nothing."""

    def __init__(self, fleet: Fleet, reaper: Reaper) -> None:
        self._fleet = fleet
        self._reaper = reaper

    def terminate(self, work: Work) -> Result:
        """End the marked instances, and be done only when none of them runs any more."""
        discarded = work.deployment.state is State.DISCARDING
        stop = work.settings.old_fleet == "stop" and not discarded
        left = _left(_ending(work, self._fleet, HostState.RETIRED), stop=stop)
        if left:
            self._reaper.end([each.id for each in left], stop=stop)
            left = _left(_ending(work, self._fleet, HostState.RETIRED), stop=stop)
        if left:
            raise NotReady(f"{', '.join(each.id for each in left)} still run")
        return None


def _ending(work: Work, fleet: Fleet, state: HostState) -> list[Instance]:
    """Instances of the fleet that ends which are in the deployment's own record and carry the label."""
    deployment = work.deployment
    record = deployment.new if deployment.state is State.DISCARDING else work.plan.old
    ids = {host.id for host in record}
    found = fleet.instances(deployment.service, deployment.environment, states=[state])
    return [each for each in found if each.id in ids]


def _left(instances: Sequence[Instance], *, stop: bool) -> list[Instance]:
    """Those that still have to end; a stopped fleet has ended once it stops."""
    return [each for each in instances if not (stop and each.status in {"stopping", "stopped"})]
