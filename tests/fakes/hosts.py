"""Fake of the port Hosts over the shared cloud."""

from collections.abc import Sequence

from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.ports import CommandOutcome, HostCommand, HostFailure
from tests.fakes.cloud import Cloud, Command
from tests.fakes.recorder import Recorder


class FakeHosts(Recorder):
    """Run Command whose documents succeed unless the cloud says where they fail."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def online(self, ids: Sequence[str]) -> set[str]:
        """Running hosts whose agent answers."""
        with self._call("online", ids=tuple(ids)):
            return {
                id_
                for id_ in ids
                if (host := self._cloud.hosts.get(id_)) and host.online and host.status == "running"
            }

    def send(self, command: HostCommand) -> str:
        """Match by tag, now."""
        with self._call("send", command=command):
            chosen = [
                host.id
                for host in self._cloud.hosts.values()
                if host.there
                and (host.service, host.environment) == (command.service, command.environment)
                and (host.role, host.state) == (command.role, command.state)
                and command.deployment in {"", host.deployment}
            ]
            id_ = f"command-{len(self._cloud.commands) + 1}"
            self._cloud.commands[id_] = Command(command, tuple(chosen), self._cloud.polls)
            return id_

    def outcome(self, command_id: str) -> CommandOutcome:
        """Nothing has ended until it was looked at often enough."""
        with self._call("outcome", command_id=command_id):
            if command_id not in self._cloud.commands:
                raise Unavailable(f"{command_id} is not known")
            command = self._cloud.commands[command_id]
            if command.polls > 0:
                command.polls -= 1
                return CommandOutcome(frozenset(), (), ended=False)
            failures = [failure for id_ in command.hosts if (failure := self._failure(command.sent, id_))]
            failed = {failure.instance for failure in failures}
            return CommandOutcome(frozenset(command.hosts) - failed, tuple(failures), ended=True)

    def _failure(self, command: HostCommand, id_: str) -> HostFailure | None:
        if not self._cloud.hosts[id_].online:
            return HostFailure(id_, "Undeliverable", "")
        for where in (id_, "*"):
            output = self._cloud.failing.get((command.document, where))
            if output is not None:
                return HostFailure(id_, "Failed", output)
        return None
