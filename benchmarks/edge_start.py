"""What starting the edge costs, as a ratio to a typical stack: `python -m benchmarks.edge_start` after `make package`.

Each side runs in fresh interpreters that see only the unpacked package and its layer, bytecode included, in turns:
    ours     import app.py and make everything that one slash command needs
    typical  chalice, boto3 clients for DynamoDB and Step Functions, slack_sdk's client and verifier, X-Ray's recorder
Quote the ratio; the milliseconds are this machine's.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "build" / "package"
RUNS = 15

OURS = "import app; from chalicelib import bootstrap; bootstrap.edge()"
TYPICAL = """
from chalice import Chalice
import boto3
boto3.client("dynamodb"), boto3.client("stepfunctions")
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from aws_xray_sdk.core import xray_recorder
WebClient(), SignatureVerifier("x")
"""
NOTHING = "pass"


def main() -> int:
    """Print the medians over a bare interpreter, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        paths = _unpack(Path(folder))
        times: dict[str, list[float]] = {"nothing": [], "ours": [], "typical": []}
        for _ in range(RUNS):
            for name, code in (("nothing", NOTHING), ("ours", OURS), ("typical", TYPICAL)):
                times[name].append(_seconds(paths, code))
    bare = statistics.median(times["nothing"])
    ours, typical = (statistics.median(times[name]) - bare for name in ("ours", "typical"))
    print(
        f"ours {ours * 1000:.0f} ms, typical {typical * 1000:.0f} ms over a bare interpreter ({RUNS} runs each)"
    )
    print(f"the typical stack takes {typical / ours:.1f} times as long to start")
    return 0


def _unpack(folder: Path) -> list[Path]:
    for name in ("deployment", "layer-deployment"):
        with zipfile.ZipFile(PACKAGE / f"{name}.zip") as package:
            package.extractall(folder / name)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layer = folder / "layer-deployment" / "python"
    return [folder / "deployment", layer, layer / "lib" / version / "site-packages"]


def _seconds(paths: list[Path], code: str) -> float:
    program = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n{code}"
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-S", "-c", program], check=True, env=environment, cwd=paths[0])
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(main())
