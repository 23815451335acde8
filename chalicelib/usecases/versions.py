"""What could be deployed: the builds that CI reported, or a frontend's releases; where each is live, and buttons."""

from collections.abc import Mapping, Sequence

from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.pushed import MOST, Release
from chalicelib.domain.reading import Versions
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Action, Reply
from chalicelib.usecases.paging import page
from chalicelib.usecases.ports import Store
from chalicelib.usecases.release_texts import changes, enable
from chalicelib.usecases.texts import plain

SIZE = 8
_ENVIRONMENTS = 10
_BUTTONS = 12
_GONE = "cleaned up: it can not be enabled any more"
_MARKS = {BuildStatus.PASSED: "📦 passed", BuildStatus.RUNNING: "🔨 running", BuildStatus.FAILED: "❌ failed"}


def versions(store: Store, team: Team, asked: Versions, _now: float) -> Reply:
    """A page of builds or releases, newest first. Reads: one query of them and one item for each of ten environments
    at most; Refused where the service is unknown."""
    known = team.services()
    if asked.service not in known:
        team.environment(asked.service, "")
    most = min(MOST, asked.page * SIZE + 1)
    environments = known[asked.service][:_ENVIRONMENTS]
    if team.frontend(asked.service) is not None:
        return _releases(store, asked, store.releases(asked.service, limit=most), environments)
    return _builds(store, asked, store.builds(asked.service, limit=most), environments)


def _builds(store: Store, asked: Versions, builds: Sequence[Build], environments: Sequence[str]) -> Reply:
    if not builds:
        return Reply(f"CI has not reported any build of *{asked.service}* yet.")
    live = _live(store, asked.service, environments)
    some = page(builds, asked.page, SIZE, "versions", asked.service)
    lines = [f"Builds of *{asked.service}*, newest first:", *(_line(each, live) for each in some.shown)]
    return Reply(
        "\n".join([*lines, *([f"Page {some.number}."] if some.of > 1 else [])]),
        (*_deploy(some.shown, live), *some.actions),
    )


def _releases(
    store: Store, asked: Versions, releases: Sequence[Release], environments: Sequence[str]
) -> Reply:
    if not releases:
        return Reply(
            f"No release of *{asked.service}* was pushed yet. "
            f"`pointsman push DIRECTORY --service {asked.service}` pushes one."
        )
    live = _live(store, asked.service, environments)
    some = page(releases, asked.page, SIZE, "versions", asked.service)
    lines = [f"Releases of *{asked.service}*, newest first:", *(_release(each, live) for each in some.shown)]
    offered = (
        enable(each, name, f"To {name}: {each.tag}")
        for each in some.shown
        for name, tag in live.items()
        if tag != each.tag and not each.gone
    )
    return Reply(
        "\n".join([*lines, *([f"Page {some.number}."] if some.of > 1 else [])]),
        (*tuple(offered)[:_BUTTONS], *some.actions),
    )


def _live(store: Store, service: str, environments: Sequence[str]) -> dict[str, str]:
    return {each: store.environment(service, each).live_version for each in environments}


def _line(build: Build, live: Mapping[str, str]) -> str:
    origin = " by ".join(
        part
        for part in (f"`{plain(build.commit[:12])}`" if build.commit else "", plain(build.author))
        if part
    )
    parts = [
        f"• `{plain(build.version)}` {_MARKS[build.status]} {{when:{build.reported_at:.0f}}}",
        origin[:120],
        _here(build.version, live),
    ]
    return " · ".join(part for part in parts if part)


def _release(release: Release, live: Mapping[str, str]) -> str:
    """Its tag says when it was pushed."""
    parts = [
        f"• `{plain(release.tag)}`",
        f"version `{plain(release.version)}`" if release.version else "",
        f"`{plain(release.commit[:12])}`" if release.commit else "",
        changes(release.added, release.changed, release.removed) if release.before else "the first one",
        _here(release.tag, live) or (_GONE if release.gone else ""),
    ]
    return " · ".join(part for part in parts if part)


def _here(version: str, live: Mapping[str, str]) -> str:
    here = ", ".join(f"*{name}*" for name, shown in live.items() if shown == version)
    return f"live in {here}" if here else ""


def _deploy(builds: tuple[Build, ...], live: Mapping[str, str]) -> tuple[Action, ...]:
    """The newest builds first, each to the environments where it is not live."""
    ready = (each for each in builds if each.status is BuildStatus.PASSED)
    made = [
        Action("deploy", f"To {name}: {each.version}", f"{each.service}@{each.version} to {name}")
        for each in ready
        for name, version in live.items()
        if version != each.version
    ]
    return tuple(made[:_BUTTONS])
