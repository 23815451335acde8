"""What each role may do, statement by statement: a call that the statement is there for, and calls right beside it.

`why` is the rule that the denied neighbors prove (docs/security.md).
"""

from __future__ import annotations

from dataclasses import replace

from tests.iam.asking import (
    AT_LAUNCH,
    GROUP,
    HOST,
    LAUNCHED,
    LISTENER,
    SAFE_METADATA,
    TO_EC2,
    Right,
    command,
    document,
    labels,
    record,
    relabel,
)
from tests.iam.calls import LABELED, item
from tests.iam.release_rights import release_rights
from tests.iam.roles import HOST_ROLE, LINES, MACHINE, PIPELINE, RELEASES, arn, function
from tests.iam.shared_rights import secret_right, shared_rights
from tests.iam.simulator import Request

NAMED: dict[str, str | list[str]] = {"codebuild:environment.environmentVariables.name": ["POINTSMAN_UPDATE"]}
"""Each update tells its build what it is called."""
EXECUTION = MACHINE.replace("stateMachine", "execution") + ":cameras-production-142"
RELEASE = RELEASES.replace("stateMachine", "execution") + ":web-production-7"

OWN = [
    Right(
        "LookAtDeployments",
        "the sweeper sees how the machines' executions are, and nothing that they were given",
        (
            Request("sweeper", "states:DescribeExecution", EXECUTION),
            Request("sweeper", "states:DescribeExecution", RELEASE),
        ),
        (
            Request("sweeper", "states:DescribeExecution", arn("states", "execution:payroll:1")),
            Request("sweeper", "states:GetExecutionHistory", EXECUTION),
            Request("sweeper", "states:StopExecution", EXECUTION),
            Request("sweeper", "states:RedriveExecution", EXECUTION),
        ),
    ),
    secret_right("edge", "SigningSecrets", "EdgeSecret", "ChatSecret"),
    secret_right("chat", "BotToken", "ChatSecret", "EdgeSecret"),
    Right(
        "StartUpdates",
        "an update builds the project as it was set up: nobody says what it runs, from where or under which role",
        (Request("updater", "codebuild:StartBuild", PIPELINE, context=NAMED),),
        (
            Request("updater", "codebuild:StartBuild", arn("codebuild", "project/payroll"), context=NAMED),
            *(
                Request(
                    "updater", "codebuild:StartBuild", PIPELINE, context={**NAMED, f"codebuild:{key}": "x"}
                )
                for key in ("source.buildspec", "source.location", "serviceRole", "environment.image")
            ),
            Request(
                "updater",
                "codebuild:StartBuild",
                PIPELINE,
                context={"codebuild:environment.environmentVariables.name": ["POINTSMAN_UPDATE", "PATH"]},
            ),
            Request("updater", "codebuild:UpdateProject", PIPELINE),
            Request("updater", "codebuild:RetryBuild", PIPELINE),
            Request("updater", "codebuild:StopBuild", PIPELINE),
        ),
    ),
    Right(
        "LookAtUpdates",
        "how a build of its own project is",
        (Request("updater", "codebuild:BatchGetBuilds", PIPELINE),),
        (
            Request("updater", "codebuild:BatchGetBuilds", arn("codebuild", "project/payroll")),
            Request("updater", "codebuild:BatchGetProjects", PIPELINE),
        ),
    ),
    Right(
        "KeepTheLines",
        "what waits for chat has a table of its own; nothing is removed from the other one",
        tuple(
            Request("chat", f"dynamodb:{each}", LINES)
            for each in ("Query", "PutItem", "UpdateItem", "DeleteItem")
        ),
        (
            item("chat", "DeleteItem", "ENV#cameras#production"),
            item("chat", "UpdateItem", "CONFIG"),
            Request("chat", "dynamodb:DeleteTable", LINES),
            Request("chat", "dynamodb:Scan", LINES),
        ),
    ),
    Right(
        "Later",
        "chat calls itself later through its own queue and no other",
        tuple(
            Request("chat", f"sqs:{each}", arn("sqs", "pointsman-LaterInChat-EXAMPLE"))
            for each in ("SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        ),
        (
            Request("chat", "sqs:SendMessage", arn("sqs", "pointsman-LostInChat-EXAMPLE")),
            Request("chat", "sqs:PurgeQueue", arn("sqs", "pointsman-LaterInChat-EXAMPLE")),
        ),
    ),
    Right(
        "FindTheStream",
        "names of streams, nothing in them",
        (Request("chat", "dynamodb:ListStreams"),),
        (Request("chat", "dynamodb:ListTables"),),
    ),
    Right(
        "SeeWhichHostsAnswer",
        "fleet sees which hosts answer and sends them nothing",
        (Request("fleet", "ssm:DescribeInstanceInformation"),),
        (command("fleet", "building"), document("fleet", "Pointsman-Install")),
    ),
    Right(
        "LaunchOnlyLabeled",
        "what is launched is managed and in state `building`, or is not launched",
        (Request("fleet", "ec2:RunInstances", HOST, asked=LAUNCHED, context=SAFE_METADATA),),
        (
            Request("fleet", "ec2:RunInstances", HOST, context=SAFE_METADATA),
            Request(
                "fleet",
                "ec2:RunInstances",
                HOST,
                asked=labels("building"),
                context={"ec2:MetadataHttpTokens": "optional"},
            ),
            *(
                Request("fleet", "ec2:RunInstances", HOST, asked=labels(state), context=SAFE_METADATA)
                for state in ("live", "standby", "retired")
            ),
            Request(
                "fleet",
                "ec2:RunInstances",
                HOST,
                asked=labels("building", managed="false"),
                context=SAFE_METADATA,
            ),
        ),
    ),
    Right(
        "LaunchFromWhatTheLiveFleetUses",
        "no wildcards where a resource can be named",
        (
            Request("fleet", "ec2:RunInstances", arn("ec2", "image/ami-0123456789abcdef0", account="")),
            *(
                Request("fleet", "ec2:RunInstances", arn("ec2", each))
                for each in (
                    "subnet/subnet-0123456789abcdef0",
                    "security-group/sg-0123456789abcdef0",
                    "network-interface/eni-0123456789abcdef0",
                    "volume/vol-0123456789abcdef0",
                    "key-pair/cameras",
                )
            ),
        ),
        (
            Request("fleet", "ec2:RunInstances", arn("ec2", "launch-template/lt-0123456789abcdef0")),
            Request(
                "fleet",
                "ec2:RunInstances",
                arn("ec2", "subnet/subnet-0123456789abcdef0", account="210987654321"),
            ),
        ),
    ),
    Right(
        "LabelAtLaunch",
        "tags at creation only through RunInstances (ec2:CreateAction)",
        (
            Request("fleet", "ec2:CreateTags", HOST, asked=LAUNCHED, context=AT_LAUNCH),
            Request(
                "fleet",
                "ec2:CreateTags",
                arn("ec2", "volume/vol-0123456789abcdef0"),
                asked={"pointsman:managed": "true", "Name": "cameras-142-control"},
                context=AT_LAUNCH,
            ),
        ),
        (
            Request("fleet", "ec2:CreateTags", HOST, asked=LAUNCHED),
            Request(
                "fleet", "ec2:CreateTags", HOST, asked=LAUNCHED, context={"ec2:CreateAction": "CreateVolume"}
            ),
            Request(
                "fleet", "ec2:CreateTags", HOST, asked={**LAUNCHED, "backup": "never"}, context=AT_LAUNCH
            ),
            Request(
                "fleet", "ec2:CreateTags", arn("ec2", "security-group/sg-0123456789abcdef0"), asked=LAUNCHED
            ),
        ),
    ),
    Right(
        "FollowTheTraffic",
        "the role that launches follows the traffic and marks nothing retired",
        tuple(
            relabel("fleet", before, after)
            for before in ("building", "live", "standby")
            for after in ("live", "standby")
        ),
        (
            *(relabel("fleet", before, "retired") for before in ("building", "live", "standby", "retired")),
            relabel("fleet", "retired", "live"),
            relabel("fleet", "live", "building"),
            replace(relabel("fleet", "live", "standby"), tags=labels("live", managed="false")),
            replace(relabel("fleet", "live", "standby"), tags={}),
            *(
                replace(
                    relabel("fleet", "live", "standby"),
                    asked={"pointsman:state": "standby", f"pointsman:{key}": "x"},
                )
                for key in ("managed", "service", "environment", "role", "deployment")
            ),
        ),
    ),
    Right(
        "GiveHostsTheirProfile",
        "a host gets the role of hosts, never a stronger one",
        (Request("fleet", "iam:PassRole", arn("iam", f"role/{HOST_ROLE}", region=""), context=TO_EC2),),
        (
            Request("fleet", "iam:PassRole", arn("iam", "role/admin", region=""), context=TO_EC2),
            Request(
                "fleet",
                "iam:PassRole",
                arn("iam", f"role/{HOST_ROLE}", region=""),
                context={"iam:PassedToService": "lambda.amazonaws.com"},
            ),
        ),
    ),
    *(
        Right(
            sid,
            "commands run only through the project's own SSM documents",
            tuple(document(role, each) for each in own),
            tuple(
                document(role, each)
                for each in ("AWS-RunShellScript", "Pointsman-Other", *{*DOCUMENTS} - {*own})
            ),
        )
        for DOCUMENTS in [("Pointsman-Configure", "Pointsman-Install", "Pointsman-Check", "Pointsman-Drain")]
        for role, sid, own in (
            ("hosts", "OwnDocumentsOnly", DOCUMENTS[:3]),
            ("drain", "DrainOnly", DOCUMENTS[3:]),
        )
    ),
    *(
        Right(
            sid,
            f"commands run only on instances whose state tag is `{state}`",
            (command(role, state),),
            (
                *(
                    command(role, each)
                    for each in ("building", "live", "standby", "retired")
                    if each != state
                ),
                command(role, state, managed="false"),
                replace(command(role, state), tags={}),
                Request(
                    role,
                    "ssm:SendCommand",
                    arn("ssm", "managed-instance/mi-0123456789abcdef0"),
                    labels(state),
                ),
            ),
        )
        for role, sid, state in (
            ("hosts", "OnHostsThatAreBuilt", "building"),
            ("drain", "DrainHostsThatStandBy", "standby"),
        )
    ),
    *(
        Right(
            "ReadOutcomes",
            "reading what a command printed sends none",
            (Request(role, "ssm:ListCommands"), Request(role, "ssm:ListCommandInvocations")),
            (Request(role, "ssm:CancelCommand"), Request(role, "ssm:StartSession", HOST, labels("live"))),
        )
        for role in ("hosts", "drain")
    ),
    Right(
        "MoveTraffic",
        "only listeners that the team has labeled",
        (Request("traffic", "elasticloadbalancing:ModifyListener", LISTENER, LABELED),),
        (
            Request("traffic", "elasticloadbalancing:ModifyListener", LISTENER),
            Request("traffic", "elasticloadbalancing:DeleteListener", LISTENER, LABELED),
        ),
    ),
    Right(
        "AttachAndDetach",
        "only target groups that the team has labeled",
        tuple(
            Request("traffic", f"elasticloadbalancing:{each}", GROUP, LABELED)
            for each in ("RegisterTargets", "DeregisterTargets")
        ),
        tuple(
            Request("traffic", f"elasticloadbalancing:{each}", GROUP)
            for each in ("RegisterTargets", "DeregisterTargets")
        ),
    ),
    Right(
        "MoveRecords",
        "only address records of the one hosted zone, and none is deleted",
        (record("A"), record("AAAA")),
        (record("TXT"), record("MX"), record("A", action="DELETE"), record("A", in_zone="Z0SOMEBODY0ELSE")),
    ),
    Right(
        "WatchAlarms",
        "an alarm is watched, never silenced",
        (Request("traffic", "cloudwatch:DescribeAlarms", arn("cloudwatch", "alarm:errors")),),
        (
            Request("traffic", "cloudwatch:SetAlarmState", arn("cloudwatch", "alarm:errors")),
            Request("traffic", "cloudwatch:DisableAlarmActions", arn("cloudwatch", "alarm:errors")),
        ),
    ),
    Right(
        "MarkStandingByAsRetired",
        "the role that marks instances retired may only move `standby -> retired`",
        (relabel("retire", "standby", "retired"),),
        (
            *(relabel("retire", before, "retired") for before in ("building", "live", "retired")),
            *(relabel("retire", "standby", after) for after in ("live", "building", "standby")),
            replace(relabel("retire", "standby", "retired"), tags=labels("standby", managed="false")),
            replace(relabel("retire", "standby", "retired"), tags={}),
            replace(
                relabel("retire", "standby", "retired"),
                asked={"pointsman:state": "retired", "pointsman:managed": "true"},
            ),
        ),
    ),
    Right(
        "EndOnlyWhatIsMarked",
        "the role that ends instances may do nothing else and only where state = retired and managed = true",
        tuple(
            Request("terminate", f"ec2:{each}Instances", HOST, labels("retired"))
            for each in ("Terminate", "Stop")
        ),
        (
            *(
                Request("terminate", f"ec2:{verb}Instances", HOST, labels(state))
                for state in ("building", "live", "standby")
                for verb in ("Terminate", "Stop")
            ),
            Request("terminate", "ec2:TerminateInstances", HOST, labels("retired", managed="false")),
            Request("terminate", "ec2:TerminateInstances", HOST, {"pointsman:state": "retired"}),
            Request("terminate", "ec2:TerminateInstances", HOST),
            relabel("terminate", "live", "retired"),
            relabel("terminate", "standby", "retired"),
            item("terminate", "PutItem", "ENV#cameras#production"),
        ),
    ),
    Right(
        "InvokeTheSteps",
        "the machine reaches the world only through the functions of its steps",
        tuple(
            Request("machine", "lambda:InvokeFunction", f"{function(each)}:7")
            for each in ("Planner", "Ledger", "Fleet", "Hosts", "Drain", "Traffic", "Retire", "Terminate")
        ),
        (
            *(
                Request("machine", "lambda:InvokeFunction", f"{function(each)}{version}")
                for each in ("APIHandler", "Chat")
                for version in ("", ":7")
            ),
            Request("machine", "lambda:InvokeFunction", function("Terminate")),
            Request("machine", "lambda:InvokeFunction", arn("lambda", "function:payroll")),
            Request("machine", "lambda:UpdateFunctionCode", function("Terminate")),
        ),
    ),
]


def rights() -> list[Right]:
    """The whole table: what several roles share, and the rows above."""
    return [*shared_rights(), *release_rights(), *OWN]
