"""From a call that an adapter makes to what IAM is asked about it (Service Authorization Reference, by service)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.iam.roles import HOST_ROLE, LINES, MACHINE, TABLE, arn
from tests.iam.simulator import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Tags = dict[str, str]
Parameters = dict[str, Any]
LABELED = {"pointsman:managed": "true"}
"""What whoever installs the stack puts on listeners and target groups (docs/install.md)."""
TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def instance(identifier: str) -> str:
    """An instance."""
    return arn("ec2", f"instance/{identifier}")


class Estate:
    """The instances of the account with their tags, at the moment of a call."""

    def __init__(self, tags: Callable[[], Mapping[str, Tags]]) -> None:
        self._tags = tags

    def requests(self, role: str, service: str, operation: str, sent: Parameters) -> list[Request]:
        """Everything that IAM judges for one call; all of it has to be allowed."""
        own = getattr(self, f"_{service}_{operation}", None)
        if own is not None:
            return list(own(role, sent))
        prefix = {"elbv2": "elasticloadbalancing", "stepfunctions": "states"}.get(service, service)
        if operation.startswith(("Describe", "List")):
            return [Request(role, f"{prefix}:{operation}")]
        raise AssertionError(f"say here what IAM is asked when {role} calls {service} {operation}")

    # --- EC2 ----------------------------------------------------------------------------------------------------

    def _ec2_RunInstances(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802 - EC2's name
        tags = {
            each["ResourceType"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]}
            for each in sent["TagSpecifications"]
        }
        new = {
            "instance": instance("i-0123456789abcdef0"),
            "volume": arn("ec2", "volume/vol-0123456789abcdef0"),
        }
        used = [
            arn("ec2", f"image/{sent['ImageId']}", account=""),
            arn("ec2", f"subnet/{sent['SubnetId']}"),
            arn("ec2", "network-interface/eni-0123456789abcdef0"),
            *(arn("ec2", f"security-group/{each}") for each in sent["SecurityGroupIds"]),
            *([arn("ec2", f"key-pair/{sent['KeyName']}")] if "KeyName" in sent else []),
        ]
        tokens = sent["MetadataOptions"]["HttpTokens"]
        yield from (Request(role, "ec2:RunInstances", each) for each in used)
        for kind, resource in new.items():
            extra: Mapping[str, str] = {"ec2:MetadataHttpTokens": tokens} if kind == "instance" else {}
            yield Request(role, "ec2:RunInstances", resource, asked=tags[kind], context=extra)
            at_creation = {"ec2:CreateAction": "RunInstances"}
            yield Request(role, "ec2:CreateTags", resource, asked=tags[kind], context=at_creation)
        # An instance profile stands for its role (EC2 User Guide, "IAM roles for Amazon EC2").
        passed = {"iam:PassedToService": "ec2.amazonaws.com"}
        yield Request(role, "iam:PassRole", arn("iam", f"role/{HOST_ROLE}", region=""), context=passed)

    def _ec2_CreateTags(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        asked = {each["Key"]: each["Value"] for each in sent["Tags"]}
        for each in sent["Resources"]:
            yield Request(role, "ec2:CreateTags", instance(each), self._tags()[each], asked)

    def _ec2_TerminateInstances(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        for each in sent["InstanceIds"]:
            yield Request(role, "ec2:TerminateInstances", instance(each), self._tags()[each])

    def _ec2_StopInstances(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        for each in sent["InstanceIds"]:
            yield Request(role, "ec2:StopInstances", instance(each), self._tags()[each])

    # --- hosts --------------------------------------------------------------------------------------------------

    def _ssm_SendCommand(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        """The document, and each host that the targets choose (they are tags, and a host has to have all)."""
        yield Request(role, "ssm:SendCommand", arn("ssm", f"document/{sent['DocumentName']}"))
        wanted = {each["Key"].removeprefix("tag:"): each["Values"][0] for each in sent["Targets"]}
        chosen = {id_: tags for id_, tags in self._tags().items() if wanted.items() <= tags.items()}
        assert chosen, "a command that reaches nobody shows nothing"
        for id_, tags in chosen.items():
            yield Request(role, "ssm:SendCommand", instance(id_), tags)

    # --- traffic ------------------------------------------------------------------------------------------------

    def _elbv2_ModifyListener(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield Request(role, "elasticloadbalancing:ModifyListener", sent["ListenerArn"], LABELED)

    def _elbv2_RegisterTargets(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield Request(role, "elasticloadbalancing:RegisterTargets", sent["TargetGroupArn"], LABELED)

    def _elbv2_DeregisterTargets(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield Request(role, "elasticloadbalancing:DeregisterTargets", sent["TargetGroupArn"], LABELED)

    def _route53_ListResourceRecordSets(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        del sent
        yield Request(role, "route53:ListResourceRecordSets", zone())

    def _route53_ChangeResourceRecordSets(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        changes = sent["ChangeBatch"]["Changes"]
        records = [each["ResourceRecordSet"] for each in changes]
        prefix = "route53:ChangeResourceRecordSets"
        context: dict[str, str | list[str]] = {
            f"{prefix}Actions": [each["Action"] for each in changes],
            f"{prefix}RecordTypes": [each["Type"] for each in records],
            f"{prefix}NormalizedRecordNames": [each["Name"].rstrip(".") for each in records],
        }
        yield Request(role, prefix, zone(), context=context)

    def _cloudwatch_DescribeAlarms(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        """`AlarmTypes` with composite alarms asks for `*` (CloudWatch API reference, DescribeAlarms)."""
        for each in sent["AlarmNames"]:
            yield Request(role, "cloudwatch:DescribeAlarms", arn("cloudwatch", f"alarm:{each}"))

    # --- state --------------------------------------------------------------------------------------------------

    def _dynamodb_GetItem(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield item(role, "GetItem", sent["Key"]["pk"]["S"])

    def _dynamodb_TransactGetItems(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        """Judged like each GetItem of it (DynamoDB Developer Guide, "IAM and transactions")."""
        for each in sent["TransactItems"]:
            yield item(role, "GetItem", each["Get"]["Key"]["pk"]["S"])

    def _dynamodb_Query(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        if sent["TableName"] == "lines":
            yield _line(role, "Query", sent)
        else:
            yield item(role, "Query", sent["ExpressionAttributeValues"][":pk"]["S"])

    def _dynamodb_PutItem(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield item(role, "PutItem", sent["Item"]["pk"]["S"])

    def _dynamodb_UpdateItem(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield _line(role, "UpdateItem", sent)

    def _dynamodb_DeleteItem(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield _line(role, "DeleteItem", sent)

    def _sqs_SendMessage(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield Request(role, "sqs:SendMessage", arn("sqs", sent["QueueUrl"].rpartition("/")[2]))

    def _dynamodb_TransactWriteItems(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        """Judged action by action (DynamoDB Developer Guide, "IAM and transactions")."""
        for action in sent["TransactItems"]:
            ((kind, one),) = action.items()
            if one["TableName"] == "lines":
                yield _line(role, TRANSACTION[kind], one)
                continue
            place = one.get("Item") or one["Key"]
            yield item(role, TRANSACTION[kind], place["pk"]["S"])

    def _states_StartExecution(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        assert sent["stateMachineArn"] == MACHINE
        yield Request(role, "states:StartExecution", MACHINE)

    def _states_SendTaskSuccess(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        del sent
        yield Request(role, "states:SendTaskSuccess", MACHINE)

    def _states_DescribeExecution(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield Request(role, "states:DescribeExecution", sent["executionArn"])

    def _secretsmanager_GetSecretValue(self, role: str, sent: Parameters) -> Iterator[Request]:  # noqa: N802
        yield Request(role, "secretsmanager:GetSecretValue", sent["SecretId"])


def item(role: str, action: str, partition: str) -> Request:
    """One action on one item of the table."""
    return Request(role, f"dynamodb:{action}", TABLE, context={"dynamodb:LeadingKeys": [partition]})


def zone(identifier: str = "Z0POINTSMAN0EXAMPLE") -> str:
    """A hosted zone; Route 53's ARNs name neither region nor account."""
    return arn("route53", f"hostedzone/{identifier}", region="", account="")


def _line(role: str, action: str, sent: Parameters) -> Request:
    """A call about what waits for chat."""
    assert sent["TableName"] == "lines", "in the other table nothing is changed in place or removed"
    return Request(role, f"dynamodb:{action}", LINES)
