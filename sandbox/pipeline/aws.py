"""What `aws` does in a build: `cloudformation package`, `deploy` and `describe-stacks`, against the sandbox's stack.

It takes the options of the AWS CLI that the project uses, and refuses others (docs.aws.amazon.com,
cli/latest/reference/cloudformation). The stack's state is a file (sandbox/platform/stack.py), locked while it is
updated. Artifacts stay where they were made. An update is checked before it begins; what fails later is not taken back,
as CloudFormation would.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jmespath

from sandbox.platform.serverless import FILES
from sandbox.platform.stack import STATE, Provisioned

if TYPE_CHECKING:
    from collections.abc import Iterator


def main(arguments: list[str]) -> int:
    """Run one command."""
    if arguments[:1] != ["cloudformation"]:
        raise SystemExit(f"the sandbox's aws knows cloudformation only, not {arguments[:1]}")
    options = _parser().parse_args(arguments[1:])
    state = Path(os.environ[STATE])
    if options.command == "package":
        _package(options.template_file, options.output_template_file)
    elif options.command == "deploy":
        _deploy(options.template_file, state, options.parameter_overrides)
    else:
        print(_text(jmespath.search(options.query, {"Stacks": [_described(state)]})))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="aws cloudformation", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    package, deploy = commands.add_parser("package"), commands.add_parser("deploy")
    for each in (package, deploy):
        each.add_argument("--template-file", type=Path, required=True)
        each.add_argument("--s3-bucket", required=True)
        each.add_argument("--s3-prefix", required=True)
    package.add_argument("--use-json", action="store_true", required=True)
    package.add_argument("--output-template-file", type=Path, required=True)
    deploy.add_argument("--stack-name", required=True)
    deploy.add_argument("--capabilities", required=True)
    deploy.add_argument("--role-arn")
    deploy.add_argument("--no-fail-on-empty-changeset", action="store_true")
    deploy.add_argument("--parameter-overrides", nargs="*", default=[])
    describe = commands.add_parser("describe-stacks")
    describe.add_argument("--stack-name", required=True)
    describe.add_argument("--output", choices=["text"], required=True)
    describe.add_argument("--query", required=True)
    return parser


def _package(template: Path, output: Path) -> None:
    """Make what the template names by relative paths findable from wherever the template is."""
    content: dict[str, Any] = json.loads(template.read_text("utf-8"))
    for each in content["Resources"].values():
        for field in set(FILES) & set(each.get("Properties", {})):
            each["Properties"][field] = str((template.parent / each["Properties"][field]).resolve())
    output.write_text(json.dumps(content), "utf-8")


def _deploy(template: Path, state: Path, overrides: list[str]) -> None:
    from sandbox.platform.provision import update  # noqa: PLC0415 # boto3 is the half of what the other commands take

    parameters = dict(each.split("=", 1) for each in overrides)
    with _locked(state):
        update(os.environ["AWS_ENDPOINT_URL"], template, Provisioned.load(state), parameters=parameters).save(
            state
        )
    print("Successfully created/updated stack")


def _described(state: Path) -> dict[str, Any]:
    try:
        with _locked(state, fcntl.LOCK_NB):
            status = "UPDATE_COMPLETE"
    except BlockingIOError:
        status = "UPDATE_IN_PROGRESS"
    parameters = Provisioned.load(state).parameters
    named = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"StackStatus": status, "Parameters": named}


@contextmanager
def _locked(state: Path, how: int = 0) -> Iterator[None]:
    with state.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | how)
        yield


def _text(value: Any) -> str:
    """As `--output text` prints it."""
    return "\t".join(map(str, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
