"""How the world outside a host talks to its init: one JSON request a connection, through its socket."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

from sandbox.estate.host import SOCKET

if TYPE_CHECKING:
    from pathlib import Path


class HostGone(Exception):
    """The host does not run, or ended while it was asked."""


def ask(folder: Path, request: dict[str, Any], timeout: float) -> dict[str, Any]:
    """One request to the init of the host whose folder this is. Raises HostGone."""
    try:
        with _connect(folder, timeout) as connection:
            connection.sendall(json.dumps(request).encode() + b"\n")
            line = connection.makefile("rb").readline()
        reply: dict[str, Any] = json.loads(line)
    except (OSError, ValueError) as error:
        raise HostGone(f"{folder.name}: {error}") from error
    return reply


def alive(folder: Path, timeout: float = 1.0) -> bool:
    """Whether the host's init answers."""
    try:
        return bool(ask(folder, {"do": "ping"}, timeout).get("ok"))
    except HostGone:
        return False


def _connect(folder: Path, timeout: float) -> socket.socket:
    """Through a descriptor of the folder, since a unix socket's path has at most 107 bytes."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(timeout)
        connection.connect(f"/proc/self/fd/{descriptor}/{SOCKET}")
    except BaseException:
        connection.close()
        raise
    finally:
        os.close(descriptor)
    return connection
