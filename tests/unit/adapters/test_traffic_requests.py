"""What is sent to load balancers and DNS, and what their answers become."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.traffic import AwsTraffic
from chalicelib.domain.errors import NotReady, Refused, StepFailed
from chalicelib.domain.plan import Route
from chalicelib.domain.settings import RouteSpec
from chalicelib.usecases.ports import Health, Side
from tests.unit.adapters.stubs import scripted

BALANCER, LISTENER = "arn:balancer", "arn:listener"
OLD, NEW = "arn:old", "arn:new"
WEIGHTED = Route("control", "weighted", LISTENER, OLD, NEW)
TARGETS = Route("control", "targets", LISTENER, OLD, OLD)
DNS = Route(
    "control", "dns", "", OLD, NEW, "Z1", "cameras.example.test", "a.elb.test", "b.elb.test", "Z-A", "Z-B"
)
SPEC = RouteSpec("control", "weighted", ("cameras",), 9000, ("blue", "green"))


def no_dns() -> Any:
    """What a route that is not `dns` never asks for."""
    raise AssertionError("nothing here needs Route 53")


def forward(weights: dict[str, int], **more: Any) -> dict[str, Any]:
    """A forward action as DescribeListeners gives it."""
    tuples = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": tuples, **more}}


def listener(*actions: dict[str, Any]) -> dict[str, Any]:
    """The answer of DescribeListeners."""
    return {"Listeners": [{"ListenerArn": LISTENER, "Port": 9000, "DefaultActions": list(actions)}]}


def targets(*members: tuple[str, str, str], port: int = 9000) -> dict[str, Any]:
    """The answer of DescribeTargetHealth: id, state, reason."""
    return {
        "TargetHealthDescriptions": [
            {
                "Target": {"Id": id_, "Port": port},
                "TargetHealth": {"State": state, **({"Reason": why} if why else {})},
            }
            for id_, state, why in members
        ]
    }


def test_a_switch_keeps_the_stickiness_of_the_listener() -> None:
    """One ModifyListener with both weights and the TargetGroupStickinessConfig as it was, then a look."""
    sticky = {"Enabled": True, "DurationSeconds": 60}
    client, script = scripted("elbv2")
    script.add_response(
        "describe_listeners", listener(forward({OLD: 100, NEW: 0}, TargetGroupStickinessConfig=sticky))
    )
    wanted = forward({NEW: 100, OLD: 0}, TargetGroupStickinessConfig=sticky)
    script.add_response("modify_listener", {}, {"ListenerArn": LISTENER, "DefaultActions": [wanted]})
    script.add_response("describe_listeners", listener(forward({NEW: 100, OLD: 0})))
    AwsTraffic(client, no_dns).switch(WEIGHTED, to=Side.NEW, old=[], new=[])
    script.assert_no_pending_responses()


def test_a_switch_that_is_done_changes_nothing() -> None:
    """Asked again it only looks: the script has no ModifyListener."""
    client, script = scripted("elbv2")
    script.add_response("describe_listeners", listener(forward({OLD: 0, NEW: 7})))
    AwsTraffic(client, no_dns).switch(WEIGHTED, to=Side.NEW, old=[], new=[])
    script.assert_no_pending_responses()


def test_a_switch_that_does_not_show_is_not_ready() -> None:
    """Read back, the listener must say what was asked."""
    client, script = scripted("elbv2")
    for response in ("describe_listeners", "modify_listener", "describe_listeners"):
        script.add_response(response, {} if "modify" in response else listener(forward({OLD: 100, NEW: 0})))
    with pytest.raises(NotReady):
        AwsTraffic(client, no_dns).switch(WEIGHTED, to=Side.NEW, old=[], new=[])


@pytest.mark.parametrize(
    "actions",
    [
        [forward({OLD: 100})],
        [forward({OLD: 100, NEW: 0, "arn:third": 0})],
        [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}],
        [{"Type": "authenticate-oidc"}, forward({OLD: 100, NEW: 0})],
    ],
    ids=["one group", "three groups", "no forward", "two actions"],
)
def test_a_listener_of_another_shape_is_refused(actions: list[dict[str, Any]]) -> None:
    """Only a listener that forwards to exactly the two groups can be switched in one call."""
    client, script = scripted("elbv2")
    groups = [
        {"TargetGroupName": "blue", "TargetGroupArn": OLD},
        {"TargetGroupName": "green", "TargetGroupArn": NEW},
    ]
    script.add_response("describe_target_groups", {"TargetGroups": groups})
    balancer = {"LoadBalancerName": "cameras", "LoadBalancerArn": BALANCER}
    script.add_response("describe_load_balancers", {"LoadBalancers": [balancer]})
    script.add_response("describe_listeners", listener(*actions))
    with pytest.raises(Refused, match="cameras:9000"):
        AwsTraffic(client, no_dns).resolve(SPEC)


@pytest.mark.parametrize(
    "spec",
    [
        replace(SPEC, target_groups=("blue",)),
        replace(SPEC, target_groups=("blue", "blue")),
        replace(SPEC, load_balancers=()),
        replace(SPEC, strategy="targets"),
        replace(SPEC, strategy="dns"),
    ],
)
def test_a_route_with_the_wrong_number_of_names_is_refused(spec: RouteSpec) -> None:
    """Before anything is asked of AWS: the script is empty."""
    client, _ = scripted("elbv2")
    with pytest.raises(Refused):
        AwsTraffic(client, no_dns).resolve(spec)


@pytest.mark.parametrize(
    ("state", "reason", "listed"),
    [
        ("unused", "Target.NotRegistered", False),
        ("unused", "Target.NotInUse", True),
        ("unused", "Target.InvalidState", True),
        ("draining", "Target.DeregistrationInProgress", True),
        ("unhealthy.draining", "Target.DeregistrationInProgress", True),
        ("unhealthy", "Target.Timeout", True),
    ],
)
def test_only_what_is_not_registered_is_gone(state: str, reason: str, *, listed: bool) -> None:
    """`unused` alone does not mean deregistered: a stopped instance or an idle group has it too (invariant I2)."""
    client, script = scripted("elbv2")
    script.add_response("describe_target_health", targets(("i-1", state, reason)))
    found = AwsTraffic(client, no_dns).draining(WEIGHTED, ["i-1", "i-2"], side=Side.OLD)
    assert found == ({"i-1"} if listed else set())


def test_of_several_ports_the_worst_health_counts() -> None:
    """An instance that is registered twice is healthy only where both are."""
    client, script = scripted("elbv2")
    twice = [*targets(("i-1", "healthy", ""))["TargetHealthDescriptions"]]
    twice += targets(("i-1", "unhealthy", "Target.Timeout"), port=9001)["TargetHealthDescriptions"]
    script.add_response("describe_target_health", {"TargetHealthDescriptions": twice})
    report = AwsTraffic(client, no_dns).health(WEIGHTED, ["i-1"], side=Side.NEW)
    assert report.health == {"i-1": Health.UNHEALTHY}
    assert report.missing() == {"i-1": "Target.Timeout"}


def test_hosts_are_deregistered_with_the_port_they_were_registered_with() -> None:
    """ELB wants the port again; those that drain already are left alone."""
    client, script = scripted("elbv2")
    members = targets(
        ("i-1", "healthy", ""), ("i-2", "draining", "Target.DeregistrationInProgress"), port=9443
    )
    script.add_response("describe_target_health", members)
    wanted = {"TargetGroupArn": OLD, "Targets": [{"Id": "i-1", "Port": 9443}]}
    script.add_response("deregister_targets", {}, wanted)
    AwsTraffic(client, no_dns).deregister(WEIGHTED, ["i-1", "i-2", "i-3"], side=Side.OLD)
    script.assert_no_pending_responses()


def test_targets_waits_for_the_new_before_the_old_leave() -> None:
    """While one new host is not healthy nothing is deregistered (invariant I1)."""
    client, script = scripted("elbv2")
    script.add_response("describe_target_health", targets(("i-1", "healthy", "")))
    script.add_response("register_targets", {}, {"TargetGroupArn": OLD, "Targets": [{"Id": "i-2"}]})
    now = targets(("i-1", "healthy", ""), ("i-2", "initial", "Elb.InitialHealthChecking"))
    script.add_response("describe_target_health", now)
    with pytest.raises(NotReady, match="i-2 is Elb"):
        AwsTraffic(client, no_dns).switch(TARGETS, to=Side.NEW, old=["i-1"], new=["i-2"])
    script.assert_no_pending_responses()


def test_with_one_target_group_a_registered_host_counts_like_any_other() -> None:
    """Once one host is registered, a host of the same fleet that is not is unused."""
    client, script = scripted("elbv2")
    for _ in range(2):
        script.add_response("describe_target_health", targets(("i-1", "healthy", "")))
    report = AwsTraffic(client, no_dns).health(TARGETS, ["i-1", "i-2"], side=Side.NEW)
    assert report.missing() == {"i-2": "not registered"}


def test_a_host_that_can_not_be_registered_fails_the_step() -> None:
    """InvalidTarget: it is gone, or in another network."""
    client, script = scripted("elbv2")
    script.add_response("describe_target_health", targets())
    script.add_client_error("register_targets", "InvalidTarget", "i-1 is not running")
    with pytest.raises(StepFailed, match="i-1 is not running"):
        AwsTraffic(client, no_dns).attach(WEIGHTED, ["i-1"])


def record(name: str, kind: str = "A", **more: Any) -> dict[str, Any]:
    """An alias record as Route 53 lists it."""
    alias = {"DNSName": name, "HostedZoneId": "Z-A", "EvaluateTargetHealth": True}
    return {"Name": "cameras.example.test.", "Type": kind, "AliasTarget": alias, **more}


def records(*found: dict[str, Any]) -> dict[str, Any]:
    """The answer of ListResourceRecordSets."""
    return {"ResourceRecordSets": list(found), "IsTruncated": False, "MaxItems": "20"}


def test_dns_moves_every_address_record_in_one_change() -> None:
    """A and AAAA move together, `dualstack.` stays, and a change that still spreads is not ready."""
    elbv2, _ = scripted("elbv2")
    client, script = scripted("route53")
    before = records(record("dualstack.A.elb.test."), record("dualstack.A.elb.test.", "AAAA"))
    script.add_response("list_resource_record_sets", before)
    alias = {"DNSName": "dualstack.b.elb.test", "HostedZoneId": "Z-B", "EvaluateTargetHealth": True}
    changes = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {"Name": "cameras.example.test", "Type": kind, "AliasTarget": alias},
        }
        for kind in ("A", "AAAA")
    ]
    info = {"Id": "C1", "Status": "PENDING", "SubmittedAt": "2026-11-22T00:00:00Z"}
    script.add_response(
        "change_resource_record_sets",
        {"ChangeInfo": info},
        {"HostedZoneId": "Z1", "ChangeBatch": {"Changes": changes}},
    )
    with pytest.raises(NotReady, match="spreading"):
        AwsTraffic(elbv2, lambda: client).switch(DNS, to=Side.NEW, old=[], new=[])
    script.assert_no_pending_responses()


def test_dns_that_shows_the_new_target_is_in_force() -> None:
    """The next try reads the record and changes nothing."""
    elbv2, _ = scripted("elbv2")
    client, script = scripted("route53")
    script.add_response(
        "list_resource_record_sets", records(record("b.elb.test."), record("b.elb.test.", "AAAA"))
    )
    AwsTraffic(elbv2, lambda: client).switch(DNS, to=Side.NEW, old=[], new=[])
    script.assert_no_pending_responses()


def test_dns_with_records_on_both_sides_is_split() -> None:
    """IPv4 on one side and IPv6 on the other is half a switch."""
    elbv2, _ = scripted("elbv2")
    client, script = scripted("route53")
    script.add_response(
        "list_resource_record_sets", records(record("a.elb.test."), record("b.elb.test.", "AAAA"))
    )
    assert AwsTraffic(elbv2, lambda: client).side(DNS, old=[], new=[]) is Side.SPLIT


@pytest.mark.parametrize(
    "found",
    [
        record("a.elb.test.", SetIdentifier="a", Weight=1),
        {
            "Name": "cameras.example.test.",
            "Type": "A",
            "TTL": 60,
            "ResourceRecords": [{"Value": "192.0.2.1"}],
        },
    ],
    ids=["weighted", "plain"],
)
def test_a_record_that_is_no_simple_alias_is_refused(found: dict[str, Any]) -> None:
    """Weighted records and plain addresses are not ours to move."""
    elbv2, _ = scripted("elbv2")
    client, script = scripted("route53")
    script.add_response("list_resource_record_sets", records(found))
    with pytest.raises(Refused, match="not a simple alias"):
        AwsTraffic(elbv2, lambda: client).side(DNS, old=[], new=[])
