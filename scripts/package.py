"""Make the package that CloudFormation deploys: `python -m scripts.package [OUT]` (build/package where none is named).

`chalice package` with the merge-template, then two things it does not do: the state machines' definitions are put
beside the template that names them, and every module is compiled. Lambda's file system is read-only, so a package
without .pyc compiles everything again at each cold start (see docs/adr/0006).
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

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("app.py", "chalicelib", ".chalice", "stepfunctions", "requirements.txt", "scripts/package.py")
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: the same sources make the same bytes."""


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
    chalice = Path(sys.executable).with_name("chalice")
    subprocess.run(
        [
            str(chalice), "--project-dir", str(ROOT), "package", "--stage", "prod",
            "--merge-template", str(ROOT / "stepfunctions" / "resources.yaml"), str(out),
        ],
        check=True,
        env={"AWS_DEFAULT_REGION": "us-east-1", **os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    template = out / "sam.yaml"
    (out / "sam.json").write_text(json.dumps(yaml.safe_load(template.read_text()), indent=1))
    template.unlink()
    for definition in (ROOT / "stepfunctions").glob("*.asl.json"):
        shutil.copy(definition, out)
    for package in sorted(out.glob("*.zip")):
        _compile(package)


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
