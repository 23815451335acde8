"""Fakes of the ports Fleet and Reaper over the shared cloud."""

from collections.abc import Sequence

from chalicelib.domain.errors import StepFailed
from chalicelib.domain.plan import HostState, Instance, LaunchGroup
from chalicelib.domain.reasons import Reason
from tests.fakes.cloud import Cloud, Host
from tests.fakes.recorder import Recorder


class FakeFleet(Recorder):
    """EC2 by tags, with idempotent client tokens."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def instances(
        self,
        service: str,
        environment: str,
        *,
        states: Sequence[HostState] = (),
        deployment: str = "",
    ) -> list[Instance]:
        """Managed instances, ordered by role and id."""
        with self._call(
            "instances", service=service, environment=environment, states=tuple(states), deployment=deployment
        ):
            chosen = [
                host
                for host in self._cloud.hosts.values()
                if host.managed
                and host.there
                and (host.service, host.environment) == (service, environment)
                and (not states or host.state in states)
                and deployment in {"", host.deployment}
            ]
            return sorted(map(_instance, chosen), key=lambda each: (each.role, each.id))

    def launch(self, group: LaunchGroup, *, service: str, environment: str, deployment: str) -> list[str]:
        """The same instances for the same client token."""
        with self._call(
            "launch", group=group, service=service, environment=environment, deployment=deployment
        ):
            token = group.client_token(deployment)
            if token not in self._cloud.tokens:
                self._refuse_impossible(group)
                self._cloud.tokens[token] = self._cloud.add_hosts(
                    group.role,
                    group.count,
                    state=HostState.BUILDING,
                    deployment=deployment,
                    service=service,
                    environment=environment,
                    spec=group.spec,
                )
            return list(self._cloud.tokens[token])

    def relabel(self, ids: Sequence[str], state: HostState) -> None:
        """Set the state of all."""
        with self._call("relabel", ids=tuple(ids), state=state):
            for id_ in ids:
                self._cloud.hosts[id_].state = state

    def _refuse_impossible(self, group: LaunchGroup) -> None:
        gone = self._cloud.gone & {group.spec.image, group.spec.subnet, group.spec.instance_type}
        if gone:
            raise StepFailed(Reason.LAUNCH_FAILED, what=f"{', '.join(sorted(gone))} does not exist")
        if self._cloud.capacity is not None:
            if self._cloud.capacity < group.count:
                raise StepFailed(Reason.LAUNCH_FAILED, what="InsufficientInstanceCapacity")
            self._cloud.capacity -= group.count


class FakeReaper(Recorder):
    """Ends what is managed and retired."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud

    def end(self, ids: Sequence[str], *, stop: bool) -> None:
        """All or none; ended ones are skipped."""
        with self._call("end", ids=tuple(ids), stop=stop):
            there = [host for id_ in ids if (host := self._cloud.hosts.get(id_)) and host.there]
            strange = [host.id for host in there if not host.managed or host.state is not HostState.RETIRED]
            if strange:
                raise StepFailed(Reason.INTERNAL, step="end", what=f"{', '.join(strange)} not marked retired")
            for host in there:
                self._cloud.end(host.id, "stopped" if stop else "terminated")


def _instance(host: Host) -> Instance:
    return Instance(host.id, host.role, host.spec, host.address, host.state, host.status, host.deployment)
