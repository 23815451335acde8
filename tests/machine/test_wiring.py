"""Names that stand in several files and that nothing else compares: Chalice takes each misspelt one silently."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.usecases.steps import hosts, work
from sandbox.platform.template import references
from tests.machine import template
from tests.machine.template import EDGE, listed, policies, statements

TABLE = "POINTSMAN_TABLE"
NEEDS = {
    EDGE: {
        TABLE,
        "POINTSMAN_DEPLOY_MACHINE",
        "POINTSMAN_RELEASE_MACHINE",
        "POINTSMAN_EDGE_SECRET",
        "POINTSMAN_PIPELINE",
        "POINTSMAN_REVISION",
        "POINTSMAN_SLACK_API",
        "POINTSMAN_SLACK_HOOKS",
    },
    "Ledger": {TABLE, "POINTSMAN_RELEASE_MACHINE"},
    "Sweeper": {TABLE, "POINTSMAN_DEPLOY_MACHINE", "POINTSMAN_RELEASE_MACHINE"},
    "Updater": {TABLE, "POINTSMAN_PIPELINE", "POINTSMAN_REVISION"},
    "Chat": {
        TABLE,
        "POINTSMAN_CHAT_SECRET",
        "POINTSMAN_CHAT_LINES",
        "POINTSMAN_CHAT_QUEUE",
        "POINTSMAN_SLACK_API",
    },
}
"""What bootstrap reads for a function; a step reads the table's name only."""

WITHOUT_A_NAME = {
    "ec2:Describe*": "no resource-level permissions (Service Authorization Reference, EC2)",
    "elasticloadbalancing:Describe*": "no resource-level permissions (the same, ELB v2)",
    "ssm:DescribeInstanceInformation": "no resource-level permissions (the same, Systems Manager)",
    "ssm:ListCommand*": "no resource-level permissions (the same, Systems Manager)",
    "cloudwatch:DescribeAlarms": "composite alarms answer to `*` only (CloudWatch API, DescribeAlarms)",
    "dynamodb:ListStreams": "no resource-level permissions (the same, DynamoDB)",
    "route53:ListHostedZonesByName": "no resource-level permissions (the same, Route 53)",
    "xray:Put*": "no resource-level permissions (the same, X-Ray)",
    "xray:GetSampling*": "no resource-level permissions (the same, X-Ray)",
}
"""Actions that may have `Resource: "*"`, each with why."""

Resources = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def resources(package: Path) -> Resources:
    """The resources of the merged template."""
    found: Resources = json.loads((package / "sam.json").read_text())["Resources"]
    return found


def of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    """Properties by logical id."""
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def versions(resources: Resources) -> dict[str, str]:
    """Each version of a function that the stack publishes: its logical id, and that of the function."""
    found = of_type(resources, "AWS::Lambda::Version")
    return {name: each["FunctionName"]["Ref"] for name, each in found.items()}


# --- functions --------------------------------------------------------------------------------------------------


def test_chalice_configures_the_functions_of_the_app() -> None:
    """A name under lambda_functions that app.py does not have would be ignored, with its policy."""
    assert set(template.STAGE["lambda_functions"]) == template.functions()


def test_every_resource_has_a_type(resources: Resources) -> None:
    """A misspelt logical id in resources.yaml makes a resource of its own, which nothing gives a type."""
    assert [name for name, each in resources.items() if not each.get("Type")] == []


def test_the_template_has_the_functions_of_the_app(resources: Resources) -> None:
    """One function for each, and the one behind the API."""
    names = {name.capitalize() for name in template.functions()}
    assert set(of_type(resources, "AWS::Serverless::Function")) == names | {EDGE}


def test_each_function_has_a_policy_file_of_its_own() -> None:
    """Every file is there, none is shared, none is left over."""
    files = list(policies().values())
    assert sorted(files) == sorted((template.CHALICE / "policies").iterdir())
    assert len(set(files)) == len(files)


def test_each_role_is_what_its_policy_file_says(resources: Resources) -> None:
    """A function runs under its own role, and that has the file's statements and no others."""
    for function, file in policies().items():
        role = resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
        assert role.lower() == f"{function}role".lower()
        (policy,) = resources[role]["Properties"]["Policies"]
        assert policy["PolicyDocument"]["Statement"] == statements(file), function
        assert "ManagedPolicyArns" not in resources[role]["Properties"]


def test_what_config_reads_is_what_the_template_sets(resources: Resources) -> None:
    """Each function has the settings that it needs and none that it does not."""
    read = set(re.findall(r'"(POINTSMAN_\w+)"', Path("chalicelib/config.py").read_text()))
    assert set.union(*NEEDS.values()) == read
    for name, function in of_type(resources, "AWS::Serverless::Function").items():
        assert set(function["Environment"]["Variables"]) == NEEDS.get(name, {TABLE}), name


def test_the_sweeper_runs_every_minute(resources: Resources) -> None:
    """It is the only function with a schedule."""
    schedules = {
        name: [each["Properties"]["Schedule"] for each in function["Events"].values()]
        for name, function in of_type(resources, "AWS::Serverless::Function").items()
        if any(each["Type"] == "Schedule" for each in function.get("Events", {}).values())
    }
    assert schedules == {"Sweeper": ["rate(1 minute)"]}


# --- the machines -----------------------------------------------------------------------------------------------


def test_every_task_is_a_method_of_its_function() -> None:
    """A state's name is the name of the method that runs, and no method is left without a state."""
    called: dict[str, set[str]] = {}
    for machine in template.MACHINES:
        for state, function in template.tasks(machine):
            called.setdefault(function, set()).add(work.method(state))
    assert called == {name: set(found) for name, found in template.methods().items()}


def test_the_template_has_every_machine(resources: Resources) -> None:
    """Each with its own definition."""
    given = {
        name: each["DefinitionUri"]
        for name, each in of_type(resources, "AWS::Serverless::StateMachine").items()
    }
    assert given == {name: path.name for name, path in template.MACHINES.items()}


@pytest.mark.parametrize("machine", template.MACHINES)
def test_every_substitution_is_given_and_used(resources: Resources, machine: str) -> None:
    """`${XFunctionArn}` is a version of X; one that the template lacks would stay in the definition as text."""
    used = set(re.findall(r"\$\{(\w+)\}", template.MACHINES[machine].read_text()))
    given = resources[machine]["Properties"]["DefinitionSubstitutions"]
    assert set(given) == used
    for name, value in given.items():
        assert versions(resources)[value["Ref"]] == name.removesuffix("FunctionArn")


@pytest.mark.parametrize("machine", template.MACHINES)
def test_a_machine_may_invoke_exactly_its_functions(resources: Resources, machine: str) -> None:
    """Its role names each function that a task names, and no other: its versions, of which older ones still run."""
    (policy,) = resources[f"{machine}Role"]["Properties"]["Policies"]
    (invoke,) = [
        each
        for each in policy["PolicyDocument"]["Statement"]
        if "lambda:InvokeFunction" in listed(each["Action"])
    ]
    called = {function.capitalize() for _, function in template.tasks(machine)}
    assert sorted(each["Fn::Sub"] for each in invoke["Resource"]) == [
        f"${{{name}.Arn}}:*" for name in sorted(called)
    ]


def test_every_function_of_a_step_has_a_version_and_no_other(resources: Resources) -> None:
    """The doors, chat and the sweeper are what was deployed last."""
    called = {function for machine in template.MACHINES for _, function in template.tasks(machine)}
    assert sorted(versions(resources).values()) == sorted(each.capitalize() for each in called)


def test_a_version_outlives_the_next_one_but_not_an_update_that_failed(resources: Resources) -> None:
    """Executions still run it. One of an update that was rolled back would be in the way of the next try: Lambda
    publishes nothing that is as the last version (CloudFormation User Guide, "DeletionPolicy attribute")."""
    kept = {
        (each["DeletionPolicy"], each["UpdateReplacePolicy"])
        for each in resources.values()
        if each["Type"] == "AWS::Lambda::Version"
    }
    assert kept == {("RetainExceptOnCreate", "Retain")}


def test_what_makes_a_version_is_in_the_package(package: Path, resources: Resources) -> None:
    """A parameter's value is not in the name of the version, so that one which changes would publish nothing."""
    parameters = set(json.loads((package / "sam.json").read_text())["Parameters"])
    for name in versions(resources).values():
        assert not parameters & set(references(resources[name])), name


# --- hosts ------------------------------------------------------------------------------------------------------


def test_every_document_is_in_the_template_and_the_policy(resources: Resources) -> None:
    """What the steps send, what the stack creates and what the role allows are the same documents."""
    sent = {hosts.CONFIGURE, hosts.INSTALL, hosts.CHECK, hosts.DRAIN}
    assert sent == set(re.findall(r'"(Pointsman-\w+)"', Path(hosts.__file__).read_text()))
    assert {each["Name"] for each in of_type(resources, "AWS::SSM::Document").values()} == sent
    own = {
        name: set(re.findall(r"document/([\w*-]+)", policies()[name].read_text()))
        for name in ("Hosts", "Drain")
    }
    assert own == {"Hosts": sent - {hosts.DRAIN}, "Drain": {hosts.DRAIN}}


# --- least privilege --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", policies().values(), ids=lambda policy: policy.stem)
def test_no_policy_allows_a_whole_service(policy: Path) -> None:
    """Every action is spelled out: no `*`, no `ec2:*`, no `ec2:Describe*`, and nothing by what is not allowed."""
    for each in statements(policy):
        assert each["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & set(each)
        assert [action for action in listed(each["Action"]) if "*" in action] == []


@pytest.mark.parametrize("policy", policies().values(), ids=lambda policy: policy.stem)
def test_only_what_can_not_name_a_resource_is_allowed_on_all(policy: Path) -> None:
    """`Resource: "*"` stands only with the actions listed above."""
    open_patterns = [re.escape(each).replace(r"\*", r"\w*") for each in WITHOUT_A_NAME]
    for each in statements(policy):
        if "*" in listed(each["Resource"]):
            wrong = [
                action
                for action in listed(each["Action"])
                if not any(re.fullmatch(pattern, action) for pattern in open_patterns)
            ]
            assert wrong == [], each["Sid"]


def test_the_list_of_exceptions_is_used() -> None:
    """An exception that no policy needs any more is taken away."""
    used = {
        action
        for policy in policies().values()
        for each in statements(policy)
        if "*" in listed(each["Resource"])
        for action in listed(each["Action"])
    }
    used |= {"xray:GetSamplingRules"}  # the machine's role, in resources.yaml
    for each in WITHOUT_A_NAME:
        pattern = re.escape(each).replace(r"\*", r"\w*")
        assert any(re.fullmatch(pattern, action) for action in used), each
