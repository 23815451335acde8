"""Begin a deployment: the event, the lock with its fencing number, the record and a line of history in one write."""

from dataclasses import dataclass, replace

from chalicelib.domain.builds import Build, deployable
from chalicelib.domain.commands import Deploy
from chalicelib.domain.deployment import Deployment, Environment, Machine, Phase, Ref, Slot, State
from chalicelib.domain.errors import Duplicate, Refused
from chalicelib.domain.history import History
from chalicelib.domain.locks import Override
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, require
from chalicelib.domain.pushed import MOST, TAG, Release, enableable
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import EnvironmentSettings, Team
from chalicelib.domain.turns import Stand, started
from chalicelib.usecases import overriding, texts
from chalicelib.usecases.overriding import allowed
from chalicelib.usecases.ports import Change, Clock, Save, Seen, Store, Workflow
from chalicelib.usecases.refusals import failed
from chalicelib.usecases.turning import lines, rules, saves, standing
from chalicelib.usecases.words import state_name


class Starting:
    """Deployments, and plans, which take no lock."""

    def __init__(self, store: Store, workflow: Workflow, clock: Clock) -> None:
        self._store = store
        self._workflow = workflow
        self._clock = clock

    def deploy(self, team: Team, command: Deploy, actor: Actor, event: str) -> str:
        """Accept it and start its execution; the same event again finds what it began."""
        settings = team.environment(command.service, command.environment)
        role = Role.VIEWER if command.plan_only else Role.DEPLOYER
        require(team, actor, role, "Planning" if command.plan_only else "Deploying", command.service)
        if command.override:
            require(team, actor, Role.APPROVER, "Overriding a lock or a freeze", command.service)
        accepted = self._store.seen(event)
        if accepted is not None:
            return self._start(Ref(command.service, command.environment, accepted), command, settings)
        version = version_of(self._store, settings, command.version)
        now = self._clock.now()
        if command.plan_only:
            stand, override = Stand(self._store.environment(command.service, command.environment)), None
        else:
            stand = standing(self._store, team, settings, now)
            self.refuse_while_busy(stand.environment, version, command.version or "")
            override = allowed(stand.environment, settings, command, actor, now)
        wanted = Wanted(settings, version, stand, plan_only=command.plan_only, override=override)
        made, changes = accepted_as(team, wanted, actor, now)
        try:
            self._store.commit(Seen(event, now, result=made.id), Save(made), *changes)
        except Duplicate:
            first = replace(made.ref, deployment=self._store.seen(event) or made.id)
            return self._start(first, command, settings)
        return self._start(made.ref, command, settings)

    def again(self, deployment: Deployment | None) -> None:
        """A deployment that was accepted and then lost its start would hold its environment for ever."""
        if deployment is None or deployment.state is not State.ACCEPTED:
            return
        if not deployment.follows or deployment.wanted:  # what follows another begins when that has switched
            self._workflow.start(deployment.ref, deployment.run, deployment.machine)

    def refuse_while_busy(self, environment: Environment, version: str, asked: str = "") -> None:
        """Refused where another deployment holds the environment, or the version is live already."""
        if environment.active is not None:
            active = holder(self._store, environment, environment.active)
            self.again(active)
            raise Refused(
                Reason.ALREADY_ACTIVE,
                active=environment.active.deployment,
                state=state_name(active),
                retry=failed(active),
                service=environment.service,
                environment=environment.name,
                wanted=f"{environment.service}@{asked}" if asked else environment.service,
            )
        if environment.live_version == version:
            raise Refused(
                Reason.ALREADY_LIVE,
                service=environment.service,
                version=version,
                environment=environment.name,
            )

    def _start(self, ref: Ref, command: Deploy, settings: EnvironmentSettings) -> str:
        """Start the execution; a crash before this line is mended by the same request coming again."""
        self._workflow.start(ref, machine=_machine(settings))
        return texts.planning(ref) if command.plan_only else texts.accepted(ref)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be accepted: a version in an environment as it stands."""

    settings: EnvironmentSettings
    version: str
    stand: Stand
    plan_only: bool = False
    override: Override | None = None


def accepted_as(team: Team, wanted: Wanted, actor: Actor, now: float) -> tuple[Deployment, list[Change]]:
    """The new record, and everything else that is written with it."""
    settings, plan_only = wanted.settings, wanted.plan_only
    after = _numbered(wanted.stand.environment, now, plan_only=plan_only)
    made = _deployment(settings, team.version, after, actor, now)
    made = replace(made, version=wanted.version, plan_only=plan_only, override=wanted.override)
    places = wanted.stand.with_(after)
    if not plan_only:
        places = started(places, actor, now, rules(team, settings, now))
    return made, [*saves(places), _line(made, actor, now), *lines(places, actor, now)]


def version_of(store: Store, settings: EnvironmentSettings, asked: str | None) -> str:
    """What is deployed where one is asked for, or none: a build of servers, a release of a frontend. Refused where
    there is none that could be."""
    service = settings.service
    if settings.site is None:
        return deployable(service, asked, builds_of(store, service, asked)).version
    return enableable(service, asked, releases_of(store, service, asked)).tag


def builds_of(store: Store, service: str, version: str | None) -> list[Build]:
    """The newest builds, and the one that is asked for, however old it is."""
    builds = list(store.builds(service))
    if version and all(build.version != version for build in builds):
        named = store.build(service, version)
        builds += [named] if named is not None else []
    return builds


def releases_of(store: Store, service: str, asked: str | None) -> list[Release]:
    """The newest releases, and the one whose tag or version is asked for, however old it is."""
    if asked is None or not TAG.fullmatch(asked):
        return list(store.releases(service, limit=MOST) if asked else store.releases(service))
    named = store.release(service, asked)
    return [named] if named is not None else list(store.releases(service))


def holder(store: Store, environment: Environment, slot: Slot | None) -> Deployment | None:
    """The deployment that holds a slot of an environment."""
    return store.deployment(Ref(environment.service, environment.name, slot.deployment)) if slot else None


def _numbered(environment: Environment, now: float, *, plan_only: bool) -> Environment:
    """The environment with its next number given away, and its lock taken for a deployment."""
    number = environment.counter + 1
    counted = replace(environment, counter=number)
    if plan_only:
        return counted
    return counted.acquire(f"{environment.service}-{environment.name}-{number}", now)


def _deployment(
    settings: EnvironmentSettings, config: int, environment: Environment, requester: Actor, now: float
) -> Deployment:
    identifier = f"{settings.service}-{settings.name}-{environment.counter}"
    holds = environment.active is not None and environment.active.deployment == identifier
    return Deployment(
        service=settings.service,
        environment=settings.name,
        id=identifier,
        version="",
        requester=requester,
        requested_at=now,
        config_version=config,
        fence=environment.fence if holds else 0,
        machine=_machine(settings),
        phases=(Phase(State.ACCEPTED, now),),
        channel=settings.channel,
        protected=settings.protected,
        replaced=environment.live_deployment,
        closes=environment.keeping.deployment if environment.keeping else "",
    )


def _machine(settings: EnvironmentSettings) -> Machine:
    return Machine.DEPLOY if settings.site is None else Machine.RELEASE


def _line(made: Deployment, actor: Actor, now: float) -> History:
    event = "plan_asked" if made.plan_only else "overridden" if made.override else "accepted"
    detail = overriding.recorded(made.override) if made.override else ""
    return History(made.service, made.environment, made.id, now, actor, event, detail)
