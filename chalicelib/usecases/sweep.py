"""The sweeper: every minute it looks at each environment, repairs what is safe and has the rest reported in chat.

It changes no server and no traffic: what it repairs are records, waits and executions, under the same conditions as
everybody else, so that one who was faster wins and the next minute shows what is left.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import inf

from chalicelib.domain.coupling import leads, may_show, undecided
from chalicelib.domain.deployment import Deployment, Environment, Ref, State
from chalicelib.domain.errors import Conflict, Refused, Unavailable
from chalicelib.domain.findings import Finding
from chalicelib.domain.history import History
from chalicelib.domain.people import SERVICE
from chalicelib.domain.plan import HostState, Instance
from chalicelib.domain.settings import Team
from chalicelib.telemetry import log_error
from chalicelib.usecases.ports import Clock, Execution, Fleet, Save, Store, Workflow
from chalicelib.usecases.sweep_facts import Facts, Report, Subject
from chalicelib.usecases.sweep_repairs import Repairer
from chalicelib.usecases.sweep_rules import decide
from chalicelib.usecases.turning import pass_on
from chalicelib.usecases.updater import give_up

SPARE_SECONDS = 10.0
"""What one environment may take when AWS is slow; with less time left another is not begun."""
NEWEST = 3
"""How many deployments are looked at besides those that hold the environment."""
LEFT_OPEN_SECONDS = 3_600.0
"""How long after its end a deployment's questions are looked at."""
_STRIDE = 7_919
"""A prime beyond any number of environments: one after the other, each of them is where a sweep begins."""
_LOOSE = (HostState.BUILDING, HostState.STANDBY, HostState.RETIRED)


class Sweeper:
    """One sweep over everything that is configured."""

    def __init__(self, store: Store, workflow: Workflow, fleet: Fleet, clock: Clock) -> None:
        self._store = store
        self._workflow = workflow
        self._fleet = fleet
        self._clock = clock
        self._repairer = Repairer(store, workflow, clock)

    def sweep(self, seconds_left: Callable[[], float] = lambda: inf) -> dict[str, int]:
        """Sweep every environment, each whatever happens to the others; Unavailable at the end where one failed.

        Where the function's time would not do, the rest is left: each sweep begins somewhere else, so that everyone's
        turn comes.
        """
        try:
            team = self._store.team()
        except Refused:
            return {"environments": 0, "found": 0, "left": 0}
        pairs = [(service, each) for service, names in team.services().items() for each in names]
        failed, found, swept = [], 0, 0
        for service, name in from_elsewhere(pairs, self._clock.now()):
            if seconds_left() < SPARE_SECONDS:
                break
            swept += 1
            try:
                facts = self.look(team, service, name)
                found += self.act(facts)
                self._pass_on(team, facts.environment)
            except Exception as error:  # noqa: BLE001 - one environment's trouble must not keep the others from it
                log_error("environment not swept", error, service=service, environment=name)
                failed.append(f"{service} in {name}")
        try:
            found += give_up(self._store, self._clock)
        except Exception as error:  # noqa: BLE001 - what was swept before it is told all the same
            log_error("updates not swept", error)
            failed.append("updates")
        if failed:
            raise Unavailable(f"not swept: {', '.join(failed)}")
        return {"environments": swept, "found": found, "left": len(pairs) - swept}

    def act(self, facts: Facts) -> int:
        """Make the repairs and tell the rest; how many there were."""
        decided = decide(facts)
        for each in decided:
            if not isinstance(each, Report):
                self._repairer.repair(facts, each)
        self._tell(facts, [each for each in decided if isinstance(each, Report)])
        return len(decided)

    def _pass_on(self, team: Team, environment: Environment) -> None:
        """End the lock whose time is over and give the next one their turn."""
        settings = team.environment(environment.service, environment.name)
        try:
            pass_on(self._store, team, settings, self._clock.now(), environment)
        except Conflict as error:  # whoever was faster did the same, or the next sweep does
            log_error("somebody was faster than the sweeper", error, service=environment.service)

    # --- looking ------------------------------------------------------------------------------------------------

    def look(self, team: Team, service: str, name: str) -> Facts:
        """Records first, instances after them: one that is seen has its record already."""
        now = self._clock.now()
        seen = self._store.overview(service, name, deployments=NEWEST)
        slots = (seen.environment.active, seen.environment.keeping)
        holders = {slot.deployment for slot in slots if slot is not None}
        live = seen.environment.live_deployment
        found = [self._subject(each, now, holds=each.id in holders) for each in seen.deployments]
        subjects = [self._with_partner(each, live=each.deployment.id == live) for each in found]
        instances = self._fleet.instances(service, name, states=_LOOSE)
        known = {each.deployment.id: each.deployment for each in subjects}
        made_by = {each.deployment for each in instances} - set(known)
        creators = [each for each in (self._record(service, name, made) for made in sorted(made_by)) if each]
        return Facts(
            now=now,
            environment=seen.environment,
            subjects=tuple(subjects),
            instances=tuple(instances),
            creators=tuple(creators),
            stopping=self._stopping(team, seen.environment, instances, (*known.values(), *creators)),
        )

    def _subject(self, deployment: Deployment, now: float, *, holds: bool) -> Subject:
        """A deployment with what is asked about it: nothing more where it has ended a while ago."""
        ref = deployment.ref
        if deployment.ended:
            fresh = now - deployment.phases[-1].at < LEFT_OPEN_SECONDS
            return Subject(deployment, questions=self._store.questions(ref) if fresh else ())
        if self._waits_for_partner(deployment):
            return Subject(deployment)
        execution = self._workflow.status(ref, deployment.run, deployment.machine)
        if execution is Execution.RUNNING:
            return Subject(deployment, execution, self._store.questions(ref) if holds else ())
        # It may have come to its end, or been taken up, between the two looks: the record as it is now decides.
        again = self._store.deployment(ref) or deployment
        return Subject(again, execution if again.run == deployment.run else None)

    def _with_partner(self, subject: Subject, *, live: bool) -> Subject:
        """With the other of two that go together, where it matters how that is."""
        deployment = subject.deployment
        if deployment.partner is None or (deployment.ended and not live):
            return subject
        return replace(subject, partner=self._store.deployment(deployment.partner))

    def _waits_for_partner(self, deployment: Deployment) -> bool:
        """A frontend that goes with a server has no execution before the server's traffic has switched, or it ended."""
        if not deployment.follows or deployment.state is not State.ACCEPTED or deployment.partner is None:
            return False
        lead = self._store.deployment(deployment.partner)
        return lead is not None and undecided(lead) and not (leads(lead) and may_show(lead))

    def _record(self, service: str, name: str, identifier: str) -> Deployment | None:
        """The record that a tag names; a tag that is no id of this environment names none."""
        number = identifier.removeprefix(f"{service}-{name}-")
        if number == identifier or not (number.isascii() and number.isdigit()):
            return None
        return self._store.deployment(Ref(service, name, identifier))

    def _stopping(
        self,
        team: Team,
        environment: Environment,
        instances: Iterable[Instance],
        known: Iterable[Deployment],
    ) -> frozenset[str]:
        """Whose old fleets are stopped and kept. Asked only where one is: settings are many calls."""
        if not any(each.state is HostState.RETIRED and each.status != "running" for each in instances):
            return frozenset()
        where = (environment.service, environment.name)
        found = {"": team.environment(*where).old_fleet}
        for each in known:
            found[each.id] = self._store.team(each.config_version).environment(*where).old_fleet
        return frozenset(identifier for identifier, what in found.items() if what == "stop")

    # --- telling ------------------------------------------------------------------------------------------------

    def _tell(self, facts: Facts, reports: list[Report]) -> None:
        """Keep the findings true: each is written where it begins, changes or is over."""
        known = {
            each.key: each for each in self._store.findings(facts.environment.service, facts.environment.name)
        }
        for changed, event in _news(facts, known, reports):
            where = (changed.service, changed.environment, changed.deployment)
            line = History(*where, facts.now, SERVICE, event, changed.detail)
            try:
                self._store.commit(Save(changed), line)
            except Conflict as error:
                log_error("another sweep was faster", error, finding=changed.key)


def from_elsewhere(pairs: list[tuple[str, str]], now: float) -> list[tuple[str, str]]:
    """The same, beginning at another one each minute."""
    start = int(now // 60) * _STRIDE % max(1, len(pairs))
    return pairs[start:] + pairs[:start]


def _news(facts: Facts, known: dict[str, Finding], reports: list[Report]) -> Iterator[tuple[Finding, str]]:
    """Findings to write, each with its event: those that are new or say something else, and those that are gone."""
    where = (facts.environment.service, facts.environment.name)
    seen = [Finding(*where, each.trouble, each.deployment, each.detail, facts.now) for each in reports]
    for each in seen:
        before = known.get(each.key)
        after = before.again(each) if before else each
        if after != before:
            yield after, f"found_{each.trouble}"
    gone = {key for key, each in known.items() if each.open} - {each.key for each in seen}
    for key in sorted(gone):
        yield replace(known[key], resolved_at=facts.now), f"resolved_{known[key].trouble}"
