"""The function `fleet`: launch the mirror, and keep the labels of both fleets true."""

from collections.abc import Sequence

from chalicelib.domain.deployment import State, Trigger
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.plan import Host, HostState, Instance
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Fleet, Hosts
from chalicelib.usecases.steps.work import Result, Work

LAUNCH_SECONDS = 60
"""A launch is over after this long: the timeout of the state; that of the function is shorter."""


class FleetSteps:
    """The tasks of this function, each named like its state."""

    def __init__(self, fleet: Fleet, hosts: Hosts) -> None:
        self._fleet = fleet
        self._hosts = hosts

    def launch(self, work: Work) -> Result:
        work.guard()
        if work.deployment.state is not State.PREPARING:
            raise StepFailed(Reason.INTERNAL, step="Launching", what="the deployment has moved on")
        work.note(launching=work.now + LAUNCH_SECONDS)
        try:
            self._launch_all(work)
        except StepFailed:
            work.note(launching=0.0)
            raise
        work.note(new=_hosts(_own(work, self._fleet)), launching=0.0)
        return None

    def await_running(self, work: Work) -> Result:
        work.guard()
        wanted = work.plan.size
        own = _own(work, self._fleet)
        _remember(work, own)
        lost = [each.id for each in own if each.status in {"stopping", "stopped"}]
        if lost or len(own) > wanted:
            raise StepFailed(
                Reason.LAUNCH_FAILED,
                what=f"{len(own)} of {wanted} hosts, stopped: {', '.join(lost) or 'none'}",
            )
        running = [each.id for each in own if each.status == "running"]
        online = self._hosts.online(running) if len(running) == wanted else set()
        work.note(progress=f"{len(running)} of {wanted} hosts run, {len(online)} answer")
        if len(online) < wanted:
            raise NotReady(f"{len(online)} of {wanted} hosts answer")
        return None

    def promote(self, work: Work) -> Result:
        self._fleet.relabel([host.id for host in work.deployment.new], HostState.LIVE)
        self._fleet.relabel([host.id for host in work.plan.old], HostState.STANDBY)
        return None

    def demote(self, work: Work) -> Result:
        self._fleet.relabel([host.id for host in work.plan.old], HostState.LIVE)
        self._fleet.relabel([host.id for host in work.deployment.new], HostState.STANDBY)
        return None

    def discard(self, work: Work) -> Result:
        if work.now < work.deployment.launching:
            # The branch that launches was stopped, not the function that it had called: what that one still makes
            # would be nobody's.
            raise NotReady("a launch may still be on its way")
        outcome = work.deployment.outcome or State.FAILED
        own = _own(work, self._fleet)
        work.move(Trigger.DISCARD, outcome=outcome, new=_hosts(own))
        building = [each.id for each in own if each.state is HostState.BUILDING]
        if building:
            self._fleet.relabel(building, HostState.STANDBY)
        return None

    def _launch_all(self, work: Work) -> None:
        deployment = work.deployment
        for group in work.plan.groups:
            self._fleet.launch(
                group,
                service=deployment.service,
                environment=deployment.environment,
                deployment=deployment.id,
            )


def _own(work: Work, fleet: Fleet) -> list[Instance]:
    deployment = work.deployment
    return fleet.instances(deployment.service, deployment.environment, deployment=deployment.id)


def _hosts(instances: Sequence[Instance]) -> tuple[Host, ...]:
    return tuple(
        sorted((Host(each.id, each.role, each.address) for each in instances), key=lambda host: host.id)
    )


def _remember(work: Work, own: Sequence[Instance]) -> None:
    """Keep which hosts belong to the deployment: only those in its own record can be ended later."""
    work.note(new=_hosts(own))
