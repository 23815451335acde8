"""docs/openapi.yaml says what the code does: the same doors, statuses, codes and allow-lists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import app
from chalicelib.domain.builds import BuildStatus
from chalicelib.domain.errors import Refused
from chalicelib.domain.grammar import NAME
from chalicelib.domain.pushed import TAG, VERSION
from chalicelib.domain.reasons import Reason
from chalicelib.edge import STATUS, UNAVAILABLE
from chalicelib.wire import ci, slack_request

ROOT = Path(__file__).parents[2]
SPEC: dict[str, Any] = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
SCHEMAS = SPEC["components"]["schemas"]
DOORS = [operation["post"] for operation in SPEC["paths"].values()]


def codes(status: int) -> set[str]:
    """The codes that the description gives to a status."""
    return set(SCHEMAS[f"Error{status}"]["allOf"][1]["properties"]["error"]["enum"])


def described(path: str) -> str:
    """The pattern of a schema, such as `Report/data/version`, without its anchors."""
    found = SCHEMAS
    for index, part in enumerate(path.split("/")):
        found = found[part] if index == 0 else found["properties"][part]
        found = SCHEMAS[found["$ref"].rpartition("/")[2]] if "$ref" in found else found
    return str(found["pattern"]).removeprefix("^").removesuffix("$")


def with_examples(node: object) -> Iterator[dict[str, Any]]:
    """Every schema of the description that has a pattern and examples."""
    if isinstance(node, dict):
        if "pattern" in node and "examples" in node:
            yield node
        node = list(node.values())
    for each in node if isinstance(node, list) else ():
        yield from with_examples(each)


def test_the_address_ends_in_the_stage_that_is_deployed() -> None:
    """What somebody copies from the description is a door that is there."""
    stage = json.loads((ROOT / ".chalice/config.json").read_text())["stages"]["prod"]["api_gateway_stage"]
    assert [each["url"].rpartition("/")[2] for each in SPEC["servers"]] == [stage]


def test_every_example_matches_its_pattern() -> None:
    """An example is what people copy."""
    found = list(with_examples(SPEC))
    assert len(found) >= 5
    for schema in found:
        assert [each for each in schema["examples"] if not re.search(schema["pattern"], each)] == []


def test_an_artifact_is_described_as_it_is_taken() -> None:
    """Its pattern, and that it does not go up a folder."""
    rule = re.sub(r"\(\?P<\w+>([^)]*)\)", r"\1", ci._ARTIFACT.pattern)
    assert described("Report/data/artifact") == rf"(?!.*/\.\.(?:/|$))(?:{rule})"


@pytest.mark.parametrize("key", ["../a", "a/../b", "a/.."])
def test_an_artifact_that_goes_up_is_refused_and_described_so(key: str) -> None:
    """By the code, which has a rule beside the pattern, and by the pattern of the description."""
    artifact = f"s3://artifacts/{key}"
    assert re.search(described("Report/data/artifact"), artifact) is None
    with pytest.raises(Refused):
        ci._address(artifact, "eu-central-1")


def test_every_field_of_a_report_is_described() -> None:
    """And no name stands there alone."""
    for name in ("Report", "Pushed"):
        fields = SCHEMAS[name]["properties"]["data"]["properties"]
        assert [field for field, schema in fields.items() if "description" not in schema] == []


def test_the_doors_are_the_routes() -> None:
    """Same paths, methods and types of body."""
    routes = {
        path: {method: set(entry.content_types) for method, entry in methods.items()}
        for path, methods in app.app.routes.items()
    }
    found = {
        path: {method.upper(): set(door["requestBody"]["content"]) for method, door in methods.items()}
        for path, methods in SPEC["paths"].items()
    }
    assert found == routes


def test_each_status_has_the_codes_that_the_edge_gives_it() -> None:
    """A code that moves or comes anew has to be described."""
    assert set(STATUS.values()) | {400} == {
        int(name[5:]) for name in SCHEMAS if re.fullmatch("Error4..|Error5..", name)
    }
    for status in set(STATUS.values()):
        extra = {UNAVAILABLE} if status == 503 else set()
        assert codes(status) == {reason.value for reason, each in STATUS.items() if each == status} | extra
    assert codes(400) == {Reason.BAD_BODY.value}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door["operationId"])
def test_every_door_describes_every_refusal(door: dict[str, Any]) -> None:
    """Only CI is told that a source is unknown."""
    own = {"403"} if door["operationId"] == "build" else set()
    refusals = {status for status in door["responses"] if not status.startswith("2")}
    assert refusals == {"400", "401", "413", "415", "503"} | own


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("Name", NAME),
        ("Version", VERSION),
        ("Workspace", slack_request.WORKSPACE),
        ("User", slack_request.USER),
        ("Channel", slack_request.CHANNEL),
        ("Report/data/commit", ci._COMMIT),
        ("Report/data/sha256", ci._SHA256),
        ("Report/data/author", ci._AUTHOR),
        ("Report/data/message", ci._LINE),
        ("Report/data/url", ci._URL),
        ("Tag", TAG),
        ("Pushed/data/manifest", ci._SHA256),
        ("Pushed/data/commit", ci._COMMIT),
    ],
)
def test_allow_lists_are_described_as_they_are(path: str, pattern: re.Pattern[str]) -> None:
    """Who reads the description knows what passes."""
    assert described(path) == pattern.pattern.removesuffix(r"\Z")


def test_a_report_has_the_described_types_and_statuses() -> None:
    """No status that no type has, and the other way about."""
    assert SCHEMAS["Pushed"]["properties"]["type"]["const"] == ci.PUSHED
    report = SCHEMAS["Report"]["properties"]
    assert set(report["type"]["enum"]) == set(ci._STATUS)
    assert set(report["data"]["properties"]["status"]["enum"]) == {each.value for each in BuildStatus}


def test_signatures_are_described_by_the_headers_that_are_read() -> None:
    """The names, whatever their case, stand in the code that verifies."""
    code = "".join((ROOT / f"chalicelib/wire/{name}.py").read_text() for name in ("ci", "slack_request"))
    names = {scheme["name"].lower() for scheme in SPEC["components"]["securitySchemes"].values()}
    assert names == set(re.findall(r'header\(headers, "([a-z-]+)"\)', code))
    json.dumps(SPEC)
