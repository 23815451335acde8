"""The team's old way: install the new version on one live server after the other, and restart it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.estate.remote import Cloud, live_hosts, publish, run_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.team.build import Artifact

PAUSE = 1.0
"""Seconds that the person takes between two servers."""


def update(
    endpoint: str,
    *,
    bucket: str,
    version: str,
    package: Artifact,
    service: str = "cameras",
    environment: str = "production",
    tell: Callable[[str], None] = print,
) -> list[str]:
    """Update every live host of the service; returns their ids in that order. Raises StageFailed."""
    cloud = Cloud(endpoint)
    url, sha256 = publish(cloud("s3"), bucket, package)
    hosts = sorted(live_hosts(cloud("ec2"), service, environment), key=lambda host: (host.role, host.id))
    for number, host in enumerate(hosts):
        if number:
            time.sleep(PAUSE)
        tell(f"{host.role} {host.id}: installing {version} and restarting")
        parameters = {"Service": service, "Version": version, "Package": url, "Sha256": sha256}
        run_document(cloud("ssm"), "Pointsman-Install", parameters, ids=[host.id])
    return [host.id for host in hosts]
