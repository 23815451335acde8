"""Creates what a packaged SAM template describes, through the AWS APIs of the sandbox.

    created = provision("http://127.0.0.1:4566", Path("build/package/sam.json"), secrets={"EdgeSecret": {...}})
    created.ids["Table"], created.ids["DeployMachine"], created.skipped
    updated = update("http://127.0.0.1:4566", Path("other/package/sam.json"), created)

It stands in for CloudFormation, which has no place for values of secrets and takes longer. Kinds of resources
that the sandbox needs no counterpart for are skipped by name; an unknown kind is an error, so nothing is silently
missing. An update touches what is made of something else than before, and nothing else.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sandbox.platform import patterns, serverless
from sandbox.platform.settings import Settings
from sandbox.platform.stack import Made, Provisioned
from sandbox.platform.template import Resolver, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Created = tuple[str, dict[str, str]]  # what Ref gives, and attributes

CALLER = "provision"  # the access key id of these calls; no function has this name
SKIPPED = (
    "AWS::Serverless::Api", "AWS::ApiGateway::", "AWS::Lambda::Permission", "AWS::Logs::", "AWS::CloudWatch::",
    "AWS::SNS::", "AWS::Scheduler::", "AWS::CloudFormation::", "AWS::S3::BucketPolicy",
    "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy",
)  # fmt: skip


SOURCE = ("EventSourceArn", "StartingPosition")
MAPPING = (
    "FunctionName", "BatchSize", "MaximumBatchingWindowInSeconds", "BisectBatchOnFunctionError", "FilterCriteria",
)  # fmt: skip


class UnknownKind(Exception):
    """The template has a kind of resource that the sandbox neither creates nor knows to be unneeded."""


class CanNotChange(Exception):
    """The update changes or removes something that the sandbox can only create."""


class NothingToPublish(Exception):
    """A version that is as the last one: CloudFormation fails with "A version for this Lambda function exists"."""


class Provisioner:
    """Creates resources one after the other, each after those that it refers to."""

    def __init__(
        self,
        endpoint: str,
        template: Path,
        secrets: Mapping[str, Any],
        parameters: Mapping[str, str],
        before: Mapping[str, Made] | None = None,
    ) -> None:
        self._template: dict[str, Any] = json.loads(template.read_text("utf-8"))
        self._folder = template.parent
        self._secrets = secrets
        self._before = before or {}
        defaults = {
            name: str(parameter["Default"])
            for name, parameter in self._template.get("Parameters", {}).items()
            if "Default" in parameter
        }
        self._parameters = {**defaults, **parameters}
        self._resolver = Resolver(
            account=Settings.account,
            region=Settings.region,
            parameters=self._parameters,
            conditions=self._template.get("Conditions"),
        )
        self._client = partial(
            boto3.Session(
                aws_access_key_id=CALLER, aws_secret_access_key="sandbox", region_name=Settings.region
            ).client,
            endpoint_url=endpoint,
            config=Config(retries={"max_attempts": 0}, read_timeout=30),
        )
        self._kinds: dict[str, Callable[[str, dict[str, Any]], Created]] = {
            "AWS::DynamoDB::Table": self._table,
            "AWS::S3::Bucket": self._bucket,
            "AWS::SecretsManager::Secret": self._secret,
            "AWS::SQS::Queue": self._queue,
            "AWS::SSM::Document": self._document,
            "AWS::IAM::Role": self._role,
            "AWS::Serverless::Function": self._function,
            "AWS::Serverless::LayerVersion": self._layer,
            "AWS::Lambda::LayerVersion": self._layer,
            "AWS::Lambda::Version": self._version,
            "AWS::Serverless::StateMachine": self._machine,
            "AWS::StepFunctions::StateMachine": self._machine,
            "AWS::Lambda::EventSourceMapping": self._mapping,
            "AWS::Events::Rule": self._rule,
        }

    def run(self) -> Provisioned:
        """Create everything, or what differs from before; raises UnknownKind, or CanNotChange for what is gone, before
        anything is done."""
        resources = {
            name: each
            for name, each in self._template["Resources"].items()
            if "Condition" not in each or self._resolver.holds(each["Condition"])
        }
        result = Provisioned(self._parameters)
        self._check(resources)
        for name in in_order(resources):
            kind = resources[name]["Type"]
            if kind not in self._kinds:
                result.skipped[name] = kind
                self._resolver.define(name, name, {})
                continue
            properties = self._properties(kind, resources[name].get("Properties", {}))
            made = result.made[name] = self._make(name, kind, properties)
            self._resolver.define(name, made.id, made.attributes)
        return result

    def _check(self, resources: Mapping[str, Any]) -> None:
        for name, each in resources.items():
            if each["Type"] not in self._kinds and not each["Type"].startswith(SKIPPED):
                raise UnknownKind(f"{name}: {each['Type']}")
        for name, made in self._before.items():
            if name not in resources and made.kind != "AWS::Lambda::Version":  # those are retained
                raise CanNotChange(f"{name}: gone")

    def _make(self, name: str, kind: str, properties: dict[str, Any]) -> Made:
        """What is there already where it is made of the same, else a new or a changed one."""
        made_of = serverless.digest(properties, folder=self._folder)
        before = self._before.get(name)
        if before is None:
            return Made(kind, *self._kinds[kind](name, properties), made_of)
        if before.made_of == made_of:
            return before
        changes = {
            "AWS::Serverless::Function": self._change_function,
            "AWS::Serverless::StateMachine": self._change_machine,
            "AWS::SSM::Document": self._change_document,
            "AWS::Lambda::EventSourceMapping": self._change_mapping,
            "AWS::Events::Rule": self._change_rule,
            "AWS::Serverless::LayerVersion": self._change_layer,
        }
        if kind not in changes:
            raise CanNotChange(f"{name}: {kind}")
        return Made(kind, *changes[kind](name, properties, before), made_of)

    def _properties(self, kind: str, own: dict[str, Any]) -> dict[str, Any]:
        defaults = (
            self._template.get("Globals", {}).get("Function", {}) if kind.endswith("::Function") else {}
        )
        unneeded = {"Policies", "Tags", "AssumeRolePolicyDocument"}  # nothing here is behind them
        return {
            key: self._resolver.resolve(value)
            for key, value in {**defaults, **own}.items()
            if key not in unneeded
        }

    def _table(self, name: str, properties: dict[str, Any]) -> Created:
        wanted = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
        request = {key: properties[key] for key in wanted if key in properties}
        stream = properties.get("StreamSpecification")
        if stream:
            request["StreamSpecification"] = {"StreamEnabled": True, **stream}
        table = self._client("dynamodb").create_table(
            TableName=properties.get("TableName", name.lower()),
            **{"BillingMode": "PAY_PER_REQUEST", **request},
        )["TableDescription"]
        attributes = {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")}
        return table["TableName"], attributes

    def _bucket(self, name: str, properties: dict[str, Any]) -> Created:
        bucket = properties.get("BucketName", f"{name.lower()}-{Settings.account}")
        self._client("s3").create_bucket(Bucket=bucket)
        domain = f"{bucket}.s3.amazonaws.com"
        return bucket, {"Arn": f"arn:aws:s3:::{bucket}", "DomainName": domain, "RegionalDomainName": domain}

    def _secret(self, name: str, properties: dict[str, Any]) -> Created:
        value = self._secrets.get(name, {})
        arn = self._client("secretsmanager").create_secret(
            Name=properties.get("Name", name),
            SecretString=value if isinstance(value, str) else json.dumps(value),
        )["ARN"]
        return arn, {"Id": arn}

    def _queue(self, name: str, properties: dict[str, Any]) -> Created:
        queue = properties.get("QueueName", name)
        wanted = ("VisibilityTimeout", "MessageRetentionPeriod", "DelaySeconds", "RedrivePolicy")
        attributes = {key: properties[key] for key in wanted if key in properties}
        texts = {
            key: json.dumps(value) if isinstance(value, dict) else str(value)
            for key, value in attributes.items()
        }
        url = self._client("sqs").create_queue(QueueName=queue, Attributes=texts)["QueueUrl"]
        return url, {"Arn": f"arn:aws:sqs:{Settings.region}:{Settings.account}:{queue}", "QueueName": queue}

    def _document(self, name: str, properties: dict[str, Any]) -> Created:
        document = properties.get("Name", name)
        self._client("ssm").create_document(
            Name=document,
            Content=json.dumps(properties["Content"]),
            DocumentType=properties.get("DocumentType", "Command"),
            DocumentFormat="JSON",
        )
        return document, {}

    def _role(self, name: str, properties: dict[str, Any]) -> Created:
        role = self._client("iam").create_role(
            RoleName=properties.get("RoleName", f"sandbox-{name}")[:64], AssumeRolePolicyDocument="{}"
        )["Role"]
        return role["RoleName"], {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    def _function(self, name: str, properties: dict[str, Any]) -> Created:
        role = properties.get("Role") or self._role(f"{name}Role", {})[1]["Arn"]
        request = serverless.function(name, properties, folder=self._folder, role=role)
        created = self._client("lambda").create_function(**request)
        for rule, schedule in serverless.schedules(name, properties).items():
            self._rule(rule, {**schedule, "Targets": [{"Arn": created["FunctionArn"], "Id": name}]})
        return created["FunctionName"], {"Arn": created["FunctionArn"]}

    def _version(self, _name: str, properties: dict[str, Any]) -> Created:
        function = properties["FunctionName"]
        known = self._client("lambda").list_versions_by_function(FunctionName=function)["Versions"]
        published = self._client("lambda").publish_version(FunctionName=function)
        if published["Version"] in {each["Version"] for each in known}:
            raise NothingToPublish(published["FunctionArn"])
        return published["FunctionArn"], {"Version": published["Version"]}

    def _layer(self, name: str, properties: dict[str, Any]) -> Created:
        request = serverless.layer(name, properties, folder=self._folder)
        return self._client("lambda").publish_layer_version(**request)["LayerVersionArn"], {}

    def _machine(self, name: str, properties: dict[str, Any]) -> Created:
        role = properties.get("Role") or properties.get("RoleArn") or self._role(f"{name}Role", {})[1]["Arn"]
        machine = serverless.machine_name(name, properties)
        arn = self._client("stepfunctions").create_state_machine(
            name=machine, definition=serverless.definition(properties, folder=self._folder), roleArn=role
        )["stateMachineArn"]
        return arn, {"Arn": arn, "Name": machine}

    def _mapping(self, _name: str, properties: dict[str, Any]) -> Created:
        patterns.filters(properties.get("FilterCriteria"))  # refuses what the platform would not compare
        request = {key: properties[key] for key in (*SOURCE, *MAPPING) if key in properties}
        return self._client("lambda").create_event_source_mapping(**request)["UUID"], {}

    def _rule(self, name: str, properties: dict[str, Any]) -> Created:
        rule = properties.get("Name", name)
        wanted = ("ScheduleExpression", "State", "Description")
        request = {key: properties[key] for key in wanted if key in properties}
        if "EventPattern" in properties:
            patterns.check(properties["EventPattern"])  # refuses what the platform would not compare
            request["EventPattern"] = json.dumps(properties["EventPattern"])
        else:
            serverless.period(properties["ScheduleExpression"])  # the same for what it would not run
        arn = self._client("events").put_rule(Name=rule, **request)["RuleArn"]
        self._client("events").put_targets(Rule=rule, Targets=properties["Targets"])
        return rule, {"Arn": arn}

    # --- what an update changes ---------------------------------------------------------------------------------

    def _change_function(self, name: str, properties: dict[str, Any], before: Made) -> Created:
        request = serverless.function(name, properties, folder=self._folder, role=properties.get("Role", ""))
        if not request["Role"]:
            del request["Role"]  # the one that was made for it stays
        code = request.pop("Code")
        self._client("lambda").update_function_code(FunctionName=before.id, **code)
        self._client("lambda").update_function_configuration(**{**request, "FunctionName": before.id})
        for rule, schedule in serverless.schedules(name, properties).items():
            self._rule(rule, {**schedule, "Targets": [{"Arn": before.attributes["Arn"], "Id": name}]})
        return before.id, before.attributes

    def _change_layer(self, name: str, properties: dict[str, Any], _before: Made) -> Created:
        """A layer's version never changes: there is another one."""
        return self._layer(name, properties)

    def _change_machine(self, _name: str, properties: dict[str, Any], before: Made) -> Created:
        self._client("stepfunctions").update_state_machine(
            stateMachineArn=before.id,
            definition=serverless.definition(properties, folder=self._folder),
            roleArn=properties["Role"],
        )
        return before.id, before.attributes

    def _change_document(self, _name: str, properties: dict[str, Any], before: Made) -> Created:
        changed = self._client("ssm").update_document(
            Name=before.id,
            Content=json.dumps(properties["Content"]),
            DocumentVersion="$LATEST",
            DocumentFormat="JSON",
        )
        self._client("ssm").update_document_default_version(
            Name=before.id, DocumentVersion=changed["DocumentDescription"]["DocumentVersion"]
        )
        return before.id, before.attributes

    def _change_mapping(self, _name: str, properties: dict[str, Any], before: Made) -> Created:
        request = {key: properties[key] for key in MAPPING if key in properties}
        self._client("lambda").update_event_source_mapping(UUID=before.id, **request)
        return before.id, before.attributes

    def _change_rule(self, name: str, properties: dict[str, Any], _before: Made) -> Created:
        return self._rule(name, properties)


def provision(
    endpoint: str, template: Path, *, secrets: Mapping[str, Any], parameters: Mapping[str, str] | None = None
) -> Provisioned:
    """Create all that the template describes; `secrets` are values by logical id."""
    return Provisioner(endpoint, template, secrets, parameters or {}).run()


def update(
    endpoint: str, template: Path, before: Provisioned, *, parameters: Mapping[str, str] | None = None
) -> Provisioned:
    """Make what was provisioned before into what the template describes now; parameters keep their values."""
    given = {**before.parameters, **(parameters or {})}
    return Provisioner(endpoint, template, {}, given, before.made).run()
