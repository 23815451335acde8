"""The checks that a new host has to pass before it gets traffic. One that is not about the host's role says so."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from typing import IO, TYPE_CHECKING, Callable  # noqa: UP035 # the place that Python 3.9 knows at run time

from cameras.recorder import BEAT_SECONDS

if TYPE_CHECKING:
    from cameras.settings import Settings

SECONDS = 5


class Failed(Exception):
    """The check found something wrong; the message says what."""


def run(name: str, settings: Settings) -> int:
    """Run one check and print what it found."""
    role, check = CHECKS[name]
    if settings.role != role:
        print(f"{name}: does not apply to a {settings.role}")
        return 0
    try:
        print(f"{name}: {check(settings)}")
    except (Failed, OSError, ValueError) as error:
        print(f"{name}: FAILED: {error}")
        return 1
    return 0


def connects(settings: Settings) -> str:
    """A device can connect and gets the version that was installed."""
    url = f"http://{settings.reachable}:{settings.port}/version"
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        version = json.loads(answer.read())["version"]
    if version != settings.version:
        raise Failed(f"version {version} answers, {settings.version} was installed")
    _send_one(settings, "check-connects")
    return f"a device is served by version {version}"


def records(settings: Settings) -> str:
    """What was acknowledged is in the journal."""
    marker = f"check-records-{time.time_ns()}"
    _send_one(settings, marker)
    if marker not in settings.journal.read_text(encoding="utf-8"):
        raise Failed(f"a message was acknowledged but is not in {settings.journal.name}")
    return "an acknowledged message is in the journal"


def recorder(settings: Settings) -> str:
    """The recorder has shown a sign of life, in the installed version."""
    deadline = time.monotonic() + SECONDS
    while True:
        beat = json.loads(settings.heartbeat.read_text()) if settings.heartbeat.exists() else {}
        fresh = time.time() - beat.get("at", 0) < 3 * BEAT_SECONDS
        if fresh and beat["version"] == settings.version:
            return f"version {settings.version} is alive"
        if time.monotonic() > deadline:
            raise Failed(f"no fresh heartbeat of version {settings.version}; last seen: {beat or 'never'}")
        time.sleep(0.1)


def _send_one(settings: Settings, device: str) -> None:
    """Connect as a device, send one message and wait for its acknowledgement."""
    address = (settings.reachable, settings.port)
    with socket.create_connection(address, timeout=SECONDS) as connection:
        connection.sendall(
            b"GET /connect HTTP/1.1\r\nHost: cameras\r\nConnection: Upgrade\r\nUpgrade: camera/1\r\n\r\n"
        )
        lines = connection.makefile("rb")
        status = _head(lines)
        if b" 101 " not in status:
            raise Failed(f"the server answered {status.decode().strip()!r} instead of 101")
        connection.sendall(json.dumps({"device": device, "seq": 1}).encode() + b"\n")
        if json.loads(lines.readline() or b"{}").get("ack") != 1:
            raise Failed("the message was not acknowledged")


def _head(lines: IO[bytes]) -> bytes:
    status = lines.readline()
    while lines.readline().strip():
        pass
    return status


CHECKS: dict[str, tuple[str, Callable[[Settings], str]]] = {
    "connects": ("control", connects),
    "records": ("control", records),
    "recorder": ("recorder", recorder),
}
