"""Provisioning: references, order, and kinds of resources that are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.platform.provision import Provisioner, UnknownKind, provision, update
from sandbox.platform.serverless import archive, definition
from sandbox.platform.template import Resolver, UnknownReference, in_order

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import RunningPlatform


@pytest.fixture
def resolver() -> Resolver:
    conditions = {
        "IsTest": {"Fn::Equals": [{"Ref": "Stage"}, "test"]},
        "IsNoTest": {"Fn::Not": [{"Condition": "IsTest"}]},
    }
    resolver = Resolver(
        account="123456789012", region="us-east-1", parameters={"Stage": "test"}, conditions=conditions
    )
    resolver.define("Table", "fixture", {"Arn": "arn:table", "StreamArn": "arn:table/stream"})
    return resolver


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Table"}, "fixture"),
        ({"Ref": "Stage"}, "test"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Fn::GetAtt": ["Table", "StreamArn"]}, "arn:table/stream"),
        ({"Fn::GetAtt": "Table.Arn"}, "arn:table"),
        ({"Fn::Sub": "${Table}-${AWS::AccountId}-${Table.Arn}"}, "fixture-123456789012-arn:table"),
        ({"Fn::Sub": ["${Own}-${Table}", {"Own": {"Ref": "Stage"}}]}, "test-fixture"),
        ({"Fn::Sub": "${!NotMine}"}, "${NotMine}"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Table"}]]}, "a-fixture"),
        ({"Fn::If": ["IsTest", {"Ref": "Table"}, "none"]}, "fixture"),
        ({"Fn::If": ["IsNoTest", {"Ref": "Table"}, "none"]}, "none"),
        ({"List": [{"Deep": {"Ref": "Table"}}]}, {"List": [{"Deep": "fixture"}]}),
        (42, 42),
    ],
)
def test_intrinsic_functions(resolver: Resolver, value: Any, expected: Any) -> None:
    """References resolve to what was created, wherever they stand."""
    assert resolver.resolve(value) == expected


def test_an_unknown_reference_is_an_error(resolver: Resolver) -> None:
    """Nothing resolves to an empty string by accident."""
    with pytest.raises(UnknownReference, match="Nothing"):
        resolver.resolve({"Fn::Sub": "${Nothing}"})
    with pytest.raises(UnknownReference, match="Fn::Select"):
        resolver.resolve({"Fn::Select": [0, [1, 2]]})
    with pytest.raises(UnknownReference, match="Nobody"):
        resolver.resolve({"Fn::If": ["Nobody", 1, 2]})


def test_resources_come_after_what_they_need() -> None:
    """References and DependsOn decide the order."""
    resources = {
        "Mapping": {"Properties": {"Source": {"Fn::GetAtt": ["Table", "StreamArn"]}, "To": {"Ref": "Chat"}}},
        "Chat": {"DependsOn": "Secret", "Properties": {"Name": {"Fn::Sub": "${Table}-chat"}}},
        "Secret": {},
        "Table": {},
    }
    assert in_order(resources) == ["Secret", "Table", "Chat", "Mapping"]


def test_a_circle_is_an_error() -> None:
    """Resources that need each other are named."""
    with pytest.raises(ValueError, match="A -> B -> A"):
        in_order({"A": {"Properties": {"Ref": "B"}}, "B": {"Properties": {"Ref": "A"}}})


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    """A kind of resource that nobody thought of stops the provisioning before it begins."""
    template = tmp_path / "sam.json"
    template.write_text(json.dumps({"Resources": {"Queue": {"Type": "AWS::Kinesis::Stream"}}}))
    with pytest.raises(UnknownKind, match=r"Queue: AWS::Kinesis::Stream"):
        Provisioner("http://127.0.0.1:9", template, {}, {}).run()


def test_what_has_a_condition_is_there_while_it_holds(platform: RunningPlatform, tmp_path: Path) -> None:
    """An update with another value of a parameter makes it."""
    queue = {"Type": "AWS::SQS::Queue", "Condition": "Wanted", "Properties": {"QueueName": "conditional"}}
    template = tmp_path / "sam.json"
    template.write_text(
        json.dumps(
            {
                "Parameters": {"Queues": {"Type": "String", "Default": "no"}},
                "Conditions": {"Wanted": {"Fn::Equals": [{"Ref": "Queues"}, "yes"]}},
                "Resources": {"Queue": queue},
            }
        )
    )
    before = provision(platform.endpoint, template, secrets={})
    assert before.ids == {}
    after = update(platform.endpoint, template, before, parameters={"Queues": "yes"})
    assert after.ids["Queue"].endswith("/conditional")


def test_definitions_get_their_substitutions(tmp_path: Path) -> None:
    """DefinitionUri is read beside the template, `${Name}` replaced as SAM does."""
    (tmp_path / "m.json").write_text('{"Resource": "${PlannerArn}"}')
    properties = {"DefinitionUri": "m.json", "DefinitionSubstitutions": {"PlannerArn": "arn:planner"}}
    assert definition(properties, folder=tmp_path) == '{"Resource": "arn:planner"}'


def test_a_packed_folder_is_the_same_each_time(tmp_path: Path) -> None:
    """Packing is deterministic, so equal code is unpacked once."""
    (tmp_path / "app.py").write_text("x = 1")
    assert archive(tmp_path) == archive.__wrapped__(tmp_path)


def test_what_is_not_needed_is_listed(platform: RunningPlatform) -> None:
    """Skipped resources are reported by kind."""
    assert platform.provisioned.skipped == {"Log": "AWS::Logs::LogGroup"}


def test_secrets_have_the_given_values(platform: RunningPlatform) -> None:
    """The template names the secret, the caller gives its value."""
    secret = platform.client("secretsmanager").get_secret_value(SecretId="fixture/edge")
    assert json.loads(secret["SecretString"]) == {"slack_signing": ["s"]}


def test_documents_can_be_read_back(platform: RunningPlatform) -> None:
    """SSM documents are created under their real names."""
    document = platform.client("ssm").get_document(Name="Fixture-Check")
    assert json.loads(document["Content"])["schemaVersion"] == "2.2"
