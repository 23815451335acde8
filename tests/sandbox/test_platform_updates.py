"""A stack that is updated while it runs: versions of functions, definitions, and what is left alone.

Documentation: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html (code, layers and settings of a
version never change) and https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html
("Running executions will continue to use the previous definition").
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.platform.provision import CanNotChange, NothingToPublish, provision, update
from sandbox.platform.stack import Provisioned
from tests.sandbox.conftest import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sandbox.conftest import RunningPlatform

CODE = """
import json, os
from greeting import WORD

def greet(event, context):
    print(json.dumps(event))
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(json.dumps(event) + "\\n")
    return ["{said}", WORD, os.environ["TONE"], context.function_version, context.invoked_function_arn]
"""
DEFINITION = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Greet"},
        "Greet": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${GreetArn}", "Payload": {}},
            "TimeoutSeconds": 30,
            "End": True,
        },
    },
}


def package(folder: Path, said: str, *, layer: str = "layer", tone: str = "calm", version: str = "A") -> Path:
    """A stack with one function, its layer, a version of it and a machine that invokes that; the template's file."""
    (folder / "code").mkdir(parents=True)
    (folder / "layer" / "python").mkdir(parents=True)
    (folder / "code" / "app.py").write_text(CODE.replace("{said}", said))
    (folder / "layer" / "python" / "greeting.py").write_text(f"WORD = {layer!r}")
    (folder / "machine.json").write_text(json.dumps(DEFINITION))
    arn = {"Fn::GetAtt": ["Greet", "Arn"]}
    mapping = {
        "EventSourceArn": {"Ref": "Stream"},
        "FunctionName": arn,
        "StartingPosition": "TRIM_HORIZON",
        "FilterCriteria": {"Filters": [{"Pattern": {"Ref": "Pattern"}}]},
    }
    rule = {"EventPattern": {"source": ["tests"], "detail": {"name": [{"prefix": "a"}]}}}
    variables = {"TONE": tone, "SEEN": {"Ref": "Seen"}}
    function = {
        "FunctionName": {"Ref": "Name"},
        "Runtime": "python3.11",
        "Handler": "app.greet",
        "CodeUri": "code",
        "Layers": [{"Ref": "Layer"}],
        "Environment": {"Variables": variables},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    machine = {
        "Name": {"Ref": "Name"},
        "DefinitionUri": "machine.json",
        "DefinitionSubstitutions": {"GreetArn": {"Ref": f"GreetVersion{version}"}},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    resources = {
        "Role": ("AWS::IAM::Role", {"RoleName": {"Ref": "Name"}}),
        "Layer": ("AWS::Serverless::LayerVersion", {"LayerName": {"Ref": "Name"}, "ContentUri": "layer"}),
        "Greet": ("AWS::Serverless::Function", function),
        f"GreetVersion{version}": ("AWS::Lambda::Version", {"FunctionName": {"Ref": "Greet"}}),
        "Machine": ("AWS::Serverless::StateMachine", machine),
        "Mapping": ("AWS::Lambda::EventSourceMapping", mapping),
        "Rule": (
            "AWS::Events::Rule",
            {"Name": {"Ref": "Name"}, **rule, "Targets": [{"Arn": arn, "Id": "g"}]},
        ),
    }
    template = {
        "Parameters": {each: {"Type": "String"} for each in ("Name", "Stream", "Seen", "Pattern")},
        "Resources": {name: {"Type": kind, "Properties": each} for name, (kind, each) in resources.items()},
    }
    file = folder / "sam.json"
    file.write_text(json.dumps(template))
    return file


@pytest.fixture
def stack(platform: RunningPlatform, tmp_path: Path) -> Provisioned:
    """One that says `one`, under a name of its own; records of its own partition reach its function."""
    name = f"greet{uuid.uuid4().hex[:8]}"
    table = platform.client("dynamodb").describe_table(TableName="fixture")["Table"]
    pattern = {"dynamodb": {"Keys": {"pk": {"S": [name]}, "sk": {"S": [{"prefix": "UPDATE"}]}}}}
    parameters = {
        "Name": name,
        "Stream": table["LatestStreamArn"],
        "Seen": str(tmp_path / "seen"),
        "Pattern": json.dumps(pattern),
    }
    return provision(platform.endpoint, package(tmp_path / "1", "one"), secrets={}, parameters=parameters)


def said(platform: RunningPlatform, name: str, **more: str) -> list[str]:
    """What a function answers."""
    reply = platform.client("lambda").invoke(FunctionName=name, **more)
    answered: list[str] = json.load(reply["Payload"])
    assert reply["ExecutedVersion"] == answered[3]
    return answered


def start(platform: RunningPlatform, stack: Provisioned, seconds: int) -> str:
    """An execution that greets after so many virtual seconds."""
    started = platform.client("stepfunctions").start_execution(
        stateMachineArn=stack.ids["Machine"], input=json.dumps({"seconds": seconds}), name=uuid.uuid4().hex
    )
    return str(started["executionArn"])


def output(platform: RunningPlatform, execution: str) -> dict[str, Any]:
    """What its last state answered."""
    found = eventually(
        lambda: platform.client("stepfunctions").describe_execution(executionArn=execution).get("output")
    )
    answer: dict[str, Any] = json.loads(found)
    return answer


def test_an_execution_keeps_the_code_that_it_began_with(
    platform: RunningPlatform, stack: Provisioned, tmp_path: Path
) -> None:
    """Its definition names a version, whose code, layer and environment stay; the next execution has the new ones."""
    running = start(platform, stack, 3600)
    changed = package(tmp_path / "2", "two", layer="other", tone="loud", version="B")
    updated = update(platform.endpoint, changed, stack)
    assert said(platform, stack.ids["Greet"])[:4] == ["two", "other", "loud", "$LATEST"]
    platform.clock.advance(3700)
    old, new = output(platform, running), output(platform, start(platform, updated, 0))
    assert old["Payload"] == ["one", "layer", "calm", "1", stack.ids["GreetVersionA"]]
    assert new["Payload"] == ["two", "other", "loud", "2", updated.ids["GreetVersionB"]]
    assert (old["ExecutedVersion"], new["ExecutedVersion"]) == ("1", "2")


def test_a_version_is_invoked_by_its_arn_or_its_qualifier(
    platform: RunningPlatform, stack: Provisioned, tmp_path: Path
) -> None:
    """Both stay what they were when the function changes, also when both are used in turn."""
    update(platform.endpoint, package(tmp_path / "2", "two", version="B"), stack)
    name, version = stack.ids["Greet"], stack.ids["GreetVersionA"]
    for _ in range(2):
        assert said(platform, version)[0] == "one"
        assert said(platform, name, Qualifier="1")[0] == "one"
        assert said(platform, name)[0] == "two"


def test_what_is_made_of_the_same_is_left_alone(
    platform: RunningPlatform, stack: Provisioned, tmp_path: Path
) -> None:
    """The same package from another folder changes nothing; what was saved is what is updated."""
    before = platform.client("lambda").get_function_configuration(FunctionName=stack.ids["Greet"])
    stack.save(tmp_path / "stack.json")
    again = update(
        platform.endpoint, package(tmp_path / "2", "one"), Provisioned.load(tmp_path / "stack.json")
    )
    assert again == stack
    after = platform.client("lambda").get_function_configuration(FunctionName=stack.ids["Greet"])
    assert after["LastModified"] == before["LastModified"]


def test_nothing_new_is_no_version(platform: RunningPlatform, stack: Provisioned, tmp_path: Path) -> None:
    """Lambda does not publish what is as the last version, and CloudFormation then fails."""
    with pytest.raises(NothingToPublish):
        update(platform.endpoint, package(tmp_path / "2", "one", version="B"), stack)


def test_what_can_not_be_changed_is_refused(
    platform: RunningPlatform, stack: Provisioned, tmp_path: Path
) -> None:
    """A resource that is gone stops the update before anything is changed."""
    file = package(tmp_path / "2", "two", version="B")
    template = json.loads(file.read_text())
    del template["Resources"]["Mapping"]
    file.write_text(json.dumps(template))
    with pytest.raises(CanNotChange, match="Mapping"):
        update(platform.endpoint, file, stack)
    assert said(platform, stack.ids["Greet"])[0] == "one"


def seen(stack: Provisioned, tmp_path: Path) -> list[dict[str, Any]]:
    """Every event that reached the function."""
    assert stack.parameters["Seen"] == str(tmp_path / "seen")
    file = tmp_path / "seen"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_function_gets_the_records_that_its_filter_lets_through(
    platform: RunningPlatform, stack: Provisioned, tmp_path: Path
) -> None:
    """By partition, and by the beginning of the sort key; for others it is not invoked."""
    for partition, sort in (
        ("other", "UPDATE#1"),
        (stack.ids["Greet"], "GRANTS"),
        (stack.ids["Greet"], "UPDATE#2"),
    ):
        item = {"pk": {"S": partition}, "sk": {"S": sort}}
        platform.client("dynamodb").put_item(TableName="fixture", Item=item)
    (event,) = eventually(lambda: seen(stack, tmp_path))
    assert [each["dynamodb"]["Keys"]["sk"]["S"] for each in event["Records"]] == ["UPDATE#2"]


def test_an_event_reaches_the_functions_of_the_rules_that_it_matches(
    platform: RunningPlatform, stack: Provisioned, tmp_path: Path
) -> None:
    """With the envelope around it; what does not match reaches nobody."""
    for name in ("beta", "alpha"):
        entry = {"Source": "tests", "DetailType": "Test", "Detail": json.dumps({"name": name})}
        platform.client("events").put_events(Entries=[entry])
    (event,) = eventually(lambda: seen(stack, tmp_path))
    assert (event["source"], event["detail-type"], event["detail"]) == ("tests", "Test", {"name": "alpha"})
