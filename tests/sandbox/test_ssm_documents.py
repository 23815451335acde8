"""SSM documents: parameters are checked before anything is sent, and stand where the document says."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.estate.documents import BadDocument, BadParameters, accepted, steps
from tests.sandbox.estate_harness import product_documents

DOCUMENT: dict[str, Any] = {
    "schemaVersion": "2.2",
    "parameters": {
        "Name": {"type": "String", "allowedPattern": "^[a-z]+$"},
        "Side": {"type": "String", "allowedValues": ["blue", "green"], "default": "blue"},
    },
    "mainSteps": [
        {
            "action": "aws:runShellScript",
            "name": "run",
            "inputs": {"runCommand": ["echo {{ Name }} {{Side}} {{ x }}"]},
        }
    ],
}


def test_parameters_take_their_places() -> None:
    """`{{ Name }}` is replaced by its value, a default where none is given; other braces stay."""
    (step,) = steps(DOCUMENT, {"Name": ["cameras"]})
    assert step.script == "echo cameras blue {{ x }}\n"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "required"),
        ({"Name": ["Cameras; rm"]}, "pattern"),
        ({"Name": ["a"], "Side": ["red"]}, "one of"),
        ({"Name": ["a"], "Other": ["b"]}, "not defined"),
        ({"Name": ["a", "b"]}, "one value"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(given: dict[str, list[str]], complaint: str) -> None:
    """InvalidParameters: "You must specify values for all required parameters in the SSM document. You can only supply
    values to parameters defined in the SSM document" (SSM API reference); allowedValues and allowedPattern limit them
    (user guide, "Data elements and parameters")."""
    with pytest.raises(BadParameters, match=complaint):
        steps(DOCUMENT, given)


def test_a_list_parameter_can_be_the_whole_script() -> None:
    """A StringList that stands alone is put in place as a list, as AWS-RunShellScript does with its commands."""
    document = {
        "schemaVersion": "2.2",
        "parameters": {"commands": {"type": "StringList"}},
        "mainSteps": [
            {"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": "{{ commands }}"}}
        ],
    }
    (step,) = steps(document, {"commands": ["echo 1", "echo 2"]})
    assert step.script == "echo 1\necho 2\n"


def test_other_schemas_are_refused() -> None:
    """Only schema 2.2 has steps that run in order (user guide, "Schemas, features, and examples")."""
    with pytest.raises(BadDocument):
        steps({"schemaVersion": "1.2", "runtimeConfig": {}}, {})


def test_a_script_runs_an_hour_at_most_by_default() -> None:
    """Of timeoutSeconds: "The default is 3600 (1 hour)" (plugin reference, aws:runShellScript, timeoutSeconds)."""
    assert steps(DOCUMENT, {"Name": ["a"]})[0].timeout == 3600


@pytest.mark.parametrize("name", ["Configure", "Install", "Check", "Drain"])
def test_every_parameter_of_the_products_documents_has_a_pattern(name: str) -> None:
    """What is put into a script as text must be held by a pattern from its first to its last character."""
    for rules in product_documents()[f"Pointsman-{name}"]["parameters"].values():
        assert rules["allowedPattern"].startswith("^")
        assert rules["allowedPattern"].endswith("$")


@pytest.mark.parametrize("bad", ["a b", "a'b", 'a"b', "a$(b)", "a`b`", "a;b", "a\n", "../a", "a|b", "", "-a"])
@pytest.mark.parametrize("name", ["Configure", "Install", "Check", "Drain"])
def test_nothing_that_means_something_to_a_shell_fits(name: str, bad: str) -> None:
    """No parameter of the product's documents takes a quote, a space, a line end, an option or a way up."""
    declared = product_documents()[f"Pointsman-{name}"]["parameters"]
    for parameter in declared:
        with pytest.raises(BadParameters):
            accepted({parameter: declared[parameter]}, {parameter: [bad]})
