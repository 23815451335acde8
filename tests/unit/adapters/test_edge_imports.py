"""What a slash command needs starts without what only the steps and chat need."""

import subprocess
import sys

HEAVY = ("asyncio", "aws_xray_sdk", "boto3", "botocore", "requests", "slack_sdk", "urllib3")
OTHER_ROOMS = ("ec2", "ssm", "elbv2", "route53", "traffic", "strategies", "cloudwatch")
NEEDED = (
    "chalicelib.adapters.aws_json",
    "chalicelib.adapters.dynamodb",
    "chalicelib.adapters.secrets",
    "chalicelib.adapters.slack",
    "chalicelib.adapters.stepfunctions",
    "chalicelib.domain.commands",
    "chalicelib.usecases.chatops",
    "chalicelib.usecases.ports",
    "chalicelib.wire.slack_receiver",
    "chalicelib.edge",
    "chalicelib.bootstrap",
)


def test_the_edge_imports_nothing_heavy() -> None:
    """In a fresh interpreter: no SDK, no event loop, and none of the adapters for servers."""
    program = f"import sys, {', '.join(NEEDED)}; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules = set(loaded.stdout.split())
    assert modules >= set(NEEDED)
    assert modules.isdisjoint(HEAVY)
    assert modules.isdisjoint(f"chalicelib.adapters.{name}" for name in OTHER_ROOMS)
