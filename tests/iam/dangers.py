"""What no role of the service may ever do, with why. Only what *some* role may do is in rights.py."""

from __future__ import annotations

from tests.iam.asking import GROUP, HOST, LISTENER, TO_EC2, labels
from tests.iam.calls import LABELED, zone
from tests.iam.roles import MACHINE, STACK, TABLE, arn, function, secret
from tests.iam.simulator import Request

STATES = ("building", "live", "standby", "retired")
TAGS = ("managed", "service", "environment", "role", "deployment", "version")
USER, ROLE, ADMIN = (
    arn("iam", each, region="") for each in ("user/ci", f"role/{STACK}-FleetRole-EXAMPLE", "role/admin")
)
BUCKET, OBJECT = (
    "arn:aws:s3:::pointsman-artifacts",
    "arn:aws:s3:::pointsman-artifacts/cameras/cameras-142.tar.gz",
)
ITEM = {"dynamodb:LeadingKeys": ["CONFIG"]}


def _each(action_prefix: str, actions: str, resource: str = "*") -> list[Request]:
    return [Request("", f"{action_prefix}:{each}", resource) for each in actions.split()]


DANGERS: dict[str, list[Request]] = {
    "nobody gives itself or others more rights": [
        *_each("iam", "PutRolePolicy AttachRolePolicy UpdateAssumeRolePolicy DeleteRolePolicy", ROLE),
        *_each("iam", "CreateAccessKey PutUserPolicy AddUserToGroup", USER)[:2],
        *_each("iam", "CreateRole", ADMIN),
        Request("", "iam:PassRole", ADMIN, context=TO_EC2),
        Request("", "iam:PassRole", ROLE, context={"iam:PassedToService": "lambda.amazonaws.com"}),
        Request("", "sts:AssumeRole", ADMIN),
        Request("", "sts:AssumeRole", ROLE),
    ],
    "only retired, managed instances can be ended": [
        Request("", f"ec2:{verb}Instances", HOST, tags)
        for verb in ("Terminate", "Stop")
        for tags in (
            *(labels(state) for state in STATES if state != "retired"),
            *(labels(state, managed="false") for state in STATES),
            {"pointsman:state": "retired"},
            {"pointsman:managed": "true"},
            {},
        )
    ],
    "everyone is denied deleting these tags": [
        Request("", "ec2:DeleteTags", HOST, labels(state), {key: labels(state)[key]})
        for state in STATES
        for key in ("pointsman:state", "pointsman:managed")
    ]
    + [Request("", "ec2:DeleteTags", HOST, labels(state)) for state in STATES],
    "nobody changes what else a label says": [
        Request("", "ec2:CreateTags", HOST, labels(state), {f"pointsman:{tag}": "other"})
        for state in STATES
        for tag in TAGS
    ],
    "nobody marks a live or new instance as retired, or gives a retired one back": [
        Request("", "ec2:CreateTags", HOST, labels(before), {"pointsman:state": after})
        for before, after in (
            *((before, "retired") for before in ("building", "live", "retired")),
            *(("retired", after) for after in ("building", "live", "standby")),
            *((before, "building") for before in STATES),
        )
    ],
    "nobody takes in an instance that is not managed": [
        Request("", "ec2:CreateTags", HOST, tags, asked)
        for tags in ({}, {"pointsman:managed": "false"}, {"pointsman:state": "live"})
        for asked in ({"pointsman:managed": "true"}, {"pointsman:state": "live"}, labels("retired"))
    ],
    "no server is changed in any other way": [
        Request("", f"ec2:{each}", HOST, labels(state))
        for state in STATES
        for each in (
            "RebootInstances",
            "StartInstances",
            "ModifyInstanceAttribute",
            "ModifyInstanceMetadataOptions",
        )
    ]
    + [
        Request("", "ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group/sg-0123456789abcdef0")),
        Request("", "ec2:DeleteVolume", arn("ec2", "volume/vol-0123456789abcdef0")),
        Request("", "ec2:DeregisterImage", arn("ec2", "image/ami-0123456789abcdef0", account="")),
    ],
    "commands run only through the project's own SSM documents": [
        *(
            Request("", "ssm:SendCommand", f"arn:aws:ssm:us-east-1:{owner}:document/{name}")
            for owner, name in (
                ("", "AWS-RunShellScript"),
                ("", "AWS-RunRemoteScript"),
                ("210987654321", "Pointsman-Install"),
            )
        ),
        *_each(
            "ssm",
            "CreateDocument UpdateDocument UpdateDocumentDefaultVersion",
            arn("ssm", "document/Pointsman-Install"),
        ),
        Request("", "ssm:StartSession", HOST, labels("live")),
        Request(
            "", "ssm:StartAutomationExecution", arn("ssm", "automation-definition/AWS-StopEC2Instance:1")
        ),
        *_each("ssm", "GetParameter PutParameter", arn("ssm", "parameter/password")),
    ],
    "no command reaches a live, retired or foreign host": [
        Request("", "ssm:SendCommand", HOST, tags)
        for tags in (labels("live"), labels("retired"), labels("building", managed="false"), {})
    ],
    "the table is neither emptied, scanned nor removed, and its settings stay": [
        *_each("dynamodb", "DeleteItem Scan UpdateItem BatchWriteItem PartiQLDelete PartiQLUpdate", TABLE),
        *_each(
            "dynamodb",
            "DeleteTable UpdateTable UpdateTimeToLive UpdateContinuousBackups PutResourcePolicy",
            TABLE,
        ),
        *_each("dynamodb", "ExportTableToPointInTime", TABLE),
    ],
    "nobody publishes a configuration but the command line, under its user's own name": [
        Request("", f"dynamodb:{each}", TABLE, context=ITEM)
        for each in ("PutItem", "UpdateItem", "DeleteItem")
    ],
    "secrets are read by their door alone, and changed by nobody": [
        Request("", f"secretsmanager:{each}", secret(name))
        for each in ("PutSecretValue", "UpdateSecret", "DeleteSecret", "PutResourcePolicy")
        for name in ("EdgeSecret", "ChatSecret")
    ]
    + [Request("", "secretsmanager:GetSecretValue", secret("Payroll"))],
    "packages are read by hosts alone, and written by CI": [
        *_each("s3", "GetObject PutObject DeleteObject DeleteObjectVersion", OBJECT),
        *_each("s3", "ListBucket PutBucketPolicy DeleteBucket PutBucketVersioning", BUCKET),
    ],
    "an execution is neither stopped nor rewritten, and no token is failed": [
        *_each("states", "UpdateStateMachine DeleteStateMachine", MACHINE),
        *_each("states", "StopExecution", MACHINE.replace("stateMachine", "execution") + ":cameras-142"),
        *_each("states", "SendTaskFailure SendTaskHeartbeat CreateStateMachine ListActivities")[:2],
        Request("", "states:SendTaskSuccess", arn("states", "stateMachine:payroll")),
    ],
    "nobody changes the code, or calls a function past the machine": [
        *_each(
            "lambda",
            "UpdateFunctionCode UpdateFunctionConfiguration AddPermission DeleteFunction",
            function("Terminate"),
        ),
        *_each("lambda", "InvokeFunction", function("APIHandler")),
        *_each("cloudformation", "UpdateStack DeleteStack", arn("cloudformation", f"stack/{STACK}/0123")),
    ],
    "traffic moves only where the team has labeled it": [
        *_each("elasticloadbalancing", "ModifyListener DeleteListener", LISTENER),
        *_each("elasticloadbalancing", "RegisterTargets DeregisterTargets DeleteTargetGroup", GROUP),
        Request("", "elasticloadbalancing:DeleteListener", LISTENER, LABELED),
        Request("", "elasticloadbalancing:ModifyTargetGroup", GROUP, LABELED),
        *_each("route53", "DeleteHostedZone", zone()),
    ],
    "what happened stays on record": [
        *_each(
            "logs",
            "DeleteLogGroup PutRetentionPolicy",
            arn("logs", "log-group:/aws/lambda/pointsman-Fleet-EXAMPLE"),
        ),
        *_each("cloudtrail", "StopLogging DeleteTrail", arn("cloudtrail", "trail/all")),
        *_each(
            "cloudwatch", "DeleteAlarms SetAlarmState DisableAlarmActions", arn("cloudwatch", "alarm:errors")
        ),
    ],
}
