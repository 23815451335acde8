"""Make the package that CloudFormation deploys: `python -m scripts.package [OUT]` (build/package where none is named).

`chalice package` with the merge-template, then three things it does not do: the state machines' definitions are put
beside the template that names them, every module is compiled, and each version of a function gets the name of its
content (docs/adr/0020). Lambda's file system is read-only, so a package without .pyc compiles everything again at each
cold start (see docs/adr/0006).
"""

import compileall
import fcntl
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("app.py", "chalicelib", ".chalice", "stepfunctions", "requirements.txt", "scripts/package.py")
CHALICE = "from chalice.cli import main; main()"
"""Its script names the folder in which it was installed, and an environment that a cache brings back is in another."""
LAYERS = ROOT / "build" / "layers"
"""The layer of the package before this one, compiled."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: the same sources make the same bytes."""
DIGITS = 10
"""Of a digest in a logical id, as many as SAM puts there."""


def main(argv: list[str]) -> int:
    """Build unless the same sources were built before; whoever asks at the same time waits for the one build."""
    out = Path(argv[0]) if argv else ROOT / "build" / "package"
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = out / "sources.sha256"
        digest = _digest()
        if not stamp.exists() or stamp.read_text() != digest:
            _replace(out, digest)
    return 0


def _replace(out: Path, digest: str) -> None:
    """Build beside the package that is there, so that nobody finds half of one."""
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        fresh = Path(folder) / "package"
        build(fresh)
        (fresh / "sources.sha256").write_text(digest)
        shutil.rmtree(out, ignore_errors=True)
        fresh.rename(out)


def build(out: Path) -> None:
    """The template, the zips and the definition, in `out`."""
    out.mkdir(parents=True)
    subprocess.run(
        [
            sys.executable, "-c", CHALICE, "--project-dir", str(ROOT), "package", "--stage", "prod",
            "--merge-template", str(ROOT / "stepfunctions" / "resources.yaml"), str(out),
        ],
        check=True,
        env={"AWS_DEFAULT_REGION": "us-east-1", **os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    for definition in (ROOT / "stepfunctions").glob("*.asl.json"):
        shutil.copy(definition, out)
    for package in sorted(out.glob("*.zip")):
        keep(package, LAYERS) if package.name.startswith("layer-") else _compile(package)
    template = out / "sam.yaml"
    made = named(yaml.safe_load(template.read_text()), out)
    (out / "sam.json").write_text(json.dumps(made, indent=1))
    template.unlink()


def named(template: dict[str, Any], out: Path) -> dict[str, Any]:
    """The template with a digest of all that makes each version of a function in the version's name, so that
    CloudFormation publishes another one where that differs; and in the function's description, since Lambda refuses to
    publish what differs from the last version in nothing that it knows of."""
    resources = template["Resources"]
    names = {}
    for version in [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"]:
        function = resources[resources[version]["Properties"]["FunctionName"]["Ref"]]["Properties"]
        layers = [resources[each["Ref"]]["Properties"]["ContentUri"] for each in function["Layers"]]
        made_of = hashlib.sha256(json.dumps(function, sort_keys=True).encode())
        for file in (function["CodeUri"], *layers):
            made_of.update((out / file).read_bytes())
        function["Description"] = made_of.hexdigest()[:DIGITS]
        names[version] = version + function["Description"]
    return _renamed(template, names)  # type: ignore[no-any-return] # a template stays one


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Resources, and references to them, under other names."""
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"}:
        return {"Ref": names.get(value["Ref"], value["Ref"])}
    return {names.get(name, name): _renamed(each, names) for name, each in value.items()}


def keep(layer: Path, folder: Path) -> None:
    """Compile a layer unless that was done before: most of the work, and most changes leave it as it is. The folder may
    be a link, to where a build's cache is."""
    made_of = hashlib.sha256(sys.version.encode() + Path(__file__).read_bytes() + layer.read_bytes())
    done = folder / f"{made_of.hexdigest()}.zip"
    if not done.exists():
        _compile(layer)
        folder.mkdir(parents=True, exist_ok=True)
        for before in folder.iterdir():
            before.unlink()
        shutil.copy(layer, done.with_suffix(".part"))
        done.with_suffix(".part").rename(done)
    shutil.copy(done, layer)


def _compile(package: Path) -> None:
    """Add bytecode to every module of a zip; it is trusted without looking at the source's time (PEP 552)."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(package) as old:
            old.extractall(folder)
        for cache in Path(folder).rglob("__pycache__"):
            shutil.rmtree(cache)
        compileall.compile_dir(
            folder,
            quiet=2,
            stripdir=folder,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as new:
            for path in sorted(each for each in Path(folder).rglob("*") if each.is_file()):
                info = zipfile.ZipInfo(str(path.relative_to(folder)), EPOCH)
                info.external_attr = 0o644 << 16
                info.compress_type = zipfile.ZIP_DEFLATED
                new.writestr(info, path.read_bytes())


def _digest() -> str:
    """One hash over everything that goes into the package."""
    found = hashlib.sha256(sys.version.encode())
    for name in SOURCES:
        path = ROOT / name
        files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
        for each in files:
            if "__pycache__" not in each.parts and "deployments" not in each.parts:
                found.update(str(each.relative_to(ROOT)).encode() + each.read_bytes())
    return found.hexdigest()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
