"""EC2: the fleet by tags, and the one class that ends instances.

The number of calls does not grow with the number of hosts: one RunInstances for each group, one CreateTags, one
TerminateInstances, and DescribeInstances in pages of 1,000.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.boto_errors import aws
from chalicelib.domain.errors import StepFailed
from chalicelib.domain.plan import HostState, Instance, LaunchGroup, LaunchSpec
from chalicelib.domain.pushed import VERSION as ALLOWED
from chalicelib.domain.reasons import Reason

if TYPE_CHECKING:
    from mypy_boto3_ec2.client import EC2Client
    from mypy_boto3_ec2.type_defs import (
        FilterTypeDef,
        InstanceTypeDef,
        RunInstancesRequestTypeDef,
        TagTypeDef,
    )

MANAGED = "pointsman:managed"
SERVICE = "pointsman:service"
ENVIRONMENT = "pointsman:environment"
ROLE = "pointsman:role"
STATE = "pointsman:state"
DEPLOYMENT = "pointsman:deployment"
VERSION = "pointsman:version"
"""Set by whoever labels a fleet that the service did not make; what it made, it remembers itself. A tag takes any text
of 256 characters (EC2 user guide, "Tag restrictions"): what is no version is none."""

PAGE = 1_000
"""DescribeInstances gives up to 1,000 instances a page (EC2 API reference, DescribeInstances, MaxResults)."""
FILTER_VALUES = 200
"""A filter takes up to 200 values (EC2 user guide, "Filter the resources")."""

THERE = ("pending", "running", "stopping", "stopped")
ENDED = frozenset({"shutting-down", "terminated"})
AT_REST = frozenset({"stopping", "stopped"})

CAN_NOT_LAUNCH = dict.fromkeys(
    (
        "IdempotentParameterMismatch",
        "InstanceLimitExceeded",
        "InsufficientFreeAddressesInSubnet",
        "InsufficientInstanceCapacity",
        "InvalidAMIID.Malformed",
        "InvalidAMIID.NotFound",
        "InvalidAMIID.Unavailable",
        "InvalidGroup.NotFound",
        "InvalidKeyPair.NotFound",
        "InvalidParameterCombination",
        "InvalidParameterValue",
        "InvalidSubnetID.NotFound",
        "MaxSpotInstanceCountExceeded",
        "Unsupported",
        "UnsupportedOperation",
        "VcpuLimitExceeded",
    ),
    Reason.LAUNCH_FAILED,
)
"""What trying again does not mend (EC2 API reference, "Error codes")."""
JUST_LAUNCHED = frozenset({"InvalidInstanceID.NotFound"})
"""For a while after a launch some of EC2 does not know the instance yet (same page, "eventual consistency")."""


class Ec2Fleet:
    """The port Fleet on EC2."""

    def __init__(self, client: "EC2Client") -> None:
        self._client = client

    def instances(
        self,
        service: str,
        environment: str,
        *,
        states: Sequence[HostState] = (),
        deployment: str = "",
    ) -> list[Instance]:
        """Managed instances by tag, ordered by role and id; those without a role or a known state are not ours."""
        wanted = {MANAGED: ["true"], SERVICE: [service], ENVIRONMENT: [environment]}
        if states:
            wanted[STATE] = [state.value for state in states]
        if deployment:
            wanted[DEPLOYMENT] = [deployment]
        filters: list[FilterTypeDef] = [{"Name": f"tag:{key}", "Values": wanted[key]} for key in wanted]
        filters.append({"Name": "instance-state-name", "Values": THERE})
        found = [_instance(raw) for raw in _described(self._client, filters)]
        return sorted((each for each in found if each), key=lambda each: (each.role, each.id))

    def launch(self, group: LaunchGroup, *, service: str, environment: str, deployment: str) -> list[str]:
        """One RunInstances under the group's ClientToken; all `count` or none, since MinCount is MaxCount."""
        request = _request(group, service, environment, deployment)
        with aws("RunInstances", failures=CAN_NOT_LAUNCH):
            answer = self._client.run_instances(**request)
        return sorted(each["InstanceId"] for each in answer["Instances"])

    def relabel(self, ids: Sequence[str], state: HostState) -> None:
        """One CreateTags over all; nothing where there are no ids."""
        if not ids:
            return
        with aws("CreateTags", passing=JUST_LAUNCHED):
            self._client.create_tags(Resources=sorted(ids), Tags=[{"Key": STATE, "Value": state.value}])


class Ec2Reaper:
    """The port Reaper on EC2. IAM is the second wall: the role may end only what carries the same two tags."""

    def __init__(self, client: "EC2Client") -> None:
        self._client = client

    def end(self, ids: Sequence[str], *, stop: bool) -> None:
        """Terminate or stop in one call, after all of them were seen to be managed and retired.

        Ids that EC2 no longer knows ended long ago. Raises StepFailed(INTERNAL) where EC2 left some out.
        """
        found = {raw["InstanceId"]: raw for raw in self._found(ids)}
        there = {id_: raw for id_, raw in found.items() if raw["State"]["Name"] not in ENDED}
        _refuse_all_but_retired(there.values())
        skipped = AT_REST if stop else frozenset()
        chosen = sorted(id_ for id_, raw in there.items() if raw["State"]["Name"] not in skipped)
        if chosen:
            self._end(chosen, stop=stop)

    def _found(self, ids: Sequence[str]) -> "Iterable[InstanceTypeDef]":
        # By filter, not by InstanceIds: one id that is gone would fail the whole call with InvalidInstanceID.NotFound.
        for start in range(0, len(ids), FILTER_VALUES):
            some = list(ids[start : start + FILTER_VALUES])
            yield from _described(self._client, [{"Name": "instance-id", "Values": some}])

    def _end(self, ids: list[str], *, stop: bool) -> None:
        step = "StopInstances" if stop else "TerminateInstances"
        with aws(step):
            if stop:
                changes = self._client.stop_instances(InstanceIds=ids)["StoppingInstances"]
            else:
                changes = self._client.terminate_instances(InstanceIds=ids)["TerminatingInstances"]
        left = set(ids) - {change["InstanceId"] for change in changes}
        if left:
            raise StepFailed(Reason.INTERNAL, step=step, what=f"{', '.join(sorted(left))} did not end")


def _described(client: "EC2Client", filters: "list[FilterTypeDef]") -> "Iterable[InstanceTypeDef]":
    with aws("DescribeInstances"):
        pages = client.get_paginator("describe_instances").paginate(
            Filters=filters, PaginationConfig={"PageSize": PAGE}
        )
        reservations = [each for page in pages for each in page["Reservations"]]
    return [instance for reservation in reservations for instance in reservation["Instances"]]


def _tags(raw: "InstanceTypeDef") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in raw.get("Tags", ())}


def _instance(raw: "InstanceTypeDef") -> Instance | None:
    tags = _tags(raw)
    role, state, version = tags.get(ROLE, ""), tags.get(STATE, ""), tags.get(VERSION, "")
    if not role or state not in set(HostState):
        return None
    return Instance(
        id=raw["InstanceId"],
        role=role,
        spec=_spec(raw),
        address=raw.get("PrivateIpAddress", ""),
        state=HostState(state),
        status=raw["State"]["Name"],
        deployment=tags.get(DEPLOYMENT, ""),
        version=version if ALLOWED.match(version) else "",
    )


def _spec(raw: "InstanceTypeDef") -> LaunchSpec:
    return LaunchSpec(
        instance_type=raw["InstanceType"],
        image=raw["ImageId"],
        subnet=raw.get("SubnetId", ""),
        security_groups=tuple(sorted(group["GroupId"] for group in raw.get("SecurityGroups", ()))),
        profile=raw.get("IamInstanceProfile", {}).get("Arn", ""),
        key_name=raw.get("KeyName", ""),
    )


def _request(
    group: LaunchGroup, service: str, environment: str, deployment: str
) -> "RunInstancesRequestTypeDef":
    spec = group.spec
    lasting = {
        MANAGED: "true",
        SERVICE: service,
        ENVIRONMENT: environment,
        ROLE: group.role,
        DEPLOYMENT: deployment,
        "Name": f"{deployment}-{group.role}",
    }
    request: RunInstancesRequestTypeDef = {
        "ClientToken": group.client_token(deployment),
        "MinCount": group.count,
        "MaxCount": group.count,
        "ImageId": spec.image,
        "InstanceType": spec.instance_type,  # type: ignore[typeddict-item] # a string from EC2 itself
        # The hosts get what they need as parameters of commands, so tags stay out of their metadata.
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": _listed({**lasting, STATE: HostState.BUILDING.value})},
            # No state on volumes: it would not follow the instance's.
            {"ResourceType": "volume", "Tags": _listed(lasting)},
        ],
    }
    if spec.subnet:
        request["SubnetId"] = spec.subnet
    if spec.security_groups:
        request["SecurityGroupIds"] = list(spec.security_groups)
    if spec.profile:
        kind = "Arn" if spec.profile.startswith("arn:") else "Name"
        request["IamInstanceProfile"] = {"Arn": spec.profile} if kind == "Arn" else {"Name": spec.profile}
    if spec.key_name:
        request["KeyName"] = spec.key_name
    return request


def _listed(tags: dict[str, str]) -> "list[TagTypeDef]":
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _refuse_all_but_retired(instances: "Iterable[InstanceTypeDef]") -> None:
    strange = sorted(
        raw["InstanceId"]
        for raw in instances
        if (tags := _tags(raw)).get(MANAGED) != "true" or tags.get(STATE) != HostState.RETIRED
    )
    if strange:
        raise StepFailed(
            Reason.INTERNAL, step="Ending the instances", what=f"{', '.join(strange)} not marked retired"
        )
