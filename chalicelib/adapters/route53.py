"""Route 53: the alias records of one name, read and moved."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters.boto_errors import aws
from chalicelib.adapters.elbv2 import unclear
from chalicelib.domain.reasons import Reason

if TYPE_CHECKING:
    from mypy_boto3_route53.client import Route53Client
    from mypy_boto3_route53.literals import RRTypeType
    from mypy_boto3_route53.type_defs import ChangeTypeDef, ResourceRecordSetOutputTypeDef

DUALSTACK = "dualstack."
"""What the console puts before a load balancer's name in an alias (Route 53 guide, "Routing traffic to an ELB")."""
ADDRESSES = frozenset({"A", "AAAA"})
IN_SYNC = "INSYNC"
NO_ZONE = dict.fromkeys(("NoSuchHostedZone", "InvalidDomainName"), Reason.TRAFFIC_UNCLEAR)


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias record: `name` is the load balancer's, normalized; `prefix` is what stood before it."""

    kind: "RRTypeType"
    name: str
    prefix: str = ""


class Records:
    """The A and AAAA alias records of names in hosted zones."""

    def __init__(self, client: "Route53Client") -> None:
        self._client = client

    def zone(self, name: str) -> str:
        """The id of the hosted zone with this name; an id stands for itself (where public and private share a name)."""
        if "." not in name:
            return name
        with aws("ListHostedZonesByName", refusals=NO_ZONE):
            answer = self._client.list_hosted_zones_by_name(DNSName=name, MaxItems="3")
        found = [zone["Id"] for zone in answer["HostedZones"] if plain(zone["Name"]) == plain(name)]
        if len(found) != 1:
            raise unclear(f"{len(found) or 'no'} hosted zones are named {name}")
        return found[0].removeprefix("/hostedzone/")

    def aliases(self, zone: str, record: str) -> list[Alias]:
        """Every address record of a name; Refused where one is no simple alias (weighted, or with plain values)."""
        with aws("ListResourceRecordSets", refusals=NO_ZONE):
            answer = self._client.list_resource_record_sets(
                HostedZoneId=zone, StartRecordName=record, MaxItems="20"
            )
        found = [
            each
            for each in answer["ResourceRecordSets"]
            if plain(each["Name"]) == plain(record) and each["Type"] in ADDRESSES
        ]
        return [_alias(each) for each in found]

    def point(self, zone: str, record: str, aliases: list[Alias], *, target_zone: str) -> bool:
        """Move the aliases in one change; whether every name server of Route 53 has it already."""
        changes: list[ChangeTypeDef] = [
            {
                "Action": "UPSERT",
                "ResourceRecordSet": {
                    "Name": record,
                    "Type": alias.kind,
                    "AliasTarget": {
                        "DNSName": alias.prefix + alias.name,
                        "HostedZoneId": target_zone,
                        "EvaluateTargetHealth": True,
                    },
                },
            }
            for alias in aliases
        ]
        with aws("ChangeResourceRecordSets"):
            answer = self._client.change_resource_record_sets(
                HostedZoneId=zone, ChangeBatch={"Changes": changes}
            )
        return answer["ChangeInfo"]["Status"] == IN_SYNC


def plain(name: str) -> str:
    """A DNS name as it compares: small letters, no dot at the end, no `dualstack.` before it."""
    return name.lower().rstrip(".").removeprefix(DUALSTACK)


def _alias(raw: "ResourceRecordSetOutputTypeDef") -> Alias:
    target = raw.get("AliasTarget")
    if target is None or "SetIdentifier" in raw:
        raise unclear(f"the record {plain(raw['Name'])} is not a simple alias of a load balancer")
    prefix = DUALSTACK if target["DNSName"].lower().startswith(DUALSTACK) else ""
    return Alias(raw["Type"], plain(target["DNSName"]), prefix)
