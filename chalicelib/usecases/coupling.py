"""A server and a frontend go together: both are accepted in one write, or neither."""

from dataclasses import dataclass, replace

from chalicelib.domain.commands import Deploy
from chalicelib.domain.coupling import Couple, Half, Part, Together, couple, ending_in
from chalicelib.domain.deployment import Machine, Ref
from chalicelib.domain.errors import Duplicate, Refused
from chalicelib.domain.locks import Override
from chalicelib.domain.people import Actor
from chalicelib.domain.policy import Role, require
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Team
from chalicelib.domain.turns import Stand
from chalicelib.usecases import texts
from chalicelib.usecases.answering import Request
from chalicelib.usecases.overriding import allowed
from chalicelib.usecases.ports import Save, Seen, Store, Workflow
from chalicelib.usecases.starting import Starting, Wanted, accepted_as, version_of
from chalicelib.usecases.turning import standing


@dataclass(frozen=True, slots=True)
class Go:
    """One of the two that may start: what is deployed, its environment as it stands, and what was put aside for it."""

    half: Half
    version: str
    stand: Stand
    override: Override | None = None


def meant(store: Store, team: Team, command: Deploy) -> Deploy | Together:
    """`cameras@142+web` is two services, unless CI reported a version that is called so."""
    found = ending_in(team, command.version or "")
    if found is None or store.build(command.service, command.version or "") is not None:
        return command
    version, other = found
    parts = (Part(command.service, version), Part(other))
    return Together(parts, command.environment, command.plan_only, command.override)


class Coupling:
    """Looks at both before anything is written; a refusal says which of the two is in the way."""

    def __init__(self, store: Store, workflow: Workflow, starting: Starting) -> None:
        self._store = store
        self._workflow = workflow
        self._starting = starting

    def begin(self, team: Team, asked: Together, request: Request, now: float) -> str:
        """Accept both in one write and start the server; the frontend waits for it. The same event again finds them."""
        first = self._store.seen(request.event)
        if first is None:
            both = [
                Wanted(
                    each.half.settings,
                    each.version,
                    each.stand,
                    plan_only=asked.plan_only,
                    override=each.override,
                )
                for each in self.ready(team, asked, request.actor, now)
            ]
            (server, ours), (frontend, theirs) = (
                accepted_as(team, each, request.actor, now) for each in both
            )
            if not asked.plan_only:
                protected = server.protected or frontend.protected
                server, frontend = (
                    replace(server, partner=frontend.ref, protected=protected),
                    replace(frontend, partner=server.ref, follows=True, protected=protected),
                )
            first = f"{server.id} {frontend.id}"
            seen = Seen(request.event, now, result=first)
            try:
                self._store.commit(seen, Save(server), Save(frontend), *ours, *theirs)
            except Duplicate:
                first = self._store.seen(request.event) or first
        return self._start(team, asked, first.split(" "))

    def _start(self, team: Team, asked: Together, identifiers: list[str]) -> str:
        """Start the server, and of plans both; a crash before this is mended by the same request coming again."""
        found = couple(team, asked)
        refs = [
            Ref(half.settings.service, half.settings.name, identifier)
            for half, identifier in zip(found.halves, identifiers, strict=True)
        ]
        server, frontend = refs
        self._workflow.start(server, machine=Machine.DEPLOY)
        if asked.plan_only:
            self._workflow.start(frontend, machine=Machine.RELEASE)
            return f"{texts.planning(server)}\n{texts.planning(frontend)}"
        return texts.accepted_both(server, frontend)

    def ready(self, team: Team, asked: Together, actor: Actor, now: float) -> tuple[Go, Go]:
        """The server, then the frontend. Refused where one of them may not start: both go, or neither."""
        found = couple(team, asked)
        for each in found.halves:
            _require(team, asked, each, actor)
        server, frontend = (
            self._go(team, asked, (found, each), actor=actor, now=now) for each in found.halves
        )
        return server, frontend

    def _go(self, team: Team, asked: Together, of: tuple[Couple, Half], *, actor: Actor, now: float) -> Go:
        found, half = of
        settings, part = half.settings, half.part
        try:
            version = version_of(self._store, settings, part.version)
            if asked.plan_only:
                return Go(half, version, Stand(self._store.environment(settings.service, settings.name)))
            stand = standing(self._store, team, settings, now)
            self._starting.refuse_while_busy(stand.environment, version, part.version or "")
            alone = Deploy(settings.service, part.version, settings.name, override=asked.override)
            return Go(half, version, stand, allowed(stand.environment, settings, alone, actor, now))
        except Refused as refused:
            raise _of_both(refused, asked, found, half) from refused


def _require(team: Team, asked: Together, half: Half, actor: Actor) -> None:
    role = Role.VIEWER if asked.plan_only else Role.DEPLOYER
    require(team, actor, role, "Planning" if asked.plan_only else "Deploying", half.part.service)
    if asked.override:
        require(team, actor, Role.APPROVER, "Overriding a lock or a freeze", half.part.service)


def _of_both(refused: Refused, asked: Together, found: Couple, half: Half) -> Refused:
    """What is in the way of one is in the way of both. What people wait for is the one; what they override is both.
    Where one is live already, the other needs no company."""
    if refused.reason is Reason.ALREADY_LIVE:
        other = next(each for each in found.halves if each is not half)
        return Refused(Reason.LIVE_ALONE, **{**refused.facts, "wanted": other.part.wanted})
    return Refused(refused.reason, **{**refused.facts, "together": asked.wanted})
