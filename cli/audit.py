"""`pointsman audit verify`: is the history of each environment whole, and still the one that somebody noted?"""

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from chalicelib.domain.errors import PointsmanError
from chalicelib.domain.history import Break, Head, compare
from chalicelib.domain.roles import ROLES, TEAM
from chalicelib.domain.updates import UPDATES
from chalicelib.usecases.auditing import Audit, audit
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import duration

WHOLE, BROKEN, UNKNOWN = 0, 1, 2
_LAST_SECOND = 253_402_300_799
"""Of the year 9999."""


def add_to(topics: "argparse._SubParsersAction[Any]") -> argparse.ArgumentParser:
    """The topic and its one command, which is returned."""
    topic = topics.add_parser("audit", help="the history of what was deployed")
    commands = topic.add_subparsers(required=True, dest="command", metavar="COMMAND")
    text = "say whether the records are those that were written"
    verify: argparse.ArgumentParser = commands.add_parser("verify", help=text, description=text)
    verify.add_argument("--service", help="this service only, with --environment")
    verify.add_argument("--environment", help="this environment only, with --service")
    verify.add_argument(
        "--head",
        type=Head.parse,
        metavar="NUMBER:HASH",
        help="a record as a message in chat or the log showed it; it has to be the same still",
    )
    return verify


def run(given: argparse.Namespace) -> int:
    """The exit code: 1 where something is broken, 2 where that could not be told."""
    if (given.service is None) != (given.environment is None) or (given.head and not given.service):
        print("name --service and --environment together, and both with --head", file=sys.stderr)
        return UNKNOWN
    from cli import aws  # noqa: PLC0415  # `config check` must not pay for importing boto3

    try:
        store = aws.store(stack=given.stack, table=given.table, region=given.region)
        where = [(given.service, given.environment)] if given.service else environments(store)
        return verify(store, where, noted=given.head, now=time.time())
    except (PointsmanError, *aws.ERRORS) as error:
        print(f"could not be told: {type(error).__name__}: {error}", file=sys.stderr)
        return UNKNOWN


def environments(store: Store) -> list[tuple[str, str]]:
    """All that are configured, and what belongs to the team as a whole: its roles, and updates of the service."""
    services = store.team().services()
    pairs = ((service, name) for service in sorted(services) for name in services[service])
    return [*pairs, (TEAM, ROLES), (TEAM, UPDATES)]


def verify(store: Store, where: Sequence[tuple[str, str]], *, noted: Head | None, now: float) -> int:
    """Look at each environment's whole history and say what was found, one line where nothing is wrong."""
    code = WHOLE
    for service, environment in where:
        found = audit(store, service, environment)
        if not found.lines and not found.breaks and (service, environment) not in environments(store):
            print(f"{service} {environment}: there is no such environment", file=sys.stderr)
            return UNKNOWN
        gone = compare(found.lines, noted) if noted is not None else None
        breaks = [*found.breaks, *([gone] if gone is not None else [])]
        print(f"{service} {environment}: {_summary(found, bool(breaks), now)}")
        for each in breaks:
            print(f"  {_printable(_said(each))}")
            code = BROKEN
    return code


def _summary(found: Audit, broken: bool, now: float) -> str:
    count = f"{len(found.lines)} record{'' if len(found.lines) == 1 else 's'}"
    if broken:
        return f"{count}, NOT WHOLE"
    if not found.lines:
        return f"{count}, whole"
    newest = found.lines[-1]
    return f"{count}, whole; newest {newest.head}, {duration(now - newest.at)} ago"


def _said(each: Break) -> str:
    """Number, time, what it says, and what is wrong with it."""
    line = each.line
    if line is None:
        return f"{each.numbers}: {each.wrong}" if each.number else str(each.wrong)
    detail = f" ({line.detail})" if line.detail else ""
    what = f"{_stamp(line.at)}, {line.event} of {line.deployment} by {line.actor}{detail}"
    return f"{each.numbers}: {what}: {each.wrong}"


def _stamp(at: float) -> str:
    """A day and time of day; one that somebody made up is shown too."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(min(max(0.0, at), _LAST_SECOND)))


def _printable(text: str) -> str:
    """What somebody wrote into the table by hand does not steer a terminal."""
    return "".join(each if each.isprintable() else "?" for each in text)
