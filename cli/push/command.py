"""`pointsman push`: the arguments, what is said, and the exit code.

Exit codes: 0 done; 1 refused (the directory, the configuration or the git tree), nothing was written; 2 wrong usage;
3 the push did not end, push again and it goes on from there; 4 pushed, but not reported or not tagged, push again.
"""

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.domain.pushed import VERSION
from chalicelib.domain.release import Manifest
from chalicelib.domain.release_names import Problem
from chalicelib.domain.release_rules import CacheRule, Rules
from chalicelib.domain.settings import Frontend
from cli.check import check
from cli.normalize import frontend
from cli.push.bucket import Bucket, PushError
from cli.push.git import GitError, Repository
from cli.push.looking import Kept, look
from cli.push.progress import shown
from cli.push.pushing import Clock, Plan, Wanted, plan, push
from cli.push.report import Door, NotReported, message, send
from cli.push.scan import Scan, scan
from cli.reading import is_frontend

OK, REFUSED, USAGE, UNFINISHED, UNREPORTED, STOPPED = 0, 1, 2, 3, 4, 130
_MOST_WARNINGS = 20


def add_to(topics: "argparse._SubParsersAction[Any]") -> None:
    """The topic, which is a command itself."""
    text = "make a directory a release of a frontend"
    parser: argparse.ArgumentParser = topics.add_parser("push", help=text, description=text)
    parser.set_defaults(command="push")
    parser.add_argument("directory", type=Path, metavar="DIR", help="what the build wrote")
    parser.add_argument("--service", required=True, help="the frontend, as pointsman.yaml names it")
    parser.add_argument(
        "--env", default="", help="the environment that it is meant for; a protected one gets a git tag"
    )
    parser.add_argument("--version", default="", help="what the team calls this version")
    parser.add_argument("--commit", default="", help="instead of the one that is checked out")
    parser.add_argument(
        "--file", type=Path, default=Path("pointsman.yaml"), help="the configuration (%(default)s)"
    )
    parser.add_argument("--region", help="AWS region, where the environment does not name it")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")
    parser.add_argument("--no-git-tag", dest="git_tag", action="store_false", help="make no git tag")
    parser.add_argument("--remote", default="origin", help="where git tags are pushed to (%(default)s)")


class Stop(Exception):
    """The end, with its exit code; what there is to say was said or is the message."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Outside:
    """What is not the command's own: the bucket, the time, and who is told."""

    connect: Callable[[str, str | None], Bucket]
    clock: Clock = field(default_factory=Clock)


def run(given: argparse.Namespace, outside: Outside | None = None) -> int:
    """The exit code."""
    try:
        return _run(given, outside or Outside(_connect))
    except Stop as stop:
        for line in filter(None, [str(stop)]):
            _complain(line)
        return stop.code
    except KeyboardInterrupt:
        _complain("stopped; push again and it goes on from there")
        return STOPPED


def _connect(name: str, region: str | None) -> Bucket:
    from cli.push.s3 import connect  # noqa: PLC0415  # a directory that is refused needs no botocore

    return connect(name, region=region)


def _run(given: argparse.Namespace, outside: Outside) -> int:
    settings, protected = _settings(given)
    repository = Repository(Path.cwd(), remote=given.remote)
    tagged = bool(protected and given.git_tag)
    with ThreadPoolExecutor(1) as beside:
        # The bucket is looked at while the directory is read: it waits for answers, and writes nothing.
        looked = beside.submit(_looked, given, settings, outside)
        found = _scanned(given.directory, settings)
        if tagged:
            _clean(repository, given.directory)
        commit = given.commit or repository.commit()
    wanted = Wanted(given.service, outside.clock.now(), given.version, commit)
    try:
        bucket, has = looked.result()
        planned = plan(bucket, found, wanted, has)
        if given.dry_run:
            _say(planned, dry=True)
            return OK
        with shown() as watcher:
            made = push(bucket, found, planned, watcher, outside.clock)
    except PushError as error:
        raise Stop(UNFINISHED, f"not pushed: {error}\npush again, and it goes on from there") from error
    _say(planned, dry=False)
    print(made.tag)
    failed = [
        _report(made, planned, given.env, outside.clock.now()),
        tagged and _tag(repository, made, given.env),
    ]
    return UNREPORTED if any(failed) else OK


def _looked(given: argparse.Namespace, settings: Frontend, outside: Outside) -> tuple[Bucket, Kept]:
    bucket = outside.connect(settings.bucket, given.region)
    return bucket, look(bucket, given.service)


def _settings(given: argparse.Namespace) -> tuple[Frontend, bool]:
    """The frontend's settings, and whether the environment is protected."""
    try:
        checked = check(given.file.read_bytes(), given.file.parent)
    except OSError as error:
        raise Stop(USAGE, f"{given.file}: {error.strerror}") from error
    if checked.findings:
        raise Stop(REFUSED, "\n".join(each.render(str(given.file)) for each in checked.findings))
    services = checked.data["services"]
    known = ", ".join(name for name, each in services.items() if is_frontend(each)) or "none"
    if not is_frontend(services.get(given.service)):
        raise Stop(USAGE, f"{given.service} is no frontend in {given.file}; frontends there: {known}")
    service = services[given.service]
    if given.env and given.env not in service["environments"]:
        raise Stop(
            USAGE, f"{given.service} has no environment {given.env}; {', '.join(service['environments'])}"
        )
    if given.version and VERSION.fullmatch(given.version) is None:
        raise Stop(USAGE, "--version: letters, digits and . _ + - only, 64 at most")
    environment = service["environments"].get(given.env) or {}
    return Frontend.of(frontend(service, "")), bool(given.env and environment.get("protected", True))


def _scanned(directory: Path, settings: Frontend) -> Scan:
    rules = Rules(settings.pages, tuple(CacheRule(files, control) for files, control in settings.cache))
    try:
        found = scan(directory, rules)
    except OSError as error:
        raise Stop(USAGE, f"{directory}: {error.strerror}") from error
    _list([each for each in found.problems if each.fatal], "refused")
    _list([each for each in found.problems if not each.fatal], "warning")
    if found.refused:
        raise Stop(REFUSED, "nothing was pushed")
    return found


def _list(problems: list[Problem], kind: str) -> None:
    for each in problems[:_MOST_WARNINGS]:
        _complain(f"{kind}: {each}")
    if len(problems) > _MOST_WARNINGS:
        _complain(f"{kind}: and {len(problems) - _MOST_WARNINGS} more")


def _say(planned: Plan, *, dry: bool) -> None:
    made, changed = planned.manifest, planned.difference
    if not planned.new:
        gone = f"{len(planned.to_do)} that were gone {'are to be sent' if dry else 'were sent'} again"
        print(f"{made.tag} has the same files; {gone if planned.to_do else 'there is nothing to push'}")
        return
    since = f" since {planned.before.tag}" if planned.before else ""
    print(
        f"{len(made.files)} files, {size(made.size)}: {len(changed.added)} added, {len(changed.changed)} changed, "
        f"{len(changed.gone)} removed{since}"
    )
    sent = planned.to_do
    print(
        f"{len(sent)} {'to send' if dry else 'sent'} ({size(sum(each.size for each in sent))}), "
        f"{len(made.files) - len(sent)} in the bucket already"
    )


def _report(made: Manifest, planned: Plan, environment: str, now: float) -> bool:
    """Whether it failed. Without an address nobody is told, which is said."""
    url = os.environ.get("POINTSMAN_URL", "")
    if not url:
        print("not reported: POINTSMAN_URL is not set")
        return False
    door = Door(url, os.environ.get("POINTSMAN_SOURCE", "ci"), os.environ.get("POINTSMAN_SECRET", ""))
    before = planned.before.tag if planned.before else ""
    content = message(made, planned.difference, environment=environment, before=before, at=now)
    try:
        said = send(door, content, identifier=_identifier(made, environment), at=now)
    except NotReported as error:
        _complain(f"{made.tag} is pushed, but not reported: {error}; push again to report it")
        return True
    print("reported" if said == "accepted" else "reported before")
    return False


def _identifier(made: Manifest, environment: str) -> str:
    """One for each release and purpose: reporting it again is no second release."""
    return f"release_{made.digest[:40]}_{environment or 'any'}"


def _clean(repository: Repository, directory: Path) -> None:
    try:
        repository.refuse_dirty(directory)
    except GitError as error:
        raise Stop(REFUSED, f"refused: {error}") from error


def _tag(repository: Repository, made: Manifest, environment: str) -> bool:
    """Whether it failed."""
    text = f"{made.tag} for {environment}\n\nmanifest sha256 {made.digest}"
    try:
        repository.tag(made.tag, text)
    except GitError as error:
        _complain(f"{made.tag} is pushed, but not tagged: {error}; push again to tag it")
        return True
    print(f"git tag {made.tag}")
    return False


def size(count: int) -> str:
    """Bytes for people."""
    for unit, one in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if count >= one:
            return f"{count / one:.1f} {unit}"
    return f"{count} bytes"


def _complain(text: str) -> None:
    print(text, file=sys.stderr)
