"""Where new connections go: weights, health, draining, and the ways a load balancer fails open."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sandbox.estate.routes import Checks, Table, Target, judge

CHECKS = Checks(path="/health", interval=5, timeout=5, healthy=3, unhealthy=2)


def target(name: str, *, draining: bool = False, port: int = 9000) -> dict[str, Any]:
    return {"id": name, "address": f"127.93.0.{ord(name)}", "port": port, "draining": draining}


def routes(weights: dict[str, int], groups: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    health = {"path": "/health", "interval": 5, "timeout": 5, "healthy": 3, "unhealthy": 2}
    forward = [{"target_group_arn": arn, "weight": weight} for arn, weight in weights.items()]
    return {
        "listeners": [{"arn": "l", "address": "127.93.0.1", "port": 9000, "forward": forward}],
        "target_groups": {
            arn: {"protocol": "TCP", "port": 9000, "health": health, "targets": targets}
            for arn, targets in groups.items()
        },
    }


def table(weights: dict[str, int], groups: dict[str, list[dict[str, Any]]], *, ill: str = "") -> Table:
    """A table whose targets are all healthy but these."""
    made = Table()
    made.replace(routes(weights, groups))
    for each in made.targets():
        each.state = "unhealthy" if each.id in ill else "healthy"
    return made


def spread(made: Table, connections: int) -> Counter[str]:
    """Where this many connections go, all of them staying open."""
    chosen: Counter[str] = Counter()
    for _ in range(connections):
        found = made.choose("l")
        chosen[found.id if found else "refused"] += 1
        if found:
            found.open += 1
            found.total += 1
    return chosen


def test_connections_are_shared_in_proportion_to_the_weights() -> None:
    """Of two groups "one with a weight of 10 and the other with a weight of 20, the target group with a weight of 20
    receives twice as many requests" (ELB user guide, forward actions)."""
    made = table({"blue": 10, "green": 20}, {"blue": [target("a")], "green": [target("b")]})
    assert spread(made, 300) == {"a": 100, "b": 200}


def test_a_group_with_weight_zero_gets_nothing() -> None:
    """A weight may be 0 to 999 (ELB API reference, TargetGroupTuple); 0 means no new connections."""
    made = table({"blue": 100, "green": 0}, {"blue": [target("a")], "green": [target("b")]})
    assert spread(made, 50) == {"a": 50}


def test_within_a_group_the_least_loaded_target_is_chosen() -> None:
    """Hosts that start together end up with equal numbers of devices."""
    made = table({"blue": 1}, {"blue": [target("a"), target("b"), target("c")]})
    assert spread(made, 300) == {"a": 100, "b": 100, "c": 100}


def test_only_healthy_targets_get_connections() -> None:
    """By default "each load balancer node routes requests only to the healthy targets" (ELB user guide, NLB health
    checks)."""
    made = table({"blue": 1}, {"blue": [target("a"), target("b")]}, ill="a")
    assert spread(made, 10) == {"b": 10}


def test_a_group_without_healthy_targets_fails_open() -> None:
    """The rule: "If all targets fail health checks at the same time in all enabled Availability Zones, the load
    balancer fails open" (ELB user guide, NLB health checks): then every target gets connections."""
    made = table({"blue": 1}, {"blue": [target("a"), target("b")]}, ill="ab")
    assert spread(made, 10) == {"a": 5, "b": 5}


def test_draining_targets_get_no_new_connections() -> None:
    """Deregistering: "the load balancer stops routing new connections to the target" (ELB user guide, NLB target
    groups)."""
    made = table({"blue": 1}, {"blue": [target("a", draining=True), target("b")]})
    assert spread(made, 10) == {"b": 10}


def test_weights_do_not_fail_over() -> None:
    """A group without targets loses its share of the connections; no other group takes it."""
    made = table({"blue": 1, "green": 1}, {"blue": [target("a")], "green": []})
    assert spread(made, 10) == {"a": 5, "refused": 5}


def test_a_listener_without_weight_refuses() -> None:
    """Where every weight is 0 nobody takes the connection."""
    made = table({"blue": 0}, {"blue": [target("a")]})
    assert spread(made, 2) == {"refused": 2}


def test_a_new_configuration_keeps_what_is_known() -> None:
    """Health and connections of a target that stays are not forgotten; those that are gone are returned."""
    made = table({"blue": 1}, {"blue": [target("a"), target("b")]})
    spread(made, 4)
    gone = made.replace(routes({"blue": 1}, {"blue": [target("a"), target("c")]}))
    assert [each.id for each in gone] == ["b"]
    assert {each.id: (each.state, each.open) for each in made.targets()} == {
        "a": ("healthy", 2),
        "c": ("initial", 0),
    }


def test_registering_again_after_draining_begins_anew() -> None:
    """A target that comes back goes through `initial` once more."""
    made = table({"blue": 1}, {"blue": [target("a")]})
    made.replace(routes({"blue": 1}, {"blue": [target("a", draining=True)]}))
    made.replace(routes({"blue": 1}, {"blue": [target("a")]}))
    assert [each.state for each in made.targets()] == ["initial"]


def states(*checks: str | None, start: str = "initial") -> list[str]:
    """States after each check; None is a check that passed."""
    checked = Target("g", "a", "127.93.0.9", 9000, state=start)
    seen = []
    for reason in checks:
        judge(checked, CHECKS, reason)
        seen.append(checked.state)
    return seen


def test_a_new_target_needs_one_passed_check() -> None:
    """First: "After your target is registered, it must pass one health check to be considered healthy" (ELB user
    guide, NLB health checks)."""
    assert states(None) == ["healthy"]


def test_a_target_becomes_unhealthy_after_the_threshold() -> None:
    """UnhealthyThresholdCount is "the number of consecutive health check failures required before considering a target
    unhealthy" (ELB API reference, CreateTargetGroup)."""
    assert states("x", "x", start="healthy") == ["healthy", "unhealthy"]
    assert states("x", None, "x", start="healthy") == ["healthy"] * 3


def test_a_target_becomes_healthy_again_after_the_threshold() -> None:
    """HealthyThresholdCount is "the number of consecutive health check successes required before considering a target
    healthy" (ELB API reference, CreateTargetGroup)."""
    assert states(None, None, None, start="unhealthy") == ["unhealthy", "unhealthy", "healthy"]


def test_a_new_target_that_never_answers_becomes_unhealthy() -> None:
    """It is `initial` until the first verdict, which takes the threshold of failures."""
    assert states("x", "x") == ["initial", "unhealthy"]


@pytest.mark.parametrize(("start", "told"), [("healthy", True), ("initial", False)])
def test_only_a_healthy_target_can_fall_ill(start: str, *, told: bool) -> None:
    """Connections are cut when a target turns from healthy to unhealthy, not when it never was healthy."""
    checked = Target("g", "a", "127.93.0.9", 9000, state=start)
    assert [judge(checked, CHECKS, "x") for _ in range(2)] == [False, told]
