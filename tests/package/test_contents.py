"""What is in the package, and that the same sources make the same package."""

from __future__ import annotations

import marshal
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from scripts.package import ROOT, SOURCES, keep, named

if TYPE_CHECKING:
    from pathlib import Path

CODE, LAYER = "deployment.zip", "layer-deployment.zip"
MOST_UNPACKED = 250 * 1024 * 1024
"""Function and layers together, unpacked (Lambda Developer Guide, "Lambda quotas")."""
FLAGS = 0b01
"""A .pyc whose source is never looked at: PEP 552, bit 0 set (hash-based), bit 1 not (unchecked)."""


def names(zipped: Path) -> list[str]:
    """Every file of a zip."""
    with zipfile.ZipFile(zipped) as opened:
        return opened.namelist()


def test_the_function_is_the_product_and_nothing_else(package: Path) -> None:
    """No test, no sandbox, no command line, no tools: what is not there can not be called."""
    tops = {name.partition("/")[0] for name in names(package / CODE)}
    assert tops == {"app.py", "__pycache__", "chalice", "chalicelib"}


def test_the_layer_has_what_functions_import_and_no_tools(package: Path) -> None:
    """The AWS SDK, Slack's client, X-Ray's, time zones, Pillow; Chalice with its command line is 5 MB."""
    parts = [name.split("/") for name in names(package / LAYER)]
    tops = {part for path in parts for part in path[:5]}
    assert {"boto3", "slack_sdk", "aws_xray_sdk", "tzdata", "PIL"} <= tops
    assert not {"chalice", "pip", "setuptools", "bin", "moto", "tests", "sandbox", "cli"} & tops
    assert not any(part == "tests" for path in parts for part in path)


def test_every_module_is_compiled(package: Path) -> None:
    """Lambda can not write bytecode, so a module without it is compiled again at each cold start (docs/adr/0006)."""
    for zipped in (package / CODE, package / LAYER):
        found = names(zipped)
        stems = {name.partition(".cpython-")[0] for name in found if name.endswith(".pyc")}
        missing = [
            name
            for name in found
            if name.endswith(".py")
            and "/".join([*name.split("/")[:-1], "__pycache__", name.split("/")[-1][:-3]]) not in stems
        ]
        assert missing == []


def test_bytecode_is_used_without_a_look_at_the_source(package: Path) -> None:
    """Lambda unpacks with times of its own; bytecode that compares times would never be used."""
    with zipfile.ZipFile(package / CODE) as opened:
        for name in opened.namelist():
            if name.endswith(".pyc"):
                content = opened.read(name)
                assert int.from_bytes(content[4:8], "little") == FLAGS, name
                code = marshal.loads(content[16:])  # noqa: S302 - our own package
                assert not code.co_filename.startswith("/"), name


def test_it_fits_into_lambda(package: Path) -> None:
    """Code and layer together stay under the limit for what is unpacked."""
    total = 0
    for zipped in (package / CODE, package / LAYER):
        with zipfile.ZipFile(zipped) as opened:
            total += sum(each.file_size for each in opened.infolist())
    assert total < MOST_UNPACKED


def test_the_same_sources_make_the_same_package(package: Path, tmp_path: Path) -> None:
    """Built once more, in another folder from files of another age, every byte is the same: a changed checksum is
    changed code."""
    _build_copy(tmp_path)
    for name in (CODE, LAYER, "sam.json", "deploy.asl.json"):
        assert (package / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


def _build_copy(folder: Path) -> None:
    """Copy the sources, without their times, and build there."""
    for source in SOURCES:
        target = folder / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "deployments", "deployed")
            shutil.copytree(ROOT / source, target, ignore=ignored, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(ROOT / source, target)
    subprocess.run([sys.executable, "-m", "scripts.package", "out"], cwd=folder, check=True)


def version(folder: Path, *, code: str = "code", layer: str = "layer", memory: int = 512) -> tuple[str, str]:
    """The name of a function's version in a template, and the function's description."""
    (folder / "code.zip").write_text(code)
    (folder / "layer.zip").write_text(layer)
    function = {"CodeUri": "code.zip", "Layers": [{"Ref": "Layer"}], "MemorySize": memory}
    resources = {
        "Layer": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layer.zip"}},
        "Planner": {"Type": "AWS::Serverless::Function", "Properties": function},
        "PlannerVersion": {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": "Planner"}},
        },
        "Machine": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {"Uses": [{"Ref": "PlannerVersion"}]},
        },
    }
    found = named({"Resources": resources}, folder)["Resources"]
    (name,) = [each for each in found if each.startswith("PlannerVersion")]
    assert found["Machine"]["Properties"]["Uses"] == [{"Ref": name}]
    return name, found["Planner"]["Properties"]["Description"]


def test_a_version_is_named_after_all_that_makes_it(tmp_path: Path) -> None:
    """Code, layer and settings: CloudFormation publishes what has another name, and keeps what has the same."""
    first = version(tmp_path)
    assert version(tmp_path) == first
    others = [
        version(tmp_path, code="x"), version(tmp_path, layer="x"), version(tmp_path, memory=1024),
    ]  # fmt: skip
    assert len({first, *others}) == 4
    assert all(name == f"PlannerVersion{description}" for name, description in (first, *others))


def layer(folder: Path, text: str) -> Path:
    """A layer of one module."""
    made = folder / "layer-deployment.zip"
    with zipfile.ZipFile(made, "w") as target:
        target.writestr("python/word.py", text)
    return made


def test_a_layer_is_compiled_once(tmp_path: Path) -> None:
    """The next package takes the compiled one, of which the newest is kept; also where a build's cache is linked."""
    cache, linked = tmp_path / "cache", tmp_path / "layers"
    cache.mkdir()
    linked.symlink_to(cache)
    keep(layer(tmp_path, "WORD = 1"), linked)
    (first,) = cache.iterdir()
    first.write_text("taken as it is")
    same = layer(tmp_path, "WORD = 1")
    keep(same, linked)
    assert same.read_text() == "taken as it is"
    other = layer(tmp_path, "WORD = 2")
    keep(other, linked)
    (kept,) = cache.iterdir()
    assert kept.read_bytes() == other.read_bytes()
    assert any(name.endswith(".pyc") for name in names(other))
