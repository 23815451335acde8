"""The builds that CI reported: what they are, where each is live, and a button to deploy what can be."""

from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.reading import Versions
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Action, Reply
from chalicelib.usecases.paging import page
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import plain

SIZE = 8
MOST = 400
"""Builds that are looked through: each is reported about twice, and a query's page holds far more."""
_ENVIRONMENTS = 10
_BUTTONS = 12
_MARKS = {BuildStatus.PASSED: "📦 passed", BuildStatus.RUNNING: "🔨 running", BuildStatus.FAILED: "❌ failed"}


def versions(store: Store, team: Team, asked: Versions, _now: float) -> Reply:
    """A page of builds, newest first. Reads: one query of builds and one item for each of ten environments at most;
    Refused where the service is unknown."""
    known = team.services()
    if asked.service not in known:
        team.environment(asked.service, "")
    builds = store.builds(asked.service, limit=min(MOST, asked.page * SIZE + 1))
    if not builds:
        return Reply(f"CI has not reported any build of *{asked.service}* yet.")
    environments = known[asked.service][:_ENVIRONMENTS]
    live = {each: store.environment(asked.service, each).live_version for each in environments}
    some = page(builds, asked.page, SIZE, "versions", asked.service)
    lines = [f"Builds of *{asked.service}*, newest first:", *(_line(each, live) for each in some.shown)]
    return Reply(
        "\n".join([*lines, *([f"Page {some.number}."] if some.of > 1 else [])]),
        (*_deploy(some.shown, live), *some.actions),
    )


def _line(build: Build, live: dict[str, str]) -> str:
    origin = " by ".join(
        part
        for part in (f"`{plain(build.commit[:12])}`" if build.commit else "", plain(build.author))
        if part
    )
    here = ", ".join(f"*{name}*" for name, version in live.items() if version == build.version)
    parts = [
        f"• `{plain(build.version)}` {_MARKS[build.status]} {{when:{build.reported_at:.0f}}}",
        origin[:120],
        f"live in {here}" if here else "",
    ]
    return " · ".join(part for part in parts if part)


def _deploy(builds: tuple[Build, ...], live: dict[str, str]) -> tuple[Action, ...]:
    """The newest builds first, each to the environments where it is not live."""
    ready = (each for each in builds if each.status is BuildStatus.PASSED)
    made = [
        Action("deploy", f"{each.version} to {name}", f"{each.service}@{each.version} to {name}")
        for each in ready
        for name, version in live.items()
        if version != each.version
    ]
    return tuple(made[:_BUTTONS])
