"""The command line: exit codes, and what goes to which stream."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cli.main import main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, data: Path) -> Path:
    """A team's folder, where a test may write."""
    shutil.copytree(data, tmp_path / "team")
    return tmp_path / "team"


def test_a_valid_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it configures is shown, and the exit code is 0."""
    assert main(["config", "check", str(folder / "lab.yaml")]) == 0
    assert capsys.readouterr().out == f"cameras: lab\n{folder / 'lab.yaml'} is valid\n"


def test_an_invalid_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings go to the error stream with the file's name in front, and the exit code is 1."""
    (folder / "lab.yaml").write_text("workspace: here\n")
    assert main(["config", "check", str(folder / "lab.yaml")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{folder / 'lab.yaml'}:1:12: workspace: " in said.err
    assert said.err.endswith("4 errors\n")


def test_an_invalid_file_is_not_published(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`publish` checks first; no AWS is asked (there are no credentials here)."""
    (folder / "lab.yaml").write_text("workspace: T0SANDBOX\n")
    assert main(["config", "publish", str(folder / "lab.yaml")]) == 1
    assert "`services` is missing" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "publish"])
def test_a_file_that_is_not_there(tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2, as for wrong usage; a folder is no file."""
    assert main(["config", command, str(tmp_path / "none.yaml")]) == 2
    assert capsys.readouterr().err == f"{tmp_path / 'none.yaml'}: No such file or directory\n"
    assert main(["config", command, str(tmp_path)]) == 2


@pytest.mark.parametrize("arguments", [[], ["config"], ["config", "burn"], ["config", "check", "a", "b"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2 and the usage is shown."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: pointsman" in capsys.readouterr().err


def test_the_schema_is_printed_and_is_a_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """Editors get what the check uses."""
    assert main(["config", "schema"]) == 0
    Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_the_module_runs_and_check_imports_no_aws() -> None:
    """`python -m cli` works from a checkout, and a check does not pay for boto3."""
    command = [sys.executable, "-X", "importtime", "-m", "cli", "config", "check", "none.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "boto3" not in done.stderr
