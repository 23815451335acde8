"""Fake of the port Traffic over the shared cloud: the three strategies on dictionaries."""

from collections.abc import Sequence

from chalicelib.domain.errors import NotReady, Refused, StepFailed
from chalicelib.domain.plan import Route
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import RouteSpec
from chalicelib.usecases.ports import Health, Side, TargetReport
from tests.fakes.cloud import Cloud, group_arn, listener_arn
from tests.fakes.recorder import Recorder


class FakeTraffic(Recorder):
    """Load balancers and DNS."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def resolve(self, spec: RouteSpec) -> Route:
        """Names to ARNs; the side with all the weight, or that the record names, is old."""
        with self._call("resolve", spec=spec):
            arns = [group_arn(name) for name in spec.target_groups]
            if any(arn not in self._cloud.groups for arn in arns):
                raise Refused(Reason.TRAFFIC_UNCLEAR, what="a target group is missing")
            if spec.strategy == "dns":
                return self._resolve_dns(spec, arns)
            listener = listener_arn(spec)
            weights = self._cloud.weights.get(listener, {})
            taking = [arn for arn, weight in weights.items() if weight > 0]
            if set(weights) != set(arns) or len(taking) != 1:
                raise Refused(Reason.TRAFFIC_UNCLEAR, what=f"weights {sorted(weights.values())}")
            new = next((arn for arn in arns if arn != taking[0]), taking[0])
            return Route(spec.role, spec.strategy, listener, taking[0], new)

    def side(self, route: Route, *, old: Sequence[str], new: Sequence[str]) -> Side:
        """Which fleet takes new connections now."""
        with self._call("side", route=route, old=tuple(old), new=tuple(new)):
            return self._side(route, old, new)

    def attach(self, route: Route, new: Sequence[str]) -> None:
        """Register in the idle group."""
        with self._call("attach", route=route, new=tuple(new)):
            if route.strategy != "targets":
                self._register(route.new_group, new)

    def standby(self, route: Route) -> tuple[str, ...]:
        """Who is in the idle group."""
        with self._call("standby", route=route):
            return () if route.strategy == "targets" else tuple(sorted(self._cloud.groups[route.new_group]))

    def health(self, route: Route, ids: Sequence[str], *, side: Side) -> TargetReport:
        """What a side's group says now; the group is one step further afterwards."""
        with self._call("health", route=route, ids=tuple(ids), side=side):
            group = _group(route, side)
            if route.strategy == "targets" and not self._taking(group) & set(ids):
                return TargetReport(dict.fromkeys(ids, Health.HEALTHY))
            return self._look(group, ids)

    def switch(self, route: Route, *, to: Side, old: Sequence[str], new: Sequence[str]) -> None:
        """Move new connections."""
        with self._call("switch", route=route, to=to, old=tuple(old), new=tuple(new)):
            if route.strategy == "weighted":
                self._cloud.weights[route.listener] |= {
                    route.old_group: 100 if to is Side.OLD else 0,
                    route.new_group: 100 if to is Side.NEW else 0,
                }
            elif route.strategy == "dns":
                self._cloud.records[route.zone, route.record] = _balancer(route, to)
            else:
                self._switch_targets(route, *((new, old) if to is Side.NEW else (old, new)))

    def deregister(self, route: Route, ids: Sequence[str], *, side: Side) -> None:
        """Registered ones begin to drain."""
        with self._call("deregister", route=route, ids=tuple(ids), side=side):
            self._drain(_group(route, side), ids)

    def draining(self, route: Route, ids: Sequence[str], *, side: Side) -> set[str]:
        """Ids that the side's group lists; one step further afterwards."""
        with self._call("draining", route=route, ids=tuple(ids), side=side):
            listed = set(ids) & set(self._cloud.groups[_group(route, side)])
            self._step(_group(route, side))
            return listed

    def _resolve_dns(self, spec: RouteSpec, arns: Sequence[str]) -> Route:
        live = self._cloud.records.get((spec.zone, spec.record))
        if live not in spec.load_balancers:
            raise Refused(Reason.TRAFFIC_UNCLEAR, what=f"{spec.record} names {live}")
        first = spec.load_balancers.index(live)
        old, new = spec.load_balancers[first], spec.load_balancers[1 - first]
        return Route(
            spec.role,
            "dns",
            "",
            arns[first],
            arns[1 - first],
            zone=spec.zone,
            record=spec.record,
            old_name=old,
            new_name=new,
            old_zone="Z-FAKE",
            new_zone="Z-FAKE",
        )

    def _side(self, route: Route, old: Sequence[str], new: Sequence[str]) -> Side:
        if route.strategy == "targets":
            taking = self._taking(route.old_group)
            sides = {Side.OLD for id_ in old if id_ in taking} | {Side.NEW for id_ in new if id_ in taking}
        elif route.strategy == "dns":
            record = self._cloud.records[route.zone, route.record]
            sides = {side for side in (Side.OLD, Side.NEW) if _balancer(route, side) == record}
        else:
            weights = self._cloud.weights[route.listener]
            sides = {side for side in (Side.OLD, Side.NEW) if weights[_group(route, side)] > 0}
        return sides.pop() if len(sides) == 1 else Side.SPLIT

    def _switch_targets(self, route: Route, come: Sequence[str], go: Sequence[str]) -> None:
        if not come:
            raise StepFailed(Reason.UNHEALTHY, what="there are no hosts to move to")
        self._register(route.new_group, come)
        missing = self._look(route.new_group, come).missing()
        if missing:
            raise NotReady(str(missing))
        self._drain(route.new_group, go)

    def _taking(self, group: str) -> set[str]:
        members = self._cloud.groups[group]
        return {id_ for id_, health in members.items() if health is not Health.DRAINING}

    def _register(self, group: str, ids: Sequence[str]) -> None:
        for id_ in set(ids) - self._taking(group):
            self._cloud.groups[group][id_] = Health.INITIAL

    def _drain(self, group: str, ids: Sequence[str]) -> None:
        for id_ in set(ids) & set(self._cloud.groups[group]):
            self._cloud.groups[group][id_] = Health.DRAINING

    def _look(self, group: str, ids: Sequence[str]) -> TargetReport:
        members = self._cloud.groups[group]
        report = TargetReport({id_: members.get(id_, Health.UNUSED) for id_ in ids})
        self._step(group)
        return report

    def _step(self, group: str) -> None:
        if not self._cloud.still:
            self._cloud.advance(group)


def _group(route: Route, side: Side) -> str:
    return route.new_group if side is Side.NEW else route.old_group


def _balancer(route: Route, side: Side) -> str:
    return route.new_name if side is Side.NEW else route.old_name
