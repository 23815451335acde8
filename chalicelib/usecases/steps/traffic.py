"""The function `traffic`: attach, switch, watch, and take hosts off the load balancer."""

from chalicelib.domain.deployment import BEFORE_SWITCH, State, Trigger
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.plan import Host, Route, difference, of_role
from chalicelib.domain.reasons import Reason
from chalicelib.usecases.ports import Alarms, Fleet, Save, Side, Traffic
from chalicelib.usecases.steps.live import keep, wanted_back, went_back, went_live
from chalicelib.usecases.steps.planner import snapshot
from chalicelib.usecases.steps.work import Result, Work


class TrafficSteps:
    """The tasks of this function, each named like its state."""

    def __init__(self, traffic: Traffic, fleet: Fleet, alarms: Alarms) -> None:
        self._traffic = traffic
        self._fleet = fleet
        self._alarms = alarms

    def attach(self, work: Work) -> Result:
        work.guard()
        for route in work.plan.routes:
            strangers = set(self._traffic.standby(route)) - set(of_role(work.deployment.new, route.role))
            if strangers:
                raise StepFailed(
                    Reason.FLEET_CHANGED,
                    what=f"{', '.join(sorted(strangers))} stand on the side for the new fleet",
                )
            if _side(work, self._traffic, route) is not Side.OLD:
                what = "the side for the new fleet takes traffic already"
                raise StepFailed(Reason.FLEET_CHANGED, what=what)
            self._traffic.attach(route, of_role(work.deployment.new, route.role))
        work.move(Trigger.TEST)
        return None

    def await_healthy(self, work: Work) -> Result:
        work.guard()
        missing = _unhealthy(work, self._traffic, Side.NEW)
        if missing:
            work.note(progress=f"{len(missing)} hosts are not healthy yet")
            raise NotReady(_listed(missing))
        return None

    def switch(self, work: Work) -> Result:
        if work.deployment.state not in {State.SWITCHING, State.BAKING}:
            _approve(work, self._traffic, self._fleet)
            work.move(Trigger.SWITCH)
        if work.deployment.state is State.SWITCHING:
            _move(work, self._traffic, Side.NEW)
            work.move(Trigger.BAKE, Save(went_live(work)), switched_at=work.now)
        else:
            _refuse_trouble(work, self._traffic, self._alarms)
        _await_spread(work, since=work.deployment.switched_at)
        return None

    def bake(self, work: Work) -> Result:
        return _bake(work, self._traffic, self._alarms)

    def switch_back(self, work: Work) -> Result:
        if work.deployment.state in {State.DISCARDING, *BEFORE_SWITCH}:
            return None  # nothing was moved: the last look before the switch refused it
        if work.deployment.state is not State.SWITCHING_BACK:
            work.move(Trigger.SWITCH_BACK)
        if any(_side(work, self._traffic, route) is not Side.OLD for route in work.plan.routes):
            ill = _unhealthy(work, self._traffic, Side.OLD)
            if len(ill) > len(_unhealthy(work, self._traffic, Side.NEW)):
                raise NotReady(f"the old fleet is worse off than the new one: {_listed(ill)}")
        _move(work, self._traffic, Side.OLD)
        if work.environment().live_deployment == work.deployment.id:
            work.save(work.deployment, Save(went_back(work)), work.history("went_back"))
        back_since = max(work.deployment.phases[-1].at, work.environment().live_since)
        _await_spread(work, since=back_since)
        return None

    def deregister(self, work: Work) -> Result:
        side, hosts = _leaving(work)
        stays = Side.OLD if side is Side.NEW else Side.NEW
        for route in work.plan.routes if work.deployment.plan else ():
            if _side(work, self._traffic, route) is not stays:
                raise StepFailed(Reason.TRAFFIC_UNCLEAR, what="the fleet that is to end still takes traffic")
            self._traffic.deregister(route, of_role(hosts, route.role), side=side)
        return None

    def await_deregistered(self, work: Work) -> Result:
        side, hosts = _leaving(work)
        for route in work.plan.routes if work.deployment.plan else ():
            draining = self._traffic.draining(route, of_role(hosts, route.role), side=side)
            if draining:
                work.note(progress=f"{len(draining)} hosts finish their last connections")
                raise NotReady(f"{', '.join(sorted(draining))} drain")
        return None


def _approve(work: Work, traffic: Traffic, fleet: Fleet) -> None:
    """The last look before traffic moves: confirmed, nothing changed since, and every exact host healthy."""
    work.guard()
    deployment = work.deployment
    if deployment.protected and deployment.finish_confirmed_by is None:
        raise StepFailed(Reason.INTERNAL, step="Switching", what="nobody confirmed it")
    now = snapshot(work.settings, fleet, traffic, of=work.plan)
    changed = difference(work.plan, now)
    if changed:
        raise StepFailed(Reason.FLEET_CHANGED, what=changed)
    own = fleet.instances(deployment.service, deployment.environment, deployment=deployment.id)
    running = {each.id for each in own if each.status == "running"} & {host.id for host in deployment.new}
    if len(running) != work.plan.size:
        raise StepFailed(Reason.UNHEALTHY, what=f"{len(running)} of {work.plan.size} hosts run")
    missing = _unhealthy(work, traffic, Side.NEW)
    if missing:
        raise StepFailed(Reason.UNHEALTHY, what=_listed(missing))


def _move(work: Work, traffic: Traffic, to: Side) -> None:
    """Every route to one side, each move asked again until it is in force, and read back at the end."""
    for route in work.plan.routes:
        old, new = of_role(work.plan.old, route.role), of_role(work.deployment.new, route.role)
        traffic.switch(route, to=to, old=old, new=new)
    for route in work.plan.routes:
        if _side(work, traffic, route) is not to:
            raise NotReady(f"{route.role} has not moved yet")


def _await_spread(work: Work, *, since: float) -> None:
    """A move is over when no client is sent to the side that it left: one that was asked to leave it before, or whose
    connection was ended there, would come back to it."""
    spread = max((route.spread_seconds for route in work.plan.routes), default=0)
    left = since + spread - work.now
    if spread and left > 0:
        work.note(progress="Resolvers learn the new address")
        raise NotReady(f"resolvers may keep the old address for {left:.0f} s more")


def _side(work: Work, traffic: Traffic, route: Route) -> Side:
    return traffic.side(
        route, old=of_role(work.plan.old, route.role), new=of_role(work.deployment.new, route.role)
    )


def _unhealthy(work: Work, traffic: Traffic, side: Side) -> dict[str, str]:
    hosts = work.deployment.new if side is Side.NEW else work.plan.old
    missing: dict[str, str] = {}
    for route in work.plan.routes:
        missing |= traffic.health(route, of_role(hosts, route.role), side=side).missing()
    return missing


def _listed(missing: dict[str, str]) -> str:
    return "; ".join(f"{host}: {why}" for host, why in sorted(missing.items()))


def _bake(work: Work, traffic: Traffic, alarms: Alarms) -> Result:
    """Watch for the whole bake time; a person's rollback ends it early, trouble ends it at once."""
    _refuse_trouble(work, traffic, alarms)
    wish = wanted_back(work)
    if wish is not None:
        return wish
    left = work.deployment.switched_at + work.settings.bake_seconds - work.now
    if left > 0:
        work.note(progress="Watching alarms and health")
        raise NotReady(f"{left:.0f} s of bake time left")
    return keep(work)


def _refuse_trouble(work: Work, traffic: Traffic, alarms: Alarms) -> None:
    """StepFailed where an alarm went off or a host of the new fleet is ill."""
    firing = alarms.firing(work.settings.alarms) if work.settings.alarms else []
    if firing:
        named = " and ".join(f"“{each}”" for each in firing)
        raise StepFailed(Reason.ALARM, names=f"The alarm{'s' if len(firing) > 1 else ''} {named}")
    ill = _unhealthy(work, traffic, Side.NEW)
    if ill:
        raise StepFailed(Reason.UNHEALTHY, what=_listed(ill))


def _leaving(work: Work) -> tuple[Side, tuple[Host, ...]]:
    """The fleet that is being ended: the new one of a discarded deployment, else the old one."""
    if work.deployment.state is State.DISCARDING:
        return Side.NEW, work.deployment.new
    return Side.OLD, work.plan.old
