"""What a cold start loads: the edge answers within chat's few seconds because it leaves the heavy parts alone."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.unit.adapters.loopback import Reply, serving
from tests.unit.door import SLACK_SECRET

ROOT = Path(__file__).parents[2]
HEAVY = {
    "boto3",
    "botocore",
    "slack_sdk",
    "aws_xray_sdk",
    "urllib3",
    "requests",
    "yaml",
    "jsonschema",
    "jsonschema_rs",
}
SERVERS = {
    f"chalicelib.adapters.{name}"
    for name in ("boto_errors", "cloudwatch", "ec2", "elbv2", "route53", "ssm", "strategies", "traffic")
}

SLASH = """
import hashlib, hmac, json, sys, time
import app
from chalicelib import bootstrap
body = b"team_id=T0TEST&user_id=U0A&channel_id=C0A&text=help&response_url=https%3A%2F%2Fhooks.slack.com%2F&trigger_id=1"
now = str(int(time.time()))
mac = hmac.new(b"SECRET", b"v0:" + now.encode() + b":" + body, hashlib.sha256).hexdigest()
answer = bootstrap.edge().chat("commands", {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": "v0=" + mac}, body)
print(json.dumps({"status": answer.status, "modules": sorted(sys.modules)}))
"""


def loaded(program: str, endpoint: str = "http://127.0.0.1:1") -> dict[str, object]:
    """What a program prints in a fresh interpreter that knows nothing of this one."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "POINTSMAN_TABLE": "pointsman",
        "POINTSMAN_EDGE_SECRET": "edge",
        "POINTSMAN_DEPLOY_MACHINE": "arn:aws:states:us-east-1:123456789012:stateMachine:deploy",
        "AWS_ENDPOINT_URL": endpoint,
    }
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    found: dict[str, object] = json.loads(ended.stdout)
    return found


def ours(found: dict[str, object]) -> set[str]:
    """The modules, by their full names, and the packages they belong to."""
    modules = found["modules"]
    assert isinstance(modules, list)
    return {str(each) for each in modules} | {str(each).partition(".")[0] for each in modules}


def test_one_slash_command_loads_nothing_of_servers_slack_sdk_or_x_ray() -> None:
    """From importing app.py to the answer of a signed command, in a fresh interpreter with the real Chalice."""
    document = json.dumps({"slack_signing": [SLACK_SECRET]})
    with serving(Reply(body=json.dumps({"SecretString": document}).encode())) as service:
        found = loaded(SLASH.replace("SECRET", SLACK_SECRET), service.url)
    assert found["status"] == 200
    assert ours(found) & (HEAVY | SERVERS) == set()
    assert {each for each in ours(found) if each.startswith("chalicelib.usecases.steps")} == set()


def test_importing_the_app_makes_no_client_and_reads_no_setting() -> None:
    """Also where nothing is configured, importing works: clients are made on first use."""
    program = "import sys, json, app; print(json.dumps({'modules': sorted(sys.modules)}))"
    found = ours(loaded(program))
    assert found & (HEAVY | SERVERS) == set()
    assert "chalicelib.adapters.slack" not in found


def test_the_import_contract_names_every_module_of_slack() -> None:
    """Those that nothing neutral may import, directly or through others."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (neutral,) = [each for each in contracts if "every chat service" in each["name"]]
    modules = {
        f"chalicelib.{room}.{path.stem}"
        for room in ("adapters", "wire")
        for path in (ROOT / "chalicelib" / room).glob("slack*.py")
    }
    assert set(neutral["forbidden_modules"]) == modules


def test_an_edge_with_the_adapter_of_another_service_loads_nothing_of_slack() -> None:
    """What the contract suites prove of that adapter, they prove without Slack's modules."""
    program = "import sys, json, chalicelib.edge, tests.contract.parley"
    found = ours(loaded(f"{program}; print(json.dumps({{'modules': [*sys.modules]}}))"))
    assert {"chalicelib.edge", "tests.contract.parley"} <= found
    assert [each for each in found if "slack" in each] == []


def test_no_neutral_room_names_slack() -> None:
    """What only Slack's facts explain stands with its adapter."""
    rooms = [ROOT / "chalicelib" / "edge.py", *(ROOT / "chalicelib" / "domain").rglob("*.py")]
    rooms += (ROOT / "chalicelib" / "usecases").rglob("*.py")
    assert [path.name for path in rooms if "slack" in path.read_text().lower()] == []
