"""Reading the platform for the live view: read-only AWS calls under a name of their own, so that nobody counts them
as the product's. Blocking; the view calls it on a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sandbox.front.fleets import group_of, hosts_of, weights_of
from sandbox.front.machine import journey_of, phases_of
from sandbox.front.tracks import track_of

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_stepfunctions import SFNClient

    from sandbox.front.tracks import Track

CALLER = "sandbox-view"
MOST_SHOWN = 4
"""Executions in one picture."""


class Cloud:
    """What EC2, ELB and Step Functions say at one moment."""

    def __init__(self, endpoint: str) -> None:
        session = boto3.Session(CALLER, "sandbox", region_name="us-east-1")
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=5)
        # Made here and now: sessions may not make clients on several threads at once.
        self._ec2: EC2Client = session.client("ec2", endpoint_url=endpoint, config=config)
        self._elb: ElasticLoadBalancingv2Client = session.client(
            "elbv2", endpoint_url=endpoint, config=config
        )
        self._route53: Route53Client = session.client("route53", endpoint_url=endpoint, config=config)
        self._sfn: SFNClient = session.client("stepfunctions", endpoint_url=endpoint, config=config)

    def hosts(self) -> list[dict[str, Any]]:
        """Every host that the product manages."""
        managed = [{"Name": "tag:pointsman:managed", "Values": ["true"]}]
        return hosts_of(self._ec2.describe_instances(Filters=managed)["Reservations"])  # type: ignore[arg-type]

    def groups(self) -> list[dict[str, Any]]:
        """Target groups that are behind a listener or have targets."""
        weights = self._weights()
        found = []
        for group in self._elb.describe_target_groups()["TargetGroups"]:
            arn = group["TargetGroupArn"]
            health = self._elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
            found.append(group_of(dict(group), [dict(h) for h in health], weights.get(arn)))
        return [g for g in found if g["targets"] or g["weight"] is not None]

    def executions(self) -> list[dict[str, Any]]:
        """What runs now, oldest first, or else what was started last. The picture says which kind each is."""
        known = [(each, track) for track, machine in self._machines() for each in self._listed(machine)]
        known.sort(key=lambda each: each[0]["startDate"])
        running = [each for each in known if each[0]["status"] == "RUNNING"]
        return [
            self._execution(execution, track) for execution, track in (running or known[-1:])[-MOST_SHOWN:]
        ]

    def _listed(self, machine: str) -> list[dict[str, Any]]:
        return [dict(each) for each in self._sfn.list_executions(stateMachineArn=machine)["executions"]]

    def _execution(self, execution: dict[str, Any], track: Track) -> dict[str, Any]:
        pages = self._sfn.get_paginator("get_execution_history").paginate(
            executionArn=execution["executionArn"], PaginationConfig={"PageSize": 1000}
        )
        journey = journey_of([dict(event) for page in pages for event in page["events"]])
        return {
            "kind": track.kind,
            "name": execution["name"],
            "status": execution["status"],
            "started": execution["startDate"].timestamp(),
            "phases": phases_of(journey, track, running=execution["status"] == "RUNNING"),
        }

    def _machines(self) -> list[tuple[Track, str]]:
        machines = self._sfn.list_state_machines()["stateMachines"]
        found = ((track_of(machine["name"]), machine["stateMachineArn"]) for machine in machines)
        return [(track, arn) for track, arn in found if track is not None]

    def _weights(self) -> dict[str, int]:
        weights: dict[str, int] = {}
        named = self._named()
        for balancer in self._elb.describe_load_balancers()["LoadBalancers"]:
            listeners = self._elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
            for listener in listeners:
                rules = self._elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
                actions = [a for rule in rules for a in rule["Actions"]] or listener["DefaultActions"]
                found = weights_of([dict(action) for action in actions])
                reached = not named or balancer["DNSName"].lower() in named
                weights |= found if reached else dict.fromkeys(found, 0)
        return weights

    def _named(self) -> set[str]:
        """The load balancers that records name; none where clients go by address."""
        return {
            record["AliasTarget"]["DNSName"].lower().rstrip(".")
            for zone in self._route53.list_hosted_zones()["HostedZones"]
            for record in self._route53.list_resource_record_sets(HostedZoneId=zone["Id"])[
                "ResourceRecordSets"
            ]
            if "AliasTarget" in record
        }
