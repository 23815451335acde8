"""Looks at servers and traffic many times a second while a story is told, and keeps what must never be seen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from sandbox.estate.traffic import RECORD

if TYPE_CHECKING:
    from sandbox.house import House

PAUSE = 0.25
LEFT = frozenset({"unused"})
ENDED = frozenset({"stopping", "stopped", "shutting-down", "terminated"})


class Watch(threading.Thread):
    """docs/safety.md I1 and I2, seen from outside. `violations` is empty where both held in all `looks`."""

    def __init__(self, house: House, fleet: int) -> None:
        super().__init__(daemon=True)
        self._house, self._fleet = house, fleet
        self._elbv2, self._route53 = house.client("elbv2"), house.client("route53")
        found = self._elbv2.describe_target_groups()["TargetGroups"]
        self._groups: dict[str, str] = {each["TargetGroupName"]: each["TargetGroupArn"] for each in found}
        self._over = threading.Event()
        self.violations: set[str] = set()
        self.looks = 0

    def run(self) -> None:
        """Until it is told to stop."""
        while not self._over.wait(PAUSE):
            self._look()
            self.looks += 1

    def stop(self) -> None:
        """Stop, and let the last look end."""
        self._over.set()
        self.join(timeout=30)

    def _look(self) -> None:
        """Instances before targets: what had ended by then and is listed afterwards was ended too early."""
        ended = {each["id"] for each in self._house.instances() if each["state"] in ENDED}
        listed = {name: self._health(arn) for name, arn in self._groups.items()}
        for name, health in listed.items():
            early = {id_ for id_, state in health.items() if state not in LEFT} & ended
            self.violations |= {f"{id_} ended while {health[id_]} in {name}" for id_ in early}
        taking = self._taking()
        healthy = sum(state == "healthy" for state in listed[taking].values())
        if healthy < self._fleet:
            self.violations.add(f"{taking} takes traffic with {healthy} of {self._fleet} hosts")

    def _health(self, group: str) -> dict[str, str]:
        answer = self._elbv2.describe_target_health(TargetGroupArn=group)
        return {
            each["Target"]["Id"]: each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"]
        }

    def _taking(self) -> str:
        """The only group, or the one behind the load balancer that the record names (both have the same name)."""
        if len(self._groups) == 1:
            return next(iter(self._groups))
        zone = self._route53.list_hosted_zones()["HostedZones"][0]["Id"]
        records: list[dict[str, Any]] = self._route53.list_resource_record_sets(HostedZoneId=zone)[
            "ResourceRecordSets"
        ]
        target = next(
            each["AliasTarget"]["DNSName"] for each in records if each["Name"].rstrip(".") == RECORD
        )
        return next(name for name in self._groups if target.startswith(f"{name}-"))
