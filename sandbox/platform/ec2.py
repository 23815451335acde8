"""EC2 with a life: idempotent launches, states that take time, and a real host behind each instance.

Sources: docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html (client tokens),
docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html (states),
docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (MinCount, MaxCount).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, cast

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend, ec2_backends
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.instances import Instance as MotoInstance
from moto.ec2.models.instances import InstanceBackend, Reservation
from moto.ec2.responses.instances import InstanceResponse

from sandbox.platform.estate_port import Estate, Instance
from sandbox.platform.locks import atomic
from sandbox.platform.override import override

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.platform.settings import Settings

log = logging.getLogger(__name__)

STATES = {
    "pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80,
}  # fmt: skip
MAX_TOKEN = 64  # ASCII characters

_run_instances = InstanceResponse.run_instances
_launch = InstanceBackend.run_instances


class Fleet:
    """Every instance of the account: addresses, hosts and the states between two states."""

    def __init__(self, *, settings: Settings, folder: Path, estate: Estate) -> None:
        self._settings = settings
        self._folder = folder / "hosts"
        self._estate = estate
        self._backend: EC2Backend = ec2_backends[settings.account][settings.region]
        self._launched: dict[str, tuple[str, Reservation]] = {}
        self._last_address = 0

    def instances(self) -> list[Instance]:
        """Every instance that EC2 knows."""
        return [
            Instance(
                instance_id=instance.id,
                address=str(instance.private_ip_address),
                state=instance.state,
                tags=_tags(instance),
                folder=self._folder / instance.id,
            )
            for reservation in list(self._backend.reservations.values())
            for instance in list(reservation.instances)
        ]

    def remember(self, token: str, fingerprint: str, launch: Callable[[], Reservation]) -> Reservation:
        """Launch once for a client token; raises IdempotentParameterMismatch when the parameters changed."""
        if not token:
            return launch()
        known = self._launched.get(token)
        if known and known[0] != fingerprint:
            raise EC2ClientError(
                "IdempotentParameterMismatch",
                "Arguments on this idempotent request are inconsistent with a previous one",
            )
        if not known:
            known = self._launched[token] = (fingerprint, launch())
        return known[1]

    def boot(self, instance: MotoInstance) -> None:
        """Give a new instance its address, and start its host in the background."""
        address = self._next_address()
        nic = instance.nics[0]
        nic.private_ip_address = address
        nic.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
        self._start(instance)

    def restart(self, instance: MotoInstance) -> Any:
        """Start a stopped instance."""
        previous = _snapshot(instance)
        if instance.state == "stopped":
            self._start(instance)
        return previous

    def stop(self, instance: MotoInstance) -> Any:
        """Stop an instance; its address and folder stay."""
        previous = _snapshot(instance)
        if instance.state in {"pending", "running"}:
            _enter(instance, "stopping")
            self._later(self._end, instance, "stopping", "stopped")
        return previous

    def terminate(self, instance: MotoInstance) -> Any:
        """End an instance for good."""
        previous = _snapshot(instance)
        if instance.state not in {"shutting-down", "terminated"}:
            _enter(instance, "shutting-down")
            self._later(self._end, instance, "shutting-down", "terminated")
        return previous

    def _start(self, instance: MotoInstance) -> None:
        _enter(instance, "pending")
        self._later(self._boot, instance)

    def _boot(self, instance: MotoInstance) -> None:
        running_from = time.monotonic() + self._settings.boot_seconds
        folder = self._folder / instance.id
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._estate.start_host(instance.id, str(instance.private_ip_address), _tags(instance), folder)
        except Exception:  # EC2 ends an instance that can not start, whatever the cause; the log has it
            log.exception("the host of %s did not start", instance.id)
            self._end(instance, "pending", "terminated")
            return
        time.sleep(max(0, running_from - time.monotonic()))
        with atomic("ec2"):
            if instance.state == "pending":
                _enter(instance, "running")

    def _end(self, instance: MotoInstance, during: str, final: str) -> None:
        time.sleep(self._settings.stop_seconds)
        self._estate.stop_host(instance.id)
        with atomic("ec2"):
            if instance.state != during:
                return
            if final == "terminated":
                MotoInstance.terminate(instance)
            else:
                MotoInstance.stop(instance)

    def _next_address(self) -> str:
        self._last_address += 1
        high, low = divmod(self._last_address, 250)
        return f"{self._settings.network}.{high + 1}.{low + 2}"

    @staticmethod
    def _later(work: Callable[..., None], *arguments: Any) -> None:
        threading.Thread(target=work, args=arguments, daemon=True).start()


def _enter(instance: MotoInstance, state: str) -> None:
    instance._state.name = state  # noqa: SLF001 # moto offers no way to set it
    instance._state.code = STATES[state]  # noqa: SLF001 # as above


def _snapshot(instance: MotoInstance) -> Any:
    return type(instance.instance_state)(instance.state, instance.state_code)


def _tags(instance: MotoInstance) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in instance.get_tags()}


def _tags_of_one(resource: Any) -> list[dict[str, str]]:
    """moto searches all tags of the account for those of one resource."""
    tags = resource.ec2_backend.tags.get(resource.id, {}) if resource.id else {}
    return [{"resource_id": resource.id, "key": key, "value": value} for key, value in list(tags.items())]


def install(fleet: Fleet) -> None:
    """Bind the fleet into moto's EC2; once in a process."""

    def run_instances(self: InstanceResponse) -> ActionResult:
        token = self._get_param("ClientToken") or ""
        if len(token) > MAX_TOKEN or not token.isascii():
            raise EC2ClientError(
                "InvalidParameterValue", f"Client token may have {MAX_TOKEN} ASCII characters"
            )
        parameters = {key: value for key, value in self.data.items() if key not in {"ClientToken", "DryRun"}}

        self.params["MinCount"] = self.params[
            "MaxCount"
        ]  # there is always capacity for the most that is asked

        def launch() -> Reservation:
            reservation: Reservation = cast("Any", _run_instances(self))._result  # noqa: SLF001 # the plain result of the action
            _associate_profile(self, reservation)
            return reservation

        self.error_on_dryrun()
        return ActionResult(
            fleet.remember(token, json.dumps(parameters, sort_keys=True, default=str), launch)
        )

    def launch_all(
        self: InstanceBackend, image_id: str, count: int, *rest: Any, **kwargs: Any
    ) -> Reservation:
        reservation = _launch(self, image_id, count, *rest, **kwargs)
        for instance in reservation.instances:
            fleet.boot(instance)
        return reservation

    override(TaggedEC2Resource, "get_tags", _tags_of_one)
    override(InstanceResponse, "run_instances", run_instances)
    override(InstanceBackend, "run_instances", launch_all)
    override(InstanceBackend, "start_instances", _each(fleet.restart))
    override(InstanceBackend, "stop_instances", _each(fleet.stop))
    override(InstanceBackend, "terminate_instances", _each(fleet.terminate))


def _each(change: Callable[[MotoInstance], Any]) -> Callable[[InstanceBackend, list[str]], list[Any]]:
    """Make a backend method that changes the named instances and tells their previous states."""

    def change_all(self: InstanceBackend, instance_ids: list[str]) -> list[Any]:
        if not instance_ids:
            raise EC2ClientError("MissingParameter", "The request must contain the parameter InstanceIds")
        return [(instance, change(instance)) for instance in self.get_multi_instances_by_id(instance_ids)]

    return change_all


def _associate_profile(response: InstanceResponse, reservation: Reservation) -> None:
    """moto gives the instance profile to the first instance only."""
    profile = response._get_param("IamInstanceProfile") or {}  # noqa: SLF001 # moto's own way to read parameters
    wanted = {"Arn": "iam_instance_profile_arn", "Name": "iam_instance_profile_name"}
    arguments = {wanted[key]: value for key, value in profile.items() if value}
    for instance in reservation.instances[1:] if arguments else []:
        response.ec2_backend.associate_iam_instance_profile(instance_id=instance.id, **arguments)
