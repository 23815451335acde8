"""Deploy, or plan only; and the way to the other forms."""

from collections.abc import Iterator, Sequence

from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holds
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Action, Field, Form, Option
from chalicelib.usecases.forms.shape import MOST_PLACES, Asked, FormKind, Values, places, said
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import plain

_SERVICES = 6
"""Of how many services builds and releases are offered: one read for each, and chat waits a few seconds."""
_BUILDS = 15
_STATUS = {
    BuildStatus.PASSED: "passed",
    BuildStatus.RUNNING: "is still building",
    BuildStatus.FAILED: "failed",
}
_NEWEST = "Leave it empty for the newest build that passed, or a frontend's newest release."
_EXPLAINED = (
    "The channel shows the plan. In a protected environment another person has to confirm before anything "
    "starts."
)


def _shown(asked: Asked) -> Form:
    """Where to, which version, and whether to plan only. Reads: the builds of six services at most."""
    team, command = asked.team, asked.command
    if command.service:
        team.environment(command.service, command.environment)
    where = places(asked, Role.VIEWER, "Using the form", "What goes where")
    services = list(dict.fromkeys(each.group for each in where.options))
    fields = (where, *versions(asked, services), _whether(team, asked.by, services))
    actions = tuple(_others(team, asked.by))
    return Form("deploy", "Deploy", "Go on", fields, lines=(_EXPLAINED,), actions=actions)


def versions(asked: Asked, services: Sequence[str]) -> tuple[Field, ...]:
    """The newest to choose from, where there are not too many services to read them all in time; and one to type."""
    few = services if len(services) <= _SERVICES else ()
    found = tuple(option for service in few for option in _newest(asked.store, asked.team, service))
    label, hint = ("Or another version", "") if found else ("Version", _NEWEST)
    typed = Field("typed", label, hint=hint, optional=True, most=64)
    if not found:
        return (typed,)
    return (Field("version", "Version", found[:MOST_PLACES], hint=_NEWEST, optional=True), typed)


def _newest(store: Store, team: Team, service: str) -> Iterator[Option]:
    """Of servers the builds, of a frontend the releases."""
    if team.frontend(service) is not None:
        for release in store.releases(service, limit=_BUILDS):
            if release.gone:
                continue
            version = f" (version {plain(release.version)})" if release.version else ""
            yield Option(f"{service}@{release.tag}", f"{release.tag}{version}", service)
        return
    for build in store.builds(service, limit=_BUILDS):
        if build.status is not BuildStatus.FAILED:
            yield Option(f"{service}@{build.version}", _build(build), service)


def _build(build: Build) -> str:
    by = f", {plain(build.author)}" if build.author else ""
    return f"{build.service}@{build.version} {_STATUS[build.status]}{by}"


def _whether(team: Team, by: Actor, services: Sequence[str]) -> Field:
    """People who may not deploy may still plan."""
    plan = Option("plan", "Plan only: show what would happen and change nothing")
    may = any(holds(team, by, Role.DEPLOYER, service) for service in services)
    options = (Option("deploy", "Deploy"), plan) if may else (plan,)
    return Field("how", "What to do", options, chosen=options[0].value, few=True)


def _others(team: Team, by: Actor) -> Iterator[Action]:
    """The forms that this person may fill in somewhere."""

    def may(role: Role) -> bool:
        return any(holds(team, by, role, service) for service in team.services())

    if may(Role.DEPLOYER):
        yield Action("form", "Lock an environment", "lock")
        yield Action("form", "Join a queue", "queue")
    if may(Role.DEPLOYER) or may(Role.APPROVER):
        yield Action("form", "End a lock", "unlock")
    if may(Role.DEPLOYER) and may(Role.APPROVER):
        yield Action("form", "Deploy against a lock", "override")
    if may(Role.ADMIN):
        yield Action("form", "Grant a role", "grant")
        yield Action("form", "Revoke a role", "revoke")


def _typed(_about: str, values: Values) -> str:
    service, _, environment = values.get("where", "").partition(" ")
    what = f"{service}{version(service, values)} to {environment}"
    return f"plan {what}" if values.get("how") != "deploy" else what


def version(service: str, values: Values) -> str:
    """`@142`, or nothing for the newest; what was typed comes before what was chosen."""
    typed = said(values, "typed")
    if typed:
        return f"@{typed.partition('@')[2] if typed.startswith(f'{service}@') else typed}"
    chosen = values.get("version", "")
    of, at, number = chosen.partition("@")
    if at and of != service:
        raise Refused(Reason.OTHER_SERVICE, version=chosen, service=service)
    return f"@{number}" if at else ""


KINDS = {"deploy": FormKind(_shown, _typed)}
