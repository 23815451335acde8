"""The command line itself: arguments in, text and an exit code out.

Exit codes: 0 done; 1 the configuration is wrong or could not be published, or history is not whole; 2 wrong usage, a
file that is not there, or a history that could not be looked at. `push` has some of its own (cli/push/command.py).
"""

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cli.check import Checked

OK, INVALID, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a log that is not UTF-8 must not end the check
    arguments = sys.argv[1:] if arguments is None else arguments
    given = _parser(alone="".join(arguments[:1])).parse_args(arguments)
    if given.command == "push":
        from cli.push import command as push  # noqa: PLC0415  # each command imports what it needs

        return push.run(given)
    if given.command == "verify":
        from cli import audit  # noqa: PLC0415  # the same

        return audit.run(given)
    if given.command == "schema":
        from cli import schema  # noqa: PLC0415  # the same

        sys.stdout.write(schema.text())
        return OK
    checked = _checked(given.file)
    if isinstance(checked, int):
        return checked
    return _publish(given, checked) if given.command == "publish" else _say_valid(given.file, checked)


def _parser(alone: str = "") -> argparse.ArgumentParser:
    """With all topics, or with the one that was typed where the others cost time to import."""
    from cli.push import command as push  # noqa: PLC0415  # the same

    parser = argparse.ArgumentParser(
        prog="pointsman", description="Blue-green deployments, run by a team in chat."
    )
    topics = parser.add_subparsers(required=True, metavar="TOPIC")
    push.add_to(topics)
    if alone != "push":
        _add_others(topics)
    return parser


def _add_others(topics: "argparse._SubParsersAction[Any]") -> None:
    from cli import audit  # noqa: PLC0415  # the same

    config: argparse.ArgumentParser = topics.add_parser(
        "config", help="the team's configuration, pointsman.yaml"
    )
    commands = config.add_subparsers(required=True, dest="command", metavar="COMMAND")
    for name, text in (
        ("check", "say everything that is wrong with it"),
        ("publish", "check it, then make it the version that the service reads"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("file", type=Path, nargs="?", default=Path("pointsman.yaml"), metavar="FILE")
    commands.add_parser("schema", help="print the JSON Schema, for editors")
    to = commands.choices["publish"]
    to.add_argument("--bucket", help="S3 bucket for artifacts, instead of the stack's")
    for command in (to, audit.add_to(topics)):
        command.add_argument(
            "--stack", default="pointsman", help="CloudFormation stack of the service (%(default)s)"
        )
        command.add_argument("--table", help="DynamoDB table, instead of the stack's")
        command.add_argument("--region", help="AWS region, where the environment does not name it")


def _checked(file: Path) -> "Checked | int":
    """What was read, or the exit code where it was found wrong."""
    from cli.check import check  # noqa: PLC0415  # the same

    try:
        content = file.read_bytes()
    except OSError as error:
        _complain(f"{file}: {error.strerror}")
        return USAGE
    checked = check(content, file.parent)
    if not checked.findings:
        return checked
    for each in checked.findings:
        _complain(each.render(str(file)))
    count = len(checked.findings)
    _complain(f"{count} error{'s' if count > 1 else ''}")
    return INVALID


def _say_valid(file: Path, checked: "Checked") -> int:
    for name, service in checked.data["services"].items():
        print(f"{name}: {', '.join(service['environments'])}")
    print(f"{file} is valid")
    return OK


def _publish(given: argparse.Namespace, checked: "Checked") -> int:
    from chalicelib.domain.errors import PointsmanError  # noqa: PLC0415  # the same
    from cli import aws  # noqa: PLC0415  # `check` must not pay for importing boto3
    from cli.bundle import BundleError  # noqa: PLC0415  # the same
    from cli.publish import TooLarge, publish  # noqa: PLC0415  # the same

    try:
        target = aws.target(stack=given.stack, table=given.table, bucket=given.bucket, region=given.region)
        done = publish(checked.data, given.file.parent, target.versions, target.artifacts)
    except (BundleError, TooLarge, PointsmanError, *aws.ERRORS) as error:
        _complain(f"nothing published: {type(error).__name__}: {error}")
        return INVALID
    if not done.new:
        print(f"version {done.version} says the same; nothing published")
        return OK
    for line in done.changes:
        print(line)
    print(f"published version {done.version}")
    return OK


def _complain(text: str) -> None:
    print(text, file=sys.stderr)
