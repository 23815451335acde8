"""Forms for people who do not want to type. A form that is sent is the very command that could have been typed, so that
there is one way in, with one set of rules (who may, and what is refused, is decided there)."""

from collections.abc import Iterator, Mapping

from chalicelib.domain.approval import SECOND_PERSON, Answer, Kind
from chalicelib.domain.builds import Build, BuildStatus
from chalicelib.domain.commands import OpenForm
from chalicelib.domain.errors import Refused
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, holds, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.usecases.chat_ports import Field, Form, Option, Reply
from chalicelib.usecases.deciding import require_decider
from chalicelib.usecases.ports import Store
from chalicelib.usecases.texts import plain

MOST_PLACES = 100
"""What a choice may have at most ("Select menu element", option_groups and options)."""
_SERVICES = 6
"""Of how many services builds and releases are offered: one read for each, and chat waits three seconds."""
_BUILDS = 15
_STATUS = {
    BuildStatus.PASSED: "passed",
    BuildStatus.RUNNING: "is still building",
    BuildStatus.FAILED: "failed",
}
_OF_VERSION = frozenset(
    {
        Reason.UNKNOWN_VERSION,
        Reason.BUILD_FAILED,
        Reason.NO_BUILD,
        Reason.NO_RELEASE,
        Reason.UNKNOWN_RELEASE,
        Reason.ALREADY_LIVE,
        Reason.MALFORMED_COMMAND,
    }
)
_OF_PLACE = frozenset({Reason.UNKNOWN_SERVICE, Reason.UNKNOWN_ENVIRONMENT})

_NEWEST = "Leave it empty for the newest build that passed, or a frontend's newest release."
_TYPE_DEPLOY = "If no form opened, type `/deploy SERVICE[@VERSION] to ENVIRONMENT`."


def form_for(store: Store, team: Team, command: OpenForm, by: Actor, now: float) -> Reply:
    """The form that was asked for, with what to type where it can not be opened."""
    if command.code:
        return _reject_form(store, team, command.code, by, now)
    return _deploy_form(store, team, command, by)


def _deploy_form(store: Store, team: Team, command: OpenForm, by: Actor) -> Reply:
    """Where to, which version, and whether to plan only. Reads: the builds of six services at most."""
    if command.service:
        team.environment(command.service, command.environment)
    places = [
        (service, environment)
        for service, environments in sorted(team.services().items())
        for environment in environments
        if holds(team, by, Role.VIEWER, service) and command.service in {"", service}
    ]
    if not places:
        require(team, by, Role.VIEWER, "Using the form", command.service)
        raise Refused(Reason.NOT_CONFIGURED)
    chosen = f"{command.service} {command.environment}".strip()
    options = tuple(Option(f"{service} {name}", f"{service} → {name}", service) for service, name in places)
    services = list(dict.fromkeys(service for service, _ in places))
    where = Field(
        "where",
        "What goes where",
        options[:MOST_PLACES],
        chosen=chosen or (options[0].value if len(options) == 1 else ""),
        hint="There are more: type `/deploy SERVICE to ENVIRONMENT` for those."
        if len(options) > MOST_PLACES
        else "",
    )
    versions = _versions(store, team, services)
    fields = (where, *versions, _typed(bool(versions)), _whether(team, by, services))
    form = Form("deploy", "Deploy", "Go on", fields, lines=_explained())
    return Reply(_TYPE_DEPLOY, form=form)


def _explained() -> tuple[str, ...]:
    return (
        "The channel shows the plan. In a protected environment another person has to confirm before anything starts.",
    )


def _versions(store: Store, team: Team, services: list[str]) -> tuple[Field, ...]:
    """The newest to choose from; none where there are too many services to read them all in time."""
    if len(services) > _SERVICES:
        return ()
    found = tuple(option for service in services for option in _newest(store, team, service))
    return (Field("version", "Version", found[:MOST_PLACES], hint=_NEWEST, optional=True),) if found else ()


def _newest(store: Store, team: Team, service: str) -> Iterator[Option]:
    """Of servers the builds, of a frontend the releases."""
    if team.frontend(service) is not None:
        for release in store.releases(service, limit=_BUILDS):
            version = f" (version {plain(release.version)})" if release.version else ""
            yield Option(f"{service}@{release.tag}", f"{release.tag}{version}", service)
        return
    for build in store.builds(service, limit=_BUILDS):
        if build.status is not BuildStatus.FAILED:
            yield Option(f"{service}@{build.version}", _build(build), service)


def _build(build: Build) -> str:
    by = f", {plain(build.author)}" if build.author else ""
    return f"{build.service}@{build.version} {_STATUS[build.status]}{by}"


def _typed(listed: bool) -> Field:
    label = "Or another version" if listed else "Version"
    hint = "" if listed else _NEWEST
    return Field("typed", label, hint=hint, optional=True, most=64)


def _whether(team: Team, by: Actor, services: list[str]) -> Field:
    """People who may not deploy may still plan."""
    plan = Option("plan", "Plan only: show what would happen and change nothing")
    may = any(holds(team, by, Role.DEPLOYER, service) for service in services)
    options = (Option("deploy", "Deploy"), plan) if may else (plan,)
    return Field("how", "What to do", options, chosen=options[0].value, few=True)


def _reject_form(store: Store, team: Team, code: str, by: Actor, now: float) -> Reply:
    """Why not; refused as the decision itself would be."""
    question = store.question(code)
    if question is None or question.kind not in {*SECOND_PERSON, Kind.ROLE}:
        raise Refused(Reason.UNKNOWN_QUESTION, code=code)
    if question.kind is not Kind.ROLE:  # who may decide about roles is asked when it is sent
        require_decider(team, question, Answer.REJECT, by)
    question.answered(Answer.REJECT, by, now)
    reason = Field("reason", "Reason", hint="Everybody in the channel reads it.", optional=True)
    what = "A change of roles" if question.kind is Kind.ROLE else f"*{question.deployment}*"
    line = f"{what} was asked for by {{person:{question.requester}}}."
    form = Form("reject", "Reject", "Reject", (reason,), about=code, lines=(line,))
    return Reply(
        f"Nothing is decided yet. If no form opened, type `/deploy reject {code} REASON`.", form=form
    )


def command_of(kind: str, about: str, values: Mapping[str, str]) -> str:
    """The command that a form means; Refused where its fields contradict each other."""
    if kind == "reject":
        return f"reject {about} {' '.join(values.get('reason', '').split())}".strip()
    if kind != "deploy":
        raise Refused(Reason.UNKNOWN_COMMAND, given=kind, hint="")
    service, _, environment = values.get("where", "").partition(" ")
    what = f"{service}{_version(service, values)} to {environment}"
    return f"plan {what}" if values.get("how") != "deploy" else what


def _version(service: str, values: Mapping[str, str]) -> str:
    """`@142`, or nothing for the newest; what was typed comes before what was chosen."""
    typed = values.get("typed", "").strip()
    if typed:
        return f"@{typed.partition('@')[2] if typed.startswith(f'{service}@') else typed}"
    chosen = values.get("version", "")
    of, at, version = chosen.partition("@")
    if at and of != service:
        raise Refused(Reason.OTHER_SERVICE, version=chosen, service=service)
    return f"@{version}" if at else ""


def field_of(kind: str, refused: Refused, values: Mapping[str, str]) -> str:
    """The field that a refusal belongs to, and can be mended at; none where it is about the state of things."""
    if kind != "deploy":
        return ""
    if refused.reason is Reason.OTHER_SERVICE:
        return "version"
    if refused.reason in _OF_VERSION:
        return "version" if "version" in values and not values.get("typed", "").strip() else "typed"
    return "where" if refused.reason in _OF_PLACE else ""
