"""The functions `hosts` and `drain`: the project's own documents, run on the hosts by tag.

Two functions, because IAM can not tie a document to a label: whoever may drain a fleet that stands by must not be able
to install on it (docs/adr/0003).
"""

from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.plan import Host, HostState, of_role
from chalicelib.domain.reasons import Reason
from chalicelib.domain.settings import Drain
from chalicelib.usecases.ports import CommandOutcome, HostCommand, Hosts
from chalicelib.usecases.steps.work import Result, Work

CONFIGURE = "Pointsman-Configure"
INSTALL = "Pointsman-Install"
CHECK = "Pointsman-Check"
DRAIN = "Pointsman-Drain"

_TITLES = {
    "Configure": "Configuring",
    "Install": "Installing",
    "SmokeTest": "The tests",
    "Drain": "Draining",
    "DrainBack": "Draining",
}


class _Commands:
    """Sending commands, and waiting for their ends."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    def _send(self, work: Work, commands: list[HostCommand]) -> None:
        """Send each command once. The ids are kept one by one: after a crash only what was not kept is sent again,
        and every document may run twice."""
        work.guard()
        step = work.event.step
        sent = len(work.deployment.command(step))
        for command in commands[sent:]:
            identifier = self._hosts.send(command)
            work.note(commands=(*work.deployment.commands, (step, identifier)))

    def _await(self, work: Work, step: str, *, sent: int = 0) -> Result:
        """NotReady until every command of a step has ended well everywhere; StepFailed with what a host printed.

        The commands of a step that failed are forgotten, so that a retry sends them again: by the very write that keeps
        why. Should this run again after that write, fewer than `sent` are known, which must not pass for success.
        """
        work.guard()
        if len(work.deployment.command(step)) < sent:
            raise StepFailed(Reason.INTERNAL, step=_TITLES[step], what="not every command was sent")
        outcomes = [self._hosts.outcome(command) for command in work.deployment.command(step)]
        try:
            return self._judge(work, step, outcomes)
        except StepFailed as failed:
            work.record(failed, commands=tuple(each for each in work.deployment.commands if each[0] != step))
            raise

    def _judge(self, work: Work, step: str, outcomes: list[CommandOutcome]) -> Result:
        expected = _expected(work, step)
        _refuse_failures(step, outcomes, len(expected))
        reached = _on_all(outcomes) & expected
        if not all(outcome.ended for outcome in outcomes):
            work.note(progress=f"{_TITLES[step]}: {len(reached)} of {len(expected)} hosts done")
            raise NotReady(f"{len(reached)} of {len(expected)} hosts")
        if reached != expected:
            missing = ", ".join(sorted(expected - reached))
            raise StepFailed(Reason.INTERNAL, step=_TITLES[step], what=f"the command did not reach {missing}")
        return None


class HostsSteps(_Commands):
    """What is done to new hosts; each task is named like its state."""

    def configure(self, work: Work) -> Result:
        """Ansible, from the bundle that was published with the configuration."""
        bundle = work.settings.bundle
        parameters = {"Bundle": bundle.url, "BundleSha256": bundle.sha256}
        self._send(work, [_building(work, CONFIGURE, role, parameters) for role in work.plan.roles])
        return None

    def await_configured(self, work: Work) -> Result:
        """Until Ansible has ended well everywhere."""
        return self._await(work, "Configure", sent=len(work.plan.roles))

    def install(self, work: Work) -> Result:
        """The package, whose checksum the host verifies before it unpacks anything."""
        package = work.deployment.package
        if package is None:
            raise StepFailed(Reason.INTERNAL, step="Installing", what="no package was found")
        parameters = {"Version": work.deployment.version, "Package": package.url, "Sha256": package.sha256}
        self._send(work, [_building(work, INSTALL, role, parameters) for role in work.plan.roles])
        return None

    def await_installed(self, work: Work) -> Result:
        """Until the package runs everywhere."""
        return self._await(work, "Install", sent=len(work.plan.roles))

    def smoke_test(self, work: Work) -> Result:
        """The environment's own checks, on the new fleet only."""
        checks = work.settings.checks
        self._send(
            work,
            [_building(work, CHECK, role, {"Check": each}) for role in work.plan.roles for each in checks],
        )
        return None

    def await_smoke_test(self, work: Work) -> Result:
        """Until every check has passed on every new host."""
        return self._await(work, "SmokeTest", sent=len(work.plan.roles) * len(work.settings.checks))


class DrainSteps(_Commands):
    """What is asked of hosts that stand by; each task is named like its state."""

    def drain(self, work: Work) -> Result:
        """The old hosts ask their clients to move."""
        return self._drain(work, work.plan.old, deployment="")

    def await_drain(self, work: Work) -> Result:
        """Until the old hosts have asked all their clients."""
        return self._await(work, "Drain")

    def drain_back(self, work: Work) -> Result:
        """The new hosts ask their clients to move back; nothing to do where traffic never moved."""
        if not work.deployment.switched_at:
            return None
        return self._drain(work, work.deployment.new, deployment=work.deployment.id)

    def await_drain_back(self, work: Work) -> Result:
        """Until the new hosts have asked all their clients."""
        return self._await(work, "DrainBack")

    def _drain(self, work: Work, fleet: tuple[Host, ...], *, deployment: str) -> Result:
        drain = work.settings.drain
        if drain is None:
            return None
        roles = [each for each in _roles_with_traffic(work) if of_role(fleet, each)]
        self._send(work, [_draining(work, role, drain, deployment) for role in roles])
        return None


def _building(work: Work, document: str, role: str, parameters: dict[str, str]) -> HostCommand:
    """A command for the new hosts of one role, by tag, so that it is one call whatever their number."""
    deployment = work.deployment
    own = {"Environment": deployment.environment, "Role": role} if document == CONFIGURE else {}
    return HostCommand(
        document=document,
        service=deployment.service,
        environment=deployment.environment,
        role=role,
        parameters={"Service": deployment.service, **own, **parameters},
        deployment=deployment.id,
    )


def _draining(work: Work, role: str, drain: Drain, deployment: str) -> HostCommand:
    """Ask the clients of standing-by hosts to move, `drain.hosts` hosts at a time."""
    return HostCommand(
        document=DRAIN,
        service=work.deployment.service,
        environment=work.deployment.environment,
        role=role,
        parameters={
            "Service": work.deployment.service,
            "Batch": str(drain.batch),
            "PauseSeconds": str(drain.pause),
        },
        deployment=deployment,
        state=HostState.STANDBY,
        at_once=str(drain.hosts),
    )


def _refuse_failures(step: str, outcomes: list[CommandOutcome], total: int) -> None:
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    if not failures:
        return
    first = failures[0]
    raise StepFailed(
        Reason.COMMAND_FAILED,
        step=_TITLES[step],
        failed=str(len({failure.instance for failure in failures})),
        total=str(total),
        output=f"{first.instance} ({first.status})\n{first.output}",
    )


def _on_all(outcomes: list[CommandOutcome]) -> frozenset[str]:
    """Hosts on which some command of the step has ended well."""
    return frozenset[str]().union(*(outcome.succeeded for outcome in outcomes))


def _roles_with_traffic(work: Work) -> list[str]:
    return list(dict.fromkeys(route.role for route in work.plan.routes))


def _expected(work: Work, step: str) -> frozenset[str]:
    """The hosts that a step's commands must have reached; none where no command was needed."""
    if not work.deployment.command(step):
        return frozenset()
    if step == "Drain":
        return frozenset(each.id for each in work.plan.old if each.role in _roles_with_traffic(work))
    new = work.deployment.new
    if step == "DrainBack":
        new = tuple(each for each in new if each.role in _roles_with_traffic(work))
    return frozenset(each.id for each in new)
