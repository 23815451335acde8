"""The port Traffic: picks the strategy of a route, and does what is the same for all of them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from chalicelib.adapters.elbv2 import LoadBalancers, TargetGroups
from chalicelib.adapters.strategies import Dns, Targets, Weighted, group_on
from chalicelib.domain.plan import Route
from chalicelib.domain.settings import RouteSpec
from chalicelib.domain.settings import Strategy as Name
from chalicelib.usecases.ports import Health, Side, TargetReport

if TYPE_CHECKING:
    from mypy_boto3_elbv2.client import ElasticLoadBalancingv2Client
    from mypy_boto3_route53.client import Route53Client

    from chalicelib.adapters.route53 import Records


class Strategy(Protocol):
    """What differs between the ways to switch."""

    def resolve(self, spec: RouteSpec) -> Route:
        """Names to ARNs, and which side is live."""

    def side(self, route: Route, old: Sequence[str], new: Sequence[str]) -> Side:
        """Which fleet takes new connections."""

    def switch(self, route: Route, to: Side, old: Sequence[str], new: Sequence[str]) -> None:
        """Move new connections to a side."""


class AwsTraffic:
    """The port Traffic on ELB and Route 53. `route53` is called once, and only for a route of the strategy `dns`."""

    def __init__(self, elbv2: "ElasticLoadBalancingv2Client", route53: "Callable[[], Route53Client]") -> None:
        self._members = TargetGroups(elbv2)
        self._route53 = route53
        self._records: Records | None = None
        balancers = LoadBalancers(elbv2)
        self._strategies: dict[Name, Strategy] = {
            "weighted": Weighted(balancers),
            "targets": Targets(balancers, self._members),
            "dns": Dns(balancers, self._zone_records),
        }

    def resolve(self, spec: RouteSpec) -> Route:
        """Names to ARNs; Refused(TRAFFIC_UNCLEAR) where it can not be told which side is live."""
        return self._strategies[spec.strategy].resolve(spec)

    def side(self, route: Route, *, old: Sequence[str], new: Sequence[str]) -> Side:
        """Which fleet takes new connections now."""
        return self._strategies[route.strategy].side(route, old, new)

    def attach(self, route: Route, new: Sequence[str]) -> None:
        """Register the new hosts in the idle target group."""
        if route.strategy != "targets":
            self._members.register(route.new_group, new)

    def standby(self, route: Route) -> tuple[str, ...]:
        """Ids in the idle target group, draining ones too, in order."""
        return () if route.strategy == "targets" else tuple(sorted(self._members.members(route.new_group)))

    def health(self, route: Route, ids: Sequence[str], *, side: Side) -> TargetReport:
        """Health of exact ids. On `targets`, while none of them is registered, their own checks speak for them; once
        one is, an id that is not registered is unused."""
        group = group_on(route, side)
        if route.strategy == "targets" and not self._members.taking(group) & set(ids):
            return TargetReport(dict.fromkeys(ids, Health.HEALTHY))
        return self._members.health(group, ids)

    def switch(self, route: Route, *, to: Side, old: Sequence[str], new: Sequence[str]) -> None:
        """Move new connections to a side; NotReady until that is in force."""
        self._strategies[route.strategy].switch(route, to, old, new)

    def deregister(self, route: Route, ids: Sequence[str], *, side: Side) -> None:
        """Take hosts off a side."""
        self._members.deregister(group_on(route, side), ids)

    def draining(self, route: Route, ids: Sequence[str], *, side: Side) -> set[str]:
        """Ids that a side's target group still lists, in whatever health."""
        return set(ids) & set(self._members.members(group_on(route, side)))

    def _zone_records(self) -> "Records":
        from chalicelib.adapters.route53 import Records  # noqa: PLC0415 - most routes never need it

        if self._records is None:
            self._records = Records(self._route53())
        return self._records
