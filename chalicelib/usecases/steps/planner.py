"""The function `planner`: look at the live fleet and work out its mirror."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.deployment import Package, State
from chalicelib.domain.plan import HostState, Plan, mirror, released
from chalicelib.domain.settings import EnvironmentSettings
from chalicelib.usecases.ports import Fleet, Traffic
from chalicelib.usecases.release_ports import Manifests
from chalicelib.usecases.steps.beginning import begin, go_on
from chalicelib.usecases.steps.coupled import bound
from chalicelib.usecases.steps.work import Result, Work


def snapshot(settings: EnvironmentSettings, fleet: Fleet, traffic: Traffic, *, of: Plan) -> Plan:
    """The plan of the same release as `of`, from the fleet and the traffic as they are now."""
    live = fleet.instances(settings.service, settings.name, states=[HostState.LIVE])
    routes = [traffic.resolve(spec) for spec in settings.routes]
    made = mirror(settings, live, routes, version=of.version, sha256=of.sha256, old_version=of.old_version)
    return replace(made, together=of.together)


class PlannerSteps:
    """The tasks of this function, each named like its state."""

    def __init__(self, fleet: Fleet, traffic: Traffic, manifests: Callable[[], Manifests]) -> None:
        """`manifests` is made only where a frontend goes with the servers."""
        self._fleet = fleet
        self._traffic = traffic
        self._manifests = manifests

    def plan(self, work: Work) -> Result:
        deployment = work.deployment
        if deployment.state is not State.ACCEPTED or deployment.outcome is not None:
            return go_on(work)
        if not deployment.plan_only:
            work.guard()
        if deployment.plan is None:
            self._make_plan(work)
        return begin(work)

    def _make_plan(self, work: Work) -> None:
        deployment = work.deployment
        build = work.store.build(deployment.service, deployment.version)
        package = None
        if build is not None and build.status is BuildStatus.PASSED:
            package = Package(build.artifact, build.sha256, build.commit, build.author)
        sha256 = package.sha256 if package else ""
        empty = released(deployment.version, work.environment().live_version, sha256)
        of = bound(work, empty, self._manifests)
        made = snapshot(work.settings, self._fleet, self._traffic, of=of)
        made = replace(made, old_version=made.old_version or _labeled_version(work, self._fleet))
        work.save(replace(deployment, plan=made, package=package), work.history("plan", detail=made.digest))


def _labeled_version(work: Work, fleet: Fleet) -> str:
    """The version of a fleet that the service did not make, where all its live hosts carry the same label."""
    live = fleet.instances(work.settings.service, work.settings.name, states=[HostState.LIVE])
    versions = {instance.version for instance in live}
    return versions.pop() if len(versions) == 1 else ""
