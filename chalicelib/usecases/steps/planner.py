"""The function `planner`: look at the live fleet and work out its mirror."""

from dataclasses import replace

from chalicelib.domain.approval import GRACE_SECONDS
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.deployment import BEFORE_SWITCH, Deployment, Package, State, Trigger
from chalicelib.domain.plan import HostState, Plan, mirror
from chalicelib.domain.settings import EnvironmentSettings
from chalicelib.usecases.ports import Fleet, Traffic
from chalicelib.usecases.steps.work import Result, Work


def snapshot(settings: EnvironmentSettings, fleet: Fleet, traffic: Traffic, *, of: Plan) -> Plan:
    """The plan of the same release as `of`, from the fleet and the traffic as they are now."""
    live = fleet.instances(settings.service, settings.name, states=[HostState.LIVE])
    routes = [traffic.resolve(spec) for spec in settings.routes]
    return mirror(settings, live, routes, version=of.version, sha256=of.sha256, old_version=of.old_version)


class PlannerSteps:
    """The tasks of this function, each named like its state."""

    def __init__(self, fleet: Fleet, traffic: Traffic) -> None:
        self._fleet = fleet
        self._traffic = traffic

    def plan(self, work: Work) -> Result:
        deployment = work.deployment
        if deployment.state is not State.ACCEPTED or deployment.outcome is not None:
            return _go_on(work)
        if not deployment.plan_only:
            work.guard()
        if deployment.plan is None:
            _make_plan(work, self._fleet, self._traffic)
        return _decide(work)


def _make_plan(work: Work, fleet: Fleet, traffic: Traffic) -> None:
    deployment = work.deployment
    build = work.store.build(deployment.service, deployment.version)
    package = None
    if build is not None and build.status is BuildStatus.PASSED:
        package = Package(build.artifact, build.sha256, build.commit, build.author)
    empty = Plan(
        version=deployment.version,
        sha256=package.sha256 if package else "",
        groups=(),
        old=(),
        routes=(),
        old_version=work.environment().live_version,
    )
    made = snapshot(work.settings, fleet, traffic, of=empty)
    made = replace(made, old_version=made.old_version or _labeled_version(work, fleet))
    work.save(replace(deployment, plan=made, package=package), work.history("plan", detail=made.digest))


def _labeled_version(work: Work, fleet: Fleet) -> str:
    """The version of a fleet that the service did not make, where all its live hosts carry the same label."""
    live = fleet.instances(work.settings.service, work.settings.name, states=[HostState.LIVE])
    versions = {instance.version for instance in live}
    return versions.pop() if len(versions) == 1 else ""


def _decide(work: Work) -> Result:
    """What the machine does next with a new deployment."""
    if work.deployment.plan_only:
        work.move(Trigger.PLAN_ONLY)
        return _next("over", work)
    if work.settings.protected:
        return _next("ask", work)
    work.move(Trigger.BEGIN)
    return _next("begin", work)


_GO_ON: dict[State, str] = {
    State.ASKING_START: "ask",
    State.PREPARING: "begin",
    State.ASKING_RETRY: "hold",
    State.READY: "ready",
    State.ASKING_FINISH: "ready",
    State.SWITCHING: "switch",
    State.BAKING: "promote",
    State.KEEPING: "keep",
    State.ASKING_ROLLBACK: "ask_rollback",
    State.ASKING_END: "ask_end",
    State.SWITCHING_BACK: "switch_back",
    State.DISCARDING: "discard",
    State.RETIRING: "retire",
}
"""Where the machine goes on with a deployment that an earlier run has brought to a state; each step may run again."""


def _go_on(work: Work) -> Result:
    deployment = work.deployment
    if deployment.state in BEFORE_SWITCH and deployment.outcome is not None and not _held(deployment):
        return _next("discard", work)
    return _next(_GO_ON.get(deployment.state, "over"), work)


def _held(deployment: Deployment) -> bool:
    """Whether it waits for a retry; what was stopped from outside does not."""
    return deployment.state is State.ASKING_RETRY and deployment.outcome in {None, State.FAILED}


def _next(where: str, work: Work) -> Result:
    """Where to, and how long the waits on the way last, each a little longer than people are told."""
    timeouts = work.settings.timeouts
    waits = {"ask": timeouts.ask, "ready": timeouts.ready, "build": timeouts.build, "seconds": _window(work)}
    return {"next": where, **{name: seconds + GRACE_SECONDS for name, seconds in waits.items()}}


def _window(work: Work) -> int:
    """Seconds for the wait that a run may begin with: for a retry, or what is left of the old fleet's window."""
    if _held(work.deployment):
        return work.settings.timeouts.retry
    return max(1, int(work.deployment.keep_until - work.now))
