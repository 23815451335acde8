"""The three ways to switch. Each reads how things are before it moves anything, so that it can be asked again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.elbv2 import LoadBalancers, TargetGroups, unclear, weights
from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.plan import Route
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import RouteSpec
from chalicelib.usecases.ports import Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.route53 import Alias, Records

ALL, NONE = 100, 0


def group_on(route: Route, side: Side) -> str:
    """The target group of a side."""
    return route.new_group if side is Side.NEW else route.old_group


class Weighted:
    """Two target groups of one listener: the switch is one ModifyListener, whatever the fleet's size.

    Network Load Balancers take weights (0 to 999) since 19 November 2025 (AWS networking blog, "Network Load Balancers
    now support Weighted Target Groups"); Application Load Balancers always did. Open connections stay where they are.
    """

    def __init__(self, balancers: LoadBalancers) -> None:
        self._balancers = balancers

    def resolve(self, spec: RouteSpec) -> Route:
        """Old is the group that has all the weight; both must be behind the listener, or the idle one's hosts would
        get no health checks (`Target.NotInUse`)."""
        balancer = _only(spec.load_balancers, "load balancer")
        first, second = (each.get("TargetGroupArn", "") for each in self._balancers.groups(_two(spec)))
        found = self._balancers.named([balancer])[0].get("LoadBalancerArn", "")
        listener = self._balancers.listener_on(found, spec.listener)
        now = weights(listener)
        names = " and ".join(spec.target_groups)
        if set(now) != {first, second}:
            raise unclear(f"the listener {balancer}:{spec.listener} does not forward to exactly {names}")
        if (now[first] > 0) == (now[second] > 0):
            raise unclear(f"{names} have the weights {now[first]} and {now[second]}")
        old, new = (first, second) if now[first] else (second, first)
        return Route(spec.role, "weighted", listener.get("ListenerArn", ""), old, new)

    def side(self, route: Route, old: Sequence[str], new: Sequence[str]) -> Side:  # noqa: ARG002 - one form for all
        """By the weights alone."""
        return _by_weight(route, weights(self._balancers.listener(route.listener)))

    def switch(self, route: Route, to: Side, old: Sequence[str], new: Sequence[str]) -> None:
        """One ModifyListener, read back."""
        listener = self._balancers.listener(route.listener)
        if _by_weight(route, weights(listener)) is to:
            return
        other = Side.OLD if to is Side.NEW else Side.NEW
        self._balancers.forward(listener, {group_on(route, to): ALL, group_on(route, other): NONE})
        if self.side(route, old, new) is not to:
            raise NotReady("the listener does not show its new weights yet")


class Targets:
    """One target group: the new hosts are registered, get healthy, and then the old ones are deregistered."""

    def __init__(self, balancers: LoadBalancers, members: TargetGroups) -> None:
        self._balancers = balancers
        self._members = members

    def resolve(self, spec: RouteSpec) -> Route:
        """The one group, which must be all that the listener forwards to."""
        group = self._balancers.groups([_only(spec.target_groups, "target group")])[0].get(
            "TargetGroupArn", ""
        )
        name = _only(spec.load_balancers, "load balancer")
        balancer = self._balancers.named([name])[0].get("LoadBalancerArn", "")
        listener = self._balancers.listener_on(balancer, spec.listener)
        if set(weights(listener)) != {group}:
            raise unclear(
                f"the listener {name}:{spec.listener} does not forward to {spec.target_groups[0]} alone"
            )
        return Route(spec.role, "targets", listener.get("ListenerArn", ""), group, group)

    def side(self, route: Route, old: Sequence[str], new: Sequence[str]) -> Side:
        """By who is registered and not on the way out; split while hosts of both are, or of neither."""
        taking = self._members.taking(route.old_group)
        if taking & set(new):
            return Side.SPLIT if taking & set(old) else Side.NEW
        return Side.OLD if taking & set(old) else Side.SPLIT

    def switch(self, route: Route, to: Side, old: Sequence[str], new: Sequence[str]) -> None:
        """Register and wait for health, then deregister. Nothing leaves before everything that comes is healthy."""
        come, go = (new, old) if to is Side.NEW else (old, new)
        if not come:
            raise StepFailed(Reason.UNHEALTHY, what="there are no hosts to move to")
        self._members.register(route.new_group, come)
        missing = self._members.health(route.new_group, come).missing()
        if missing:
            raise NotReady(", ".join(f"{id_} is {why}" for id_, why in sorted(missing.items())))
        self._members.deregister(route.new_group, go)
        if self.side(route, old, new) is not to:
            raise NotReady("the target group still lists hosts that were deregistered")


class Dns:
    """Two load balancers and an alias record that names one of them.

    The change's id is not kept between tries, so "in force" means what can be read again: the record says so. The try
    that makes the change ends in NotReady unless Route 53 answers INSYNC at once, so at least one interval passes.
    Clients hear of it later still (`Route.spread_seconds`); both fleets serve all that time.
    """

    def __init__(self, balancers: LoadBalancers, records: "Callable[[], Records]") -> None:
        self._balancers = balancers
        self._records = records

    def resolve(self, spec: RouteSpec) -> Route:
        """Old is the load balancer that the record names; each must have its own of the two target groups."""
        if len(spec.load_balancers) != 2:
            raise unclear("the strategy dns needs two load balancers")
        pairs = list(
            zip(self._balancers.named(spec.load_balancers), self._balancers.groups(_two(spec)), strict=True)
        )
        for balancer, group in pairs:
            if balancer.get("LoadBalancerArn") not in group.get("LoadBalancerArns", ()):
                raise unclear(
                    f"{group.get('TargetGroupName')} is not behind {balancer.get('LoadBalancerName')}"
                )
        zone = self._records().zone(spec.zone)
        named = {alias.name for alias in self._records().aliases(zone, spec.record)}
        live = [pair for pair in pairs if named == {pair[0].get("DNSName", "").lower()}]
        if len(live) != 1:
            raise unclear(f"{spec.record} does not point to one of {' and '.join(spec.load_balancers)}")
        (old, old_group), (new, new_group) = (live[0], *(pair for pair in pairs if pair is not live[0]))
        return Route(
            spec.role,
            "dns",
            "",
            old_group.get("TargetGroupArn", ""),
            new_group.get("TargetGroupArn", ""),
            zone=zone,
            record=spec.record,
            old_name=old.get("DNSName", "").lower(),
            new_name=new.get("DNSName", "").lower(),
            old_zone=old.get("CanonicalHostedZoneId", ""),
            new_zone=new.get("CanonicalHostedZoneId", ""),
        )

    def side(self, route: Route, old: Sequence[str], new: Sequence[str]) -> Side:  # noqa: ARG002 - one form for all
        """By the record alone."""
        return _by_name(route, self._records().aliases(route.zone, route.record))

    def switch(self, route: Route, to: Side, old: Sequence[str], new: Sequence[str]) -> None:
        """One change of every address record of the name, all or none."""
        aliases = self._records().aliases(route.zone, route.record)
        if _by_name(route, aliases) is to:
            return
        name, zone = (route.new_name, route.new_zone) if to is Side.NEW else (route.old_name, route.old_zone)
        moved = [type(each)(each.kind, name, each.prefix) for each in aliases]
        if not self._records().point(route.zone, route.record, moved, target_zone=zone):
            raise NotReady(f"Route 53 is still spreading {route.record}")
        if self.side(route, old, new) is not to:
            raise NotReady(f"{route.record} does not show its new target yet")


def _by_weight(route: Route, now: dict[str, int]) -> Side:
    taking = {group for group, weight in now.items() if weight > 0}
    if taking == {route.new_group}:
        return Side.NEW
    return Side.OLD if taking == {route.old_group} else Side.SPLIT


def _by_name(route: Route, aliases: "Sequence[Alias]") -> Side:
    named = {alias.name for alias in aliases}
    if named == {route.new_name}:
        return Side.NEW
    return Side.OLD if named == {route.old_name} else Side.SPLIT


def _only(names: Sequence[str], kind: str) -> str:
    if len(names) != 1:
        raise unclear(f"this strategy needs one {kind}, and {len(names)} are named")
    return names[0]


def _two(spec: RouteSpec) -> Sequence[str]:
    if len(set(spec.target_groups)) != 2:
        raise unclear(f"the strategy {spec.strategy} needs two target groups")
    return spec.target_groups
