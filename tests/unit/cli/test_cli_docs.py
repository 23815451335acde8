"""The reference of pointsman.yaml says what the schema says, and its example works."""

import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.check import check
from cli.durations import seconds
from cli.reading import DEFAULT_TIMEOUTS
from cli.schema import schema

ROOT = Path(__file__).parents[3]


def test_the_page_is_up_to_date() -> None:
    """Who changes the schema or the example runs the script."""
    page = runpy.run_path(str(ROOT / "scripts" / "configuration_docs.py"))["render"]()
    told = "run `python scripts/configuration_docs.py`"
    assert (ROOT / "docs" / "configuration.md").read_text("utf-8") == page, told


def test_the_example_is_valid(tmp_path: Path, data: Path) -> None:
    """What people copy must pass."""
    shutil.copytree(data / "ansible", tmp_path / "ansible")
    assert check((ROOT / "docs" / "configuration.example.yaml").read_bytes(), tmp_path).findings == ()


def test_the_sample_team_is_valid(tmp_path: Path, data: Path) -> None:
    """The sandbox's own configuration, with any playbook where it expects one."""
    shutil.copytree(data / "ansible", tmp_path / "ansible")
    team = tmp_path / "sandbox" / "team"
    team.mkdir(parents=True)
    assert check((ROOT / "sandbox" / "team" / "pointsman.yaml").read_bytes(), team).findings == ()


def test_defaults_of_the_schema_are_those_of_the_service() -> None:
    """The schema's defaults are for readers; the numbers are the domain's."""
    timeouts = schema()["$defs"]["environment"]["properties"]["timeouts"]["properties"]
    for name, described in timeouts.items():
        assert seconds(described["default"]) == getattr(DEFAULT_TIMEOUTS, name)


def test_everything_is_described() -> None:
    """Each part of the schema has a title and a description: messages and the reference are made of them."""
    for node in _nodes(schema()):
        if "type" in node or "enum" in node:
            assert {"title", "description"} <= set(node), node


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if not isinstance(node.get("type"), dict):
            yield node
        for value in node.values():
            yield from _nodes(value)
